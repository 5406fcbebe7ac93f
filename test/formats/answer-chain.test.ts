// The events of several streams as those of one answer.

import { describe, expect, test } from 'bun:test';
import { AnswerChain } from '../../src/canonical/answer-chain.ts';
import type { StreamEvent } from '../../src/canonical/event.ts';
import { Fold } from '../../src/canonical/fold.ts';

const start: StreamEvent = { type: 'start', id: 'one' };
const begin = (index: number, kind: 'text' | 'reasoning' = 'text'): StreamEvent => ({
  type: 'part-start',
  index,
  part: { kind },
});
const say = (index: number, text: string): StreamEvent => ({
  type: 'part-delta',
  index,
  delta: { kind: 'text', text },
});
const cite = (index: number, first: number, last: number): StreamEvent => ({
  type: 'part-delta',
  index,
  delta: { kind: 'citation', citation: { kind: 'url', url: 'https://e.com', start: first, end: last } },
});
const end = (index: number): StreamEvent => ({ type: 'part-end', index });
const finish: StreamEvent = { type: 'finish', finish: { reason: 'end' } };

/** The answer of streams of which all but the last were left; `isCut` in the middle of a text. */
function joined(isCut: boolean, ...streams: StreamEvent[][]) {
  const chain = new AnswerChain();
  const events = streams.flatMap((stream, i) => {
    const given = stream.flatMap((event) => chain.push(event));
    return i < streams.length - 1 ? chain.leave(given, isCut) : given;
  });
  const fold = new Fold();
  for (const event of events) fold.push(event);
  return { events, parts: fold.response().parts };
}

describe('streams one after the other', () => {
  const first = [start, begin(0, 'reasoning'), end(0), begin(1), say(1, 'A 😀 '), end(1)];

  test('begin and end once, and their parts are counted on', () => {
    const { events } = joined(false, first, [start, begin(0), say(0, 'b'), end(0), finish]);
    expect(events.filter(({ type }) => type === 'start' || type === 'finish')).toHaveLength(2);
    const numbers = events.flatMap((event) => (event.type === 'part-start' ? [event.index] : []));
    expect(numbers).toEqual([0, 1, 2]);
  });

  test('a text that was cut goes on, and its places are told from its beginning', () => {
    const { parts } = joined(true, first, [start, begin(0), say(0, 'bc'), cite(0, 0, 2), end(0), finish]);
    expect(parts).toHaveLength(2);
    expect(parts[1]).toMatchObject({ text: 'A 😀 bc', citations: [{ start: 4, end: 6 }] });
  });

  test('a text that was cut ends where something else follows, or nothing', () => {
    for (const rest of [[begin(0, 'reasoning'), end(0), finish], [finish]]) {
      const { events } = joined(true, first, [start, ...rest]);
      const order = events.map(({ type }) => type);
      expect(order.filter((type) => type === 'part-start')).toHaveLength(
        order.filter((type) => type === 'part-end').length,
      );
      const ended = events.findIndex((event) => event.type === 'part-end' && event.index === 1);
      expect(ended).toBeGreaterThan(0);
    }
  });
});
