// Fits a JSON Schema to the keywords Google knows: references written out, everything else taken away and told.

import { asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** Keywords whose value says something itself. */
const PLAIN = [
  ...[
    'type',
    'title',
    'description',
    'enum',
    'default',
    'format',
    'required',
    'propertyOrdering',
    'nullable',
  ],
  ...['minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength', 'pattern'],
  ...['minProperties', 'maxProperties', 'example'],
];
/** Keywords whose value is a schema, or true or false. */
const SCHEMA = ['items', 'additionalProperties'];
/** Keywords whose value is a list of schemas; `oneOf` is read like `anyOf`. */
const LIST = ['anyOf', 'oneOf', 'prefixItems'];
/** Says which book the schema is written by, nothing about a value. */
const SILENT = ['$schema', '$defs', 'definitions'];
/** A schema may refer to itself many times over; beyond so many pieces references stay references. */
const PIECES_MAX = 5_000;

type Fitting = {
  root: JsonObject;
  dropped: Set<string>;
  stack: string[];
  kept: Map<string, JsonValue>;
  pieces: number;
};

/**
 * The schema without what makes Google refuse the whole request, and the keywords that were taken away. Names of
 * properties are no keywords, whatever they are called. Only definitions that hold themselves stay in `$defs`.
 */
export function fitSchema(schema: JsonObject): { schema: JsonObject; dropped: string[] } {
  const fitting: Fitting = { root: schema, dropped: new Set(), stack: [], kept: new Map(), pieces: 0 };
  const fitted = fit(schema, fitting);
  if (fitting.kept.size > 0) fitted.$defs = Object.fromEntries(fitting.kept);
  for (const name of unusedDefinitions(schema)) fitting.dropped.add(name);
  return { schema: fitted, dropped: [...fitting.dropped] };
}

function fit(schema: JsonObject, fitting: Fitting): JsonObject {
  fitting.pieces++;
  const { $ref, allOf, ...own } = schema;
  const base = [...(typeof $ref === 'string' ? [referred($ref, fitting)] : []), ...merged(allOf, fitting)];
  const out: JsonObject = Object.assign({}, ...base);
  for (const name in own) {
    const value = own[name];
    if (value !== undefined) fitKeyword(name, value, out, fitting);
  }
  return out;
}

function fitKeyword(name: string, value: JsonValue, out: JsonObject, fitting: Fitting): void {
  if (name === 'properties' && isObject(value))
    out.properties = { ...asMap(out.properties), ...fitMap(value, fitting) };
  else if (name === 'required' && Array.isArray(value) && Array.isArray(out.required))
    out.required = [...new Set([...out.required, ...value])];
  else if (name === 'const') out.enum = [value];
  else if (SCHEMA.includes(name)) out[name] = isObject(value) ? fit(value, fitting) : value;
  else if (LIST.includes(name) && Array.isArray(value)) {
    const target = name === 'oneOf' && !('anyOf' in out) ? 'anyOf' : name;
    if (target === 'oneOf') fitting.dropped.add(name);
    else out[target] = value.map((one) => (isObject(one) ? fit(one, fitting) : one));
  } else if (PLAIN.includes(name)) out[name] = value;
  else if (!SILENT.includes(name)) fitting.dropped.add(name);
}

function asMap(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function fitMap(map: JsonObject, fitting: Fitting): JsonObject {
  return Object.fromEntries(
    Object.entries(map).map(([name, schema]) => [name, isObject(schema) ? fit(schema, fitting) : schema]),
  );
}

/** What all of them ask for, as one schema where they do not contradict each other. */
function merged(allOf: JsonValue | undefined, fitting: Fitting): JsonObject[] {
  if (!Array.isArray(allOf)) return [];
  const all = allOf.filter(isObject);
  const out: JsonObject = {};
  for (const one of all) {
    const fitted = fit(one, fitting);
    for (const name in fitted) {
      const value = fitted[name];
      if (value === undefined) continue;
      if (name in out && name !== 'properties' && name !== 'required') {
        if (JSON.stringify(out[name]) !== JSON.stringify(value)) fitting.dropped.add('allOf');
      } else if (name === 'properties') out.properties = { ...asMap(out.properties), ...asMap(value) };
      else if (name === 'required' && Array.isArray(value))
        out.required = [...new Set([...(Array.isArray(out.required) ? out.required : []), ...value])];
      else out[name] = value;
    }
  }
  return [out];
}

/** What a reference stands for; one that leads nowhere stands for anything. */
function referred(ref: string, fitting: Fitting): JsonObject {
  const { root, stack, kept } = fitting;
  const target = lookUp(root, ref);
  if (!target) {
    fitting.dropped.add('$ref');
    return {};
  }
  if (!stack.includes(ref) && fitting.pieces < PIECES_MAX) {
    stack.push(ref);
    const fitted = fit(target, fitting);
    stack.pop();
    return fitted;
  }
  const name = ref === '#' ? 'root' : (ref.split('/').at(-1) ?? 'definition');
  if (!kept.has(name)) {
    kept.set(name, {});
    // within itself every reference that is under way stays one
    kept.set(name, fit(target, { ...fitting, stack: [...stack, ref] }));
  }
  return { $ref: `#/$defs/${name}` };
}

function lookUp(root: JsonObject, ref: string): JsonObject | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return undefined;
  let at: JsonValue | undefined = root;
  for (const step of ref.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return isObject(at) ? at : undefined;
}

/** Definitions nobody refers to go away with their place. */
function unusedDefinitions(schema: JsonObject): string[] {
  const text = JSON.stringify(schema);
  return ['$defs', 'definitions'].filter((place) => {
    const names = isObject(schema[place]) ? Object.keys(schema[place]) : [];
    return names.some((name) => !text.includes(JSON.stringify(asString(`#/${place}/${name}`))));
  });
}
