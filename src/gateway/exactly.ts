// Reads bodies so that the arguments of calls keep numbers that JSON's usual reading would round.

import type { Part } from '../canonical/part.ts';
import type { Codec } from '../formats/codec.ts';
import { mayBeRounded, tryParseExactUnder } from '../lib/exact-json.ts';
import { isObject, type JsonObject } from '../lib/json.ts';

/**
 * Reads a body. Where a call in it has a number that the parser may have rounded, it is read again, with the arguments of
 * calls and what came of them to the last digit.
 */
export function decodeExactly<T>(
  { payloadMembers }: Codec,
  body: JsonObject,
  text: () => string,
  read: (body: JsonObject) => T,
  partsOf: (decoded: T) => Part[],
): T {
  const decoded = read(body);
  if (!payloadMembers || !partsOf(decoded).some(hasLongNumber)) return decoded;
  const exact = tryParseExactUnder(payloadMembers, text());
  return isObject(exact) ? read(exact) : decoded;
}

function hasLongNumber(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(hasLongNumber);
  return mayBeRounded(part.kind === 'tool-call' ? part.input : part.kind === 'text' ? part.text : '');
}
