// The wire schema of a message's content blocks and of tools: every object open, known members typed.

import { type TSchema, Type } from '@sinclair/typebox';

export const open = { additionalProperties: true };

/** Absent, null, or the type: the official types allow null for most members that are not set. */
export function maybe(schema: TSchema, description?: string) {
  return Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));
}

/** An object whose members the gateway passes on as they are. */
export function anyObject(description: string) {
  return Type.Object({}, { ...open, description });
}

export const CacheControl = Type.Object(
  {
    type: Type.String({ description: '`ephemeral`.' }),
    ttl: maybe(Type.String(), 'How long the prefix is kept: `5m` (default) or `1h`.'),
  },
  { ...open, description: 'Cache the prompt up to and including this block.' },
);

/**
 * One object for all block types instead of a union of thirty, so that a problem has exactly one path; which
 * members a type needs is in their descriptions. `content`, `source` and `citations` differ between types.
 */
export const ContentBlock = Type.Object(
  {
    type: Type.String({
      description:
        '`text`, `image`, `document`, `search_result`, `thinking`, `redacted_thinking`, `tool_use`, `tool_result`, a hosted tool’s block, or one published later.',
    }),
    text: maybe(Type.String(), '`text`: the words.'),
    citations: Type.Optional(
      Type.Unknown({
        description: '`text`: sources, an array. `document`: `{enabled}`, whether to cite it.',
      }),
    ),
    source: Type.Optional(
      Type.Unknown({
        description:
          '`image` and `document`: `{type: base64, media_type, data}`, `{type: url, url}`, `{type: file, file_id}`, for documents also `{type: text, media_type, data}` or `{type: content, content}`. `search_result`: an address.',
      }),
    ),
    title: maybe(Type.String(), '`document`, `search_result`: the title.'),
    context: maybe(Type.String(), '`document`: what the model should know about it.'),
    thinking: maybe(Type.String(), '`thinking`: the thoughts of an earlier answer, sent back unchanged.'),
    signature: maybe(Type.String(), '`thinking`: proof of origin, sent back unchanged.'),
    data: maybe(Type.String(), '`redacted_thinking`: sealed thoughts, sent back unchanged.'),
    id: maybe(Type.String(), '`tool_use`: names the call.'),
    name: maybe(Type.String(), '`tool_use`: which tool is called.'),
    input: Type.Optional(Type.Unknown({ description: '`tool_use`: the arguments, an object.' })),
    caller: maybe(anyObject('`tool_use`: who called; `{type: direct}` is the model itself.')),
    tool_use_id: maybe(Type.String(), '`tool_result`: the call that is answered.'),
    content: Type.Optional(
      Type.Unknown({ description: '`tool_result`: text, or an array of text, image and document blocks.' }),
    ),
    is_error: maybe(Type.Boolean(), '`tool_result`: the tool failed.'),
    cache_control: maybe(CacheControl),
  },
  open,
);

export const TextBlock = Type.Object(
  {
    type: Type.String({ description: '`text`.' }),
    text: Type.String(),
    cache_control: maybe(CacheControl),
  },
  open,
);

export const Tool = Type.Object(
  {
    type: maybe(
      Type.String(),
      'Absent or `custom` for a tool of yours. `bash_…`, `text_editor_…`, `memory_…` run at the client and imply their arguments; `web_search_…`, `web_fetch_…`, `code_execution_…`, `tool_search_tool_…`, `mcp_toolset` and others run at the provider.',
    ),
    name: maybe(Type.String({ minLength: 1 }), 'What the model calls it.'),
    description: maybe(Type.String(), 'When and how to use it.'),
    input_schema: maybe(anyObject('JSON schema of the arguments; its root is an object.')),
    strict: maybe(Type.Boolean(), 'Arguments always match the schema.'),
    defer_loading: maybe(Type.Boolean(), 'Shown to the model only when a tool search finds it.'),
    mcp_server_name: maybe(Type.String(), '`mcp_toolset`: a server of `mcp_servers`.'),
    default_config: maybe(anyObject('`mcp_toolset`: `{enabled, defer_loading}` of all its tools.')),
    configs: maybe(anyObject('`mcp_toolset`: the same by the name of a tool.')),
    eager_input_streaming: maybe(Type.Boolean(), 'Stream arguments before they are complete values.'),
    input_examples: maybe(Type.Array(anyObject('Arguments of one example.'))),
    allowed_callers: maybe(Type.Array(Type.String())),
    max_uses: maybe(Type.Integer({ minimum: 0 }), 'Hosted tools: how often it may run in one request.'),
    allowed_domains: maybe(Type.Array(Type.String()), 'Web search and fetch: only these domains.'),
    blocked_domains: maybe(Type.Array(Type.String()), 'Web search and fetch: never these domains.'),
    user_location: maybe(anyObject('Web search: `{type: approximate, city, region, country, timezone}`.')),
    cache_control: maybe(CacheControl),
  },
  open,
);

export const ToolChoice = Type.Object(
  {
    type: Type.String({ description: '`auto`, `any` (must call one), `tool` (must call `name`) or `none`.' }),
    name: maybe(Type.String(), 'The tool that must be called.'),
    disable_parallel_tool_use: maybe(Type.Boolean(), 'At most one call in an answer.'),
  },
  open,
);
