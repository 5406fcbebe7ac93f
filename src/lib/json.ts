// JSON values as types, and narrow readers for values that came from outside.

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

/** The boolean, or undefined for every other value. */
export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** The object, or an empty one for every other value. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

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

/** Whether a value parsed from so many characters has more levels than are read. */
export function isTooDeep(value: JsonValue, chars: number): boolean {
  // a level takes two characters, so most texts need no walk
  return chars > 2 * LEVELS_MAX && hasMoreLevels(value, LEVELS_MAX);
}

function hasMoreLevels(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((inner) => hasMoreLevels(inner, levels - 1));
  for (const name in value) if (hasMoreLevels(value[name] ?? null, levels - 1)) return true;
  return false;
}

/** Parses JSON text; undefined when it is not JSON or nested beyond all measure. Never throws. */
export function tryParseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return isTooDeep(value, text.length) ? undefined : value;
  } catch {
    return undefined;
  }
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
