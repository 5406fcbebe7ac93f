// The arguments of a call as the object this format asks for.

import type { ToolCallPart } from '../../../canonical/part.ts';
import { tryParseExact } from '../../../lib/exact-json.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';

/** What is no JSON object is kept under `_raw`, and said to be broken. */
export function callArgs({ form, input }: Pick<ToolCallPart, 'form' | 'input'>): {
  args: JsonObject;
  broken: boolean;
} {
  if (form === 'text') return { args: { input }, broken: false };
  if (input.trim() === '') return { args: {}, broken: false };
  const parsed = tryParseExact(input);
  return isObject(parsed) ? { args: parsed, broken: false } : { args: { _raw: input }, broken: true };
}

/** The name under which a client of this format knows a tool. */
export function callName(call: { name: string; namespace?: string }): string {
  return call.namespace === undefined ? call.name : `${call.namespace}__${call.name}`;
}
