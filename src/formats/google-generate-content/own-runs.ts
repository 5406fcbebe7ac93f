// What Google's own tools were asked and what came of it: parts that no other format holds, carried as seals.

import type { Seal } from '../../canonical/part.ts';
import { tryParseExact } from '../../lib/exact-json.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { ISSUER } from './names.ts';

/**
 * Google wants all of such a part back, its signature included, where its tools stand beside functions
 * (ai.google.dev, "Tool combination").
 */
export function isOwnRun(part: JsonObject): boolean {
  return part.toolCall !== undefined || part.toolResponse !== undefined;
}

/** The whole part as the data of a seal; a signature is base64 and never looks like one. */
export function runSeal(part: JsonObject): Seal {
  return { issuer: ISSUER, data: JSON.stringify(part) };
}

/** The part that such a seal holds; undefined for every other one. */
export function runIn(seal: Seal | undefined): JsonObject | undefined {
  if (seal?.issuer !== ISSUER || !seal.data.startsWith('{')) return undefined;
  const part = tryParseExact(seal.data);
  return isObject(part) && isOwnRun(part) ? part : undefined;
}
