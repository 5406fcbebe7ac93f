// Canonical requests made only of what Chat Completions can say.

import type { Message, Part, ToolCallPart } from '../../src/canonical/part.ts';
import type { CanonicalRequest, Tool, ToolChoice } from '../../src/canonical/request.ts';
import {
  EFFORTS,
  functionTool,
  imagePart,
  outputFormat,
  pdfPart,
  plainRequest,
  textPart,
  toolResult,
} from './canonical-parts.ts';
import type { Choices } from './choices.ts';

export function canonicalChat(c: Choices): CanonicalRequest {
  const request = plainRequest(c, c.list(1, 4, () => turn(c)).flat());
  request.tools = c.chance(60) ? c.list(1, 3, () => tool(c)) : [];
  const names = request.tools.flatMap((one) => (one.kind === 'function' ? [one.name] : []));
  if (names.length > 0) {
    if (c.chance(60)) request.toolChoice = choice(c, names);
    if (c.chance(40)) request.parallelTools = c.chance(50);
  }
  const { sampling, cache } = request;
  if (c.chance(30)) request.maxOutputTokens = c.count(100);
  if (c.chance(30)) sampling.temperature = c.below(21) / 10;
  if (c.chance(30)) sampling.topP = c.below(11) / 10;
  if (c.chance(30)) sampling.stop = c.list(1, 4, () => c.text());
  if (c.chance(30)) sampling.seed = c.below(1000);
  if (c.chance(30)) sampling.frequencyPenalty = 0.5;
  if (c.chance(30)) sampling.presencePenalty = -0.5;
  if (c.chance(30)) sampling.logitBias = { [c.word()]: -100 };
  if (c.chance(30)) Object.assign(sampling, { logprobs: true, topLogprobs: c.below(21) });
  if (c.chance(20)) sampling.n = 1 + c.below(3);
  if (c.chance(40))
    request.reasoning = c.chance(20)
      ? { mode: 'off', effort: 'none' }
      : { effort: c.one(...EFFORTS), summary: 'auto' };
  if (c.chance(30)) request.output = outputFormat(c);
  if (c.chance(10)) request.speech = { voice: c.word(), format: c.one('wav', 'mp3', 'pcm16') };
  if (c.chance(30)) request.verbosity = c.one('low', 'medium', 'high');
  if (c.chance(30)) cache.key = c.word();
  if (c.chance(30)) cache.retention = c.one('24h', 'in_memory');
  if (c.chance(30)) request.userId = c.word();
  if (c.chance(30)) request.safetyId = c.word();
  if (c.chance(30)) request.serviceTier = c.one('auto', 'default', 'flex', 'priority');
  return request;
}

function turn(c: Choices): Message[] {
  const named = c.chance(20) ? { name: c.word() } : {};
  return c.pick<Message[]>(
    () => [{ role: 'user', parts: c.list(1, 3, () => userPart(c)), ...named }],
    () => [{ role: c.one('system', 'developer'), parts: c.list(1, 2, () => textPart(c)), ...named }],
    () => exchange(c, named),
  );
}

function userPart(c: Choices): Part {
  return c.pick<Part>(
    () => textPart(c),
    () => imagePart(c, undefined, true),
    () => ({
      kind: 'audio',
      source: { from: 'base64', mediaType: c.one('audio/wav', 'audio/mpeg'), data: c.word() },
    }),
    () => pdfPart(c),
    () => ({
      kind: 'file',
      source: { from: 'file-id', id: c.word(), format: 'openai-chat' },
      ...(c.chance(50) ? { title: c.word() } : {}),
    }),
  );
}

function exchange(c: Choices, named: { name?: string }): Message[] {
  const calls = c.list(0, 2, (): ToolCallPart => {
    const form = c.one('json', 'text');
    return {
      kind: 'tool-call',
      id: `call_${c.word()}`,
      name: `tool_${c.word()}`,
      form,
      input: form === 'text' ? c.text() : JSON.stringify({ [c.word()]: 1 }),
    };
  });
  const said = c.list(
    calls.length === 0 ? 1 : 0,
    2,
    (): Part => (c.chance(20) ? { kind: 'refusal', text: c.text() } : textPart(c)),
  );
  const thought: Part[] = c.chance(30) ? [{ kind: 'reasoning', summary: [], content: [c.text()] }] : [];
  const results = calls.map((call) => toolResult(c, call.id, call.form, textPart));
  const answer: Message = { role: 'assistant', parts: [...thought, ...said, ...calls], ...named };
  return results.length === 0 ? [answer] : [answer, { role: 'tool', parts: results }];
}

function tool(c: Choices): Tool {
  return c.pick<Tool>(
    () => functionTool(c),
    () => ({
      kind: 'custom',
      name: `free_${c.word()}`,
      ...(c.chance(50) ? { description: c.text() } : {}),
      ...(c.chance(50) ? { grammar: { syntax: 'lark', definition: c.text() } } : {}),
    }),
  );
}

function choice(c: Choices, names: string[]): ToolChoice {
  const [name = ''] = names;
  return c.pick<ToolChoice>(
    () => ({ mode: c.one('auto', 'none', 'required') }),
    () => ({ mode: 'one', name, form: 'json' }),
    () => ({ mode: 'subset', required: c.chance(50), names: names.map((one) => ({ name: one })) }),
  );
}
