// Reading Chat streams: real shapes, odd vendors, broken ends.

import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import { FrameSplitter, parseFrames, type SseFrame } from '../../../src/lib/sse.ts';

const FIXTURES = join(import.meta.dir, '../../fixtures', 'openai-chat');
const NAMES = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.sse'))
  .map((file) => file.slice(0, -'.sse'.length));

function decode(frames: SseFrame[]): StreamEvent[] {
  const decoder = openaiChat.streamDecoder();
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

function fold(events: StreamEvent[]): Fold {
  const folded = new Fold();
  for (const event of events) folded.push(event);
  return folded;
}

/** Frames of one chunk each; strings go as they are. */
function frames(...chunks: (object | string)[]): SseFrame[] {
  return chunks.map((chunk) => ({ data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) }));
}

const delta = (members: object, finishReason: string | null = null) => ({
  id: 'c1',
  choices: [{ index: 0, delta: members, finish_reason: finishReason }],
});
const call = (members: object) => delta({ tool_calls: [members] });
const answer = (...chunks: (object | string)[]) => fold(decode(frames(...chunks))).response();

/** Throws when the events break the grammar. */
function checkGrammar(events: StreamEvent[]): void {
  let open: number | undefined;
  let next = 0;
  let state: 'before' | 'parts' | 'usage' | 'over' = 'before';
  for (const event of events) {
    expect(state).not.toBe('over');
    if (event.type === 'error') {
      state = 'over';
      continue;
    }
    if (event.type === 'start') {
      expect(state).toBe('before');
      state = 'parts';
    } else if (event.type === 'part-start') {
      expect([state, open, event.index]).toEqual(['parts', undefined, next]);
      open = event.index;
    } else if (event.type === 'part-delta') expect([state, event.index]).toEqual(['parts', open as number]);
    else if (event.type === 'part-end') {
      expect(event.index).toBe(open as number);
      open = undefined;
      next++;
    } else {
      expect([open, state === 'parts' || state === 'usage']).toEqual([undefined, true]);
      state = event.type === 'usage' ? 'usage' : 'over';
    }
  }
  expect(state).toBe('over');
}

