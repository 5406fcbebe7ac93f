// Of how many pieces a JSON text is made, told without parsing it: each takes far more memory than it takes text.

import { endOfString } from './json-levels.ts';

const QUOTE = 34;
const OPEN_BRACKET = 91;
const OPEN_BRACE = 123;

/**
 * Whether there are more than so many objects, arrays, texts and names in it. Numbers and words do not count: they take
 * hardly more in memory than in the text.
 */
export function hasMorePieces(text: string, pieces: number): boolean {
  // none takes less than two characters
  if (text.length <= 2 * pieces) return false;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char !== QUOTE && char !== OPEN_BRACE && char !== OPEN_BRACKET) continue;
    if (++count > pieces) return true;
    if (char === QUOTE) i = endOfString(text, i + 1);
  }
  return false;
}
