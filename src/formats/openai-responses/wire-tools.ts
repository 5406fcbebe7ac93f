// The wire schema of one tool: the known members of every kind of tool in one open object.

import { type TSchema, Type } from '@sinclair/typebox';

const open = { additionalProperties: true };
const maybe = (schema: TSchema, description?: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));
const anyObject = Type.Object({}, open);

export const toolSchema = Type.Object(
  {
    type: Type.String({
      description:
        '`function`, `custom`, `namespace`, `web_search`, `tool_search`, `mcp`, or another hosted tool.',
    }),
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
    defer_loading: maybe(Type.Boolean(), 'Shown to the model only when a `tool_search` finds it.'),
    execution: maybe(Type.String(), '`tool_search`: `server` or `client`, who searches.'),
    server_label: maybe(Type.String(), '`mcp`: a name for the server.'),
    server_url: maybe(Type.String(), '`mcp`: where the server is.'),
    server_description: maybe(Type.String()),
    authorization: maybe(Type.String(), '`mcp`: an access token for the server.'),
    headers: maybe(anyObject, '`mcp`: headers for the server.'),
    allowed_tools: maybe(
      Type.Union([Type.Array(Type.String()), anyObject]),
      '`mcp`: names of tools, or `{tool_names, read_only}`.',
    ),
    require_approval: maybe(
      Type.Union([Type.String(), anyObject]),
      '`mcp`: `always`, `never`, or which tools; only OpenAI asks.',
    ),
    filters: maybe(anyObject),
    search_context_size: maybe(Type.String()),
    user_location: maybe(anyObject),
  },
  { ...open, description: 'A tool the model may call.' },
);
