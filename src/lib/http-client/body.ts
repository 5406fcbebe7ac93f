// The body of an answer while it arrives.

import type { Reader } from './reader.ts';

/** Bytes that may wait to be read before the server is made to wait. */
const WAITING_BYTES_MAX = 256 * 1024;

/** Where a body comes from. */
export type BodySource = {
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  abandon(): void;
};

type Result = Awaited<ReturnType<Reader['read']>>;
type Waiting = { resolve(result: Result): void; reject(error: unknown): void };

/** Filled by its connection. All that came since the last read is read as one piece. */
export class Body implements Reader {
  readonly #source: BodySource;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isPaused = false;
  #isOver = false;
  /** Why more does not come, if it should. */
  #failure: { error: unknown } | undefined;
  #waiting: Waiting | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  push(piece: Buffer): void {
    if (piece.length === 0 || this.#isOver) return;
    if (this.#waiting) this.#settle({ done: false, value: piece });
    else this.#add(piece);
  }

  #add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes < WAITING_BYTES_MAX || this.#isPaused) return;
    this.#isPaused = true;
    this.#source.pause();
  }

  end(): void {
    this.#finish();
    this.#settle(DONE);
  }

  /** What has come before is read first, as from any stream. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#failure = { error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Nobody waits for it any more, not even for what has come. */
  abort(reason: unknown): void {
    this.#drop();
    this.fail(reason);
  }

  read(): Promise<Result> {
    if (this.#pieces.length > 0) return Promise.resolve({ done: false, value: this.#takeAll() });
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#isOver) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #takeAll(): Buffer {
    const [first] = this.#pieces;
    const all = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces, this.#bytes);
    this.#drop();
    this.#resume();
    return all;
  }

  /** The connection goes on to other answers, though this one may not have been read yet. */
  #finish(): void {
    this.#isOver = true;
    this.#resume();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resume();
  }

  #drop(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  async cancel(): Promise<void> {
    this.#drop();
    if (this.#isOver) return;
    this.end();
    this.#source.abandon();
  }

  #settle(result: Result): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(result);
  }
}

const DONE: Result = { done: true };
