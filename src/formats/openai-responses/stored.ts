// What a Responses request may refer to that is stored at its provider.

import { Fault } from '../../canonical/fault.ts';
import { asArray, isObject, type JsonObject } from '../../lib/json.ts';
import type { Reference } from '../codec.ts';

/** Members whose meaning lives at the provider; any of them may stand in place of `input`. */
const STORED = ['previous_response_id', 'conversation', 'prompt'];

export function refersToStored(body: JsonObject): boolean {
  return STORED.some((name) => isSet(body, name));
}

/** Throws Fault `unsupported_parameter`: without what is stored the answer would be to another question. */
export function refuseStored(body: JsonObject): void {
  const param = STORED.find((name) => isSet(body, name));
  if (param === undefined) return;
  const message = `\`${param}\` refers to something stored at OpenAI, which this model cannot see; send the whole conversation in \`input\`.`;
  throw new Fault('unsupported_parameter', message, { param });
}

/** The item only names another one. */
export function isReference({ type, role, id }: JsonObject): boolean {
  return type === 'item_reference' || (type === undefined && role === undefined && typeof id === 'string');
}

/** The items of earlier answers that a request names. */
export function referencesIn({ input }: JsonObject): Reference[] {
  const found: Reference[] = [];
  asArray(input).forEach((item, at) => {
    if (isObject(item) && isReference(item) && typeof item.id === 'string')
      found.push({ path: ['input', at], id: item.id });
  });
  return found;
}

function isSet(body: JsonObject, name: string): boolean {
  return body[name] !== undefined && body[name] !== null;
}
