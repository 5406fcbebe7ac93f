// Which program sent a request, from its user agent: a short name that does not change with its version.

/** In this order: programs name the libraries they are built on behind themselves. */
const NAMES: readonly [RegExp, string][] = [
  [/\bclaude-(?:cli|code)\/([\w.-]+)/i, 'claude-code'],
  [/\bcodex(?:_[a-z_]+|-[a-z-]+)?\/([\w.-]+)/i, 'codex'],
  [/\bopencode\/([\w.-]+)/i, 'opencode'],
  [/\bkilo-?code\/([\w.-]+)/i, 'kilo'],
  [/\bopenclaw\/([\w.-]+)/i, 'openclaw'],
  [/\b(?:zed|hermes|aider|cline|roo-?code|continue|cursor|goose)\/([\w.-]+)/i, ''],
  [/\blangchain[\w-]*\/([\w.-]+)/i, 'langchain'],
  [/\bAgents\/JavaScript ?([\w.-]*)/i, 'openai-agents-js'],
  [/\bAgents\/Python ?([\w.-]*)/i, 'openai-agents-python'],
  [/\b(?:Async)?(?:Azure)?OpenAI\/JS ([\w.-]+)/i, 'openai-js'],
  [/\b(?:Async)?(?:Azure)?OpenAI\/Python ([\w.-]+)/i, 'openai-python'],
  [/\b(?:Async)?Anthropic\/JS ([\w.-]+)/i, 'anthropic-js'],
  [/\b(?:Async)?Anthropic\/Python ([\w.-]+)/i, 'anthropic-python'],
  // bundled and minified, the class that names itself so has another name
  [/^[\w$]{1,3}\/JS (\d[\w.-]*)/, 'sdk-js'],
  [/\bai(?:-sdk(?:\/[a-z-]+)*)?\/([\d][\w.-]*)/i, 'ai-sdk'],
  [/\bpython-(requests|httpx|urllib)\b/i, 'python'],
  [/\bcurl\/([\w.-]+)/i, 'curl'],
];

/** Programs send the same words with every request. */
const REMEMBERED_MAX = 500;
const remembered = new Map<string, Client>();

export type Client = { client?: string; clientVersion?: string };

/** Both absent when there is no user agent; an unknown program is its first word, as far as that is a name. */
export function clientOf(userAgent: string | null): Client {
  if (!userAgent) return {};
  const known = remembered.get(userAgent);
  if (known) return known;
  const client = read(userAgent.slice(0, 300));
  // anybody may send new words with every request
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(userAgent, client);
  return client;
}

function read(userAgent: string): Client {
  for (const [pattern, name] of NAMES) {
    const match = pattern.exec(userAgent);
    if (match) return named(name || (match[0].split('/')[0] ?? '').toLowerCase(), match[1]);
  }
  const [, word, version] = /^([A-Za-z][\w.-]{0,30})(?:\/([\w.-]{1,30}))?(?=$|[\s;(/])/.exec(userAgent) ?? [];
  return word === undefined ? {} : named(word.toLowerCase(), version);
}

function named(client: string, version: string | undefined): Client {
  return version && /^v?\d/.test(version) ? { client, clientVersion: version.slice(0, 30) } : { client };
}
