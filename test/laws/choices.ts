// Decisions read from a list of numbers, so that a generator is plain code and still shrinks to its simplest case.

import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';

/** Every decision takes the next number; when they run out each one is the simplest: none, the first, false. */
export class Choices {
  readonly #numbers: readonly number[];
  #at = 0;
  #words = 0;
  #rarity: number | undefined;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A whole number from 0 to `n - 1`. */
  below(n: number): number {
    return (this.#numbers[this.#at++] ?? 0) % n;
  }

  /**
   * True seldom: for what some other format has to refuse, as a refused request tells nothing about the rest. In one
   * list of numbers of eight it is true often, so that every such thing is met in a short run.
   */
  rarely(): boolean {
    this.#rarity ??= this.chance(12) ? 35 : 1;
    return this.chance(this.#rarity);
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  one<T>(...options: readonly [T, ...T[]]): T {
    return options[this.below(options.length)] ?? options[0];
  }

  /** Up to `max` things, at least `min`. */
  list<T>(min: number, max: number, make: (index: number) => T): T[] {
    const out: T[] = [];
    for (let length = min + this.below(max - min + 1); out.length < length; ) out.push(make(out.length));
    return out;
  }

  /** One of the makers runs. */
  pick<T>(...makers: readonly [() => T, ...(() => T)[]]): T {
    return this.one(...makers)();
  }

  /** An object with each of the members in so many of a hundred cases. */
  members(percent: number, makers: Record<string, () => JsonValue>): JsonObject {
    const out: JsonObject = {};
    for (const name in makers) {
      const make = makers[name];
      if (make && this.chance(percent)) out[name] = make();
    }
    return out;
  }

  /** A word that stands nowhere else in what is generated and can be found again wherever it went. */
  word(): string {
    return `leaf${this.#words++}x`;
  }

  /** A text around a word, with what encoders trip over. */
  text(): string {
    return this.one('', 'Grüße 😀 ', '"a\\b" ', 'e\u0301\u2028 ', 'line\r\n', '{"b": ') + this.word();
  }

  /** A number that stands nowhere else. */
  count(from: number): number {
    return from + this.#words++;
  }

  /** The text in pieces, cut between code points; no empty piece, none for an empty text. */
  pieces(text: string): string[] {
    const points = Array.from(text);
    const size = 1 + this.below(9);
    const pieces: string[] = [];
    for (let at = 0; at < points.length; at += size) pieces.push(points.slice(at, at + size).join(''));
    return pieces;
  }
}

const NUMBERS_MAX = 500;

/** Whatever the maker makes of its choices. */
export function drawn<T>(make: (choices: Choices) => T): fc.Arbitrary<T> {
  const numbers = fc.array(fc.nat(0xffff), { maxLength: NUMBERS_MAX, size: 'max' });
  return numbers.map((list) => make(new Choices(list)));
}
