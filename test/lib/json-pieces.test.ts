// A text that is cut into too many pieces is known before the parser, whose memory it would fill, sees it.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { hasMorePieces } from '../../src/lib/json-pieces.ts';
import { jsonValues } from '../support/json-texts.ts';

/** Objects, arrays, texts and names. */
function piecesOf(value: unknown): number {
  if (typeof value === 'string') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  const names = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, each) => sum + piecesOf(each), 1 + names);
}

test('of every JSON text it tells whether its value has more than so many', () => {
  fc.assert(
    fc.property(jsonValues, fc.constantFrom(undefined, 2), (json, indent) => {
      const text = JSON.stringify(json, null, indent);
      const pieces = piecesOf(json);
      expect(hasMorePieces(text, pieces)).toBe(false);
      if (pieces > 0) expect(hasMorePieces(text, pieces - 1)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
