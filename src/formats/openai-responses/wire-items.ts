// The wire schema of one input item: the known members of every kind of item in one open object.

import { type TSchema, Type } from '@sinclair/typebox';

const open = { additionalProperties: true };
const maybe = (schema: TSchema, description?: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));
const anyObject = Type.Object({}, open);

const contentPart = Type.Object(
  {
    type: Type.String({
      description: '`input_text`, `input_image`, `input_file`, `output_text` or `refusal`.',
    }),
    text: maybe(Type.String()),
    refusal: maybe(Type.String()),
    image_url: maybe(Type.String(), 'An https address or a data URL.'),
    file_id: maybe(Type.String()),
    file_data: maybe(Type.String(), 'A data URL.'),
    file_url: maybe(Type.String()),
    filename: maybe(Type.String()),
    detail: maybe(Type.String(), '`auto`, `low`, `high` or `original`.'),
    annotations: maybe(Type.Array(anyObject)),
    logprobs: maybe(Type.Array(anyObject)),
    prompt_cache_breakpoint: maybe(anyObject, '`{mode: "explicit", ttl?}`: cache the prompt up to here.'),
  },
  open,
);

const summaryPart = Type.Object({ type: Type.Optional(Type.String()), text: Type.String() }, open);

/**
 * Items are told apart by `type`, and a message may leave it out. One object instead of a union of thirty keeps
 * errors exact: they name the member, not "none of the alternatives".
 */
export const inputItemSchema = Type.Object(
  {
    type: maybe(
      Type.String(),
      '`message` when absent; else `reasoning`, `function_call`, `function_call_output`, `custom_tool_call`, …',
    ),
    id: maybe(Type.String()),
    status: maybe(Type.String()),
    role: maybe(Type.String(), '`user`, `assistant`, `system` or `developer`.'),
    content: maybe(Type.Union([Type.String(), Type.Array(contentPart)])),
    phase: maybe(Type.String(), '`commentary` or `final_answer`.'),
    call_id: maybe(Type.String(), 'Links a call and its output.'),
    name: maybe(Type.String()),
    namespace: maybe(Type.String()),
    input: maybe(Type.String(), 'What a custom tool was given.'),
    output: maybe(
      Type.Union([Type.String(), Type.Array(anyObject), anyObject]),
      'What a tool gave back: a text or content parts.',
    ),
    summary: maybe(Type.Union([Type.String(), Type.Array(summaryPart)])),
    encrypted_content: maybe(Type.String(), 'Reasoning only its provider can read.'),
    execution: maybe(Type.String(), '`tool_search_call` and its output: `server` or `client`.'),
    server_label: maybe(Type.String(), '`mcp_call`: which server.'),
    action: maybe(anyObject),
    operation: maybe(anyObject),
    tools: maybe(Type.Array(anyObject)),
  },
  { ...open, description: 'One item of the conversation.' },
);
