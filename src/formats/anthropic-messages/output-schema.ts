// Fits a JSON schema to the dialect Anthropic accepts for structured output.

import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** Limits the dialect refuses; they go into the description, where the model still reads them. */
const TOLD = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);
/** Keywords without meaning for an answer. */
const STRIPPED = new Set(['$schema', '$id', '$comment', 'contentEncoding', 'contentMediaType']);
const FORMATS = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);
/** Keywords whose value maps names to schemas: the names are data and are never read as keywords. */
const MAPS = new Set(['properties', '$defs', 'definitions']);
const LISTS = new Set(['anyOf', 'allOf', 'oneOf', 'prefixItems']);

/** The fitted schema, and the keywords that could not be kept as rules. Objects get `additionalProperties: false`. */
export function fitSchema(schema: JsonObject): { schema: JsonObject; moved: string[] } {
  const moved = new Set<string>();
  return { schema: fit(schema, moved), moved: [...moved] };
}

function fit(schema: JsonObject, moved: Set<string>): JsonObject {
  const out: JsonObject = {};
  const told: string[] = [];
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword] ?? null;
    if (STRIPPED.has(keyword)) moved.add(keyword);
    else if (TOLD.has(keyword) || (keyword === 'format' && !FORMATS.has(String(value)))) {
      told.push(`${keyword}: ${JSON.stringify(value)}`);
      moved.add(keyword);
    } else out[keyword === 'oneOf' ? 'anyOf' : keyword] = fitMember(keyword, value, moved);
  }
  if (told.length > 0) {
    const description = typeof out.description === 'string' ? `${out.description} ` : '';
    out.description = `${description}(${told.join(', ')})`;
  }
  if (out.type === 'object' || isObject(out.properties)) {
    if (out.additionalProperties !== undefined && out.additionalProperties !== false)
      moved.add('additionalProperties');
    out.additionalProperties = false;
  }
  return out;
}

function fitMember(keyword: string, value: JsonValue, moved: Set<string>): JsonValue {
  if (MAPS.has(keyword) && isObject(value)) {
    const named = Object.entries(value).map(([name, schema]) => [name, fitNested(schema, moved)]);
    return Object.fromEntries(named);
  }
  if (LISTS.has(keyword) && Array.isArray(value)) return value.map((schema) => fitNested(schema, moved));
  return keyword === 'items' ? fitNested(value, moved) : value;
}

function fitNested(schema: JsonValue, moved: Set<string>): JsonValue {
  return isObject(schema) ? fit(schema, moved) : schema;
}
