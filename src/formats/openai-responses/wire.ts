// The wire schema of a Responses request: every object open, known members typed.

import { type TSchema, Type } from '@sinclair/typebox';
import { inputItemSchema } from './wire-items.ts';
import { toolSchema } from './wire-tools.ts';

const open = { additionalProperties: true };
/** Absent, null, or the type: real clients send null for "not set". */
const maybe = (schema: TSchema, description?: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));

const model = Type.String({ minLength: 1, description: 'Model id, alias, or `provider/model`.' });
export const inputSchema = Type.Union([Type.String(), Type.Array(inputItemSchema)], {
  description: 'A text, or the whole conversation as a list of items.',
});
const input = Type.Optional(inputSchema);

const reasoning = Type.Object(
  {
    effort: maybe(Type.String(), '`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.'),
    summary: maybe(Type.String(), '`auto`, `concise` or `detailed`: show what the model thought.'),
    generate_summary: maybe(Type.String(), 'The older name of `summary`.'),
  },
  open,
);

const format = Type.Object(
  {
    type: Type.String({ description: '`text`, `json_object` or `json_schema`.' }),
    name: maybe(Type.String(), 'A name for the schema.'),
    description: maybe(Type.String()),
    schema: maybe(Type.Object({}, { ...open, description: 'A JSON Schema the answer must fit.' })),
    strict: maybe(Type.Boolean()),
  },
  open,
);

const text = Type.Object(
  {
    format: maybe(format, 'The form of the answer.'),
    verbosity: maybe(Type.String(), '`low`, `medium` or `high`.'),
  },
  open,
);

const toolChoice = Type.Union([Type.String(), Type.Object({ type: Type.String() }, open)], {
  description: '`auto`, `none`, `required`, one tool, or `{type: "allowed_tools", mode, tools}`.',
});

/** Members that decide how many tokens go in; the counting route takes these alone. */
const prompt = {
  instructions: maybe(Type.String(), 'The system prompt.'),
  tools: maybe(Type.Array(toolSchema)),
  tool_choice: maybe(toolChoice),
  parallel_tool_calls: maybe(Type.Boolean(), 'Several tool calls in one turn; true when absent.'),
  reasoning: maybe(reasoning),
  text: maybe(text),
  previous_response_id: maybe(Type.String(), 'Continue a stored response.'),
  conversation: maybe(Type.Union([Type.String(), Type.Object({}, open)])),
  truncation: maybe(Type.String(), '`auto` or `disabled`.'),
};

export const responsesSchema = Type.Object(
  {
    model,
    input,
    ...prompt,
    stream: maybe(Type.Boolean(), 'Answer with server-sent events.'),
    stream_options: maybe(Type.Object({ include_obfuscation: maybe(Type.Boolean()) }, open)),
    max_output_tokens: maybe(Type.Integer({ minimum: 0 }), 'Cap on the answer, reasoning included.'),
    max_tool_calls: maybe(Type.Integer()),
    temperature: maybe(Type.Number()),
    top_p: maybe(Type.Number()),
    top_logprobs: maybe(Type.Integer()),
    include: maybe(Type.Array(Type.String()), 'Extra output, for example `reasoning.encrypted_content`.'),
    store: maybe(Type.Boolean(), 'Keep the response for later retrieval.'),
    background: maybe(Type.Boolean()),
    prompt: maybe(Type.Object({}, { ...open, description: 'A prompt stored at the provider.' })),
    prompt_cache_key: maybe(Type.String(), 'Requests with the same key share the prompt cache.'),
    prompt_cache_retention: maybe(Type.String()),
    prompt_cache_options: maybe(Type.Object({}, open)),
    service_tier: maybe(Type.String()),
    metadata: maybe(Type.Object({}, { ...open, description: 'Up to 16 pairs of text.' })),
    client_metadata: maybe(Type.Object({}, open)),
    user: maybe(Type.String(), 'The older name of `safety_identifier`.'),
    safety_identifier: maybe(Type.String(), 'A stable id of your end user.'),
    context_management: maybe(Type.Array(Type.Object({}, open))),
    moderation: maybe(Type.Object({}, open)),
  },
  { ...open, description: 'A request in the Responses format. Members not listed here travel on.' },
);

export const inputTokensSchema = Type.Object(
  { model, input, ...prompt },
  { ...open, description: 'What a request would hold; its input tokens are counted without running it.' },
);
