// Messages streams and whole answers: what is read, what is written, and that both say the same.

import { describe, expect, test } from 'bun:test';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fault } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { unfold } from '../../../src/canonical/unfold.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { parseFrames, type SseFrame } from '../../../src/lib/sse.ts';
import answer from '../../fixtures/anthropic-messages/answer.json';

const bytes = await Bun.file(`${import.meta.dir}/../../fixtures/anthropic-messages/answer.sse`).bytes();
const frames = parseFrames(bytes);
const dress: Dress = {
  model: 'opus',
  id: 'msg_osiris',
  createdS: 1,
  includeUsage: true,
  request: {},
  requestId: 'req-1',
};

function decode(input: SseFrame[], ended = true): StreamEvent[] {
  const decoder = codec.streamDecoder();
  const events = input.flatMap((frame) => decoder.push(frame));
  return ended ? [...events, ...decoder.end()] : events;
}

function fold(events: StreamEvent[]): Fold {
  const folded = new Fold();
  for (const event of events) folded.push(event);
  return folded;
}

function encode(events: StreamEvent[]): SseFrame[] {
  const encoder = codec.streamEncoder(dress);
  return parseFrames(new TextEncoder().encode(events.map((event) => encoder.push(event)).join('')));
}

const frame = (type: string, members: JsonObject = {}): SseFrame => ({
  event: type,
  data: JSON.stringify({ type, ...members }),
});

/** Throws unless the frames are a legal Messages stream that is closed. */
function expectLegal(written: SseFrame[]): void {
  const types = written.map((one) => JSON.parse(one.data) as JsonObject);
  for (const [at, body] of types.entries()) expect(written[at]?.event).toBe(String(body.type));
  const last = types.at(-1)?.type;
  expect(['message_stop', 'error']).toContain(String(last));
  if (last === 'message_stop') expect(types.at(-2)?.type).toBe('message_delta');
  let open: unknown;
  let next = 0;
  for (const [at, body] of types.entries()) {
    if (body.type === 'message_start') expect(at).toBe(0);
    if (body.type === 'content_block_start') {
      expect(open).toBeUndefined();
      expect(body.index).toBe(next);
      open = body.index;
    } else if (body.type === 'content_block_delta') expect(body.index as number).toBe(open as number);
    else if (body.type === 'content_block_stop') {
      expect(body.index as number).toBe(open as number);
      open = undefined;
      next++;
    } else if (body.type === 'message_delta') {
      expect(open).toBeUndefined();
      expect(body.usage).toMatchObject({ output_tokens: expect.any(Number) });
    }
  }
}

