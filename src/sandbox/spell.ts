// Writes the shortest text a regular expression accepts, without ever running the expression.

/** Longer texts are cut: a pattern may ask for millions of characters. */
const TEXT_CHARS_MAX = 10_000;
/** Longer patterns are read up to here, which also bounds how deep their groups nest. */
const PATTERN_CHARS_MAX = 2_000;

/**
 * Follows the first choice of every alternation and the least count of every quantifier. Lookarounds and
 * back-references count as empty, so a pattern that rests on them may not accept the text. Never throws.
 */
export function spellPattern(pattern: string): string {
  return new Speller(pattern).choices();
}

const BY_ESCAPE: Record<string, string> = {
  d: '0',
  D: 'a',
  w: 'a',
  W: '-',
  s: ' ',
  S: 'a',
  b: '',
  B: '',
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
};
/** What a negated class is tried with. */
const ANY = ['a', '0', 'A', ' ', '-', '_', '.', '~', 'é'];

class Speller {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern.slice(0, PATTERN_CHARS_MAX);
  }

  /** `a|b|c` up to the end or the closing parenthesis: the first of them. */
  choices(): string {
    const first = this.#sequence();
    while (this.#skip('|')) this.#sequence();
    return first;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#peek())) {
      const atom = this.#atom();
      const count = this.#leastCount();
      const room = Math.ceil((TEXT_CHARS_MAX - text.length) / Math.max(1, atom.length));
      text += atom.repeat(Math.min(count, room));
    }
    return text.slice(0, TEXT_CHARS_MAX);
  }

  #atom(): string {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '^':
      case '$':
        return '';
      case '.':
        return 'a';
      default:
        return char;
    }
  }

  #group(): string {
    const rest = this.#pattern.slice(this.#at, this.#at + 100);
    const mark = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(rest)?.[0] ?? '';
    this.#at += mark.length;
    const text = this.choices();
    this.#skip(')');
    return /[=!]$/.test(mark) ? '' : text;
  }

  /** The first character of the class, or one outside of it when it is negated. */
  #class(): string {
    const negated = this.#skip('^');
    const ranges: [string, string][] = [];
    while (this.#at < this.#pattern.length && this.#peek() !== ']') {
      const from = this.#member();
      const isRange = this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']';
      ranges.push([from, isRange && this.#skip('-') ? this.#member() : from]);
    }
    this.#skip(']');
    if (!negated) return ranges[0]?.[0] ?? '';
    return ANY.find((char) => !ranges.some(([from, to]) => char >= from && char <= to)) ?? '';
  }

  #member(): string {
    const char = this.#next();
    return char === '\\' ? this.#escape() : char;
  }

  #escape(): string {
    const char = this.#next();
    const known = BY_ESCAPE[char];
    if (known !== undefined) return known;
    if (char === 'p' || char === 'P') return this.#property();
    if (char === 'u' || char === 'x') return this.#codePoint(char === 'u' ? 4 : 2) ?? char;
    return /\d/.test(char) ? '' : char;
  }

  #property(): string {
    const name = /^\{[^}]*\}/.exec(this.#pattern.slice(this.#at, this.#at + 100))?.[0] ?? '';
    this.#at += name.length;
    if (name.startsWith('{N')) return '0';
    return name === '{Lu}' ? 'A' : 'a';
  }

  #codePoint(digits: number): string | undefined {
    const rest = this.#pattern.slice(this.#at, this.#at + 12);
    const braced = /^\{([0-9a-fA-F]{1,6})\}/.exec(rest);
    const hex = braced?.[1] ?? /^[0-9a-fA-F]+/.exec(rest.slice(0, digits))?.[0];
    if (hex === undefined) return undefined;
    this.#at += braced ? braced[0].length : hex.length;
    const point = Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '';
  }

  #leastCount(): number {
    let count = 1;
    const braced = /^\{(\d+)(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at, this.#at + 40));
    if (braced) {
      this.#at += braced[0].length;
      count = Number(braced[1]);
    } else if (this.#skip('*') || this.#skip('?')) count = 0;
    else this.#skip('+');
    this.#skip('?');
    return count;
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? '';
  }

  #next(): string {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
    this.#at += char.length;
    return char;
  }

  #skip(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }
}
