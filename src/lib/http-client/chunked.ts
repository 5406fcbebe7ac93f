// A body in chunks (RFC 9112 7.1).

import { malformed } from './error.ts';
import type { Framing } from './framing.ts';

/** Bytes of one size line or of all trailers together; more are no framing any more. */
const LINE_BYTES_MAX = 16 * 1024;

/** What the next byte is part of. */
type Place = 'size' | 'extension' | 'data' | 'behind-data' | 'trailer' | 'end';

/** Extensions and trailers are skipped. Lines may end without a carriage return. */
export class ChunkedFraming implements Framing {
  surplus = 0;
  #place: Place = 'size';
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  #digits = 0;
  /** Bytes of the line, or trailers, so far. */
  #line = 0;
  #isBlankLine = true;

  get isDone(): boolean {
    return this.#place === 'end';
  }

  /** The last chunk has come: without trailers nothing of the body is missing. */
  get mayEnd(): boolean {
    return this.#place === 'trailer' || this.#place === 'end';
  }

  /** Moves the data of all chunks together at the front of `bytes`. */
  take(bytes: Buffer): Buffer {
    const { length } = bytes;
    let from = 0;
    let size = 0;
    let at = 0;
    while (at < length && this.#place !== 'end') {
      if (this.#place !== 'data') {
        this.#skip(bytes[at++] as number);
        continue;
      }
      const count = Math.min(this.#left, length - at);
      // one chunk needs no moving: its data are a part of the bytes as they are
      if (size === 0) from = at;
      else bytes.copyWithin(from + size, at, at + count);
      size += count;
      at += count;
      this.#left -= count;
      if (this.#left === 0) this.#place = 'behind-data';
    }
    this.surplus = length - at;
    return bytes.subarray(from, from + size);
  }

  /** One byte of what stands between the data. */
  #skip(byte: number): void {
    const isEnd = byte === LF;
    if (++this.#line > LINE_BYTES_MAX) throw malformed('a chunk without an end to its size');
    switch (this.#place) {
      case 'size':
        if (isEnd || byte === CR || byte === SEMICOLON || isSpace(byte)) {
          if (this.#digits === 0) throw malformed('a chunk without a size');
          this.#place = 'extension';
          if (isEnd) this.#begin();
          return;
        }
        this.#left = this.#left * 16 + hexOf(byte);
        this.#digits += 1;
        if (this.#left > Number.MAX_SAFE_INTEGER) throw malformed('a chunk larger than any');
        return;
      case 'extension':
        if (isEnd) this.#begin();
        return;
      case 'behind-data':
        if (isEnd) this.#startLine('size');
        else if (byte !== CR) throw malformed('a chunk larger than its size');
        return;
      case 'trailer':
        if (!isEnd) this.#isBlankLine &&= byte === CR;
        else if (this.#isBlankLine) this.#place = 'end';
        else this.#isBlankLine = true;
        return;
    }
  }

  #begin(): void {
    this.#startLine(this.#left === 0 ? 'trailer' : 'data');
  }

  #startLine(place: Place): void {
    this.#place = place;
    this.#digits = 0;
    this.#line = 0;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

function hexOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  throw malformed('a chunk whose size is no number');
}
