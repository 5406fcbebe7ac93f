// Turns server-sent events into the pieces of one JSON array, as Gemini clients get them that did not ask for events.

import { FrameSplitter, parseFrames } from '../lib/sse.ts';

/**
 * The data of every event as an element. A comment, which only shows a sign of life, becomes a line end, since space
 * may stand between elements. The array is always closed, after an error too.
 */
export function jsonArrayOf(events: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const splitter = new FrameSplitter();
  const encoder = new TextEncoder();
  let count = 0;
  const elements = (bytes: Uint8Array) =>
    parseFrames(bytes)
      .map(({ data }) => `${count++ === 0 ? '[' : ',\r\n'}${data}`)
      .join('');
  return events.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const whole = splitter.push(chunk);
        if (whole.length > 0) controller.enqueue(encoder.encode(elements(whole) || '\n'));
      },
      flush(controller) {
        const rest = elements(splitter.rest());
        controller.enqueue(encoder.encode(`${rest}${count === 0 ? '[' : '\r\n'}]\n`));
      },
    }),
  );
}
