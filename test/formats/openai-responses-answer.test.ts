// What goes out to a Responses client: a legal life cycle for any events, a full body, honest failures.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { PartDelta, PartStart, StreamEvent } from '../../src/canonical/event.ts';
import { Fault, type FaultCode } from '../../src/canonical/fault.ts';
import { Fold } from '../../src/canonical/fold.ts';
import { noUsage } from '../../src/canonical/usage.ts';
import type { Dress } from '../../src/formats/codec.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';

const FIXTURES = join(import.meta.dir, '..', 'fixtures', 'openai-responses');

const dressWith = (request: JsonObject = {}): Dress => ({
  model: 'claude-opus-4.6',
  id: 'resp_01TEST',
  createdS: 1_790_000_000,
  nowS: () => 1_790_000_009,
  includeUsage: true,
  request,
  requestId: 'req-1',
});

function encode(events: StreamEvent[], request: JsonObject = {}): JsonObject[] {
  const encoder = openaiResponses.streamEncoder(dressWith(request));
  const text = events.map((event) => encoder.push(event)).join('');
  return parseFrames(Buffer.from(text)).map((frame) => {
    const data = asObject(JSON.parse(frame.data));
    if (frame.event !== data.type) throw new Error('the event line does not name the type');
    return data;
  });
}

const typesOf = (sent: JsonObject[]) => sent.map(({ type }) => String(type));
const lastResponse = (sent: JsonObject[]) => asObject(sent.at(-1)?.response);
const text = (index: number, ...pieces: string[]): StreamEvent[] => [
  { type: 'part-start', index, part: { kind: 'text' } },
  ...pieces.map((piece): StreamEvent => ({ type: 'part-delta', index, delta: { kind: 'text', text: piece } })),
  { type: 'part-end', index },
];
const call = (index: number, name: string, input: string, form: 'json' | 'text' = 'json'): StreamEvent[] => [
  { type: 'part-start', index, part: { kind: 'tool-call', id: `call_${index}`, name, form } },
  { type: 'part-delta', index, delta: { kind: 'input', text: input } },
  { type: 'part-end', index },
];
const start: StreamEvent = { type: 'start', id: 'upstream-id', model: 'upstream-model' };
const end: StreamEvent = { type: 'finish', finish: { reason: 'end' } };

/** Why a stream is no legal life cycle, or undefined. */
function breach(sent: JsonObject[]): string | undefined {
  const types = typesOf(sent);
  if (types[0] !== 'response.created' || types[1] !== 'response.in_progress') return 'begins wrongly';
  if (!/^response\.(completed|incomplete|failed)$/.test(types.at(-1) ?? '')) return 'has no end';
  const ids = new Set<string>();
  const done: unknown[] = [];
  let item: string | undefined;
  let parts = 0;
  let part: string | undefined;
  for (const [number, event] of sent.entries()) {
    const type = String(event.type);
    if (event.sequence_number !== number) return `${type} is misnumbered`;
    if (event.response !== undefined) {
      if (asObject(event.response).id !== 'resp_01TEST') return `${type} has another id`;
      if (number > 1 && number < sent.length - 1) return `${type} in the middle`;
      continue;
    }
    if (event.output_index !== done.length) return `${type} has a wrong output_index`;
    if (type === 'response.output_item.added') {
      if (item !== undefined) return 'overlapping items';
      item = String(asObject(event.item).id);
      if (ids.has(item)) return 'an id twice';
      ids.add(item);
      parts = 0;
      continue;
    }
    if (item === undefined) return `${type} outside an item`;
    if (type === 'response.output_item.done') {
      if (part !== undefined) return 'an item ends before its part';
      if (asObject(event.item).id !== item) return 'another item ends';
      done.push(event.item);
      item = undefined;
      continue;
    }
    if (event.item_id !== item) return `${type} has a wrong item_id`;
    if (/part\.added$/.test(type)) {
      if (part !== undefined) return 'overlapping parts';
      part = type.includes('summary') ? 'summary' : 'content';
    } else if (/part\.done$/.test(type)) {
      if (part === undefined) return `${type} without a part`;
      part = undefined;
      parts++;
    } else if (/output_text|refusal|reasoning/.test(type)) {
      if (part === undefined) return `${type} outside a part`;
      if ((event.content_index ?? event.summary_index) !== parts && !type.includes('reasoning'))
        return `${type} has a wrong content_index`;
    }
  }
  const output = asArray(lastResponse(sent).output);
  const reported = types.at(-1) === 'response.failed' ? output.slice(0, done.length) : output;
  return Bun.deepEquals(reported, done) ? undefined : 'the answer differs from its items';
}

