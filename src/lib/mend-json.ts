// Makes JSON out of a text that was meant to be JSON: fences, comments, missing quotes and ends, words around it.

import { jsonrepair } from 'jsonrepair';
import { tryParseJson } from './json.ts';

/** Mending takes time that no other request gets; nobody writes a JSON answer as long as this. */
const TEXT_CHARS_MAX = 500_000;

/**
 * The JSON text of the object or array that `text` was meant to be; undefined when it is JSON already, or when there
 * is no object or array in it to be found. Never throws.
 */
export function mendJson(text: string): string | undefined {
  if (text.length > TEXT_CHARS_MAX || tryParseJson(text) !== undefined) return undefined;
  const start = text.search(/[[{]/);
  if (start === -1) return undefined;
  const whole = text.slice(start);
  const pieces = text.slice(0, start).includes(FENCE) ? fenced(whole) : [whole];
  // words behind the JSON go, but what follows the last bracket of a text that was cut off is part of it
  const closed = pieces.map((piece) =>
    piece.slice(0, Math.max(piece.lastIndexOf('}'), piece.lastIndexOf(']')) + 1),
  );
  return closed.find(isContainer) ?? [...pieces, ...closed].map(repaired).find(isContainer);
}

const FENCE = '```';

/** What may stand in a fence: all up to the last one, since texts can hold some, or up to the first one. */
function fenced(text: string): string[] {
  const ends = [text.lastIndexOf(FENCE), text.indexOf(FENCE)];
  return ends[0] === -1 ? [text] : ends.map((end) => text.slice(0, end));
}

function repaired(text: string): string | undefined {
  try {
    return jsonrepair(text).trim();
  } catch {
    return undefined;
  }
}

function isContainer(text: string | undefined): text is string {
  const value = text === undefined ? undefined : tryParseJson(text);
  return typeof value === 'object' && value !== null;
}
