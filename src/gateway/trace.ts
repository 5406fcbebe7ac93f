// What is noted of a call on its way, for the row it becomes at its end.

import type { Fault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import { nowMs } from '../lib/clock.ts';

/** Of a body, for keys whose bodies are kept. */
const KEPT_BYTES_MAX = 260 * 1024;

export type Trace = {
  path: string;
  userAgent: string | null;
  bytesIn: number;
  /** The request's beginning, for keys whose bodies are kept. */
  request: Uint8Array | undefined;
  attempts: number;
  /** The provider that was asked last. */
  asking: string | undefined;
  /** Those that failed, a line each. */
  failed: string[] | undefined;
  losses: readonly Loss[];
  upstreamStatus: number | undefined;
  /** How the call failed in the end. */
  fault: Fault | undefined;
  /** Once the call has ended. */
  chargedNano: bigint | undefined;
  sent: Sent;
};

/** `keepBodies`: the operator wants this key's requests and answers. */
export function newTrace(path: string, headers: Headers, request: Uint8Array, keepBodies: boolean): Trace {
  return {
    path,
    userAgent: headers.get('user-agent'),
    bytesIn: request.length,
    // a copy: a piece of a buffer would keep all of it
    request: keepBodies ? new Uint8Array(request.subarray(0, KEPT_BYTES_MAX)) : undefined,
    attempts: 0,
    asking: undefined,
    failed: undefined,
    losses: [],
    upstreamStatus: undefined,
    fault: undefined,
    chargedNano: undefined,
    sent: new Sent(keepBodies),
  };
}

/** The answer as it leaves: counted, timed, and its beginning kept where that is wanted. */
export class Sent {
  bytes = 0;
  /** When the first of it left. */
  firstMs: number | undefined;
  readonly keeps: boolean;
  readonly #pieces: Uint8Array[] = [];

  constructor(keeps: boolean) {
    this.keeps = keeps;
  }

  add(piece: Uint8Array): void {
    this.firstMs ??= nowMs();
    const room = KEPT_BYTES_MAX - this.bytes;
    // a copy: the relay's buffers are larger than what was sent of them
    if (this.keeps && room > 0) this.#pieces.push(new Uint8Array(piece.subarray(0, room)));
    this.bytes += piece.length;
  }

  /** The beginning of it; empty when nothing is kept. */
  beginning(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
