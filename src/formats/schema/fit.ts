// Brings a JSON Schema to a provider's dialect and tells what it could not keep.

import { asArray, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import { type Dialect, RULES, SILENT } from './dialect.ts';
import { lookUp, unusedDefinitions } from './references.ts';
import { objectRoot } from './root.ts';

/**
 * `changed` lists the keywords that are no longer rules; those that limit a value are told in the description.
 * `unsayable` is set when the dialect has no schema that lets the wanted values through.
 */
export type Fitted = { schema: JsonObject; changed: string[]; unsayable?: 'recursion' | 'open map' };

/** A schema may refer to itself many times over; beyond so many pieces references stay references. */
const PIECES_MAX = 5_000;
/** References that lead to others, one within the other; deeper ones stand for anything. */
const LEVELS_MAX = 500;
/** Of JSON that may be written out in place of references in all schemas of a request; beyond they stand for anything. */
const WRITTEN_CHARS_MAX = 4_000_000;

/** What the schemas of one request have left for that. */
export type Room = { chars: number; sizes: WeakMap<JsonObject, number> };

/** For a new request. */
export function newRoom(): Room {
  return { chars: WRITTEN_CHARS_MAX, sizes: new WeakMap() };
}

type Fitting = {
  dialect: Dialect;
  root: JsonObject;
  changed: Set<string>;
  /** References being read. */
  stack: string[];
  /** Definitions that stay, by reference; empty while one is being written. */
  kept: Map<string, { name: string; schema: JsonObject }>;
  /** What they are called. */
  names: Set<string>;
  room: Room;
  progress: { pieces: number; levels: number; recursive: boolean; openMap: boolean };
};

/**
 * The schema in the words of the dialect. Keywords are known by where they stand: a property may be called like one.
 */
export function fitSchema(schema: JsonObject, dialect: Dialect, room = newRoom()): Fitted {
  const progress = { pieces: 0, levels: 0, recursive: false, openMap: false };
  const fitting: Fitting = {
    dialect,
    root: schema,
    changed: new Set(),
    stack: ['#'],
    kept: new Map(),
    names: new Set(),
    room,
    progress,
  };
  const fitted = fit(schema, fitting);
  if (fitting.kept.size > 0)
    fitted.$defs = Object.fromEntries([...fitting.kept.values()].map(({ name, schema }) => [name, schema]));
  for (const name of unusedDefinitions(schema)) fitting.changed.add(name);
  const out: Fitted = { schema: fitted, changed: [...fitting.changed] };
  if (progress.recursive && !dialect.recursion) out.unsayable = 'recursion';
  else if (progress.openMap && dialect.closed) out.unsayable = 'open map';
  return out;
}

/** The same for the arguments of a function, which are one object. */
export function fitArguments(schema: JsonObject, dialect: Dialect, room = newRoom()): Fitted {
  const root = objectRoot(schema);
  const fitted = fitSchema(root.schema, dialect, room);
  return { ...fitted, changed: [...root.changed, ...fitted.changed] };
}

const NAMES_MAX = 8;
const NAME_CHARS_MAX = 64;

/** Keywords as a reason may name them: unknown ones are the client's own words. */
export function listed(keywords: string[]): string {
  return keywords
    .slice(0, NAMES_MAX)
    .map((keyword) => keyword.slice(0, NAME_CHARS_MAX))
    .join(', ');
}

function fit(schema: JsonObject, fitting: Fitting): JsonObject {
  const { dialect } = fitting;
  fitting.progress.pieces++;
  const { $ref, allOf, ...own } = unNullable(schema);
  const out: JsonObject = typeof $ref === 'string' ? referred($ref, fitting) : {};
  if (Array.isArray(allOf)) {
    const parts = allOf.filter(isObject).map((one) => fitPart(one, fitting));
    merge(out, parts, fitting);
  }
  const told: string[] = [];
  for (const name in own) {
    const value = own[name];
    if (value === undefined || SILENT.has(name)) continue;
    if (!fitKeyword(name, value, out, fitting)) {
      fitting.changed.add(name);
      if (RULES.has(name)) told.push(`${name}: ${JSON.stringify(value)}`);
    }
  }
  dropUnknownRequired(out, fitting);
  if (told.length > 0) {
    const description = typeof out.description === 'string' ? `${out.description} ` : '';
    out.description = `${description}(${told.join(', ')})`;
  }
  if (dialect.closed) close(out, fitting);
  return out;
}

/** Members of an `allOf` are written out: closed one by one they would contradict each other. */
function fitPart(schema: JsonObject, fitting: Fitting): JsonObject {
  const open = { ...fitting, dialect: { ...fitting.dialect, closed: false, references: 'inline' as const } };
  return fit(schema, open);
}

/** False when the dialect has no such keyword, or not with this value. */
function fitKeyword(name: string, value: JsonValue, out: JsonObject, fitting: Fitting): boolean {
  const { dialect } = fitting;
  switch (name) {
    case 'properties':
      if (!isObject(value)) return false;
      out.properties = { ...asMap(out.properties), ...fitMap(value, fitting) };
      return true;
    case 'required':
      if (Array.isArray(value)) out.required = union(out.required, value);
      return Array.isArray(value);
    case 'const':
      if (dialect.const) out.const = value;
      else out.enum = [value];
      return true;
    case 'items':
      if (Array.isArray(value)) out.prefixItems = value.map((one) => fitNested(one, fitting));
      else out.items = fitNested(value, fitting);
      return true;
    case 'additionalProperties':
      out.additionalProperties = isObject(value) ? fit(value, fitting) : value;
      return true;
    case 'format':
      if (dialect.formats && !dialect.formats.has(String(value))) return false;
      break;
    case 'minItems':
      if (dialect.minItemsMax !== undefined && Number(value) > dialect.minItemsMax) return false;
      break;
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems': {
      if (!Array.isArray(value)) return false;
      const target = name === 'oneOf' && !dialect.lists.has('oneOf') ? 'anyOf' : name;
      if (!dialect.lists.has(target) || (target !== name && 'anyOf' in out)) return false;
      out[target] = value.map((one) => fitNested(one, fitting));
      return true;
    }
  }
  if (!dialect.plain.has(name)) return false;
  out[name] = value;
  return true;
}

