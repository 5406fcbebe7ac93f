// Hashes and comparison of secrets.

import { timingSafeEqual } from 'node:crypto';

/** SHA-256 of the text's UTF-8 bytes, 64 lowercase hex characters. */
export function sha256Hex(text: string | Uint8Array): string {
  // The one-shot form takes 0.1 us where node's createHash takes 0.3.
  return Bun.SHA256.hash(text, 'hex');
}

/** More of them would be hardly quicker, and each one that waits takes up to 50 bytes of a stream that is open. */
const PIECES_TOGETHER = 32;
const CHARS_TOGETHER = 4096;

/** The same of a text that comes in pieces. */
export class TextHash {
  readonly #hasher = new Bun.CryptoHasher('sha256');
  /** Small pieces wait for each other: a call of the hasher costs more than the few letters it is given. */
  #waiting = '';
  #pieces = 0;

  update(piece: string): void {
    this.#waiting += piece;
    this.#pieces += 1;
    if (this.#pieces < PIECES_TOGETHER && this.#waiting.length < CHARS_TOGETHER) return;
    this.#pieces = 0;
    // half a letter is written as another one (UTF-16 pairs): it waits for its other half
    const end = /[\ud800-\udbff]$/.test(this.#waiting) ? this.#waiting.length - 1 : this.#waiting.length;
    this.#hasher.update(this.#waiting.slice(0, end));
    this.#waiting = this.#waiting.slice(end);
  }

  hex(): string {
    this.#hasher.update(this.#waiting);
    return this.#hasher.digest('hex');
  }
}

/** HMAC-SHA-256 of the text's UTF-8 bytes, 32 bytes. */
export function hmacSha256(key: Uint8Array, text: string): Uint8Array {
  return new Bun.CryptoHasher('sha256', key).update(text).digest();
}

/** Equality that takes as long for a near miss as for a far one; a difference in length is not hidden. */
export function equalConstantTime(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
