// Canonical requests made only of what the Responses format can say.

import type { FilePart, ImagePart, Message, Part, TextPart, ToolCallPart } from '../../src/canonical/part.ts';
import type { CanonicalRequest, Tool, ToolChoice } from '../../src/canonical/request.ts';
import {
  EFFORTS,
  functionTool,
  hidden,
  imagePart,
  outputFormat,
  pdfPart,
  plainRequest,
  textPart,
  toolResult,
} from './canonical-parts.ts';
import type { Choices } from './choices.ts';

const FORMAT = 'openai-responses';

export function canonicalResponses(c: Choices): CanonicalRequest {
  const request = plainRequest(c, c.list(1, 4, () => turn(c)).flat());
  // one that knows cache breakpoints
  request.model = 'gpt-5.6-sol';
  request.includeUsage = true;
  request.tools = c.chance(60) ? c.list(1, 3, () => tool(c)) : [];
  const names = request.tools.flatMap((one) =>
    one.kind === 'function' && one.namespace === undefined && !one.implied ? [one.name] : [],
  );
  if (names.length > 0 && c.chance(60)) request.toolChoice = choice(c, names);
  if (c.chance(40)) request.parallelTools = c.chance(50);
  const { sampling, cache } = request;
  if (c.chance(30)) request.maxOutputTokens = c.count(100);
  if (c.chance(30)) sampling.temperature = c.below(21) / 10;
  if (c.chance(30)) sampling.topP = c.below(11) / 10;
  if (c.chance(30)) Object.assign(sampling, { logprobs: true, topLogprobs: c.below(21) });
  if (c.chance(40)) {
    request.reasoning = c.chance(20) ? { mode: 'off', effort: 'none' } : { effort: c.one(...EFFORTS) };
    if (c.chance(50)) request.reasoning.summary = c.one('auto', 'concise', 'detailed');
  }
  if (c.chance(30)) request.output = outputFormat(c);
  if (c.chance(30)) request.verbosity = c.one('low', 'medium', 'high');
  if (c.chance(30)) cache.key = c.word();
  if (c.chance(30)) cache.retention = c.one('24h', 'in_memory');
  if (c.chance(30)) request.userId = c.word();
  if (c.chance(30)) request.safetyId = c.word();
  if (c.chance(30)) request.metadata = { [c.word()]: c.text() };
  if (c.chance(30)) request.serviceTier = c.one('auto', 'default', 'flex', 'priority');
  return request;
}

function turn(c: Choices): Message[] {
  return c.pick<Message[]>(
    () => [{ role: 'user', parts: [...c.list(0, 2, () => inputPart(c)), marked(c, inputPart(c))] }],
    () => [{ role: c.one('system', 'developer'), parts: c.list(1, 2, () => textPart(c)) }],
    () => exchange(c),
  );
}

/** At most one mark a turn: a request may hold four. */
function marked(c: Choices, part: TextPart | ImagePart | FilePart): Part {
  return c.chance(30) ? { ...part, cache: { ttl: c.one('default', '30m', '12h') } } : part;
}

function inputPart(c: Choices): TextPart | ImagePart | FilePart {
  return c.pick<TextPart | ImagePart | FilePart>(
    () => textPart(c),
    () => imagePart(c, FORMAT, true),
    () => ({ ...pdfPart(c), ...(c.chance(30) ? { detail: 'high' } : {}) }),
    () => ({
      kind: 'file',
      source: { from: 'url', url: `https://e.com/${c.word()}` },
      ...(c.chance(50) ? { title: c.word() } : {}),
    }),
    () => ({ kind: 'file', source: { from: 'file-id', id: c.word(), format: FORMAT } }),
  );
}

/** What an assistant says and does, then the results of its calls. */
function exchange(c: Choices): Message[] {
  const phase = c.chance(30) ? { phase: c.one('commentary', 'final_answer') } : {};
  const parts = c.list(
    1,
    4,
    (): Part =>
      c.pick<Part>(
        () => ({ ...cited(c), ...phase }),
        () => call(c),
        () => reasoning(c),
        () => ({ kind: 'refusal', text: c.text() }),
        () => hosted(c),
      ),
  );
  const results = parts.flatMap((part) =>
    part.kind === 'tool-call' ? [toolResult(c, part.id, part.form, inputPart)] : [],
  );
  const answer: Message = { role: 'assistant', parts };
  return results.length === 0 ? [answer] : [answer, { role: 'tool', parts: results }];
}

function cited(c: Choices): TextPart {
  const text = textPart(c);
  if (!c.chance(30)) return text;
  const value = { type: 'file_citation', file_id: c.word(), filename: c.word(), index: 1 };
  text.citations = [
    { kind: 'url', url: `https://e.com/${c.word()}`, title: c.text(), start: 0, end: 2 },
    { kind: 'document', title: value.filename, raw: { format: FORMAT, value } },
  ];
  return text;
}

function call(c: Choices): ToolCallPart {
  const form = c.one('json', 'text');
  const namespace = c.chance(20) ? { namespace: `ns_${c.word()}` } : {};
  const itemId = c.chance(50) ? { itemId: `${form === 'json' ? 'fc' : 'ctc'}_${c.word()}` } : {};
  const input = form === 'text' ? c.text() : JSON.stringify({ [c.word()]: c.text() });
  return {
    kind: 'tool-call',
    id: `call_${c.word()}`,
    name: `tool_${c.word()}`,
    form,
    input,
    ...namespace,
    ...itemId,
  };
}

function reasoning(c: Choices): Part {
  return {
    kind: 'reasoning',
    summary: c.list(0, 2, () => c.text()),
    content: c.list(0, 1, () => c.text()),
    seal: { issuer: 'openai', data: c.word() },
    itemId: `rs_${c.word()}`,
  };
}

function hosted(c: Choices): Part {
  const value = { type: 'image_generation_call', id: c.word(), status: 'completed', result: c.word() };
  return { kind: 'opaque', type: value.type, raw: { format: FORMAT, value } };
}

function tool(c: Choices): Tool {
  return c.pick<Tool>(
    () => hidden(c, functionTool(c)),
    () => hidden(c, { ...functionTool(c), namespace: `ns_${c.word()}` }),
    () =>
      hidden(c, {
        kind: 'custom',
        name: `free_${c.word()}`,
        ...(c.chance(50) ? { grammar: { syntax: 'lark', definition: c.text() } } : {}),
      }),
    () => ({
      ...{ kind: 'opaque', type: 'tool_search' },
      raw: { format: FORMAT, value: { type: 'tool_search' } },
    }),
    () => ({
      kind: 'opaque',
      type: 'image_generation',
      raw: { format: FORMAT, value: { type: 'image_generation', model: c.word() } },
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
