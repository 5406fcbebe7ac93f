// Text that a screen shows as it is.

/** Control characters, halves of characters, and what turns the direction of all that follows on a screen. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}

/** A dot in the place of each such character. */
export function asPrintable(text: string): string {
  return text.replace(UNPRINTABLE, '·');
}

/** The same of a text of several lines, which stay, and so do its tabs. */
export function asPrintableLines(text: string): string {
  return text.replace(UNPRINTABLE, (char, at: number) =>
    char === '\n' || char === '\t' || (char === '\r' && text[at + 1] === '\n') ? char : '·',
  );
}
