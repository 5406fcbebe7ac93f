// Canonical requests made only of what the Messages format can say.

import type { CacheMark, FilePart, Message, Part, TextPart, ToolCallPart } from '../../src/canonical/part.ts';
import type { CanonicalRequest, Tool } from '../../src/canonical/request.ts';
import {
  EFFORTS,
  functionTool,
  hidden,
  imagePart,
  pdfPart,
  plainRequest,
  schemaOutput,
  textPart,
  toolResult,
} from './canonical-parts.ts';
import type { Choices } from './choices.ts';

const FORMAT = 'anthropic-messages';

export function canonicalMessages(c: Choices): CanonicalRequest {
  const system: Message[] = c.chance(50) ? [{ role: 'system', parts: c.list(1, 2, () => textPart(c)) }] : [];
  const talk = c
    .list(0, 2, () => [...exchange(c), userTurn(c), ...(c.chance(20) ? [midSystem(c)] : [])])
    .flat();
  const request = plainRequest(c, [...system, userTurn(c), ...talk]);
  request.includeUsage = true;
  request.maxOutputTokens = c.count(20_000);
  const { sampling, cache } = request;
  const thinks = c.chance(40);
  if (thinks)
    request.reasoning = {
      mode: 'auto',
      effort: c.one(...EFFORTS),
      ...(c.chance(50) ? { summary: c.one('auto', 'none') } : {}),
    };
  else if (c.chance(20)) request.reasoning = { mode: 'off' };
  if (!thinks && c.chance(40)) {
    if (c.chance(50)) sampling.temperature = c.below(11) / 10;
    else sampling.topP = c.below(11) / 10;
    if (c.chance(50)) sampling.topK = c.below(50);
  }
  if (c.chance(30)) sampling.stop = c.list(1, 2, () => c.text());
  // calls in a conversation need their tools, or the encoder has to invent them
  const called = request.messages.some((message) => message.role === 'tool');
  if (called || c.chance(60)) request.tools = c.list(1, 3, () => tool(c));
  const [first] = request.tools;
  const name = first?.kind === 'function' ? first.name : undefined;
  if (name !== undefined) {
    if (c.chance(60)) request.toolChoice = { mode: c.one('auto', 'none') };
    if (!thinks && c.chance(50))
      request.toolChoice = c.chance(50) ? { mode: 'one', name, form: 'json' } : { mode: 'required' };
    if (request.toolChoice && request.toolChoice.mode !== 'none' && c.chance(40))
      request.parallelTools = c.chance(50);
  }
  if (c.chance(30)) request.output = schemaOutput(c);
  if (c.chance(30)) request.userId = c.word();
  if (c.chance(30)) request.serviceTier = c.one('auto', 'default');
  // no lifetime may stand behind a shorter one, and the automatic mark stands last
  let isLong = true;
  const lifetime = (): CacheMark => {
    const ttl = isLong ? c.one('default', '5m', '1h') : c.one('default', '5m');
    isLong = ttl === '1h';
    return { ttl };
  };
  const marksItself = c.chance(20);
  // Anthropic takes four marks, the automatic one included
  let marksLeft = (marksItself ? 3 : 4) - request.tools.filter((one) => 'cache' in one).length;
  for (const part of request.messages.flatMap((message) => message.parts)) {
    if (part.kind !== 'text' || marksLeft === 0 || !c.chance(10)) continue;
    part.cache = lifetime();
    marksLeft--;
  }
  if (marksItself) cache.auto = lifetime();
  return request;
}

function userTurn(c: Choices): Message {
  return { role: 'user', parts: c.list(1, 3, () => userPart(c)) };
}

function midSystem(c: Choices): Message {
  return { role: 'system', parts: [textPart(c)] };
}

function userPart(c: Choices): Part {
  return c.pick<Part>(
    () => textPart(c),
    () => imagePart(c, FORMAT, false),
    () => document(c),
  );
}

function document(c: Choices): FilePart {
  const source = c.pick<FilePart['source']>(
    () => pdfPart(c).source,
    () => ({ from: 'text', text: c.text() }),
    () => ({ from: 'url', url: `https://e.com/${c.word()}.pdf` }),
    () => ({ from: 'file-id', id: c.word(), format: FORMAT }),
  );
  return {
    kind: 'file',
    source,
    ...(c.chance(50) ? { title: c.text() } : {}),
    ...(c.chance(50) ? { context: c.text() } : {}),
    ...(c.chance(50) ? { citations: c.chance(50) } : {}),
  };
}

/** Thinking, words, hosted blocks, calls last; then the results. */
function exchange(c: Choices): Message[] {
  const thought: Part[] = c.chance(40) ? [c.chance(30) ? redacted(c) : thinking(c)] : [];
  const said = c.list(1, 2, (): Part => (c.chance(20) ? hosted(c) : cited(c)));
  const calls = c.list(
    0,
    2,
    (): ToolCallPart => ({
      kind: 'tool-call',
      id: `toolu_${c.word()}`,
      name: `tool_${c.word()}`,
      form: 'json',
      input: JSON.stringify({ [c.word()]: c.text() }),
    }),
  );
  const results = calls.map((call) => toolResult(c, call.id, 'json', userPart));
  const answer: Message = { role: 'assistant', parts: [...thought, ...said, ...calls] };
  return results.length === 0 ? [answer] : [answer, { role: 'tool', parts: results }];
}

function thinking(c: Choices): Part {
  return {
    kind: 'reasoning',
    summary: [c.text()],
    content: [],
    seal: { issuer: 'anthropic', data: c.word() },
  };
}

function redacted(c: Choices): Part {
  return {
    kind: 'reasoning',
    redacted: true,
    summary: [],
    content: [],
    seal: { issuer: 'anthropic', data: c.word() },
  };
}

function hosted(c: Choices): Part {
  const value = { type: 'server_tool_use', id: c.word(), name: 'web_search', input: { query: c.text() } };
  return { kind: 'opaque', type: value.type, raw: { format: FORMAT, value } };
}

function cited(c: Choices): TextPart {
  const text = textPart(c);
  if (!c.chance(30)) return text;
  const value = {
    type: 'char_location',
    cited_text: c.text(),
    document_title: c.text(),
    document_index: 0,
    start_char_index: 0,
    end_char_index: 2,
  };
  return {
    ...text,
    citations: [
      {
        kind: 'document',
        title: value.document_title,
        quote: value.cited_text,
        raw: { format: FORMAT, value },
      },
    ],
  };
}

function tool(c: Choices): Tool {
  return c.pick<Tool>(
    () => ({ ...functionTool(c), ...(c.chance(20) ? { cache: { ttl: '1h' as const } } : {}) }),
    () => hidden(c, functionTool(c)),
    () => {
      const value = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' };
      return { kind: 'opaque', type: value.type, raw: { format: FORMAT, value } };
    },
    () => ({
      kind: 'opaque',
      type: 'web_fetch_20250910',
      raw: { format: FORMAT, value: { type: 'web_fetch_20250910', name: 'web_fetch', max_uses: c.below(9) } },
    }),
  );
}