test('a text answer is the whole published life cycle', () => {
  const sent = encode([start, ...text(0, 'Hel', 'lo'), end]);
  expect(typesOf(sent)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(breach(sent)).toBeUndefined();
  expect(sent[2]).toEqual({
    type: 'response.output_item.added',
    sequence_number: 2,
    output_index: 0,
    item: { id: 'msg_01TEST_0', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
  });
  expect(sent[4]).toEqual({
    type: 'response.output_text.delta',
    sequence_number: 4,
    output_index: 0,
    item_id: 'msg_01TEST_0',
    content_index: 0,
    delta: 'Hel',
    logprobs: [],
  });
  expect(lastResponse(sent).output).toEqual([
    {
      id: 'msg_01TEST_0',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
    },
  ]);
  expect(JSON.stringify(sent)).not.toMatch(/upstream-id|upstream-model|\[DONE\]/);
});

test('the answer echoes what was asked for and fills every member clients read', () => {
  const request = {
    model: 'claude-opus-4.6',
    instructions: 'Be brief.',
    tools: [{ type: 'function', name: 'f', parameters: {} }],
    tool_choice: 'required',
    temperature: 0.5,
    reasoning: { effort: 'low' },
    text: { verbosity: 'low' },
    metadata: { a: 'b' },
    parallel_tool_calls: false,
    max_output_tokens: 99,
    store: true,
  };
  const usage = { ...noUsage(), input: 10, inputUncached: 4, cacheRead: 5, output: 3, outputReasoning: 2 };
  usage.cacheWrite.ttl5m = 1;
  const sent = encode([start, ...text(0, 'a'), { type: 'usage', usage, serviceTier: 'priority' }, end], request);
  expect(lastResponse(sent)).toMatchObject({
    ...request,
    id: 'resp_01TEST',
    object: 'response',
    created_at: 1_790_000_000,
    completed_at: 1_790_000_009,
    status: 'completed',
    store: false,
    error: null,
    incomplete_details: null,
    top_p: null,
    service_tier: 'priority',
    text: { format: { type: 'text' }, verbosity: 'low' },
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 5, cache_write_tokens: 1 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 13,
    },
  });
  expect(asObject(sent[0]?.response)).toMatchObject({ status: 'in_progress', usage: null, completed_at: null, output: [] });
});

test('reasoning goes out as summary or as raw text, the seal with the finished item', () => {
  const part = (index: number, ...deltas: PartDelta[]): StreamEvent[] => [
    { type: 'part-start', index, part: { kind: 'reasoning', itemId: 'toolu_foreign' } },
    ...deltas.map((delta): StreamEvent => ({ type: 'part-delta', index, delta })),
    { type: 'part-end', index },
  ];
  const sent = encode([
    start,
    ...part(
      0,
      { kind: 'reasoning', form: 'summary', section: 0, text: 'one' },
      { kind: 'reasoning', form: 'summary', section: 1, text: 'two' },
      { kind: 'seal', seal: { issuer: 'osiris', data: 'OLD' } },
      { kind: 'seal', seal: { issuer: 'osiris', data: 'SEAL' } },
    ),
    ...part(1, { kind: 'reasoning', form: 'content', section: 0, text: 'raw' }),
    ...text(2, 'x'),
    end,
  ]);
  expect(breach(sent)).toBeUndefined();
  expect(asArray(lastResponse(sent).output).slice(0, 2)).toEqual([
    {
      id: 'rs_01TEST_0',
      type: 'reasoning',
      status: 'completed',
      summary: [
        { type: 'summary_text', text: 'one' },
        { type: 'summary_text', text: 'two' },
      ],
      encrypted_content: 'SEAL',
    },
    {
      id: 'rs_01TEST_1',
      type: 'reasoning',
      status: 'completed',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'raw' }],
    },
  ]);
  expect(JSON.stringify(sent)).not.toContain('OLD');
});

test('calls carry both ids, done names the function, and no arguments stand for an empty object', () => {
  const sent = encode([start, ...call(0, 'f', ''), ...call(1, 'sql', 'SELECT 1', 'text'), end]);
  expect(breach(sent)).toBeUndefined();
  expect(lastResponse(sent).output).toEqual([
    { id: 'fc_01TEST_0', type: 'function_call', status: 'completed', call_id: 'call_0', name: 'f', arguments: '{}' },
    { id: 'ctc_01TEST_1', type: 'custom_tool_call', status: 'completed', call_id: 'call_1', name: 'sql', input: 'SELECT 1' },
  ]);
  expect(sent.find(({ type }) => type === 'response.function_call_arguments.done')).toMatchObject({
    name: 'f',
    arguments: '{}',
  });
});

