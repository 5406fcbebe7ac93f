// The wire schema of a Chat Completions request: every object open, known members typed.

import { type TSchema, Type } from '@sinclair/typebox';

const open = { additionalProperties: true };
/** Absent, null, or the type: real clients send null for "not set". */
const maybe = (schema: TSchema, description?: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], description === undefined ? {} : { description }));
const anyObject = (description: string) => Type.Object({}, { ...open, description });
const extension = (description: string) => Type.Optional(Type.Unknown({ description }));
const cacheControl = maybe(anyObject('Cache mark in the Anthropic spelling, as agents send it.'));

const ContentPart = Type.Object(
  {
    type: Type.String({ description: '`text`, `image_url`, `input_audio`, `file` or `refusal`.' }),
    text: maybe(Type.String()),
    refusal: maybe(Type.String()),
    image_url: maybe(
      Type.Object(
        {
          url: Type.String({ description: 'An https address or a data URL.' }),
          detail: maybe(Type.String({ description: '`auto`, `low`, `high` or `original`.' })),
        },
        open,
      ),
    ),
    input_audio: maybe(
      Type.Object({ data: Type.String({ description: 'Base64.' }), format: Type.String() }, open),
    ),
    file: maybe(
      Type.Object(
        {
          file_data: maybe(Type.String({ description: 'A data URL.' })),
          file_id: maybe(Type.String()),
          filename: maybe(Type.String()),
        },
        open,
      ),
    ),
    prompt_cache_breakpoint: maybe(anyObject('`{mode: "explicit", ttl?}`: cache the prompt up to here.')),
    cache_control: cacheControl,
  },
  open,
);

const ToolCall = Type.Object(
  {
    id: maybe(Type.String()),
    type: maybe(Type.String({ description: '`function` or `custom`.' })),
    function: maybe(
      Type.Object(
        {
          name: Type.String(),
          arguments: maybe(Type.String({ description: 'JSON text; empty stands for `{}`.' })),
        },
        open,
      ),
    ),
    custom: maybe(Type.Object({ name: Type.String(), input: maybe(Type.String()) }, open)),
    extra_content: extension('Extension: the thought signature of the call, sent back unchanged.'),
  },
  open,
);

const Message = Type.Object(
  {
    role: Type.Union(
      ['system', 'developer', 'user', 'assistant', 'tool', 'function'].map((role) => Type.Literal(role)),
      { description: 'Who speaks.' },
    ),
    content: maybe(Type.Union([Type.String(), Type.Array(ContentPart)]), 'Text, or a list of parts.'),
    name: maybe(Type.String()),
    refusal: maybe(Type.String()),
    reasoning_content: maybe(Type.String(), 'Thinking of an earlier answer, sent back.'),
    reasoning_details: extension(
      'Extension: its proof, sent back unchanged; without it the gateway’s memory helps.',
    ),
    audio: maybe(Type.Object({ id: Type.String() }, open)),
    tool_calls: maybe(Type.Array(ToolCall)),
    tool_call_id: maybe(Type.String(), 'Which call a `tool` message answers.'),
    function_call: maybe(Type.Object({ name: Type.String(), arguments: maybe(Type.String()) }, open)),
    cache_control: cacheControl,
  },
  open,
);

const FunctionDefinition = Type.Object(
  {
    name: Type.String(),
    description: maybe(Type.String()),
    parameters: maybe(anyObject('JSON schema of the arguments.')),
    strict: maybe(Type.Boolean()),
  },
  open,
);

const Tool = Type.Object(
  {
    type: maybe(Type.String({ description: '`function`, `custom`, or a tool of the provider.' })),
    function: maybe(FunctionDefinition),
    custom: maybe(
      Type.Object(
        {
          name: Type.String(),
          description: maybe(Type.String()),
          format: maybe(anyObject('`{type: "text"}` or `{type: "grammar", grammar: {syntax, definition}}`.')),
        },
        open,
      ),
    ),
    cache_control: cacheControl,
  },
  open,
);

