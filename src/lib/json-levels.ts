// How deep a JSON text nests, told without parsing it: a megabyte of brackets takes the parser a tenth of a second.

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
/** `[` and `{` differ by one bit only, as `]` and `}` do. */
const LOWER = 32;
const OPEN = 123;
const CLOSE = 125;

/** Names and words end before that; only what is longer is worth a call that looks for the end. */
const SHORT_CHARS = 24;

/**
 * Whether more than `levels` objects and arrays stand open at once somewhere in the text. Of a text that is not JSON
 * it tells this of the part in front of the mistake, which is as far as a parser goes.
 */
export function opensTooDeep(text: string, levels: number): boolean {
  // most texts have not that many brackets at all, and the engine counts those much faster
  if (!hasMoreBrackets(text, levels)) return false;
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) {
      i = endOfString(text, i + 1);
    } else if (char >= OPEN_BRACKET) {
      const bracket = char | LOWER;
      if (bracket === OPEN && ++open > levels) return true;
      if (bracket === CLOSE) open--;
    }
  }
  return false;
}

/** Counts them wherever they stand, also in strings. */
function hasMoreBrackets(text: string, than: number): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count++;
      if (count > than) return true;
    }
  }
  return false;
}

/** Index of the quote that ends the string whose text begins at `i`; that of the text's end when there is none. */
export function endOfString(text: string, i: number): number {
  const near = Math.min(i + SHORT_CHARS, text.length);
  while (i < near) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) return i;
    i += char === BACKSLASH ? 2 : 1;
  }
  for (;;) {
    i = text.indexOf('"', i);
    if (i === -1) return text.length;
    if (!isEscaped(text, i)) return i;
    i++;
  }
}

/** An odd number of backslashes stands in front of it. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}
