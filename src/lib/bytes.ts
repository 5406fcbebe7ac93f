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

/** Without the byte order mark that some begin with, which JSON has no place for (RFC 8259 8.1). */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