describe('reading a stream', () => {
  test('folds to exactly what the whole body of the same answer decodes to', () => {
    const folded = fold(decode(frames));
    expect(folded.finished).toBe(true);
    expect(folded.response()).toEqual(codec.decodeResponse(answer as JsonObject));
  });

  test('keeps thinking, its seal, hosted blocks, citations and calls apart and in order', () => {
    const { parts, finish } = codec.decodeResponse(answer as JsonObject);
    expect(parts.map((part) => part.kind)).toEqual([
      'reasoning',
      'reasoning',
      'opaque',
      'opaque',
      'text',
      'tool-call',
      'tool-call',
    ]);
    expect(parts[0]).toMatchObject({ seal: { issuer: 'anthropic', data: 'EuYBCkQYAiJAsig==' }, content: [] });
    expect(parts[1]).toMatchObject({ redacted: true, summary: [] });
    expect(parts[3]).toMatchObject({ text: 'Weather https://example.com/weather' });
    expect(parts[5]).toMatchObject({ id: 'toolu_01A', input: '{"city":"Paris","degrees":[21,22]}' });
    expect(parts[6]).toMatchObject({ input: '{}' });
    expect(finish).toEqual({ reason: 'tool', raw: 'tool_use' });
  });

  test('is an error, never a clean end, wherever it is cut before the reason to stop', () => {
    for (let cut = 0; cut < frames.length - 2; cut++) {
      const folded = fold(decode(frames.slice(0, cut)));
      expect(folded.fault?.code).toBe('upstream_truncated');
      expect(folded.finished).toBe(false);
    }
    expect(fold(decode(frames.slice(0, -1))).finished).toBe(true);
  });

  test('gives the right usage and finish from the frames with a needle alone', () => {
    const { needles } = codec.telltale;
    const seen = frames.filter((one) =>
      needles.some((needle) => `event: ${one.event}\ndata: ${one.data}`.includes(needle)),
    );
    expect(seen.length).toBe(3);
    const folded = fold(decode(seen));
    expect(folded.response().usage).toEqual(codec.decodeResponse(answer as JsonObject).usage);
    expect(folded.response().finish.reason).toBe('tool');
    const late = fold(decode(seen.slice(1)));
    expect(late.response().usage?.output).toBe(57);
  });

  test('parts that overlap come out one after the other', () => {
    const events = decode([
      frame('message_start', { message: { id: 'm', usage: { input_tokens: 1, output_tokens: 1 } } }),
      frame('content_block_start', {
        index: 0,
        content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} },
      }),
      frame('content_block_start', {
        index: 1,
        content_block: { type: 'tool_use', id: 'b', name: 'g', input: {} },
      }),
      frame('content_block_delta', {
        index: 1,
        delta: { type: 'input_json_delta', partial_json: '{"b":1}' },
      }),
      frame('content_block_delta', {
        index: 0,
        delta: { type: 'input_json_delta', partial_json: '{"a":1}' },
      }),
      frame('content_block_stop', { index: 1 }),
      frame('content_block_stop', { index: 0 }),
      frame('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } }),
      frame('message_stop'),
    ]);
    const { parts } = fold(events).response();
    expect(parts).toMatchObject([
      { id: 'a', input: '{"a":1}' },
      { id: 'b', input: '{"b":1}' },
    ]);
    expectLegal(encode(events));
  });

  test('tolerates deltas without a block, unknown events, missing indices and arguments in the block start', () => {
    const events = decode([
      frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
      frame('surprise', { x: 1 }),
      frame('content_block_delta', { index: 0, delta: { type: 'odd_delta' } }),
      frame('content_block_start', { content_block: { type: 'tool_use', name: 'f', input: { a: 1 } } }),
      frame('content_block_stop', {}),
      { data: '[DONE]' },
      frame('message_stop'),
    ]);
    const { response, finished } = { response: fold(events).response(), finished: fold(events).finished };
    expect(finished).toBe(true);
    expect(response.parts).toMatchObject([
      { kind: 'text', text: 'Hi' },
      { kind: 'tool-call', name: 'f', input: '{"a":1}' },
    ]);
    expect(response.finish.reason).toBe('tool');
  });

  test('an error event becomes the fault of its type, and nothing follows it', () => {
    const error = (type: string): SseFrame => frame('error', { error: { type, message: 'Overloaded' } });
    const decoder = codec.streamDecoder();
    const events = decoder.push(error('overloaded_error'));
    expect(events).toMatchObject([{ type: 'error', fault: { code: 'upstream_overloaded' } }]);
    expect(decoder.push(frame('message_stop'))).toEqual([]);
    expect(decoder.end()).toEqual([]);
    expect(fold(decode([error('rate_limit_error')])).fault?.code).toBe('upstream_rate_limited');
    expect(fold(decode([error('api_error')])).fault?.code).toBe('bad_gateway');
    expect(fold(decode([{ data: '{"type":"mess' }])).fault?.code).toBe('bad_gateway');
  });
});