function fitMap(map: JsonObject, fitting: Fitting): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, fitNested(schema, fitting)]));
}

/** `true` allows everything, as an empty schema does. */
function fitNested(schema: JsonValue, fitting: Fitting): JsonValue {
  if (schema === true) return {};
  return isObject(schema) ? fit(schema, fitting) : schema;
}

/** OpenAPI’s `nullable` in the words of JSON Schema. */
function unNullable(schema: JsonObject): JsonObject {
  if (typeof schema.nullable !== 'boolean') return schema;
  const { nullable, ...rest } = schema;
  if (!nullable || typeof rest.type !== 'string') return rest;
  rest.type = [rest.type, 'null'];
  if (Array.isArray(rest.enum) && !rest.enum.includes(null)) rest.enum = [...rest.enum, null];
  return rest;
}

/** Adds what the parts ask for, where they do not contradict each other. */
function merge(out: JsonObject, parts: readonly JsonObject[], { changed }: Fitting): void {
  const properties = new Map(Object.entries(asMap(out.properties)));
  const required = new Set(asArray(out.required));
  for (const part of parts)
    for (const name in part) {
      const value = part[name];
      if (value === undefined) continue;
      const isList = name === 'required' && Array.isArray(value);
      if (name === 'properties')
        for (const [key, one] of Object.entries(asMap(value))) properties.set(key, one);
      else if (isList) for (const one of value) required.add(one);
      // their order is that in which they were first named
      if (!(name in out)) out[name] = value;
      else if (name === 'properties' || isList || changed.has('allOf')) continue;
      else if (JSON.stringify(out[name]) !== JSON.stringify(value)) changed.add('allOf');
    }
  if (out.properties !== undefined) out.properties = Object.fromEntries(properties);
  if (Array.isArray(out.required)) out.required = [...required];
}

function asMap(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function union(one: JsonValue | undefined, other: JsonValue[]): JsonValue[] {
  return Array.isArray(one) ? [...new Set([...one, ...other])] : other;
}

/** A name that is required and not described is refused by some, and impossible in a closed object. */
function dropUnknownRequired(schema: JsonObject, fitting: Fitting): void {
  const { properties, required } = schema;
  if (!isObject(properties) || !Array.isArray(required)) return;
  const known = required.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name));
  if (known.length === required.length) return;
  fitting.changed.add('required');
  schema.required = known;
}

function close(schema: JsonObject, fitting: Fitting): void {
  const isShape = schema.type === 'object' || isObject(schema.properties);
  if (!isShape) return;
  const more = schema.additionalProperties;
  if (more !== undefined && more !== false) fitting.changed.add('additionalProperties');
  const isNamed = isObject(schema.properties) && (more !== true || Object.keys(schema.properties).length > 0);
  if (isObject(more) || (more !== false && !isNamed)) fitting.progress.openMap = true;
  schema.additionalProperties = false;
}

/** What a reference stands for; one that leads nowhere, or too far, stands for anything. */
function referred(ref: string, fitting: Fitting): JsonObject {
  const { root, stack, kept, progress, dialect } = fitting;
  const target = lookUp(root, ref);
  const lost = (): JsonObject => {
    fitting.changed.add('$ref');
    return {};
  };
  if (!target) return lost();
  const recursive = stack.includes(ref);
  if (recursive) progress.recursive = true;
  const known = kept.get(ref);
  // at the top a schema says itself what it is
  const inline = dialect.references === 'inline' || progress.pieces === 1;
  const isInline = !recursive && inline && progress.pieces < PIECES_MAX;
  if (!isInline && known) return { $ref: `#/$defs/${known.name}` };
  if (progress.levels >= LEVELS_MAX || !hasRoom(target, fitting.room)) return lost();
  if (isInline) return fitBehind(ref, target, fitting);
  const kin = { name: nameOf(ref, fitting.names), schema: {} };
  kept.set(ref, kin);
  // within itself every reference that is under way stays one
  kin.schema = fitBehind(ref, target, fitting);
  return { $ref: `#/$defs/${kin.name}` };
}

function fitBehind(ref: string, target: JsonObject, fitting: Fitting): JsonObject {
  const { progress, stack } = fitting;
  progress.levels++;
  const schema = fit(target, { ...fitting, stack: [...stack, ref] });
  progress.levels--;
  return schema;
}

/** Takes the room that a definition needs. Its size is only found out while there is some left. */
function hasRoom(target: JsonObject, room: Room): boolean {
  if (room.chars <= 0) return false;
  const size = room.sizes.get(target) ?? JSON.stringify(target).length;
  room.sizes.set(target, size);
  room.chars -= size;
  return room.chars > 0;
}

function nameOf(ref: string, names: Set<string>): string {
  const last = ref
    .split('/')
    .at(-1)
    ?.replace(/[^A-Za-z0-9_-]/g, '_');
  const plain = last === undefined || last === '_' || last === '' ? 'root' : last;
  let name = plain;
  for (let count = names.size; names.has(name); count++) name = `${plain}_${count}`;
  names.add(name);
  return name;
}
