// The streams of several answers as one: read side by side, written into one stream, each piece with its index.

import { Fault } from '../../canonical/fault.ts';
import { sumUsages, type Usage } from '../../canonical/usage.ts';
import type { Codec, Dress } from '../../formats/codec.ts';
import type { Reader } from '../../lib/http-client/reader.ts';
import type { Meter } from '../meter.ts';
import type { TranscodePlan } from '../plans/transcode.ts';
import type { Conversion } from './conversion.ts';
import type { Rounds } from './rounds.ts';
import { type Eyes, type TextPiece, TranscodedStream } from './transcode.ts';

/** Reads what `joinStreams` makes. The usage at the end is that of all answers. */
export class SeveralStreams implements Conversion {
  fault: Fault | undefined;
  readonly #streams: TranscodedStream[];
  #ended = 0;

  /** `meters` and `rounds` are one for each answer. */
  constructor(
    plan: TranscodePlan,
    to: Codec,
    dress: Dress,
    meters: Meter[],
    eyes: Eyes,
    rounds: (Rounds | undefined)[],
  ) {
    const together = (index: number) => (usage: Usage) =>
      sumUsages(meters.map((meter, i) => (i === index ? usage : meter.usage())));
    this.#streams = meters.map((meter, index) => {
      const choice = { index, endsAll: () => this.#ended === meters.length - 1 };
      const seen = { ...eyes, together: together(index) };
      return new TranscodedStream(plan, to, { ...dress, choice }, meter, seen, rounds[index]);
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

/** One that may have more to bring behind its end. */
type Source = Reader & { readonly isOwed?: boolean };
type Arrival = { index: number; bytes: Uint8Array };

/** The chunks of all streams as they come, each behind a byte that says whose it is; that byte alone is an end. */
export function joinReaders(sources: readonly Source[]): Reader {
  const arrived: Arrival[] = [];
  const running = new Set(sources.keys());
  let failure: { thrown: unknown } | undefined;
  let wake: () => void = () => {};
  // one chunk of each is read ahead, no more
  const read = (index: number): Promise<void> | undefined =>
    sources[index]?.read().then(
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
    await Promise.allSettled(sources.map((source) => source.cancel(reason)));
  };
  for (const index of running) void read(index);
  /** Whose chunk was read last. Whether there is more behind that is known when the chunk has been understood. */
  let lastRead: number | undefined;
  const readOn = () => {
    if (lastRead !== undefined && running.has(lastRead)) void read(lastRead);
    lastRead = undefined;
    for (const [index, { isOwed }] of sources.entries()) {
      if (!isOwed || running.has(index)) continue;
      running.add(index);
      void read(index);
    }
  };
  return {
    async read() {
      readOn();
      while (arrived.length === 0 && !failure && running.size > 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const next = arrived.shift();
      if (!next && failure) {
        // the others would go on being paid
        await cancel(failure.thrown);
        throw failure.thrown;
      }
      if (!next) return { done: true };
      const { index, bytes } = next;
      if (bytes.length > 0) lastRead = index;
      else running.delete(index);
      return { done: false, value: Buffer.concat([Uint8Array.of(index), bytes]) };
    },
    cancel,
  };
}

const NO_BYTES = new Uint8Array(0);
