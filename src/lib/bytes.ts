// Bytes as buffers: the engine looks for words in those without making texts of them.

/** The same bytes, not copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const encoded = new WeakMap<readonly string[], readonly Buffer[]>();

/** The words as bytes to look for: a search for a text would encode it each time. Made once for each list. */
export function needlesOf(words: readonly string[]): readonly Buffer[] {
  const known = encoded.get(words);
  if (known) return known;
  const needles = words.map((word) => Buffer.from(word));
  encoded.set(words, needles);
  return needles;
}

/** Needles in JSON; those with a space behind a colon apart, as most JSON has no such spaces. */
export type JsonNeedles = { tight: readonly Buffer[]; all: readonly Buffer[] };

const split = new WeakMap<readonly string[], JsonNeedles>();

/** The words as such needles. Made once for each list. */
export function jsonNeedlesOf(words: readonly string[]): JsonNeedles {
  const known = split.get(words);
  if (known) return known;
  const all = needlesOf(words);
  const needles = { tight: all.filter((needle) => !needle.includes(SPACED)), all };
  split.set(words, needles);
  return needles;
}

const SPACED = Buffer.from('": ');

/** Looks for any of the needles from place to place: however many there are of one, the bytes are searched once for each other. */
export class NextNeedle {
  readonly #buffer: Buffer;
  readonly #needles: readonly Buffer[];
  /** By needle; -1 for one that does not come any more. */
  readonly #places: number[] = [];

  constructor(buffer: Buffer, { tight, all }: JsonNeedles) {
    this.#buffer = buffer;
    this.#needles = tight.length < all.length && buffer.includes(SPACED) ? all : tight;
  }

  /** Where the first one stands at or behind `from`, which never goes back; -1 when none does. */
  next(from: number): number {
    let first = -1;
    for (let i = 0; i < this.#needles.length; i++) {
      const known = this.#places[i];
      const isAhead = known !== undefined && (known === -1 || known >= from);
      const at = isAhead ? known : this.#buffer.indexOf(this.#needles[i] as Buffer, from);
      this.#places[i] = at;
      if (at !== -1 && (first === -1 || at < first)) first = at;
    }
    return first;
  }
}

/** Without the byte order mark that some begin with, which JSON has no place for (RFC 8259 8.1). */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