describe('a stream equals the whole answer', () => {
  for (const name of NAMES) {
    const sse = readFileSync(join(FIXTURES, `${name}.sse`));
    const body = JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8'));

    test(`${name}: folding the events gives the decoded body`, () => {
      const events = decode(parseFrames(sse));
      checkGrammar(events);
      expect(fold(events).response()).toEqual(openaiChat.decodeResponse(body));
    });

    test(`${name}: where the bytes were cut makes no difference`, () => {
      const whole = decode(parseFrames(sse));
      for (const size of [1, 7, 64]) {
        const splitter = new FrameSplitter();
        const cut: SseFrame[] = [];
        for (let at = 0; at < sse.length; at += size) {
          cut.push(...parseFrames(splitter.push(sse.subarray(at, at + size))));
        }
        expect(decode(cut)).toEqual(whole);
      }
    });

    test(`${name}: every prefix is legal and ends in an error unless the finish was seen`, () => {
      const all = parseFrames(sse);
      for (let length = 0; length < all.length; length++) {
        const prefix = all.slice(0, length);
        const events = decode(prefix);
        checkGrammar(events);
        const finished = prefix.some((frame) => /"finish_reason": ?"/.test(frame.data));
        expect(events.at(-1)?.type).toBe(finished ? 'finish' : 'error');
        if (!finished) expect(fold(events).fault?.code).toBe('upstream_truncated');
      }
    });

    test(`${name}: frames with a needle alone give the same usage and finish`, () => {
      const { needles } = openaiChat.telltale;
      for (const spaced of [true, false]) {
        const written = parseFrames(sse).map(({ data }) => ({
          data: spaced || data === '[DONE]' ? data : JSON.stringify(JSON.parse(data)),
        }));
        const telling = written.filter((frame) => needles.some((needle) => frame.data.includes(needle)));
        expect(telling.length).toBeLessThan(parseFrames(sse).length);
        const metered = fold(decode(telling)).response();
        const whole = fold(decode(parseFrames(sse))).response();
        expect([metered.usage, metered.finish]).toEqual([whole.usage, whole.finish]);
      }
    });
  }
});

describe('what vendors do differently', () => {
  const weather = { kind: 'tool-call', id: 'a', name: 'weather', form: 'json', input: '{"x":1}' } as const;
  const clock = { kind: 'tool-call', id: 'b', name: 'clock', form: 'json', input: '{"y":2}' } as const;
  const fn = (name: string | null, args: string) => ({ function: { name, arguments: args } });

  test('a whole call in one fragment, with the finish in the same chunk', () => {
    const chunk = {
      choices: [
        {
          index: 0,
          delta: { tool_calls: [{ index: 0, id: 'a', ...fn('weather', '{"x":1}') }] },
          finish_reason: 'stop',
        },
      ],
    };
    expect(answer(chunk, '[DONE]')).toMatchObject({
      parts: [weather],
      finish: { reason: 'tool', raw: 'stop' },
    });
  });

  test('calls without an index are told apart by their ids', () => {
    const { parts } = answer(
      call({ id: 'a', ...fn('weather', '{"x"') }),
      call(fn(null, ':1}')),
      call({ id: 'b', ...fn('clock', '{"y":2}') }),
      '[DONE]',
    );
    expect(parts).toEqual([weather, clock]);
  });

  test('indices that start at 1 and leave gaps', () => {
    const { parts } = answer(
      call({ index: 1, id: 'a', ...fn('weather', '{"x":1}') }),
      call({ index: 4, id: 'b', ...fn('clock', '{"y":2}') }),
      delta({}, 'tool_calls'),
    );
    expect(parts).toEqual([weather, clock]);
  });

  test('several whole calls that all carry index 0', () => {
    const { parts } = answer(
      call({ index: 0, id: 'a', ...fn('weather', '{"x":1}') }),
      call({ index: 0, id: 'b', ...fn('clock', '{"y":2}') }),
      delta({}, 'tool_calls'),
    );
    expect(parts).toEqual([weather, clock]);
  });

  test('ids and names repeated, empty or null in later fragments', () => {
    const { parts } = answer(
      call({ index: 0, id: 'a', ...fn('weather', '') }),
      call({ index: 0, id: 'a', ...fn('weather', '{"x"') }),
      call({ index: 0, id: '', ...fn('', ':') }),
      call({ index: 0, id: null, ...fn(null, '1}') }),
      delta({ tool_calls: [] }, 'tool_calls'),
    );
    expect(parts).toEqual([weather]);
  });

  test('interleaved calls come out one after the other, the first one live', () => {
    const events = decode(
      frames(
        call({ index: 0, id: 'a', ...fn('weather', '{"x"') }),
        call({ index: 1, id: 'b', ...fn('clock', '{"y"') }),
        call({ index: 0, ...fn(null, ':1}') }),
        call({ index: 1, ...fn(null, ':2}') }),
        delta({}, 'tool_calls'),
      ),
    );
    checkGrammar(events);
    expect(fold(events).response().parts).toEqual([weather, clock]);
    expect(events.slice(1, 3).map((event) => event.type)).toEqual(['part-start', 'part-delta']);
  });

  test('calls that never get an id are given stable ones', () => {
    const chunks = [
      call({ index: 0, ...fn('weather', '{}') }),
      call({ index: 1, ...fn('clock', '{}') }),
      '[DONE]',
    ];
    expect(answer(...chunks).parts).toMatchObject([{ id: 'call_c1_0' }, { id: 'call_c1_1' }]);
  });

  test('blank text between calls is dropped, other text follows the calls', () => {
    const { parts } = answer(
      call({ index: 0, id: 'a', ...fn('weather', '{"x":1}') }),
      delta({ content: '\n' }),
      call({ index: 1, id: 'b', ...fn('clock', '{"y":2}') }),
      delta({}, 'tool_calls'),
    );
    expect(parts).toEqual([weather, clock]);
    const spoken = answer(
      call({ index: 0, id: 'a', ...fn('weather', '{"x"') }),
      delta({ content: '\nDone' }),
      call({ index: 0, ...fn(null, ':1}') }),
      delta({ content: ' now.' }, 'tool_calls'),
    );
    expect(spoken.parts).toEqual([weather, { kind: 'text', text: '\nDone now.' }]);
  });

  test('usage in every chunk is a snapshot: the last one wins and nothing is added up', () => {
    const usage = (output: number) => ({ usage: { prompt_tokens: 10, completion_tokens: output } });
    const events = decode(
      frames(
        { ...delta({ content: 'a' }), ...usage(1) },
        { ...delta({ content: 'b' }), ...usage(2) },
        { ...delta({}, 'stop'), ...usage(3) },
        { choices: [], usage: null },
        '[DONE]',
      ),
    );
    expect(fold(events).response().usage).toMatchObject({ input: 10, output: 3, source: 'reported' });
    expect(events.filter((event) => event.type === 'usage')).toHaveLength(1);
  });

  test('usage known before a break is recorded as partial, and half a call stays open', () => {
    const known = { usage: { prompt_tokens: 10, completion_tokens: 1 } };
    const texts = decode(frames({ ...delta({ content: 'a' }), ...known }));
    checkGrammar(texts);
    expect(texts.at(-2)).toMatchObject({ type: 'usage', usage: { input: 10, source: 'partial' } });
    const calls = decode(frames({ ...call({ index: 0, id: 'a', ...fn('weather', '{"x"') }), ...known }));
    checkGrammar(calls);
    expect(calls.map((event) => event.type)).not.toContain('part-end');
  });

  test('usage after the finish, in a chunk without choices', () => {
    const late = answer(delta({ content: 'a' }), delta({}, 'stop'), {
      usage: { prompt_tokens: 5, completion_tokens: 1 },
    });
    expect(late).toMatchObject({ usage: { input: 5, output: 1 }, finish: { reason: 'end' } });
  });

  test('a prelude without choices does not give the answer its empty id', () => {
    const prelude = { id: '', model: '', created: 0, choices: [], prompt_filter_results: [] };
    expect(answer(prelude, delta({ content: 'a' }), delta({}, 'stop')).id).toBe('c1');
  });

  test('a message instead of a delta is read once, and not again at the end of a real stream', () => {
    const whole = { choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] };
    expect(answer(whole).parts).toEqual([{ kind: 'text', text: 'Hi' }]);
    expect(answer(delta({ content: 'Hi' }), whole).parts).toEqual([{ kind: 'text', text: 'Hi' }]);
  });

  test('data after [DONE] and a second finish change nothing', () => {
    const done = answer(
      delta({ content: 'Hi' }, 'length'),
      delta({}, 'stop'),
      '[DONE]',
      delta({ content: '!' }),
    );
    expect(done).toMatchObject({ parts: [{ text: 'Hi' }], finish: { reason: 'length' } });
  });

  test('only the first choice is read', () => {
    const second = { choices: [{ index: 1, delta: { content: 'other' }, finish_reason: 'length' }] };
    const read = answer(delta({ content: 'one' }), second, delta({}, 'stop'));
    expect(read).toMatchObject({ parts: [{ text: 'one' }], finish: { reason: 'end' } });
  });

  test('the older function_call and the thinking of other vendors', () => {
    const legacy = answer(
      delta({ function_call: { name: 'weather', arguments: '{"x"' } }),
      delta({ function_call: { arguments: ':1}' } }),
      delta({}, 'function_call'),
    );
    expect(legacy).toMatchObject({
      parts: [{ name: 'weather', input: '{"x":1}' }],
      finish: { reason: 'tool' },
    });
    expect(answer(delta({ reasoning: 'Hm.' }), delta({ content: 'Yes' }, 'stop')).parts).toEqual([
      { kind: 'reasoning', summary: [], content: ['Hm.'] },
      { kind: 'text', text: 'Yes' },
    ]);
  });
});

