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
  const parts = [...(target && target !== schema ? [target] : []), ...asArray(schema.allOf)].map((one) =>
    resolved(one, schema),
  );
  const choices = [...asArray(schema.anyOf), ...asArray(schema.oneOf)].map((one) => resolved(one, schema));
  const told = parts.map(({ description }) => description).find((one) => typeof one === 'string');
  if (out.description === undefined && told !== undefined) out.description = told;
  if (parts.length > 0)
    out.required = distinct([out as Part, ...parts].map(({ required }) => asArray(required)));
  if (parts.length + choices.length > 0) out.properties = merged([out, ...parts, ...choices]);
  if (choices.length > 0) {
    out.required = distinct([asArray(out.required), inAll(choices.map(({ required }) => asArray(required)))]);
    out.description = [asString(out.description), toldChoices(choices)].filter(Boolean).join(' ');
  }
  if (asArray(out.required).length === 0) delete out.required;
  if (out.properties === undefined) out.properties = {};
  return { schema: out, changed };
}

/** What of an alternative, or a part, counts at the top. */
type Part = Partial<Record<'properties' | 'required' | 'description', JsonValue | undefined>>;

function resolved(part: JsonValue, root: JsonObject): Part {
  if (!isObject(part)) return {};
  const target = typeof part.$ref === 'string' ? lookUp(root, part.$ref) : undefined;
  const said = (name: keyof Part) => (name in part ? part[name] : target?.[name]);
  return {
    properties: said('properties'),
    required: said('required'),
    description: said('description'),
  };
}

/** The properties of all; those of the first ones count. Each map once, as thousands may refer to the same one. */
function merged(parts: readonly Part[]): JsonObject {
  const maps = [...new Set(parts.map(({ properties }) => shapes(properties)))];
  const all = new Map<string, JsonValue | undefined>();
  for (const map of maps.reverse()) for (const name in map) all.set(name, map[name]);
  return Object.fromEntries(all) as JsonObject;
}

function distinct(lists: readonly JsonValue[][]): JsonValue[] {
  return [...new Set([...new Set(lists)].flat())];
}

/** What is in every one of the lists, in the order of the first one. */
function inAll(lists: readonly JsonValue[][]): JsonValue[] {
  const different = new Set(lists);
  const counts = new Map<JsonValue, number>();
  for (const list of different)
    for (const name of new Set(list)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (lists[0] ?? []).filter((name) => counts.get(name) === different.size);
}

function shapes(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

const TOLD_CHARS_MAX = 10_000;

function toldChoices(choices: readonly Part[]): string {
  const sets: string[] = [];
  let chars = 0;
  for (const { properties } of choices) {
    const set = Object.keys(shapes(properties)).join(', ') || 'nothing';
    chars += set.length;
    if (chars > TOLD_CHARS_MAX) {
      sets.push('…');
      break;
    }
    sets.push(set);
  }
  return `(Give one of these sets: ${sets.join('; or ')}.)`;
}
