// Arrays in a JSON Schema, in the words of its present draft and as OpenAI wants them.

import { asArray, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** Where schemas stand in a schema. */
const ONE = [
  'items',
  'additionalItems',
  'additionalProperties',
  'contains',
  'not',
  'propertyNames',
  'if',
  'then',
  'else',
];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items'];
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];

/**
 * The schema with tuples and bounds spelled as in draft 2020-12, since Anthropic and OpenAI refuse a list of `items` and
 * a flag as `exclusiveMinimum`; and with `items` at every array where the provider wants them (`all`: OpenAI's "array
 * schema missing items"). It lets the same values through. Keywords are known by where they stand; the same object when
 * there is nothing to change.
 */
export function modernArrays(schema: JsonObject, all: boolean): JsonObject {
  return modernBounds(
    modernItems(
      mapSchemas(schema, (inner) => modernArrays(inner, all)),
      all,
    ),
  );
}

function modernItems(schema: JsonObject, all: boolean): JsonObject {
  const { items, additionalItems, ...rest } = schema;
  if (Array.isArray(items)) {
    const further = additionalItems ?? (all ? {} : undefined);
    return { ...rest, prefixItems: items, ...(further === undefined ? {} : { items: further }) };
  }
  const isArray = schema.type === 'array' || asArray(schema.type).includes('array');
  return all && isArray && items === undefined ? { ...schema, items: {} } : schema;
}

/** The older drafts had a flag beside the bound. */
function modernBounds(schema: JsonObject): JsonObject {
  let out = schema;
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof out[flag] !== 'boolean') continue;
    const { [flag]: isExclusive, [bound]: limit, ...rest } = out;
    const isBound = limit !== undefined;
    out = isExclusive && isBound ? { ...rest, [flag]: limit } : isBound ? { ...rest, [bound]: limit } : rest;
  }
  return out;
}

function mapSchemas(schema: JsonObject, change: (inner: JsonObject) => JsonObject): JsonObject {
  const out: JsonObject = {};
  let isSame = true;
  for (const name in schema) {
    const value = schema[name] as JsonValue;
    const changed = within(name, value, (inner) => (isObject(inner) ? change(inner) : inner));
    out[name] = changed;
    isSame &&= changed === value;
  }
  return isSame ? schema : out;
}

function within(name: string, value: JsonValue, change: (inner: JsonValue) => JsonValue): JsonValue {
  if (Array.isArray(value)) return LISTS.includes(name) ? sameOr(value, value.map(change)) : value;
  if (!isObject(value)) return value;
  if (ONE.includes(name)) return change(value);
  if (!MAPS.includes(name)) return value;
  const members = Object.entries(value).map(([key, inner]) => [key, change(inner)] as const);
  return members.every(([key, inner]) => inner === value[key]) ? value : Object.fromEntries(members);
}

function sameOr(before: JsonValue[], after: JsonValue[]): JsonValue[] {
  return after.every((one, i) => one === before[i]) ? before : after;
}
