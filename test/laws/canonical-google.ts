// Canonical requests made only of what the Gemini format can say.

import type { Message, Part, ToolCallPart } from '../../src/canonical/part.ts';
import type { CanonicalRequest, Tool, ToolChoice } from '../../src/canonical/request.ts';
import { functionTool, pdfPart, plainRequest, schemaOutput, textPart } from './canonical-parts.ts';
import type { Choices } from './choices.ts';

const FORMAT = 'google-generate-content';
const STORE = 'https://generativelanguage.googleapis.com/v1beta/files';

export function canonicalGoogle(c: Choices): CanonicalRequest {
  const system: Message[] = c.chance(50) ? [{ role: 'system', parts: c.list(1, 2, () => textPart(c)) }] : [];
  const talk = c.list(0, 2, () => [...exchange(c), userTurn(c)]).flat();
  const request = plainRequest(c, [...system, userTurn(c), ...talk]);
  request.includeUsage = true;
  const { sampling } = request;
  if (c.chance(30)) request.maxOutputTokens = c.count(100);
  if (c.chance(30)) sampling.temperature = c.below(21) / 10;
  if (c.chance(30)) sampling.topP = c.below(11) / 10;
  if (c.chance(30)) sampling.topK = c.below(50);
  if (c.chance(30)) sampling.seed = c.below(1000);
  if (c.chance(30)) sampling.frequencyPenalty = 0.5;
  if (c.chance(30)) sampling.presencePenalty = -0.5;
  if (c.chance(30)) Object.assign(sampling, { logprobs: true, topLogprobs: c.below(21) });
  if (c.chance(30)) sampling.stop = c.list(1, 5, () => c.text());
  if (c.chance(40))
    request.reasoning = {
      effort: c.one('minimal', 'low', 'medium', 'high'),
      ...(c.chance(50) ? { summary: c.one('auto', 'none') } : {}),
    };
  else if (c.chance(20)) request.reasoning = { summary: 'auto' };
  if (c.chance(40)) request.output = c.one({ kind: 'json' }, { kind: 'text' }, schemaOutput(c));
  if (c.chance(10)) request.speech = { voice: c.one('Kore', 'Puck'), format: 'pcm16' };
  if (c.chance(30)) request.serviceTier = c.one('default', 'flex', 'priority');
  if (c.chance(60)) addTools(c, request);
  return request;
}

/** Functions first, as one wire tool holds them all; schemas are kept to by all or by none. */
function addTools(c: Choices, request: CanonicalRequest): void {
  const isStrict = c.chance(20);
  const functions = c.list(1, 3, (): Tool => {
    const { strict: _, ...tool } = functionTool(c);
    return isStrict ? { ...tool, strict: true } : tool;
  });
  const hosted = c.list(0, 2, (): Tool => {
    const search = { googleSearch: {} };
    const pages = { urlContext: { x_new: c.word() } };
    return c.chance(50)
      ? { kind: 'web-search', raw: { format: FORMAT, value: search } }
      : { kind: 'opaque', type: 'urlContext', raw: { format: FORMAT, value: pages } };
  });
  request.tools = [...functions, ...hosted];
  const names = functions.flatMap((tool) => (tool.kind === 'function' ? [tool.name] : []));
  if (isStrict) request.toolChoice = { mode: 'auto' };
  else if (c.chance(60)) request.toolChoice = choice(c, names);
}

function choice(c: Choices, names: string[]): ToolChoice {
  const [name = ''] = names;
  if (names.length > 1 && c.chance(30))
    return { mode: 'subset', required: true, names: names.map((one) => ({ name: one })) };
  return c.chance(30) ? { mode: 'one', name, form: 'json' } : { mode: c.one('auto', 'none', 'required') };
}

function userTurn(c: Choices): Message {
  return { role: 'user', parts: c.list(1, 3, () => userPart(c)) };
}

function userPart(c: Choices): Part {
  return c.pick<Part>(
    () => textPart(c),
    () => media(c),
    () => ({ kind: 'image', source: { from: 'url', url: `https://e.com/${c.word()}.png` } }),
    () => ({ kind: 'file', source: { from: 'file-id', id: `${STORE}/${c.word()}`, format: FORMAT } }),
    () => ({ kind: 'file', source: { from: 'url', url: `https://e.com/${c.word()}.pdf` }, title: c.word() }),
  );
}

function media(c: Choices): Part {
  return c.pick<Part>(
    () => ({ kind: 'image', source: { from: 'base64', mediaType: 'image/png', data: c.word() } }),
    () => ({ kind: 'audio', source: { from: 'base64', mediaType: 'audio/wav', data: c.word() } }),
    () => pdfPart(c),
  );
}

/** Thoughts in front of what they led to, sealed there; then the results. */
function exchange(c: Choices): Message[] {
  const calls = c.list(
    0,
    2,
    (): ToolCallPart => ({
      kind: 'tool-call',
      id: `call_${c.word()}`,
      name: `tool_${c.word()}`,
      form: 'json',
      input: JSON.stringify({ [c.word()]: c.text() }),
    }),
  );
  const said = c.list(1, 2, (): Part => (c.chance(20) ? code(c) : textPart(c)));
  const parts = [...thought(c), ...said, ...(calls.length > 0 ? hidden(c) : []), ...calls];
  const answer: Message = { role: 'assistant', parts };
  if (calls.length === 0) return [answer];
  const results = calls.map((one) => result(c, one.id));
  return [answer, { role: 'tool', parts: results }];
}

function seal(c: Choices) {
  return { issuer: 'google', data: c.word() };
}

function thought(c: Choices): Part[] {
  return c.chance(30) ? [{ kind: 'reasoning', summary: [c.text()], content: [], seal: seal(c) }] : [];
}

function hidden(c: Choices): Part[] {
  return c.chance(40) ? [{ kind: 'reasoning', redacted: true, summary: [], content: [], seal: seal(c) }] : [];
}

function code(c: Choices): Part {
  const value = { executableCode: { language: 'PYTHON', code: c.text() } };
  const text = `\`\`\`python\n${value.executableCode.code}\n\`\`\``;
  const code = { code: value.executableCode.code, language: 'python' };
  return { kind: 'opaque', type: 'executableCode', raw: { format: FORMAT, value }, text, code };
}

/** One text or one object of JSON, and what the tool showed. */
function result(c: Choices, callId: string): Part {
  const text = c.chance(30) ? JSON.stringify({ [c.word()]: [1, null] }) : c.text();
  return {
    kind: 'tool-result',
    callId,
    form: 'json',
    content: [{ kind: 'text', text }, ...(c.chance(30) ? [media(c)] : [])],
    isError: c.chance(20),
  };
}
