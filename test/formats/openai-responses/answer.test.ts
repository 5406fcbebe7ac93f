// What goes out to a Responses client: the published life cycle and a full body.

import { describe, expect, test } from 'bun:test';
import type { PartDelta, StreamEvent } from '../../../src/canonical/event.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import { asArray, asObject } from '../../../src/lib/json.ts';
import { breach, call, dressWith, encode, end, lastResponse, start, text, typesOf } from './lifecycle.ts';

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
  const sent = encode(
    [start, ...text(0, 'a'), { type: 'usage', usage, serviceTier: 'priority' }, end],
    request,
  );
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
  expect(asObject(sent[0]?.response)).toMatchObject({
    status: 'in_progress',
    usage: null,
    completed_at: null,
    output: [],
  });
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
      { kind: 'seal', seal: { issuer: 'openai', data: 'OLD' } },
      { kind: 'seal', seal: { issuer: 'openai', data: 'SEAL' } },
    ),
    ...part(
      1,
      { kind: 'reasoning', form: 'content', section: 0, text: 'raw' },
      { kind: 'seal', seal: { issuer: 'anthropic', data: 'FOREIGN' } },
    ),
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
  expect(JSON.stringify(sent)).not.toMatch(/OLD|FOREIGN/);
});

test('calls carry both ids, done names the function, and no arguments stand for an empty object', () => {
  const sent = encode([start, ...call(0, 'f', ''), ...call(1, 'sql', 'SELECT 1', 'text'), end]);
  expect(breach(sent)).toBeUndefined();
  expect(lastResponse(sent).output).toEqual([
    {
      id: 'fc_01TEST_0',
      type: 'function_call',
      status: 'completed',
      call_id: 'call_0',
      name: 'f',
      arguments: '{}',
    },
    {
      id: 'ctc_01TEST_1',
      type: 'custom_tool_call',
      status: 'completed',
      call_id: 'call_1',
      name: 'sql',
      input: 'SELECT 1',
    },
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
    {
      type: 'shell_call',
      call_id: 'call_0',
      action: { commands: ['ls'], timeout_ms: 5 },
      status: 'completed',
    },
    { type: 'apply_patch_call', operation: { type: 'delete_file', path: 'a' } },
    { type: 'local_shell_call', action: { type: 'exec', command: ['ls'], env: {} } },
    { type: 'function_call', name: 'shell', arguments: 'not json' },
  ]);
  expect(typesOf(encode(events))).not.toContain('shell_call');
  expect(asArray(lastResponse(encode(events)).output)[0]).toMatchObject({
    type: 'function_call',
    name: 'shell',
  });
});

describe('ends', () => {
  const ended = (
    reason: 'length' | 'context' | 'pause' | 'filter' | 'stop-sequence' | 'refusal' | 'bad-tool',
  ) => encode([start, ...text(0, 'a'), { type: 'finish', finish: { reason } }]);

  test('a cut answer is incomplete with its reason, and its last item too', () => {
    for (const [reason, detail] of [
      ['length', 'max_output_tokens'],
      ['context', 'max_output_tokens'],
      ['filter', 'content_filter'],
    ] as const) {
      const response = lastResponse(ended(reason));
      expect(response).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: detail },
        completed_at: null,
      });
      expect(response.output).toMatchObject([{ status: 'incomplete' }]);
    }
    const cutCall = encode([start, ...call(0, 'f', '{"a'), { type: 'finish', finish: { reason: 'length' } }]);
    expect(lastResponse(cutCall).output).toMatchObject([{ status: 'incomplete', arguments: '{"a' }]);
  });

  test('every other end is complete', () => {
    for (const reason of ['stop-sequence', 'bad-tool'] as const)
      expect(lastResponse(ended(reason)).status).toBe('completed');
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