test('calls of client tools go out as the items the client knows', () => {
  const events = [
    start,
    ...call(0, 'shell', '{"commands":["ls"],"timeout_ms":5}'),
    ...call(1, 'apply_patch', '{"type":"delete_file","path":"a"}'),
    ...call(2, 'local_shell', '{"command":["ls"]}'),
    ...call(3, 'shell', 'not json'),
    end,
  ];
  const tools = [{ type: 'shell' }, { type: 'apply_patch' }, { type: 'local_shell' }];
  const sent = encode(events, { tools });
  expect(breach(sent)).toBeUndefined();
  expect(lastResponse(sent).output).toMatchObject([
    { type: 'shell_call', call_id: 'call_0', action: { commands: ['ls'], timeout_ms: 5 }, status: 'completed' },
    { type: 'apply_patch_call', operation: { type: 'delete_file', path: 'a' } },
    { type: 'local_shell_call', action: { type: 'exec', command: ['ls'], env: {} } },
    { type: 'function_call', name: 'shell', arguments: 'not json' },
  ]);
  expect(typesOf(encode(events))).not.toContain('shell_call');
  expect(asArray(lastResponse(encode(events)).output)[0]).toMatchObject({ type: 'function_call', name: 'shell' });
});

describe('ends', () => {
  const ended = (reason: 'length' | 'context' | 'pause' | 'filter' | 'stop-sequence' | 'refusal' | 'bad-tool') =>
    encode([start, ...text(0, 'a'), { type: 'finish', finish: { reason } }]);

  test('a cut answer is incomplete with its reason, and its last item too', () => {
    for (const [reason, detail] of [['length', 'max_output_tokens'], ['context', 'max_output_tokens'], ['filter', 'content_filter']] as const) {
      const response = lastResponse(ended(reason));
      expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: detail }, completed_at: null });
      expect(response.output).toMatchObject([{ status: 'incomplete' }]);
    }
    const cutCall = encode([start, ...call(0, 'f', '{"a'), { type: 'finish', finish: { reason: 'length' } }]);
    expect(lastResponse(cutCall).output).toMatchObject([{ status: 'incomplete', arguments: '{"a' }]);
  });

  test('every other end is complete', () => {
    for (const reason of ['stop-sequence', 'bad-tool'] as const) expect(lastResponse(ended(reason)).status).toBe('completed');
  });

  test('a refusal without words gets a refusal part', () => {
    expect(asObject(asArray(lastResponse(ended('refusal')).output)[0]).content).toMatchObject([
      { type: 'output_text', text: 'a' },
      { type: 'refusal' },
    ]);
  });

  test('nothing follows the end', () => {
    const encoder = openaiResponses.streamEncoder(dressWith());
    for (const event of [start, ...text(0, 'a'), end]) encoder.push(event);
    for (const event of [...text(1, 'b'), end]) expect(encoder.push(event)).toBe('');
  });
});

describe('failures', () => {
  const failure = (code: FaultCode): StreamEvent => ({ type: 'error', fault: new Fault(code, 'It broke.') });

  test('codes are those clients know', () => {
    const codes: [FaultCode, string][] = [
      ['upstream_rate_limited', 'rate_limit_exceeded'],
      ['context_length_exceeded', 'context_length_exceeded'],
      ['upstream_truncated', 'server_error'],
      ['upstream_overloaded', 'server_error'],
      ['content_policy_violation', 'invalid_prompt'],
      ['insufficient_quota', 'insufficient_quota'],
    ];
    for (const [code, wire] of codes) {
      const sent = encode([failure(code)]);
      expect(typesOf(sent)).toEqual(['response.created', 'response.in_progress', 'response.failed']);
      expect(lastResponse(sent)).toMatchObject({ status: 'failed', error: { code: wire, message: 'It broke.' } });
    }
  });

  test('partial text is kept as incomplete; half a call is shown but never done', () => {
    const half = call(1, 'f', '{"a').slice(0, 2);
    const sent = encode([start, ...text(0, 'a'), ...half, failure('upstream_truncated')]);
    expect(breach(sent)).toBeUndefined();
    expect(lastResponse(sent).output).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'function_call', status: 'incomplete', arguments: '{"a' },
    ]);
    expect(typesOf(sent)).not.toContain('response.function_call_arguments.done');
    const cutText = encode([start, ...text(0, 'a').slice(0, 2), failure('upstream_truncated')]);
    expect(lastResponse(cutText).output).toMatchObject([{ status: 'incomplete' }]);
  });

  test('a passed-through stream is broken off with its own id and the next number', () => {
    const first = { type: 'response.created', sequence_number: 0, response: { id: 'resp_up', object: 'response', model: 'm', output: [] } };
    const fault = new Fault('upstream_timeout', 'Too slow.');
    const frames = (seen: { first: JsonObject | undefined; frames: number }) =>
      parseFrames(Buffer.from(openaiResponses.breakOff(fault, { ...seen, requestId: 'req-1' }))).map(({ data }) => JSON.parse(data));
    expect(frames({ first, frames: 7 })).toMatchObject([
      { type: 'response.failed', sequence_number: 7, response: { id: 'resp_up', status: 'failed', error: { code: 'server_error' } } },
    ]);
    const alone = frames({ first: undefined, frames: 0 });
    expect(alone.map(({ type }) => type)).toEqual(['response.created', 'response.failed']);
    expect(alone[0].response.id).toBe(alone[1].response.id);
  });

  test('error types are OpenAI’s own', () => {
    const types: [FaultCode, string][] = [
      ['invalid_value', 'invalid_request_error'],
      ['invalid_api_key', 'invalid_request_error'],
      ['insufficient_quota', 'insufficient_quota'],
      ['model_not_allowed', 'permission_error'],
      ['rate_limit_exceeded', 'requests'],
      ['upstream_rate_limited', 'rate_limit_exceeded'],
      ['bad_gateway', 'server_error'],
    ];
    for (const [code, type] of types) expect(openaiResponses.errorType(code)).toBe(type);
  });
});