describe('usage', () => {
  const usageOf = (...snapshots: JsonObject[]) =>
    fold(
      decode([
        frame('message_start', { message: { usage: snapshots[0] ?? {} } }),
        ...snapshots
          .slice(1)
          .map((usage) => frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage })),
        frame('message_stop'),
      ]),
    ).response().usage;

  test('cache classes are disjoint and add up', () => {
    const { usage } = codec.decodeResponse(answer as JsonObject);
    expect(usage).toMatchObject({
      input: 166,
      inputUncached: 6,
      cacheRead: 40,
      output: 57,
      outputReasoning: 12,
    });
    expect(usage?.cacheWrite).toMatchObject({ ttl5m: 100, ttl1h: 20, unknown: 0 });
    expect(usage).toMatchObject({ serverTools: { web_search: 1 }, tier: 'standard', source: 'reported' });
    const plain = {
      input_tokens: 6,
      cache_creation_input_tokens: 159217,
      cache_read_input_tokens: 0,
      output_tokens: 2745,
    };
    const { usage: worked } = codec.decodeResponse({
      content: [],
      usage: { ...plain, cache_creation: null },
    });
    expect(worked).toMatchObject({ input: 159223, cacheWrite: { ttl5m: 159217, ttl1h: 0 } });
  });

  test('a later snapshot with input tokens replaces the whole input group', () => {
    const usage = usageOf(
      { input_tokens: 1000, cache_read_input_tokens: 0, output_tokens: 0 },
      { input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 5 },
    );
    expect(usage).toMatchObject({ input: 1000, inputUncached: 100, cacheRead: 900, output: 5 });
    expect(
      usageOf({ input_tokens: 100, cache_read_input_tokens: 900 }, { input_tokens: 1000, output_tokens: 5 }),
    ).toMatchObject({
      input: 1000,
      cacheRead: 0,
    });
  });

  test('a snapshot that repeats or zeroes the input leaves it alone, and keeps the split of cache writes', () => {
    const first = {
      input_tokens: 10,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_1h_input_tokens: 30, ephemeral_5m_input_tokens: 0 },
    };
    expect(usageOf(first, { input_tokens: 0, output_tokens: 5 })).toMatchObject({ input: 40, output: 5 });
    expect(usageOf(first, { input_tokens: 10, output_tokens: 5 })).toMatchObject({ input: 40 });
    const repeated = usageOf(first, { input_tokens: 10, cache_creation_input_tokens: 30, output_tokens: 5 });
    expect(repeated?.cacheWrite).toMatchObject({ ttl1h: 30, ttl5m: 0 });
    expect(usageOf(first)).toMatchObject({ source: 'partial' });
  });
});

