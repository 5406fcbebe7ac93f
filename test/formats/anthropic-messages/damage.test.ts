// Damaged Messages streams: whatever an upstream drops, repeats or garbles, the events keep their grammar.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import { parseFrames, type SseFrame } from '../../../src/lib/sse.ts';

const path = `${import.meta.dir}/../../fixtures/anthropic-messages/answer.sse`;
const frames = parseFrames(await Bun.file(path).bytes());

/** What breaks the grammar, or nothing. */
function breach(events: StreamEvent[]): string | undefined {
  let open: number | undefined;
  let next = 0;
  for (const [at, event] of events.entries()) {
    const isLast = at === events.length - 1;
    if ((event.type === 'finish' || event.type === 'error') !== isLast) return `${event.type} at ${at}`;
    if (event.type === 'error') return undefined;
    if ((event.type === 'start') !== (at === 0)) return `${event.type} at ${at}`;
    if (event.type === 'part-start') {
      if (open !== undefined || event.index !== next) return `part ${event.index} begins at ${at}`;
      open = event.index;
    } else if (event.type === 'part-delta' && event.index !== open) return `stray delta at ${at}`;
    else if (event.type === 'part-end') {
      if (event.index !== open) return `stray end at ${at}`;
      open = undefined;
      next++;
    } else if (event.type === 'finish' && open !== undefined) return 'a part is open at the end';
  }
  return events.length === 0 ? 'nothing came out' : undefined;
}

/** One value somewhere in the frame replaced by another kind of value. */
const garbled = fc
  .tuple(fc.constantFrom(...frames), fc.nat(), fc.jsonValue())
  .map(([frame, pick, value]): SseFrame => {
    const places = frame.data.match(/"[a-z_]+":/g) ?? [];
    const place = places[pick % Math.max(1, places.length)];
    if (place === undefined) return frame;
    const reviver = (name: string, old: unknown) => (`"${name}":` === place ? value : old);
    return { ...frame, data: JSON.stringify(JSON.parse(frame.data, reviver)) };
  });

test('any subset, order and garbling of frames ends in exactly one finish or error', () => {
  const stream = fc.array(fc.oneof(fc.constantFrom(...frames), garbled), { maxLength: 40 });
  fc.assert(
    fc.property(stream, (input) => {
      const decoder = codec.streamDecoder();
      const events = [...input.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
      expect(breach(events)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
