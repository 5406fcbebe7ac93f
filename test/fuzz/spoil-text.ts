// Spoils wire text below the level of JSON values: bits, cuts, doubled names, numbers and depths nobody reads.

import { isObject, tryParseJson } from '../../src/lib/json.ts';
import type { Dice } from './dice.ts';
import { spoilValue } from './spoil-value.ts';

/** A JSON text after up to four accidents; most of them leave it JSON, as what is none is refused at once. */
export function spoilJson(dice: Dice, text: string): Uint8Array {
  let spoilt = dice.chance(90) ? respoken(dice, text) : text;
  if (dice.chance(25)) spoilt = spoilToken(dice, spoilt);
  const bytes = Buffer.from(spoilt);
  return dice.chance(6) ? spoilBytes(dice, bytes) : bytes;
}

/** The text with its value spoilt and written anew. */
function respoken(dice: Dice, text: string): string {
  const value = tryParseJson(text);
  if (!isObject(value)) return text;
  for (let times = 1 + dice.below(3); times > 0; times--) spoilValue(dice, value);
  return JSON.stringify(value);
}

const HUGE = ['1e400', '-1e400', '1'.repeat(400), `0.${'0'.repeat(400)}1`, '-0', '9007199254740993'] as const;
/** Spellings that only JSON text has. */
const ODD_TEXTS = ['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\ud83d"', '"\\/"'] as const;
const DEPTHS = [40, 40, 40, 400, 700, 5_000, 60_000] as const;

/** One accident to a member as it is written. */
function spoilToken(dice: Dice, text: string): string {
  const members = [...text.matchAll(/"(?:[^"\\]|\\.)*":/g)];
  const member = dice.pick(members);
  if (!member) return text;
  const start = member.index;
  const after = start + member[0].length;
  const scalar = /^(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)/.exec(text.slice(after))?.[0];
  const replaced = (json: string) => text.slice(0, after) + json + text.slice(after + (scalar?.length ?? 0));
  if (dice.chance(30)) {
    // a name said twice, before the first one or at the end of what is said
    const twin = `${member[0]}${dice.one(['null', '1', '"x"', '{}', '[]'])},`;
    return text.slice(0, start) + twin + text.slice(start);
  }
  if (scalar === undefined) return text;
  if (dice.chance(40)) return replaced(dice.one(HUGE));
  if (dice.chance(50)) return replaced(dice.one(ODD_TEXTS));
  const depth = dice.one(DEPTHS);
  return replaced(
    dice.chance(50)
      ? '['.repeat(depth) + ']'.repeat(depth)
      : `${'{"a":'.repeat(depth)}${scalar}${'}'.repeat(depth)}`,
  );
}

/** Bytes flipped, lost, doubled or cut off. */
export function spoilBytes(dice: Dice, bytes: Uint8Array): Uint8Array {
  const at = dice.below(bytes.length + 1);
  const length = 1 + dice.below(20);
  switch (dice.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1: {
      const flipped = new Uint8Array(bytes);
      for (let times = 1 + dice.below(3); times > 0 && bytes.length > 0; times--) {
        const place = dice.below(bytes.length);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << dice.below(8));
      }
      return flipped;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xc0, 0x80]), bytes.subarray(at)]);
  }
}