test('a fixture read and written again says the same, streamed or whole', () => {
  for (const name of ['calls', 'hosted', 'refusal', 'cut']) {
    const decoder = openaiResponses.streamDecoder();
    const events = parseFrames(readFileSync(join(FIXTURES, `${name}.sse`))).flatMap((frame) => decoder.push(frame));
    const sent = encode(events);
    expect(breach(sent)).toBeUndefined();
    const folded = new Fold();
    for (const event of events) folded.push(event);
    const body = openaiResponses.encodeResponse(folded.response(), dressWith());
    expect(body.output).toEqual(lastResponse(sent).output ?? null);
    const again = openaiResponses.decodeResponse(body);
    const plain = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (member, inner) => (/^(itemId|id|model|createdS|raw|usage|serviceTier)$/.test(member) ? undefined : inner)));
    expect(plain(again)).toEqual(plain(folded.response()));
  }
});

test('whatever order events come in, what goes out is legal and closed', () => {
  const starts: PartStart[] = [
    { kind: 'text' },
    { kind: 'text', phase: 'final_answer' },
    { kind: 'refusal' },
    { kind: 'reasoning', itemId: 'rs_same' },
    { kind: 'tool-call', id: 'c', name: 'f', form: 'json', itemId: 'fc_same' },
    { kind: 'tool-call', id: 'c', name: 'shell', form: 'json' },
    { kind: 'tool-call', id: 'c', name: 'f', form: 'text' },
    { kind: 'audio', mediaType: 'audio/wav' },
    { kind: 'opaque', type: 'x', text: 'note', raw: { format: 'anthropic-messages', value: {} } },
    { kind: 'opaque', type: 'y', raw: { format: 'openai-responses', value: { type: 'web_search_call', id: 'ws' } } },
  ];
  const deltas: PartDelta[] = [
    { kind: 'text', text: 'a' },
    { kind: 'refusal', text: 'b' },
    { kind: 'reasoning', form: 'summary', section: 1, text: 'c' },
    { kind: 'reasoning', form: 'content', section: 0, text: 'd' },
    { kind: 'seal', seal: { issuer: 'x', data: 'y' } },
    { kind: 'input', text: '{' },
    { kind: 'citation', citation: { kind: 'url', url: 'https://example.com' } },
    { kind: 'audio', transcript: 'e' },
  ];
  const index = fc.integer({ min: 0, max: 2 });
  const event: fc.Arbitrary<StreamEvent> = fc.oneof(
    fc.constant(start),
    fc.record({ type: fc.constant('part-start' as const), index, part: fc.constantFrom(...starts) }),
    fc.record({ type: fc.constant('part-delta' as const), index, delta: fc.constantFrom(...deltas) }),
    fc.record({ type: fc.constant('part-end' as const), index }),
    fc.constant<StreamEvent>({ type: 'usage', usage: noUsage() }),
  );
  const ending = fc.constantFrom<StreamEvent>(
    end,
    { type: 'finish', finish: { reason: 'length' } },
    { type: 'finish', finish: { reason: 'refusal' } },
    { type: 'error', fault: new Fault('bad_gateway', 'x') },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), ending, (events, last) => {
      expect(breach(encode([...events, last], { tools: [{ type: 'shell' }] }))).toBeUndefined();
    }),
    { numRuns: 300, seed: 7 },
  );
});