describe('writing', () => {
  test('a stream of an answer decodes to that answer again', () => {
    const original = codec.decodeResponse(answer as JsonObject);
    const events = unfold(original);
    const written = encode(events);
    expectLegal(written);
    const again = fold(decode(written)).response();
    expect(again.parts).toEqual(original.parts);
    expect(again.finish).toEqual(original.finish);
    expect(again).toMatchObject({ id: 'msg_osiris', model: 'opus', usage: { input: 166, output: 57 } });
    const whole = codec.encodeResponse(original, dress);
    expect(again.parts).toEqual(codec.decodeResponse(whole).parts);
    expect(whole.content).toEqual(answer.content as JsonObject[]);
  });

  test('what goes out is legal and closed wherever the answer breaks', () => {
    for (let cut = 0; cut <= frames.length; cut++) expectLegal(encode(decode(frames.slice(0, cut))));
  });

  test('what goes out is legal for events in any order', () => {
    const start: StreamEvent = { type: 'part-start', index: 0, part: { kind: 'text' } };
    const words: StreamEvent = { type: 'part-delta', index: 0, delta: { kind: 'text', text: 'x' } };
    const call: StreamEvent = {
      type: 'part-start',
      index: 1,
      part: { kind: 'tool-call', id: 'a:1', name: 'f', form: 'json' },
    };
    const finish: StreamEvent = { type: 'finish', finish: { reason: 'end' } };
    const end: StreamEvent = { type: 'part-end', index: 0 };
    for (const events of [
      [finish],
      [words, end, finish],
      [start, call, words, finish, words, start],
      [call, start, words, call, end, end, finish, finish],
      [start, finish],
    ])
      expectLegal(encode(events));
  });

  test('an empty text, foreign reasoning seals and foreign blocks leave no trace', () => {
    const written = encode([
      { type: 'part-start', index: 0, part: { kind: 'text' } },
      { type: 'part-end', index: 0 },
      { type: 'part-start', index: 1, part: { kind: 'reasoning' } },
      {
        type: 'part-delta',
        index: 1,
        delta: { kind: 'reasoning', form: 'summary', section: 0, text: 'one' },
      },
      {
        type: 'part-delta',
        index: 1,
        delta: { kind: 'reasoning', form: 'summary', section: 1, text: 'two' },
      },
      { type: 'part-delta', index: 1, delta: { kind: 'seal', seal: { issuer: 'openai', data: 'FOREIGN' } } },
      { type: 'part-end', index: 1 },
      {
        type: 'part-start',
        index: 2,
        part: {
          kind: 'opaque',
          type: 'web_search_call',
          raw: { format: 'openai-responses', value: { id: 'ws' } },
        },
      },
      { type: 'part-end', index: 2 },
      { type: 'finish', finish: { reason: 'length' } },
    ]);
    const text = JSON.stringify(written);
    expect(text).not.toContain('FOREIGN');
    expect(text).not.toContain('web_search_call');
    expect(text).not.toContain('signature_delta');
    expect(fold(decode(written)).response()).toMatchObject({
      parts: [{ kind: 'reasoning', summary: ['one\n\ntwo'] }],
      finish: { reason: 'length' },
    });
    expect(fold(decode(written)).response().parts).toHaveLength(1);
  });

  test('message_start waits for content and carries the usage known by then', () => {
    const encoder = codec.streamEncoder(dress);
    expect(encoder.push({ type: 'start', usage: { ...noUsage(), input: 7, inputUncached: 7 } })).toBe('');
    expect(encoder.push({ type: 'part-start', index: 0, part: { kind: 'text' } })).toBe('');
    const first = encoder.push({ type: 'part-delta', index: 0, delta: { kind: 'text', text: 'x' } });
    expect(first).toStartWith('event: message_start\n');
    expect(first).toContain('"input_tokens":7');
    for (const member of ['stop_details', 'container', 'diagnostics', 'service_tier', 'cache_creation'])
      expect(first).toContain(`"${member}"`);
  });

  test('a failure is one error frame with the superset body, then silence', () => {
    const encoder = codec.streamEncoder(dress);
    encoder.push({
      type: 'part-start',
      index: 0,
      part: { kind: 'tool-call', id: 'a', name: 'f', form: 'json' },
    });
    const fault = new Fault('upstream_overloaded', 'Busy; try again.');
    const [error, ...rest] = parseFrames(new TextEncoder().encode(encoder.push({ type: 'error', fault })));
    expect(rest).toEqual([]);
    expect(error?.event).toBe('error');
    expect(JSON.parse(error?.data ?? '')).toEqual({
      type: 'error',
      error: {
        type: 'overloaded_error',
        message: 'Busy; try again.',
        code: 'upstream_overloaded',
        param: null,
      },
      request_id: 'req-1',
    });
    expect(encoder.push({ type: 'finish', finish: { reason: 'end' } })).toBe('');
  });

  test('stop reasons say what happened', () => {
    const stop = (finish: Parameters<typeof codec.encodeResponse>[0]['finish']) =>
      codec.encodeResponse({ parts: [], finish }, dress);
    expect(stop({ reason: 'stop-sequence', stopSequence: 'END' })).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    expect(stop({ reason: 'filter' })).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null },
    });
    expect(stop({ reason: 'context' })).toMatchObject({ stop_reason: 'model_context_window_exceeded' });
    expect(stop({ reason: 'pause' })).toMatchObject({ stop_reason: 'pause_turn', stop_sequence: null });
  });
});
