// The streams of several answers as one: read side by side, written into one stream, each piece with its index.

import { Fault } from '../../canonical/fault.ts';
import { sumUsages, type Usage } from '../../canonical/usage.ts';
import type { Codec, Dress } from '../../formats/codec.ts';
import type { Meter } from '../meter.ts';
import type { TranscodePlan } from '../plan.ts';
import type { Conversion } from './conversion.ts';
import { type Eyes, TranscodedStream } from './transcode.ts';

type TextPiece = { now: string; last: string | undefined };

/** Reads what `joinStreams` makes. The usage at the end is that of all answers. */
export class SeveralStreams implements Conversion {
  fault: Fault | undefined;
  readonly #streams: TranscodedStream[];
  #ended = 0;

  constructor(plan: TranscodePlan, to: Codec, dress: Dress, meters: Meter[], eyes: Eyes) {
    const together = (index: number) => (usage: Usage) =>
      sumUsages(meters.map((meter, i) => (i === index ? usage : meter.usage())));
    this.#streams = meters.map((meter, index) => {
      const choice = { index, endsAll: () => this.#ended === meters.length - 1 };
      return new TranscodedStream(plan, to, { ...dress, choice }, meter, {
        ...eyes,
        together: together(index),
      });
    });
  }

  get committed(): boolean {
    return this.#streams.some((stream) => stream.committed);
  }

  push(chunk: Uint8Array): TextPiece {
    const stream = this.#streams[chunk[0] ?? 0];
    if (!stream || this.fault) return { now: '', last: undefined };
    return this.#take(stream, chunk.length === 1 ? stream.end() : stream.push(chunk.subarray(1)));
  }

  end(): TextPiece {
    const piece: TextPiece = { now: '', last: undefined };
    for (const stream of this.#streams) {
      const { now, last } = this.#take(stream, stream.end());
      piece.now += now;
      piece.last ??= last;
    }
    return piece.last === undefined ? this.fail(truncated()) : piece;
  }

  fail(fault: Fault): TextPiece {
    const [stream] = this.#streams.filter((each) => !each.isOver);
    return stream ? this.#take(stream, stream.fail(fault)) : { now: '', last: '' };
  }

  /** The end of one answer is in the middle of the whole until all have ended; a failure of one ends all. */
  #take(stream: TranscodedStream, { now, last }: TextPiece): TextPiece {
    if (last === undefined || this.fault) return { now, last: undefined };
    this.#ended++;
    if (stream.fault) this.fault = stream.fault;
    else if (this.#ended < this.#streams.length) return { now: now + last, last: undefined };
    return { now, last };
  }
}

function truncated(): Fault {
  return new Fault('upstream_truncated', 'The provider’s answer ended before it was complete; try again.');
}

type Arrival = { index: number; bytes: Uint8Array };

/** The chunks of all streams as they come, each behind a byte that says whose it is; that byte alone is an end. */
export function joinStreams(sources: ReadableStream<Uint8Array>[]): ReadableStream<Uint8Array> {
  const readers = sources.map((source) => source.getReader());
  const arrived: Arrival[] = [];
  let running = readers.length;
  let failure: { thrown: unknown } | undefined;
  let wake: () => void = () => {};
  // one chunk of each is read ahead, no more
  const read = (index: number): Promise<void> | undefined =>
    readers[index]?.read().then(
      ({ done, value = NO_BYTES }) => {
        if (!done && value.length === 0) return void read(index);
        arrived.push({ index, bytes: value });
        wake();
      },
      (thrown: unknown) => {
        failure ??= { thrown };
        wake();
      },
    );
  const cancel = async (reason: unknown) => {
    await Promise.allSettled(readers.map((reader) => reader.cancel(reason)));
  };
  for (const index of readers.keys()) void read(index);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (arrived.length === 0 && !failure)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        const next = arrived.shift();
        if (!next) {
          // the others would go on being paid
          await cancel(failure?.thrown);
          throw failure?.thrown;
        }
        const { index, bytes } = next;
        controller.enqueue(Buffer.concat([Uint8Array.of(index), bytes]));
        if (bytes.length > 0) void read(index);
        else running--;
        if (running === 0) controller.close();
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}

const NO_BYTES = new Uint8Array(0);
