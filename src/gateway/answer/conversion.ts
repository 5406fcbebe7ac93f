// Turns the bytes of an upstream stream into the bytes of the client's stream.

import type { StreamEvent } from '../../canonical/event.ts';
import type { Fault } from '../../canonical/fault.ts';

/**
 * What may leave after a chunk: `now` at once, `last` only when the call has been settled. `last` is set exactly
 * once, with the terminal event; after it nothing comes.
 */
export type Piece = { now: Uint8Array | string; last: Uint8Array | string | undefined };

export interface Conversion {
  /** Content has been seen: from here on a failure is the client's to see. */
  readonly committed: boolean;
  /** The failure that ended the stream, if one did. */
  readonly fault: Fault | undefined;
  /** Everything has come but the count of tokens, which may not come at all: `end` is right at any time. */
  readonly awaitsUsage?: boolean;
  /** The answer is over for the client though its provider would go on. */
  readonly isCut?: boolean;
  push(chunk: Uint8Array): Piece;
  /** The upstream closed; the piece has a `last` unless another upstream brings it. */
  end(): Piece;
  /** Breaks the stream off with the format's own error. */
  fail(fault: Fault): Piece;
}

/** A conversion around another one: what it does not say or do itself is as the inner one has it. */
export abstract class Wrapped implements Conversion {
  protected readonly inner: Conversion;

  constructor(inner: Conversion) {
    this.inner = inner;
  }

  get committed(): boolean {
    return this.inner.committed;
  }

  get fault(): Fault | undefined {
    return this.inner.fault;
  }

  get awaitsUsage(): boolean {
    return this.inner.awaitsUsage === true;
  }

  get isCut(): boolean {
    return this.inner.isCut === true;
  }

  push(chunk: Uint8Array): Piece {
    return this.inner.push(chunk);
  }

  end(): Piece {
    return this.inner.end();
  }

  fail(fault: Fault): Piece {
    return this.inner.fail(fault);
  }
}

/** An event after which an answer has really begun; `start` and empty openings do not count. */
export function isContent(event: StreamEvent): boolean {
  if (event.type === 'part-start')
    return event.part.kind === 'tool-call' || event.part.kind === 'opaque' || event.part.kind === 'image';
  return event.type === 'part-delta' || event.type === 'finish';
}
