// The wire schema of one tool: the known members of every kind of tool in one open object.

import { type TSchema, Type } from '@sinclair/typebox';

const open = { additionalProperties: true };
const maybe = (schema: TSchema, description?: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));
const anyObject = Type.Object({}, open);

export const toolSchema = Type.Object(
  {
    type: Type.String({ description: '`function`, `custom`, `namespace`, `web_search`, or a hosted tool.' }),
    name: maybe(Type.String()),
    description: maybe(Type.String()),
    parameters: maybe(anyObject, 'A JSON Schema of the arguments.'),
    strict: maybe(Type.Boolean()),
    format: maybe(anyObject, 'What a custom tool takes: `{type: "text"}` or a grammar.'),
    tools: maybe(
      Type.Array(
        Type.Object(
          { type: Type.Optional(Type.String()), name: maybe(Type.String()), parameters: maybe(anyObject) },
          open,
        ),
      ),
      'The functions of a namespace.',
    ),
    filters: maybe(anyObject),
    search_context_size: maybe(Type.String()),
    user_location: maybe(anyObject),
  },
  { ...open, description: 'A tool the model may call.' },
);
