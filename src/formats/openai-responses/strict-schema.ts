// Whether a JSON Schema meets the rules of strict structured output.

import { asArray, isObject, type JsonValue } from '../../lib/json.ts';

/** Keywords strict mode refuses outright. */
const REFUSED = ['oneOf', 'not', 'patternProperties', 'propertyNames', 'if', 'dependentSchemas'];

/** Every object closed and all of its properties required, at every level (structured outputs guide). */
export function fitsStrict(schema: JsonValue | undefined): boolean {
  if (!isObject(schema)) return true;
  if (REFUSED.some((keyword) => keyword in schema)) return false;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const names = Object.keys(properties);
  const isShape = schema.type === 'object' || names.length > 0;
  if (isShape && schema.additionalProperties !== false) return false;
  const required = asArray(schema.required);
  if (!names.every((name) => required.includes(name))) return false;
  const inner = [
    schema.items,
    ...asArray(schema.anyOf),
    ...asArray(schema.allOf),
    ...Object.values(properties),
  ];
  const named = [schema.$defs, schema.definitions].filter(isObject).flatMap((group) => Object.values(group));
  return [...inner, ...named].every(fitsStrict);
}
