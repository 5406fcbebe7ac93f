// A schema of an object with one member, around a schema that is of none.

import { WRAPPER_MEMBER } from '../../canonical/unwrap.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** Whether what the schema lets through is an object, as far as its top says so. */
export function isOfObjects(schema: JsonObject): boolean {
  return schema.type === 'object' || (schema.type === undefined && isObject(schema.properties));
}

/** Definitions stay at the top, and references lead where they led. */
export function wrapSchema(schema: JsonObject): JsonObject {
  const { $schema, $defs, definitions, ...rest } = schema;
  const inner = moved(rest) as JsonObject;
  const out: JsonObject = {
    type: 'object',
    properties: { [WRAPPER_MEMBER]: inner },
    required: [WRAPPER_MEMBER],
    additionalProperties: false,
  };
  for (const [name, definitionsThere] of Object.entries({ $defs, definitions }))
    if (definitionsThere !== undefined) out[name] = moved(definitionsThere);
  return $schema === undefined ? out : { $schema, ...out };
}

const STAYS = /^#\/(\$defs|definitions)\//;

function moved(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(moved);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isMoved = name === '$ref' && typeof member === 'string' && /^#(\/|$)/.test(member);
      if (!isMoved || STAYS.test(member)) return [name, moved(member)];
      return [name, `#/properties/${WRAPPER_MEMBER}${member.slice(1)}`];
    }),
  );
}
