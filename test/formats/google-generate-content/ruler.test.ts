// A text measured in code points and in bytes, against the plain way to do it.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Ruler } from '../../../src/formats/google-generate-content/ruler.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'ü', '模', '😀', '\ud800'), maxLength: 12 });
const place = fc.integer({ min: -15, max: 15 });

test('every piece is what its code points are, and begins at the byte where they do', () => {
  fc.assert(
    fc.property(word, place, fc.option(place, { nil: undefined }), (text, start, end) => {
      const points = Array.from(text);
      expect(new Ruler(text).piece(start, end)).toEqual({
        text: points.slice(start, end).join(''),
        startByte: points.slice(0, start).reduce((sum, point) => sum + Buffer.byteLength(point), 0),
      });
    }),
    { numRuns: 1000 },
  );
});

test('before every byte stand as many code points as the bytes before it make', () => {
  fc.assert(
    fc.property(word, fc.nat({ max: 50 }), (text, byte) => {
      const before = Buffer.from(text).subarray(0, byte).toString();
      expect(new Ruler(text).pointsBefore(byte)).toBe(Array.from(before).length);
    }),
    { numRuns: 1000 },
  );
});
