// Spoils a JSON value: members swapped, moved, doubled, lost, or given a value of another type.

import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import type { Dice } from './dice.ts';

/** Names that plain tables answer to though nobody wrote them. */
const INHERITED = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'] as const;

const NUMBERS = [0, -0, -1, 0.5, 7, 1e21, 1e300, -1e300, 2 ** 53, 5e-324, 1e9] as const;

const TEXTS = [
  '',
  ' ',
  '\ud800',
  'a\udc00b',
  '\u0000',
  '\u2028',
  '\ufeff',
  '{"a":',
  '[1,2',
  'data:image/png;base64,',
  'data:;base64,%%%',
  'http://[',
  'osr1..',
  '%E0%A4%A',
  '../../..',
  '9'.repeat(400),
] as const;

/** One accident somewhere in the value; the value itself may be changed. */
export function spoilValue(dice: Dice, root: JsonObject): void {
  const holder = dice.pick(holdersIn(root)) ?? root;
  const names = Object.keys(holder);
  const name = dice.pick(names);
  if (name === undefined) {
    put(holder, Array.isArray(holder) ? '0' : dice.one(INHERITED), anyValue(dice));
    return;
  }
  switch (dice.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else delete holder[name];
      return;
    case 1:
    case 2:
      put(holder, name, anyValue(dice));
      return;
    case 3:
      put(holder, name, flipped(dice, get(holder, name)));
      return;
    case 4:
      swap(dice, root, holder, name);
      return;
    case 5:
      if (Array.isArray(holder)) repeat(dice, holder, Number(name));
      else put(holder, dice.one(INHERITED), get(holder, name));
      return;
    case 6: {
      // a member under the name of another one
      const other = dice.pick(names) ?? name;
      put(holder, other, get(holder, name));
      return;
    }
    default:
      put(holder, name, dice.chance(50) ? [get(holder, name)] : { [name]: get(holder, name) });
  }
}

type Holder = JsonObject | JsonValue[];

/** Every object and list in the value, not all too far down. */
function holdersIn(root: JsonValue, levels = 60, out: Holder[] = []): Holder[] {
  if (typeof root !== 'object' || root === null || levels === 0) return out;
  out.push(root);
  for (const inner of Object.values(root)) holdersIn(inner, levels - 1, out);
  return out;
}

function get(holder: Holder, name: string): JsonValue {
  return (holder as JsonObject)[name] ?? null;
}

/** As a parser does it: `__proto__` is a member like any other. */
function put(holder: Holder, name: string, value: JsonValue): void {
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Two values from anywhere change places; one may end up in itself only as a copy. */
function swap(dice: Dice, root: JsonObject, holder: Holder, name: string): void {
  const other = dice.pick(holdersIn(root)) ?? root;
  const otherName = dice.pick(Object.keys(other));
  if (otherName === undefined) return;
  const [one, two] = [structuredClone(get(holder, name)), structuredClone(get(other, otherName))];
  put(holder, name, two);
  put(other, otherName, one);
}

function repeat(dice: Dice, list: JsonValue[], at: number): void {
  const copies = dice.one([1, 1, 2, 30]);
  for (let i = 0; i < copies && list.length < 500; i++) list.splice(at, 0, structuredClone(list[at] ?? null));
}

function anyValue(dice: Dice): JsonValue {
  return dice.one<() => JsonValue>([
    () => null,
    () => dice.one(NUMBERS),
    () => dice.one(TEXTS),
    () => dice.one(INHERITED),
    () => dice.chance(50),
    () => [],
    () => ({}),
    () => [null],
    () => [dice.one(TEXTS), dice.one(NUMBERS)],
    () => ({ type: dice.one(INHERITED) }),
    () => dice.one(['a', ' ', '\n', '(', '<', '"', '\\', '😀', '=']).repeat(dice.one([3, 100, 20_000])),
  ])();
}

/** The value with a piece missing, doubled or exchanged; something else where it is no text. */
function flipped(dice: Dice, value: JsonValue): JsonValue {
  if (typeof value === 'number') return dice.one([-value, value + 0.5, value * 1e18, String(value)]);
  if (typeof value !== 'string') return isObject(value) ? Object.values(value) : anyValue(dice);
  const at = dice.below(value.length + 1);
  return dice.one([
    value.slice(0, at),
    value.slice(at),
    `${value.slice(0, at)}${dice.one(TEXTS)}${value.slice(at)}`,
    value + value,
    value.toUpperCase(),
    [...value].reverse().join(''),
  ]);
}
