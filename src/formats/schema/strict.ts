// Whether a JSON Schema meets the rules of OpenAI's strict mode.

import { asArray, asObject, isObject, type JsonValue } from '../../lib/json.ts';
import { STRICT_FORMATS, STRICT_REFUSES } from './dialect.ts';

/** Why a function is not strict although it was asked to be. */
export const NOT_STRICT = 'strict needs closed objects with every property required; it is not strict there';

/** The member `strict` of a format that has one; undefined leaves it out. */
export function strictMember(
  strict: boolean | 'possible' | undefined,
  schema: JsonValue,
): boolean | undefined {
  return strict === 'possible' ? fitsStrict(schema) : strict;
}

/** Every object closed and all of its properties required, at every level, and no keyword that is refused. */
export function fitsStrict(schema: JsonValue | undefined): boolean {
  if (!isObject(schema)) return schema !== true;
  if (STRICT_REFUSES.some((keyword) => keyword in schema)) return false;
  if (typeof schema.format === 'string' && !STRICT_FORMATS.includes(schema.format)) return false;
  if (typeof schema.pattern === 'string' && /\(\?[=!<]/.test(schema.pattern)) return false;
  // strict mode wants to know what is in an array
  if (schema.type === 'array' && Object.keys(asObject(schema.items)).length === 0) return false;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const names = Object.keys(properties);
  const isShape = schema.type === 'object' || names.length > 0;
  if (isShape && schema.additionalProperties !== false) return false;
  const required = new Set(asArray(schema.required));
  if (!names.every((name) => required.has(name))) return false;
  const inner = [schema.items, ...asArray(schema.anyOf), ...Object.values(properties)];
  const named = [schema.$defs, schema.definitions].filter(isObject).flatMap((group) => Object.values(group));
  return [...inner, ...named].every(fitsStrict);
}
