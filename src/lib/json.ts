// JSON values as types, and narrow readers for values that came from outside.

import { opensTooDeep } from './json-levels.ts';
import { hasMorePieces } from './json-pieces.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [member: string]: JsonValue };

/** True for a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string, or undefined for every other value. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The finite number, or undefined for every other value. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The largest of those that are finite numbers, undefined where none is. */
export function largestOf(...values: unknown[]): number | undefined {
  let largest: number | undefined;
  for (const value of values) {
    const number = asNumber(value);
    if (number !== undefined && (largest === undefined || number > largest)) largest = number;
  }
  return largest;
}

/** The boolean, or undefined for every other value. */
export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** The object, or an empty one for every other value. */
export function asObject(value: unknown): Readonly<JsonObject> {
  return isObject(value) ? value : NO_MEMBERS;
}

/** Made once: most of what is asked for is not there. */
const NO_MEMBERS: Readonly<JsonObject> = Object.freeze({});

/** The array, or an empty one for every other value. */
export function asArray(value: unknown): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** What a table says of a word from outside; never what every object inherits, as it does for `constructor`. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string | undefined): T | undefined {
  return word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}

/**
 * Levels of objects and arrays that are read. Whatever walks a value calls itself once or more a level, and the stack
 * ends; real bodies have a tenth of this, and Python's parser gives up at twice of it.
 */
export const LEVELS_MAX = 512;

/** Whether a text has more levels than are read; of one that is no JSON, the part that a parser would read. */
export function isTooDeep(text: string): boolean {
  // a level takes two characters where a text is whole, and the parser makes short work of a short one that is not
  return text.length > 2 * LEVELS_MAX && opensTooDeep(text, LEVELS_MAX);
}

/** Of which a text is made that is parsed. An answer with the odds of twenty words for each of its own stays below. */
const PIECES_MAX = 4_000_000;

/** Parses JSON text; undefined when it is not JSON, or nested or cut into pieces beyond all measure. Never throws. */
export function tryParseJson(text: string): JsonValue | undefined {
  if (isTooDeep(text) || hasMorePieces(text, PIECES_MAX)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The text of an object with `head`, members as JSON text, before its own: half the work of spreading them first. */
export function jsonBehind(head: string, members: JsonObject): string {
  const text = JSON.stringify(members);
  return text.length === 2 ? `{${head}}` : `{${head},${text.slice(1)}`;
}

/** A copy without the members whose value is undefined, so that optional members stay absent on the wire. */
export function compact(members: Record<string, JsonValue | undefined>): JsonObject {
  const out: JsonObject = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}
