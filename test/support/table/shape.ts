// What a JSON Schema demands, however it is written: references resolved, names of definitions and comments left out.

import type { Json } from '../strict.ts';
import { object } from './dialect.ts';

/** Equal for schemas that take the same values, as far as the tables' schemas go. */
export function shapeOf(schema: unknown): unknown {
  const root = object(schema);
  return resolve(root, { ...object(root.definitions), ...object(root.$defs) });
}

function resolve(schema: Json, definitions: Json): unknown {
  if (typeof schema.$ref === 'string')
    return resolve(object(definitions[schema.$ref.split('/').at(-1) ?? '']), definitions);
  const { type, properties, items, required } = schema;
  return {
    type: String(type).toLowerCase(),
    ...(schema.enum === undefined ? {} : { enum: schema.enum }),
    ...(items === undefined ? {} : { items: resolve(object(items), definitions) }),
    ...(type === undefined || properties === undefined
      ? {}
      : {
          required: [...((required as string[] | undefined) ?? [])].sort(),
          properties: Object.fromEntries(
            Object.entries(object(properties)).map(([name, inner]) => [
              name,
              resolve(object(inner), definitions),
            ]),
          ),
        }),
  };
}
