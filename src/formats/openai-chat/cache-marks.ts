// Takes cache marks in Anthropic's spelling out of a Chat request, for vendors that answer them with a 400.

import type { Loss } from '../../canonical/loss.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

export const MARK = 'cache_control';
/** Where marks stand: on messages, their parts and calls, on tools and their functions. */
const INNER = ['content', 'tool_calls', 'function'];

/** The messages or tools without their marks, each named as a loss; the same array when there are none. */
export function withoutMarks(list: JsonValue[], at: string, losses: Loss[]): JsonValue[] {
  let isSame = true;
  const cleaned = list.map((entry, i) => {
    const clean = isObject(entry) ? withoutMark(entry, `${at}[${i}]`, losses) : entry;
    if (clean !== entry) isSame = false;
    return clean;
  });
  return isSame ? list : cleaned;
}

function withoutMark(entry: JsonObject, at: string, losses: Loss[]): JsonObject {
  let clean = entry;
  if (MARK in entry) {
    const { [MARK]: mark, ...rest } = entry;
    if (mark !== null)
      losses.push({ path: `${at}.${MARK}`, action: 'dropped', reason: 'the provider refuses it' });
    clean = rest;
  }
  for (const name of INNER) {
    const inner = entry[name];
    const cleanInner = Array.isArray(inner)
      ? withoutMarks(inner, `${at}.${name}`, losses)
      : isObject(inner)
        ? withoutMark(inner, `${at}.${name}`, losses)
        : inner;
    if (cleanInner !== undefined && cleanInner !== inner) clean = { ...clean, [name]: cleanInner };
  }
  return clean;
}
