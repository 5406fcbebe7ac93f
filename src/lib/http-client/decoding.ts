// Bodies that come compressed (RFC 9110 8.4).

import { pipeline, Readable, type Transform } from 'node:stream';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { HttpError } from './error.ts';
import type { Reader } from './reader.ts';

/** A way to decompress, chosen by the first bytes, and the code of a body that is not compressed that way. */
type Coding = { code: string; open(first: Uint8Array): Transform };

const GZIP: Coding = { code: 'ZlibError', open: () => createGunzip() };
const CODINGS = new Map<string, Coding>([
  ['gzip', GZIP],
  ['x-gzip', GZIP],
  // some leave the wrapping out that RFC 9110 8.4.1.2 asks for; it begins with 8 in the lower half of a byte
  [
    'deflate',
    { code: 'ZlibError', open: ([byte = 0]) => ((byte & 15) === 8 ? createInflate() : createInflateRaw()) },
  ],
  ['br', { code: 'BrotliDecompressionError', open: () => createBrotliDecompress() }],
  ['zstd', { code: 'ZstdDecompressionError', open: () => createZstdDecompress() }],
]);

/**
 * What the body says, by the `content-encoding` of its answer; the body itself where that is none of those known.
 * Pieces come out as soon as those they are made of have come in. Reading rejects with an HttpError that has the
 * coding's code when the body is not what it is said to be.
 */
export function decoded(body: Reader, encoding: string | null): Reader {
  const coding = encoding === null ? undefined : CODINGS.get(encoding.toLowerCase());
  return coding ? new DecodedReader(body, coding) : body;
}

class DecodedReader implements Reader {
  readonly #body: Reader;
  readonly #coding: Coding;
  #stream: Readable | undefined;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  /** Of the body itself: it is told as it is. */
  #failure: unknown;
  #isCancelled = false;

  constructor(body: Reader, coding: Coding) {
    this.#body = body;
    this.#coding = coding;
  }

  async read(): ReturnType<Reader['read']> {
    try {
      this.#pieces ??= await this.#open();
      const { done, value } = await this.#pieces.next();
      return done ? { done: true } : { done: false, value };
    } catch {
      // what may still come would hold its connection
      void this.#body.cancel().catch(() => {});
      if (this.#isCancelled) return { done: true };
      throw this.#failure ?? new HttpError(this.#coding.code, 'The body is not compressed as its head says.');
    }
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    this.#stream?.destroy();
    await this.#body.cancel();
  }

  async #open(): Promise<AsyncIterator<Uint8Array>> {
    const compressed = this.#compressed();
    const { done, value } = await compressed.next();
    // nothing at all is nothing compressed
    if (done) return compressed;
    const stream = this.#coding.open(value);
    this.#stream = stream;
    stream.write(value);
    // each piece is to be taken apart as it comes, so none waits for more
    pipeline(Readable.from(compressed, { highWaterMark: 1 }), stream, () => {});
    return stream[Symbol.asyncIterator]();
  }

  async *#compressed(): AsyncGenerator<Uint8Array> {
    try {
      for (let { value } = await this.#body.read(); value; { value } = await this.#body.read()) yield value;
    } catch (thrown) {
      this.#failure = thrown;
      throw thrown;
    }
  }
}
