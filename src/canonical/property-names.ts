// Names of a tool's arguments that an upstream refuses, replaced in its schema and found again in its calls.

import { isObject, type JsonObject, type JsonValue, tryParseJson } from '../lib/json.ts';

/** A name to the one that stands in its place; only those that differ. */
export type PropertyNames = ReadonlyMap<string, string>;

const CHARS_MAX = 64;
const PLAIN = /^[A-Za-z0-9_.-]{1,64}$/;

/** Keywords whose members are properties by name, and those whose members have names of another kind. */
const BY_PROPERTY = ['properties', 'dependentSchemas', 'dependentRequired'];
const BY_NAME = ['$defs', 'definitions', 'patternProperties'];
/** Keywords that hold values of the kind a schema is about. */
const VALUES = ['default', 'const', 'enum', 'examples', 'example'];

/**
 * A plain name, of `[A-Za-z0-9_.-]{1,64}`, for every property of the schema that has none. The same property has the
 * same one at every depth; no two properties share one. Empty where all are plain.
 */
export function plainNamesFor(schema: JsonObject): PropertyNames {
  let odd: Set<string> | undefined;
  eachProperty(schema, (name) => {
    if (!PLAIN.test(name)) odd = (odd ?? new Set()).add(name);
  });
  return odd ? replacedBy(odd, schema) : NONE;
}

/** Of nearly every schema. */
const NONE: PropertyNames = new Map();

function replacedBy(odd: ReadonlySet<string>, schema: JsonObject): PropertyNames {
  const taken = new Set<string>();
  eachProperty(schema, (name) => taken.add(name));
  const names = new Map<string, string>();
  for (const name of odd) {
    let plain = plainName(name);
    while (taken.has(plain)) plain = plainName(`${name}${taken.size}${plain}`);
    taken.add(plain);
    names.set(name, plain);
  }
  return names;
}

function plainName(name: string): string {
  const hash = (Bun.hash(name) & 0xffffffffn).toString(36);
  const safe = name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, CHARS_MAX - hash.length - 1);
  return `${safe}_${hash}`;
}

function eachProperty(schema: JsonValue, visit: (name: string) => void): void {
  if (Array.isArray(schema)) for (const one of schema) eachProperty(one, visit);
  if (!isObject(schema)) return;
  for (const keyword in schema) {
    const value = schema[keyword] as JsonValue;
    if (VALUES.includes(keyword)) continue;
    const isByProperty = BY_PROPERTY.includes(keyword);
    if (!isObject(value) || !(isByProperty || BY_NAME.includes(keyword))) eachProperty(value, visit);
    else
      for (const name in value) {
        if (isByProperty) visit(name);
        eachProperty(value[name] as JsonValue, visit);
      }
  }
}

/** The schema with these names. Keywords are known by where they stand: a property may be called like one. */
export function withNames(schema: JsonObject, names: PropertyNames): JsonObject {
  const within = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(within);
    return isObject(value) ? withNames(value, names) : value;
  };
  const called = (name: JsonValue): JsonValue =>
    typeof name === 'string' ? (names.get(name) ?? name) : name;
  const out: JsonObject = {};
  for (const keyword in schema) {
    const value = schema[keyword] as JsonValue;
    if (VALUES.includes(keyword)) out[keyword] = named(value, names);
    else if (keyword === 'required' && Array.isArray(value)) out[keyword] = value.map(called);
    else if (keyword === '$ref' && typeof value === 'string') out[keyword] = pointer(value, names);
    else if (isObject(value) && BY_NAME.includes(keyword))
      out[keyword] = mapMembers(value, (name) => name, within);
    else if (isObject(value) && BY_PROPERTY.includes(keyword)) {
      const inside = keyword === 'dependentRequired' ? (list: JsonValue) => namesIn(list, called) : within;
      out[keyword] = mapMembers(value, (name) => names.get(name) ?? name, inside);
    } else out[keyword] = within(value);
  }
  return out;
}

function mapMembers(
  members: JsonObject,
  rename: (name: string) => string,
  change: (value: JsonValue) => JsonValue,
): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [rename(name), change(value)]));
}

function namesIn(list: JsonValue, called: (name: JsonValue) => JsonValue): JsonValue {
  return Array.isArray(list) ? list.map(called) : list;
}

/** A value with its members called by these names. */
function named(value: JsonValue, names: PropertyNames): JsonValue {
  if (Array.isArray(value)) return value.map((one) => named(one, names));
  if (!isObject(value)) return value;
  return mapMembers(
    value,
    (name) => names.get(name) ?? name,
    (one) => named(one, names),
  );
}

/** A reference may lead through a property (RFC 6901). */
function pointer(ref: string, names: PropertyNames): string {
  return ref.replace(/(?<=\/properties\/)[^/]+/g, (step) => {
    const name = names.get(decoded(step).replaceAll('~1', '/').replaceAll('~0', '~'));
    return name ?? step;
  });
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** JSON text with its members called by these names, to the last character of all else; it may be cut short. */
export function withMembersNamed(json: string, names: PropertyNames): string {
  let out = '';
  let copied = 0;
  for (let open = json.indexOf('"'); open !== -1; ) {
    const close = closingQuote(json, open + 1);
    if (close === -1) break;
    const end = close + 1;
    const name = isMember(json, end) ? names.get(stringOf(json.slice(open, end))) : undefined;
    if (name !== undefined) {
      out += json.slice(copied, open) + JSON.stringify(name);
      copied = end;
    }
    open = json.indexOf('"', end);
  }
  return copied === 0 ? json : out + json.slice(copied);
}

const BACKSLASH = 92;
const COLON = 58;
const SPACE = 32;

/** Where the string ends that begins here; -1 when it does not. An expression takes a second for a few megabytes. */
function closingQuote(json: string, from: number): number {
  for (let at = json.indexOf('"', from); at !== -1; at = json.indexOf('"', at + 1)) {
    let first = at;
    while (json.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((at - first) % 2 === 0) return at;
  }
  return -1;
}

/** A colon follows: the string before it names a member. */
function isMember(json: string, end: number): boolean {
  let at = end;
  while (json.charCodeAt(at) <= SPACE) at++;
  return json.charCodeAt(at) === COLON;
}

function stringOf(text: string): string {
  const value = text.includes('\\') ? tryParseJson(text) : undefined;
  return typeof value === 'string' ? value : text.slice(1, -1);
}
