// Makes a small value that fits a JSON schema.

import type { JsonSchema } from '../canonical/part.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../lib/json.ts';
import { spellPattern } from './spell.ts';

/** A schema can ask for more than there is memory; larger values count as endless. */
const VALUES_MAX = 20_000;
const DEPTH_MAX = 200;
const TEXT_CHARS_MAX = 100_000;

/**
 * `refs` are the references being followed: one that meets itself has no smallest value on this way.
 * `nth` makes the members of an array that wants unique items differ. `budget` is shared by the whole value.
 */
type Place = {
  root: JsonObject;
  refs: string[];
  text: string;
  nth: number;
  depth: number;
  budget: { values: number };
};

/**
 * The smallest object that fits the schema; strings that may hold anything hold `text`. Knows type, enum, const,
 * required, properties, items, prefixItems, local $ref, allOf, anyOf, oneOf and the bounds of numbers, strings
 * and arrays, pattern and format. Conditions (if, not) are not looked at. Never throws.
 */
export function sampleObject(schema: JsonSchema, text = ''): JsonObject {
  return asObject(sampleJson(schema, text));
}

/** As `sampleObject`, for schemas of any type; null when the schema only fits endless values. */
export function sampleJson(schema: JsonSchema, text = ''): JsonValue {
  const budget = { values: VALUES_MAX };
  return sample(schema, { root: schema, refs: [], text, nth: 0, depth: 0, budget }) ?? null;
}

function sample(schema: JsonValue, above: Place): JsonValue | undefined {
  const place = { ...above, depth: above.depth + 1 };
  if (place.depth > DEPTH_MAX || place.budget.values-- <= 0) return undefined;
  if (!isObject(schema)) return place.text;
  const ref = asString(schema.$ref);
  if (ref !== undefined) {
    if (place.refs.includes(ref)) return undefined;
    const { $ref: _, ...beside } = schema;
    const target = asObject(resolve(place.root, ref));
    return sample(merge(target, beside), { ...place, refs: [...place.refs, ref] });
  }
  if (schema.const !== undefined) return schema.const;
  const values = asArray(schema.enum);
  if (values.length > 0) return values[place.nth % values.length];
  if (Array.isArray(schema.allOf)) {
    const { allOf, ...beside } = schema;
    const parts = allOf.map((part) => inline(asObject(part), place.root));
    return sample(parts.reduce(merge, beside), place);
  }
  for (const word of ['anyOf', 'oneOf'] as const) {
    if (!Array.isArray(schema[word])) continue;
    const { [word]: choices, ...beside } = schema;
    return sampleFirst(asArray(choices), beside, place);
  }
  return sampleType(schema, place);
}

function sampleFirst(choices: JsonValue[], beside: JsonObject, place: Place): JsonValue | undefined {
  for (const choice of choices) {
    const value = sample(merge(beside, asObject(choice)), place);
    if (value !== undefined) return value;
  }
  return undefined;
}

function sampleType(schema: JsonObject, place: Place): JsonValue | undefined {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type ?? impliedType(schema)) {
    case 'object':
      return sampleMembers(schema, place);
    case 'array':
      return sampleItems(schema, place);
    case 'integer':
    case 'number':
      return sampleNumber(schema, type === 'integer') + place.nth;
    case 'boolean':
      return place.nth % 2 === 1;
    case 'null':
      return null;
    default:
      return sampleString(schema, place);
  }
}

function impliedType(schema: JsonObject): string {
  if (schema.properties !== undefined || schema.required !== undefined) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  if (schema.minimum !== undefined || schema.maximum !== undefined) return 'number';
  return 'string';
}

function sampleMembers(schema: JsonObject, place: Place): JsonObject | undefined {
  const properties = asObject(schema.properties);
  const names = new Set(asArray(schema.required).filter((name) => typeof name === 'string'));
  const least = asNumber(schema.minProperties) ?? 0;
  for (const name of Object.keys(properties)) if (names.size < least) names.add(name);
  for (let extra = 1; names.size < Math.min(least, VALUES_MAX); extra++) names.add(`member${extra}`);
  const members: JsonObject = {};
  for (const name of names) {
    const value = sample(properties[name] ?? schema.additionalProperties ?? {}, { ...place, nth: 0 });
    if (value === undefined) return undefined;
    members[name] = value;
  }
  return members;
}

function sampleItems(schema: JsonObject, place: Place): JsonValue[] | undefined {
  const fixed = asArray(schema.prefixItems);
  const least = Math.max(asNumber(schema.minItems) ?? 0, schema.contains === undefined ? 0 : 1);
  const items: JsonValue[] = [];
  for (let i = 0; i < least; i++) {
    const nth = schema.uniqueItems === true ? i : 0;
    const item = sample(fixed[i] ?? schema.contains ?? schema.items ?? {}, { ...place, nth });
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function sampleNumber(schema: JsonObject, whole: boolean): number {
  const step = asNumber(schema.multipleOf) ?? (whole ? 1 : 0);
  const above = asNumber(schema.exclusiveMinimum);
  const below = asNumber(schema.exclusiveMaximum);
  const gap = step || 0.5;
  const least = Math.max(
    asNumber(schema.minimum) ?? -Infinity,
    above === undefined ? -Infinity : above + gap,
  );
  const most = Math.min(asNumber(schema.maximum) ?? Infinity, below === undefined ? Infinity : below - gap);
  if (least > 0) return step ? Math.ceil(least / step) * step : Math.min(least, most);
  if (most < 0) return step ? Math.floor(most / step) * step : most;
  return 0;
}

const BY_FORMAT: Record<string, string> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'a@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  'uri-reference': '/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function sampleString(schema: JsonObject, { text, nth }: Place): string {
  const pattern = asString(schema.pattern);
  if (pattern !== undefined) return spellPattern(pattern);
  const formatted = BY_FORMAT[asString(schema.format) ?? ''];
  if (formatted !== undefined) return formatted;
  const most = asNumber(schema.maxLength);
  const least = asNumber(schema.minLength) ?? 0;
  const wished = [...(nth === 0 ? text : `${text}${nth}`)];
  return (most === undefined ? wished : wished.slice(0, most))
    .join('')
    .padEnd(Math.min(least, TEXT_CHARS_MAX), 'a');
}

/** Both schemas at once: members and required names united, other words of the second win. */
function merge(first: JsonObject, second: JsonObject): JsonObject {
  const merged: JsonObject = { ...first, ...second };
  if (first.properties && second.properties) {
    merged.properties = { ...asObject(first.properties), ...asObject(second.properties) };
  }
  if (first.required && second.required) {
    merged.required = [...new Set([...asArray(first.required), ...asArray(second.required)])];
  }
  return merged;
}

function inline(schema: JsonObject, root: JsonObject): JsonObject {
  const { $ref, ...beside } = schema;
  return typeof $ref === 'string' ? merge(asObject(resolve(root, $ref)), beside) : schema;
}

/** The value a local reference (`#`, `#/$defs/name`) points to (RFC 6901). */
function resolve(root: JsonObject, ref: string): JsonValue | undefined {
  if (!ref.startsWith('#')) return undefined;
  let value: JsonValue | undefined = root;
  for (const step of ref.split('/').slice(1)) {
    const name = decodeStep(step);
    if (Array.isArray(value)) value = value[Number(name)];
    else value = isObject(value) ? value[name] : undefined;
  }
  return value;
}

function decodeStep(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
