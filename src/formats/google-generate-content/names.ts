// What this format and its issuer are called, and its members by the one spelling of the two that Google accepts.

import type { FormatId } from '../../canonical/part.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

export const FORMAT: FormatId = 'google-generate-content';

/** Whose seals thought signatures are. */
export const ISSUER = 'google';

/** What Google takes in place of a signature that was lost; documented for histories of other models. */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/**
 * The members of one object in camelCase: Google reads `inline_data` as `inlineData` (JSON mapping of protocol
 * buffers), and much of its own documentation writes it so. Only this object, not what is in it; an empty one for
 * any other value.
 */
export function tidy(value: JsonValue | undefined): JsonObject {
  if (!isObject(value)) return {};
  if (!Object.keys(value).some(isSnake)) return value;
  const out: JsonObject = {};
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    const camel = isSnake(name) ? camelCase(name) : name;
    if (camel === name || !(camel in value)) out[camel] = member;
  }
  return out;
}

function isSnake(name: string): boolean {
  return /^[a-z]+(_[a-z0-9]+)+$/.test(name);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The generation of a Gemini model, which decides what it accepts; undefined for every other model. */
export function generationOf(model: string): number | undefined {
  const number = /gemini-(\d+)/.exec(model)?.[1];
  return number === undefined ? undefined : Number(number);
}
