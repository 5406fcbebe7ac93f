// What leaves at once of the chunk in which a passing answer ends, and what waits for the charge.

import { describe, expect, test } from 'bun:test';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { PassedStream } from '../../src/gateway/answer/pass.ts';
import { Meter } from '../../src/gateway/meter.ts';
import { jsonOf, parseFrames } from '../../src/lib/sse.ts';

const frame = (choices: object[], more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`;
const says = (delta: object, finish_reason: string | null = null) =>
  frame([{ index: 0, delta, finish_reason }]);
const USAGE = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const COST = {
  cost_usd_total: 1,
  cost_usd_request: 1,
  cost_usd_input: 1,
  cost_usd_output: 0,
  cost_usd_cached_input: 0,
};
const HELLO = says({ role: 'assistant', content: 'Hello' });
const MORE = [says({ content: ' there' }), says({ content: ' all' })].join('');
const STOP = says({}, 'stop');
const COUNT = frame([], { usage: USAGE });
const DONE = 'data: [DONE]\n\n';

function passing({ showsCost = false, isRenamed = false } = {}): PassedStream {
  return new PassedStream({
    codec: openaiChat,
    meter: new Meter(),
    requestId: 'r',
    renames: isRenamed ? { rename: (json) => json, isAtTop: true } : undefined,
    hideUsage: false,
    clean: (fault) => fault,
    mender: openaiChat.mending?.stream(),
    costOf: () => (showsCost ? COST : undefined),
  });
}

/** What leaves at once of each chunk, and what waits, undefined as long as the answer goes on. */
function leaving(stream: PassedStream, ...chunks: string[]): { now: string; last: string | undefined }[] {
  const text = (piece: Uint8Array | string) => Buffer.from(piece).toString();
  return chunks.map((chunk) => {
    const { now, last } = stream.push(Buffer.from(chunk));
    return { now: text(now), last: last === undefined ? undefined : text(last) };
  });
}

describe('of the chunk in which an answer ends', () => {
  test('text leaves at once, and the words that end it wait together', () => {
    expect(leaving(passing(), HELLO, MORE + STOP + COUNT + DONE)).toEqual([
      { now: HELLO, last: undefined },
      { now: MORE, last: STOP + COUNT + DONE },
    ]);
  });

  test('the count of tokens waits with its cost', () => {
    const [, ending] = leaving(passing({ showsCost: true }), HELLO, MORE + STOP + COUNT + DONE);
    expect(ending?.now).toBe(MORE);
    expect(ending?.last).toStartWith(`${STOP}data: `);
    expect(ending?.last).toContain('"cost_usd_total":1');
    expect(ending?.last).toEndWith(DONE);
  });

  test('the last word alone waits alone', () => {
    expect(leaving(passing(), HELLO, STOP + COUNT, DONE)).toEqual([
      { now: HELLO, last: undefined },
      { now: STOP + COUNT, last: undefined },
      { now: '', last: DONE },
    ]);
  });

  test('text that only looks like an end does not keep what follows it', () => {
    const odd = says({ content: 'error' });
    for (const isRenamed of [false, true])
      expect(leaving(passing({ isRenamed }), HELLO, MORE + odd + MORE + STOP + COUNT + DONE)).toEqual([
        { now: HELLO, last: undefined },
        { now: MORE + odd + MORE, last: STOP + COUNT + DONE },
      ]);
  });

  test('a count in the middle of an answer leaves with the text around it', () => {
    const counted = frame([{ index: 0, delta: { content: '!' }, finish_reason: null }], { usage: USAGE });
    expect(leaving(passing(), HELLO, MORE + counted + MORE)[1]).toEqual({
      now: MORE + counted + MORE,
      last: undefined,
    });
  });

  test('a whole answer in one chunk ends in its last words', () => {
    const [{ now, last } = { now: '', last: '' }] = leaving(passing(), HELLO + MORE + STOP + COUNT + DONE);
    expect([now, last]).toEqual([HELLO + MORE, STOP + COUNT + DONE]);
  });

  test('a sign of life behind the last text waits with the end only when it comes behind its first word', () => {
    const beat = ': keep-alive\n\n';
    const [, ending] = leaving(passing(), HELLO, MORE + beat + STOP + beat + DONE + COUNT);
    expect(ending).toEqual({ now: MORE + beat, last: STOP + beat + COUNT + DONE });
  });
});

describe('an answer that stops with calls', () => {
  const finishOf = (...middle: object[]) => {
    const wire = [HELLO, ...middle.map((delta) => says(delta)), STOP, COUNT, DONE].join('');
    const [piece] = leaving(passing(), wire);
    return /"finish_reason":"(\w+)"/.exec(`${piece?.now}${piece?.last}`)?.[1];
  };

  test('is said to', () => {
    const call = { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } };
    expect(finishOf({ tool_calls: [call] })).toBe('tool_calls');
  });

  test('has a member of just that name', () => {
    expect(finishOf({ x_tool_calls: [{ index: 0 }] })).toBe('stop');
    expect(finishOf({ content: '"tool_calls":[{' })).toBe('stop');
    expect(finishOf({ tool_calls: [] })).toBe('stop');
  });
});

test('the data of a frame is parsed once', () => {
  const [told] = parseFrames(Buffer.from(HELLO));
  if (!told) throw new Error('no frame');
  expect(jsonOf(told)).toEqual(JSON.parse(told.data));
  expect(jsonOf(told)).toBe(jsonOf(told));
  expect(jsonOf({ data: '{"a":' })).toBeUndefined();
  expect(jsonOf({ data: ' [1] ' })).toEqual([1]);
});