/** Body of `POST /v1/chat/completions`. An error's path names the member at fault. */
export const chatSchema = Type.Object(
  {
    model: Type.String({ minLength: 1, description: 'Model id, alias, or `provider/model`.' }),
    messages: Type.Array(Message, { minItems: 1, description: 'The conversation so far, oldest first.' }),
    stream: maybe(Type.Boolean(), 'Answer as server-sent events.'),
    stream_options: maybe(
      Type.Object({ include_usage: maybe(Type.Boolean()), include_obfuscation: maybe(Type.Boolean()) }, open),
    ),
    max_completion_tokens: maybe(Type.Integer(), 'Cap on the answer, thinking included.'),
    max_tokens: maybe(Type.Integer(), 'Older name of `max_completion_tokens`, which wins.'),
    temperature: maybe(Type.Number(), '0 to 2.'),
    top_p: maybe(Type.Number(), '0 to 1.'),
    top_k: maybe(Type.Integer(), 'Extension: only the k likeliest tokens.'),
    n: maybe(Type.Integer(), 'Number of answers.'),
    stop: maybe(
      Type.Union([Type.String(), Type.Array(Type.String())]),
      'Up to four texts that end the answer.',
    ),
    seed: maybe(Type.Integer()),
    frequency_penalty: maybe(Type.Number()),
    presence_penalty: maybe(Type.Number()),
    logit_bias: maybe(Type.Record(Type.String(), Type.Number())),
    logprobs: maybe(Type.Boolean()),
    top_logprobs: maybe(Type.Integer()),
    tools: maybe(Type.Array(Tool)),
    tool_choice: maybe(
      Type.Union([Type.String(), Type.Object({}, open)]),
      '`auto`, `none`, `required`, one named tool, or `allowed_tools`.',
    ),
    parallel_tool_calls: maybe(Type.Boolean()),
    functions: maybe(Type.Array(FunctionDefinition), 'Older form of `tools`.'),
    function_call: maybe(Type.Union([Type.String(), Type.Object({}, open)]), 'Older form of `tool_choice`.'),
    web_search_options: maybe(anyObject('Let the model search: `{search_context_size?, user_location?}`.')),
    web_search: maybe(
      Type.Boolean(),
      'Extension: let the model search, in the way its provider does. 400 when it has no search. Each search costs what `per_search` of the model’s price says.',
    ),
    plugins: maybe(
      Type.Array(
        Type.Union([Type.String(), Type.Object({ id: Type.String(), enabled: maybe(Type.Boolean()) }, open)]),
      ),
      'Extension: `[{"id": "response-healing"}]` mends broken JSON in answers to `json_object` and `json_schema`. A stream then brings its content at its end. Mended answers say `plugins: [{id, healed: true}]`.',
    ),
    reasoning_effort: maybe(Type.String(), '`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.'),
    // extensions differ between vendors, so their types are left to the provider
    reasoning: extension('Extension: `{effort?, max_tokens?, enabled?}`.'),
    thinking: extension('Extension: `{type: "enabled" | "disabled", budget_tokens?}`.'),
    enable_thinking: extension('Extension: thinking on or off.'),
    extra_body: extension(
      'Extension: `{google: {thinking_config?, cached_content?, safety_settings?, labels?, media_resolution?}}` for Gemini models.',
    ),
    verbosity: maybe(Type.String(), '`low`, `medium` or `high`.'),
    response_format: maybe(
      Type.Object(
        {
          type: Type.String({ description: '`text`, `json_object` or `json_schema`.' }),
          json_schema: maybe(
            Type.Object(
              {
                name: maybe(Type.String()),
                description: maybe(Type.String()),
                schema: maybe(anyObject('JSON schema of the answer.')),
                strict: maybe(Type.Boolean()),
              },
              open,
            ),
          ),
        },
        open,
      ),
    ),
    modalities: maybe(
      Type.Array(Type.String()),
      '`["text"]`, with "audio" for a spoken answer or "image" for one with pictures.',
    ),
    audio: maybe(anyObject('Voice and format of a spoken answer.')),
    prediction: maybe(anyObject('Text the answer is expected to repeat.')),
    prompt_cache_key: maybe(Type.String()),
    prompt_cache_retention: maybe(Type.String()),
    user: maybe(Type.String()),
    safety_identifier: maybe(Type.String()),
    metadata: maybe(anyObject('Up to 16 labels.')),
    service_tier: maybe(Type.String()),
    store: maybe(Type.Boolean()),
  },
  { ...open, description: 'A Chat Completions request. Members not listed here travel on as they are.' },
);
