// Arguments of a function are one object: what a schema says beside that at its top is put into one.

import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import { lookUp } from './references.ts';

/** Providers refuse these at the top of a function's schema. */
const COMBINERS = ['anyOf', 'oneOf', 'allOf', 'enum', 'not', '$ref'];

/**
 * The schema with `type: object` at its top. Alternatives become one object with the properties of all of them, of
 * which only those are required that all require; `changed` lists the keywords that went.
 */
export function objectRoot(schema: JsonObject): { schema: JsonObject; changed: string[] } {
  const changed = COMBINERS.filter((name) => name in schema);
  if (changed.length === 0)
    return { schema: schema.type === 'object' ? schema : { ...schema, type: 'object' }, changed };
  const out: JsonObject = { ...schema, type: 'object' };
  for (const name of changed) delete out[name];
  const target = typeof schema.$ref === 'string' ? lookUp(schema, schema.$ref) : undefined;
  const parts = [...(target && target !== schema ? [target] : []), ...asArray(schema.allOf)];
  for (const part of parts.map((one) => resolved(one, schema))) {
    out.properties = { ...shapes(part.properties), ...shapes(out.properties) };
    out.required = [...new Set([...asArray(out.required), ...asArray(part.required)])];
    if (out.description === undefined && typeof part.description === 'string')
      out.description = part.description;
  }
  const choices = [...asArray(schema.anyOf), ...asArray(schema.oneOf)].map((one) => resolved(one, schema));
  if (choices.length > 0) {
    for (const choice of choices)
      out.properties = { ...shapes(choice.properties), ...shapes(out.properties) };
    const [first, ...rest] = choices.map((choice) => asArray(choice.required));
    const always = (first ?? []).filter((name) => rest.every((names) => names.includes(name)));
    out.required = [...new Set([...asArray(out.required), ...always])];
    out.description = [asString(out.description), toldChoices(choices)].filter(Boolean).join(' ');
  }
  if (asArray(out.required).length === 0) delete out.required;
  if (out.properties === undefined) out.properties = {};
  return { schema: out, changed };
}

function resolved(part: JsonValue, root: JsonObject): JsonObject {
  if (!isObject(part)) return {};
  const target = typeof part.$ref === 'string' ? lookUp(root, part.$ref) : undefined;
  return target ? { ...target, ...part } : part;
}

function shapes(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function toldChoices(choices: JsonObject[]): string {
  const sets = choices.map((choice) => Object.keys(shapes(choice.properties)).join(', ') || 'nothing');
  return `(Give one of these sets: ${sets.join('; or ')}.)`;
}
