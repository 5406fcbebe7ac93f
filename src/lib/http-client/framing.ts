// Where the body of an answer ends (RFC 9112 6.3).

import { ChunkedFraming } from './chunked.ts';
import { malformed } from './error.ts';
import type { ResponseHead } from './response-head.ts';

/** Takes a body out of the bytes that carry it. */
export interface Framing {
  /** All of the body has come. */
  readonly isDone: boolean;
  /** A connection that ends here has brought all of the body. */
  readonly mayEnd: boolean;
  /** How many of the bytes last taken stand behind the end of the answer. */
  readonly surplus: number;
  /** The body's part of the next bytes, which belong to this function from now on. Throws HttpError `Malformed_HTTP_Response`. */
  take(bytes: Buffer): Buffer;
}

/** How the body behind this head is framed. Throws HttpError `Malformed_HTTP_Response`. */
export function framingOf(head: ResponseHead): Framing {
  if (head.status === 204 || head.status === 304) return new SizedFraming(0);
  const codings = head.get('transfer-encoding');
  // wins over a length beside it
  if (codings !== null && !/^identity$/i.test(codings))
    return /(?:^|,)[ \t]*chunked$/i.test(codings) ? new ChunkedFraming() : new OpenFraming();
  const length = head.get('content-length');
  return length === null ? new OpenFraming() : new SizedFraming(lengthOf(length));
}

/** One length may be told several times. */
function lengthOf(told: string): number {
  const [first = '', ...others] = told.split(/[ \t]*,[ \t]*/);
  const length = Number(first);
  if (!/^\d+$/.test(first) || !Number.isSafeInteger(length) || others.some((other) => other !== first))
    throw malformed('an unclear content-length');
  return length;
}

class SizedFraming implements Framing {
  surplus = 0;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  get mayEnd(): boolean {
    return this.#left === 0;
  }

  take(bytes: Buffer): Buffer {
    const size = Math.min(this.#left, bytes.length);
    this.#left -= size;
    this.surplus = bytes.length - size;
    return this.surplus === 0 ? bytes : bytes.subarray(0, size);
  }
}

/** Ends with its connection. */
class OpenFraming implements Framing {
  readonly isDone = false;
  readonly mayEnd = true;
  readonly surplus = 0;

  take(bytes: Buffer): Buffer {
    return bytes;
  }
}
