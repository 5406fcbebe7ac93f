// Takes the body of an answer out of the bytes that carry it.

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

/** A body whose length is told before it. */
export class SizedFraming implements Framing {
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

/** A body that ends with its connection. */
export class OpenFraming implements Framing {
  readonly isDone = false;
  readonly mayEnd = true;
  readonly surplus = 0;

  take(bytes: Buffer): Buffer {
    return bytes;
  }
}