describe('ends', () => {
  const closed = (...chunks: (object | string)[]) => fold(decode(frames(...chunks)));

  test('[DONE] without a finish reason counts when what came is whole', () => {
    expect(closed(delta({ content: 'Hi' }), '[DONE]').response().finish).toEqual({ reason: 'end' });
    const half = call({ index: 0, id: 'a', function: { name: 'weather', arguments: '{"x"' } });
    expect(closed(half, '[DONE]').fault?.code).toBe('upstream_truncated');
  });

  test('a cut or filtered answer stays one even with calls in it', () => {
    const chunk = call({ index: 0, id: 'a', function: { name: 'weather', arguments: '{"x"' } });
    expect(closed(chunk, delta({}, 'length')).response().finish.reason).toBe('length');
    expect(closed(chunk, delta({}, 'content_filter')).response().finish.reason).toBe('filter');
  });

  test('an error object at any point ends the stream with its class and without its text', () => {
    const error = {
      error: { message: 'Rate limit for org-AbCdEf123456', type: 'rate_limit_error', code: 429 },
    };
    for (const before of [[], [delta({ content: 'Hi' })], [delta({ content: 'Hi' }), delta({}, 'stop')]]) {
      const { fault, finished } = closed(...before, error, delta({ content: 'more' }), '[DONE]');
      expect([fault?.code, finished]).toEqual(['upstream_rate_limited', false]);
      expect(fault?.message).not.toContain('org-');
    }
    expect(closed({ object: 'error', message: 'boom', code: 500 }).fault?.code).toBe('bad_gateway');
    expect(closed(delta({ content: 'a' }), delta({}, 'error'), '[DONE]').fault?.code).toBe('bad_gateway');
    expect(closed({ error: null, ...delta({ content: 'a' }, 'stop') }).finished).toBe(true);
  });

  test('a frame that is not JSON is an error, not a throw', () => {
    for (const bad of ['{"id":', 'null', '[1]', ': : x']) {
      expect(closed(delta({ content: 'a' }), bad).fault?.code).toBe('bad_gateway');
    }
  });
});
