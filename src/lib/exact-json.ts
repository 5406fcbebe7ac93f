// JSON whose whole numbers are kept to the last digit, for values that are only handed on: ids have up to 64 bits.

import { isObject, type JsonValue, tryParseJson } from './json.ts';

/** What of the JSON parser's newer side TypeScript does not know yet (ECMAScript proposal "JSON.parse source text access"). */
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(
    text: string,
    revive: (name: string, value: JsonValue, of: { source?: string }) => JsonValue,
  ): JsonValue;
  rawJSON(text: string): JsonValue;
  isRawJSON(value: unknown): value is { rawJSON: string };
};

/** Shorter numbers are never rounded. */
const LONG = /\d{16}/;

/** Whether a number of the text may have been rounded by the plain parser. */
export function mayBeRounded(text: string): boolean {
  return LONG.test(text);
}

/**
 * Like `tryParseJson`, but a whole number that would be rounded is an object that `JSON.stringify` writes as the number
 * it was: nobody may reckon with it. It is never the value itself, but somewhere in it.
 */
export function tryParseExact(text: string): JsonValue | undefined {
  const plain = tryParseJson(text);
  return isObject(plain) && mayBeRounded(text) ? parse(text, kept) : plain;
}

/** The same for a text of which only what stands under members of these names is handed on; all else is as usual. */
export function tryParseExactUnder(names: readonly string[], text: string): JsonValue | undefined {
  const value = tryParseExact(text);
  return value === undefined ? undefined : roundedBeside(names, value);
}

function kept(_: string, value: JsonValue, { source = '' }: { source?: string }): JsonValue {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return value;
  return rawJSON(source);
}

function roundedBeside(names: readonly string[], value: JsonValue): JsonValue {
  if (isRawJSON(value)) return Number(value.rawJSON);
  if (Array.isArray(value)) return value.map((one) => roundedBeside(names, one));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      names.includes(name) && isObject(member) && !isRawJSON(member) ? member : roundedBeside(names, member),
    ]),
  );
}
