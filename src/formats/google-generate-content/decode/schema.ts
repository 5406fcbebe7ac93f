// Reads Google's own dialect of schemas (OpenAPI 3.0, types in capitals) as JSON Schema.

import { asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { tidy } from '../names.ts';

/** Limits that protocol buffers write as strings. */
const NUMBERS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'];

/** The same schema in the words every other format knows. Members it does not know stay as they are. */
export function readSchema(value: JsonValue): JsonObject {
  const schema = tidy(value);
  const out: JsonObject = {};
  for (const name in schema) {
    const member = schema[name];
    if (member !== undefined) out[name] = readMember(name, member);
  }
  if (out.type === 'type_unspecified') delete out.type;
  return schema.nullable === true ? nullable(out) : out;
}

function readMember(name: string, value: JsonValue): JsonValue {
  switch (name) {
    case 'type':
      return asString(value)?.toLowerCase() ?? value;
    case 'properties':
    case 'defs':
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, schema]) => [key, readSchema(schema)]))
        : value;
    case 'items':
    case 'additionalProperties':
      return isObject(value) ? readSchema(value) : value;
    case 'anyOf':
    case 'prefixItems':
      return Array.isArray(value) ? value.map(readSchema) : value;
    default:
      return NUMBERS.includes(name) &&
        typeof value === 'string' &&
        value !== '' &&
        !Number.isNaN(Number(value))
        ? Number(value)
        : value;
  }
}

function nullable({ nullable: _, ...schema }: JsonObject): JsonObject {
  if (typeof schema.type === 'string') schema.type = [schema.type, 'null'];
  else if (Array.isArray(schema.anyOf)) schema.anyOf = [...schema.anyOf, { type: 'null' }];
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) schema.enum = [...schema.enum, null];
  return schema;
}
