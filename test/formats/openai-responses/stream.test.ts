// How Responses streams are read: whole, cut, in disorder, and with only the frames that metering looks at.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fault } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { FrameSplitter, parseFrames, type SseFrame } from '../../../src/lib/sse.ts';

const FIXTURES = join(import.meta.dir, '../../fixtures', 'openai-responses');
const NAMES = ['calls', 'hosted', 'refusal', 'cut'];

const bytesOf = (name: string) => readFileSync(join(FIXTURES, `${name}.sse`));
const framesOf = (name: string) => parseFrames(bytesOf(name));
const bodyOf = (name: string): JsonObject => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8'));
const typed = (data: JsonObject): SseFrame => ({ event: String(data.type), data: JSON.stringify(data) });

function decode(frames: SseFrame[]): StreamEvent[] {
  const decoder = openaiResponses.streamDecoder();
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

function fold(events: StreamEvent[]): Fold {
  const folded = new Fold();
  for (const event of events) folded.push(event);
  return folded;
}

/** The grammar of canonical events, as a complaint or undefined. */
function breach(events: StreamEvent[]): string | undefined {
  let open: number | undefined;
  let next = 0;
  let state: 'before' | 'parts' | 'usage' | 'ended' = 'before';
  for (const event of events) {
    if (state === 'ended') return `${event.type} after the end`;
    if (event.type === 'error') state = 'ended';
    else if (state === 'before') {
      if (event.type !== 'start') return `${event.type} before start`;
      state = 'parts';
    } else if (event.type === 'start') return 'two starts';
    else if (event.type === 'finish') {
      if (open !== undefined) return 'finish in a part';
      state = 'ended';
    } else if (event.type === 'usage') {
      if (open !== undefined || state === 'usage') return 'misplaced usage';
      state = 'usage';
    } else if (state !== 'parts') return `${event.type} after usage`;
    else if (event.type === 'part-start') {
      if (open !== undefined || event.index !== next) return 'misplaced part-start';
      open = next;
    } else if (event.index !== open) return `${event.type} outside its part`;
    else if (event.type === 'part-end') {
      open = undefined;
      next++;
    }
  }
  return state === 'ended' ? undefined : 'no end';
}

describe('a stream and its body say the same', () => {
  for (const name of NAMES)
    test(name, () => {
      const events = decode(framesOf(name));
      expect(breach(events)).toBeUndefined();
      expect(fold(events).response()).toEqual(openaiResponses.decodeResponse(bodyOf(name)));
    });
});

test('parts, seal, phase and usage of an answer with reasoning and overlapping calls are read', () => {
  const response = fold(decode(framesOf('calls'))).response();
  expect(response.parts).toEqual([
    {
      kind: 'reasoning',
      itemId: 'rs_1',
      summary: ['**Plan** Look both up.', 'Then compare.'],
      content: [],
      seal: { issuer: 'openai', data: 'gAAAAABsealed==' },
    },
    { kind: 'text', text: 'Ich schaue nach – 🌦 einen Moment.', phase: 'commentary' },
    {
      kind: 'tool-call',
      id: 'call_1',
      itemId: 'fc_1',
      name: 'get_weather',
      form: 'json',
      input: '{"city":"Oslo"}',
    },
    {
      kind: 'tool-call',
      id: 'call_2',
      itemId: 'fc_2',
      name: 'get_weather',
      form: 'json',
      input: '{"city":"Zürich"}',
    },
  ]);
  expect(response.finish).toEqual({ reason: 'tool', raw: 'completed' });
  expect(response.serviceTier).toBe('default');
  expect(response.usage).toMatchObject({
    input: 120,
    inputUncached: 50,
    cacheRead: 40,
    cacheWrite: { ttl5m: 0, ttl1h: 0, ttl30m: 20, ttl12h: 5, unknown: 5 },
    output: 64,
    outputReasoning: 32,
    tier: 'default',
    source: 'reported',
  });
});

test('a hosted search, citations, token probabilities and a custom call are read', () => {
  const { parts, usage } = fold(decode(framesOf('hosted'))).response();
  expect(parts.map((part) => part.kind)).toEqual(['opaque', 'text', 'tool-call']);
  expect(parts[0]).toMatchObject({
    type: 'web_search_call',
    text: 'Searched the web for: osiris myth\nhttps://example.org/osiris',
  });
  expect(parts[1]).toMatchObject({
    citations: [
      { kind: 'url', url: 'https://example.org/osiris', title: 'Osiris', start: 0, end: 12 },
      { kind: 'document', title: 'myths.pdf' },
    ],
    logprobs: [{ token: 'Osiris', logprob: -0.1, bytes: [79, 115, 105, 114, 105, 115] }, { token: ' rose.' }],
  });
  expect(parts[2]).toMatchObject({ form: 'text', name: 'run_sql', input: 'SELECT 1;' });
  expect(usage?.serverTools).toEqual({ web_search: 2 });
});

test('refusals and cut answers keep their reasons', () => {
  expect(fold(decode(framesOf('refusal'))).response().finish.reason).toBe('refusal');
  const cut = fold(decode(framesOf('cut'))).response();
  expect(cut.finish).toEqual({ reason: 'length', raw: 'max_output_tokens' });
  expect(cut.parts[1]).toMatchObject({ kind: 'tool-call', input: '{"path":"a.t' });
});

describe('cut anywhere', () => {
  for (const name of NAMES)
    test(`${name} ends in a grammatical error, and no whole call is made of half a one`, () => {
      const frames = framesOf(name);
      for (let length = 0; length < frames.length; length++) {
        const events = decode(frames.slice(0, length));
        expect(breach(events)).toBeUndefined();
        expect(events.at(-1)).toMatchObject({ type: 'error', fault: { code: 'upstream_truncated' } });
        expect(events.some((event) => event.type === 'finish')).toBe(false);
      }
    });

  test('bytes in pieces of any size give the same answer', () => {
    const bytes = bytesOf('calls');
    const whole = fold(decode(framesOf('calls'))).response();
    for (const size of [1, 7, 64, 4096]) {
      const splitter = new FrameSplitter();
      const frames: SseFrame[] = [];
      for (let at = 0; at < bytes.length; at += size)
        frames.push(...parseFrames(splitter.push(bytes.subarray(at, at + size))));
      expect(fold(decode(frames)).response()).toEqual(whole);
    }
  });
});

describe('upstreams that leave things out', () => {
  const keep = (name: string, ...kinds: string[]) =>
    framesOf(name).filter((frame) => !kinds.some((kind) => frame.event === kind));
  const whole = fold(decode(framesOf('calls'))).response();

  test('no announcements of items and parts', () => {
    const frames = keep('calls', 'response.output_item.added', 'response.content_part.added');
    const events = decode(frames);
    expect(breach(events)).toBeUndefined();
    const { parts } = fold(events).response();
    expect(parts.filter((part) => part.kind === 'tool-call') as typeof parts).toEqual(whole.parts.slice(2));
  });

  test('text only in the done events', () => {
    const frames = framesOf('calls').filter((frame) => !frame.event?.endsWith('.delta'));
    expect(fold(decode(frames)).response()).toEqual(whole);
  });

  test('items only in the terminal event, as metering sees a passed-through stream', () => {
    const { needles } = openaiResponses.telltale;
    const told = framesOf('calls').filter((frame) =>
      needles.some((needle) => `event: ${frame.event}\ndata: ${frame.data}`.includes(needle)),
    );
    expect(told).toHaveLength(1);
    const events = decode(told);
    expect(breach(events)).toBeUndefined();
    expect(fold(events).response()).toEqual(whole);
  });

  test('an empty output in the terminal event', () => {
    const frames = framesOf('calls').map((frame) => {
      const data = asObject(JSON.parse(frame.data));
      if (data.type !== 'response.completed') return frame;
      return typed({ ...data, response: { ...asObject(data.response), output: [] } });
    });
    expect(fold(decode(frames)).response()).toEqual(whole);
  });

  test('no output_index, or the same one for every item', () => {
    for (const change of [{ output_index: undefined }, { output_index: 0 }]) {
      const frames = keep('hosted').map((frame) => {
        const data = JSON.parse(frame.data);
        return typed('output_index' in data ? JSON.parse(JSON.stringify({ ...data, ...change })) : data);
      });
      const events = decode(frames);
      expect(breach(events)).toBeUndefined();
      expect(fold(events).response()).toEqual(fold(decode(framesOf('hosted'))).response());
    }
  });

  test('unknown events, comments and [DONE] change nothing', () => {
    const noise: SseFrame[] = [
      { data: '[DONE]' },
      { data: 'not json' },
      typed({ type: 'response.novelty', response: 4 }),
    ];
    const frames = framesOf('calls').flatMap((frame) => [...noise, frame]);
    expect(fold(decode(frames)).response()).toEqual(whole);
  });

  test('frames without an event line', () => {
    const frames = framesOf('calls').map(({ data }) => ({ data }));
    expect(fold(decode(frames)).response()).toEqual(whole);
  });
});

describe('failures', () => {
  const failed = (error: JsonObject | null, usage: JsonObject | null = null) =>
    typed({
      type: 'response.failed',
      sequence_number: 9,
      response: { id: 'resp_1', object: 'response', status: 'failed', error, output: [], usage },
    });
  const codes: [JsonObject, string][] = [
    [{ code: 'server_error', message: 'oops' }, 'bad_gateway'],
    [{ code: 'rate_limit_exceeded', message: 'slow' }, 'upstream_rate_limited'],
    [{ code: 'invalid_prompt', message: 'bad prompt' }, 'upstream_rejected'],
    [{ code: 'context_length_exceeded', message: 'too long' }, 'context_length_exceeded'],
    [{ code: 'insufficient_quota', message: 'pay' }, 'upstream_unavailable'],
    [{ code: 'server_is_overloaded', message: 'busy' }, 'upstream_overloaded'],
    [{ code: 'bio_policy', message: 'no' }, 'content_policy_violation'],
  ];
  for (const [error, code] of codes)
    test(`a failed response with ${error.code} is ${code}`, () => {
      expect(decode([failed(error)]).at(-1)).toMatchObject({ type: 'error', fault: { code } });
    });

  test.each(['failed', 'cancelled'])('an answer is one that %s by its event, whatever its status', (end) => {
    const response = { id: 'resp_1', object: 'response', status: 'completed', output: [] };
    expect(decode([typed({ type: `response.${end}`, response })]).at(-1)).toMatchObject({ type: 'error' });
  });

  test('usage of a failed answer is still reported', () => {
    const events = decode([
      failed({ code: 'server_error', message: 'x' }, { input_tokens: 7, output_tokens: 2 }),
    ]);
    expect(fold(events).response().usage).toMatchObject({ input: 7, output: 2 });
    expect(breach(events)).toBeUndefined();
  });

  test('an error event is understood flat, nested and by its event line alone', () => {
    const flat = {
      type: 'error',
      code: 'rate_limit_exceeded',
      message: 'x',
      param: null,
      sequence_number: 1,
    };
    const nested = { type: 'error', error: { type: 'rate_limit_error', message: 'x' } };
    const bare = { event: 'error', data: '{"error":{"code":"rate_limit_exceeded","message":"x"}}' };
    for (const frame of [typed(flat), typed(nested), bare]) {
      const events = decode([...framesOf('calls').slice(0, 5), frame, ...framesOf('calls').slice(5)]);
      expect(events.at(-1)).toMatchObject({ type: 'error', fault: { code: 'upstream_rate_limited' } });
      expect(breach(events)).toBeUndefined();
    }
  });

  test('a body without an end is no answer', () => {
    for (const status of ['queued', 'in_progress', 'cancelled'])
      expect(() => openaiResponses.decodeResponse({ ...bodyOf('calls'), status })).toThrow(Fault);
    expect(() => openaiResponses.decodeResponse({ hello: 'world' })).toThrow(Fault);
    expect(() => openaiResponses.decodeResponse({ error: { message: 'x', type: 'server_error' } })).toThrow(
      Fault,
    );
  });

  test('secrets in an upstream error do not reach the client', () => {
    const body = {
      error: { message: 'Incorrect API key provided: sk-proj-abcdef123456', code: 'invalid_api_key' },
    };
    const fault = openaiResponses.decodeError(401, body, new Headers());
    expect(fault.code).toBe('upstream_auth');
    expect(fault.message).not.toContain('sk-proj');
    const rejected = openaiResponses.decodeError(
      400,
      { error: { message: 'Bad value for user-abc123456' } },
      new Headers(),
    );
    expect(rejected.message).not.toContain('abc123456');
    expect(openaiResponses.decodeError(502, '<html>nginx</html>', new Headers()).code).toBe('bad_gateway');
    expect(openaiResponses.decodeError(429, '', new Headers({ 'retry-after': '3' })).retryAfterS).toBe(3);
  });
});

test('a client tool of the format is read as a function call', () => {
  const shell = {
    id: 'sh_1',
    type: 'shell_call',
    call_id: 'call_s',
    status: 'completed',
    environment: { type: 'local' },
    action: { commands: ['ls'], timeout_ms: 1000, max_output_length: null },
  };
  const body = { ...bodyOf('refusal'), output: [shell] };
  const { parts, finish } = openaiResponses.decodeResponse(body);
  expect(parts[0]).toMatchObject({ kind: 'tool-call', name: 'shell', id: 'call_s', form: 'json' });
  expect(finish.reason).toBe('tool');
  const inContainer = { ...shell, environment: { type: 'container_reference', container_id: 'c' } };
  const hosted = openaiResponses.decodeResponse({ ...body, output: [inContainer] });
  expect(hosted.parts[0]?.kind).toBe('opaque');
  expect(asArray(body.output)).toHaveLength(1);
});

test('a damaged section number is not believed: nothing is held for the sections before it', () => {
  const decoder = openaiResponses.streamDecoder();
  const item = { id: 'rs_1', type: 'reasoning', summary: [] };
  const frames = [
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 1e15, delta: 'thought' },
  ];
  const events = frames.flatMap((frame) => decoder.push({ data: JSON.stringify(frame) }));
  const delta = events.find((event) => event.type === 'part-delta');
  expect(delta?.delta).toEqual({ kind: 'reasoning', form: 'summary', section: 0, text: 'thought' });
});

test('arguments that a vendor writes as `null` are none, streamed and whole', () => {
  const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'now', arguments: 'null' };
  const place = { output_index: 0, item_id: 'fc_1' };
  const response = { id: 'resp_1', status: 'completed', output: [item] };
  const frames = [
    typed({ type: 'response.created', response: {} }),
    typed({ type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } }),
    typed({ type: 'response.function_call_arguments.delta', ...place, delta: 'null' }),
    typed({ type: 'response.function_call_arguments.done', ...place, arguments: 'null' }),
    typed({ type: 'response.output_item.done', output_index: 0, item }),
    typed({ type: 'response.completed', response }),
  ];
  const streamed = decode(frames);
  expect(breach(streamed)).toBeUndefined();
  expect(JSON.stringify(streamed)).not.toContain('"null"');
  for (const { parts } of [fold(streamed).response(), openaiResponses.decodeResponse(response)])
    expect(parts).toMatchObject([{ kind: 'tool-call', name: 'now', input: '{}' }]);
});
