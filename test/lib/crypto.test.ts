// Hashes of texts that come in pieces.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { sha256Hex, TextHash } from '../../src/lib/crypto.ts';

function hashOfPieces(pieces: readonly string[]): string {
  const hash = new TextHash();
  for (const piece of pieces) hash.update(piece);
  return hash.hex();
}

test('a text has one hash, however it is cut, between the two halves of a letter too', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 400 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (once, times, cuts) => {
        const whole = `${once}😀`.repeat(times);
        const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((end, at) => whole.slice(places[at], end));
        expect(hashOfPieces(pieces)).toBe(sha256Hex(whole));
      },
    ),
  );
});

test('letters cut in half at every place have the hash of the whole', () => {
  const whole = '😀'.repeat(5_000);
  expect(hashOfPieces([...whole].flatMap((letter) => [letter.charAt(0), letter.charAt(1)]))).toBe(
    sha256Hex(whole),
  );
});
