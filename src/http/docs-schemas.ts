// The named schemas of the OpenAPI document: request bodies as they are checked, answers and errors in outline.

import { FAULTS } from '../canonical/fault.ts';
import { countTokensSchema, messagesSchema } from '../formats/anthropic-messages/wire.ts';
import { countGenerateSchema, generateSchema } from '../formats/google-generate-content/wire.ts';
import { embeddingsSchema } from '../formats/openai-chat/embeddings/wire.ts';
import { chatSchema } from '../formats/openai-chat/wire.ts';
import { responsesSchema } from '../formats/openai-responses/wire.ts';
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts';

const text = (description: string) => ({ type: 'string', description });
const whole = (description: string) => ({ type: 'integer', description });
const usd = (description: string) => ({ type: 'number', description, example: 0.001 });
const listOf = (items: JsonObject, description = '') => ({ type: 'array', items, description });
const open = (description: string, properties: JsonObject, required: string[] = []): JsonObject => ({
  type: 'object',
  description,
  properties,
  ...(required.length > 0 ? { required } : {}),
  additionalProperties: true,
});

const usageSums = {
  calls: whole('Calls that have ended.'),
  failed: whole('Those of them that failed.'),
  input_tokens: whole('Tokens in.'),
  output_tokens: whole('Tokens out.'),
  cached_input_tokens: whole('The part of the tokens in that was read from a cache.'),
  cost_usd: usd('Charged.'),
};

const costs = {
  cost_usd_total: usd('What was charged.'),
  cost_usd_request: usd('The computed cost, before the minimum charge.'),
  cost_usd_input: usd('Part of it: input tokens.'),
  cost_usd_output: usd('Part of it: output tokens.'),
  cost_usd_cached_input: usd('Part of it: cached input tokens.'),
  cost_usd_web_search: usd('Part of it: web searches, where there were any.'),
  cost_usd_code: usd('Part of it: code that the provider ran, beside its tokens, where there was any.'),
};

const errorBody = open(
  'What every refusal and failure looks like, on every route.',
  {
    type: { type: 'string', const: 'error' },
    error: open(
      'What went wrong and what to do.',
      {
        type: text("The kind of error in the route's own vocabulary."),
        message: text('What is wrong and what to do, for people.'),
        code: { type: 'string', enum: Object.keys(FAULTS), description: 'The exact reason, for programs.' },
        param: { type: ['string', 'null'], description: 'The member at fault, as in `messages[0].role`.' },
        details: open('More about the reason, such as the limit that was reached.', {}),
      },
      ['type', 'message', 'code'],
    ),
    request_id: text('The label of this request, also in the `X-Request-ID` header.'),
  },
  ['type', 'error', 'request_id'],
);

const errorExample = {
  type: 'error',
  error: {
    type: 'invalid_request_error',
    message: '`messages` must be a list.',
    code: 'invalid_value',
    param: 'messages',
  },
  request_id: '0e2c1a52-6f0d-4d57-9d0e-3a1f5f6f2c11',
};

const answers: JsonObject = {
  ChatCompletion: open('A finished Chat Completions answer.', {
    id: text('Identifier of the answer.'),
    object: { type: 'string', const: 'chat.completion' },
    created: whole('Seconds since 1970.'),
    model: text('The model that answered.'),
    choices: listOf(
      open('One answer.', {
        index: whole('Its position.'),
        message: open('The message of the model: `content`, `tool_calls`, `reasoning_content`.', {}),
        finish_reason: text('`stop`, `length`, `tool_calls` or `content_filter`.'),
      }),
    ),
    usage: open('Tokens and cost.', {
      prompt_tokens: whole('Input.'),
      completion_tokens: whole('Output.'),
      total_tokens: whole('Both.'),
      ...costs,
    }),
  }),
  Response: open('A finished Responses answer.', {
    id: text('Identifier of the answer.'),
    object: { type: 'string', const: 'response' },
    created_at: whole('Seconds since 1970.'),
    status: text('`completed`, `incomplete` or `failed`.'),
    model: text('The model that answered.'),
    output: listOf(open('A message, reasoning or tool call item.', {}), 'The items, in order.'),
    usage: open('Tokens and cost.', {
      input_tokens: whole('Input.'),
      output_tokens: whole('Output.'),
      total_tokens: whole('Both.'),
      ...costs,
    }),
  }),
  Message: open('A finished Messages answer.', {
    id: text('Identifier of the answer.'),
    type: { type: 'string', const: 'message' },
    role: { type: 'string', const: 'assistant' },
    model: text('The model that answered.'),
    content: listOf(open('A text, thinking or tool use block.', {}), 'The blocks, in order.'),
    stop_reason: text('`end_turn`, `max_tokens`, `tool_use`, `stop_sequence`, `refusal` …'),
    usage: open('Tokens and cost.', {
      input_tokens: whole('Input that was not cached.'),
      cache_read_input_tokens: whole('Input read from the cache.'),
      cache_creation_input_tokens: whole('Input written to the cache.'),
      output_tokens: whole('Output.'),
      ...costs,
    }),
  }),
  EmbeddingList: open('Embeddings, in the order of what was asked for.', {
    object: { type: 'string', const: 'list' },
    data: listOf(
      open('One embedding.', {
        index: whole('Its position.'),
        embedding: {
          description:
            'Numbers, or with `encoding_format: "base64"` their bytes: 32-bit floats, the lowest byte first.',
          anyOf: [{ type: 'array', items: { type: 'number' } }, { type: 'string' }],
        },
      }),
    ),
    model: text('The model that made them.'),
    usage: open('Tokens and cost.', {
      prompt_tokens: whole('Input.'),
      total_tokens: whole('The same.'),
      ...costs,
    }),
  }),
  GenerateContentAnswer: open('A finished answer in the Gemini format.', {
    candidates: listOf(
      open('One answer.', {
        content: open('What the model says: `{parts, role}`.', {}),
        finishReason: text('`STOP`, `MAX_TOKENS`, `SAFETY` …'),
      }),
    ),
    usageMetadata: open('Tokens.', {
      promptTokenCount: whole('Input.'),
      cachedContentTokenCount: whole('Input read from the cache.'),
      candidatesTokenCount: whole('Output without thoughts.'),
      thoughtsTokenCount: whole('Thoughts.'),
      totalTokenCount: whole('All.'),
    }),
    modelVersion: text('The model that answered.'),
    responseId: text('Identifier of the answer.'),
  }),
  GenerateContentPieces: listOf(
    { $ref: '#/components/schemas/GenerateContentAnswer' },
    'Pieces of an answer, the last one with the reason and the usage.',
  ),
  TotalTokens: open('The size of a request.', { totalTokens: whole('Input tokens.') }, ['totalTokens']),
  GoogleModel: open('A model, in the words of Gemini clients.', {
    name: text('`models/` and the name to ask for.'),
    displayName: text('The name for people.'),
    inputTokenLimit: whole('Tokens it can take.'),
    outputTokenLimit: whole('Tokens it can write.'),
    supportedGenerationMethods: listOf({ type: 'string' }, 'Operations.'),
  }),
  GoogleModelList: open('The models this key may use.', {
    models: listOf({ $ref: '#/components/schemas/GoogleModel' }),
  }),
  TokenCount: open('The size of a request.', { input_tokens: whole('Input tokens.') }, ['input_tokens']),
  Model: open('A model, in the words of OpenAI and Anthropic clients at once.', {
    id: text('The name to ask for.'),
    display_name: text('The name for people.'),
    owned_by: text('Who made it.'),
    context_window: { type: ['integer', 'null'], description: 'Tokens it can take.' },
    max_output_tokens: { type: ['integer', 'null'], description: 'Tokens it can write.' },
    capabilities: open('What it can do; null where nobody has said.', {
      tools: { type: 'boolean', description: 'Calls tools.' },
      reasoning: { type: 'boolean', description: 'Thinks before it answers.' },
      structured_output: { type: 'boolean', description: 'Keeps to a JSON schema.' },
      tool_search: { type: 'boolean', description: 'Finds deferred tools with the search of its provider.' },
      embeddings: { type: 'boolean', description: 'Makes embeddings, and nothing else.' },
    }),
    pricing: open('USD.', {}),
  }),
  ModelList: open('The models this key may use.', {
    object: { type: 'string', const: 'list' },
    data: listOf({ $ref: '#/components/schemas/Model' }),
    has_more: { type: 'boolean' },
  }),
  KeyHolder: open("The holder's own key.", {
    id: text('`key_…`'),
    name: text('Its name.'),
    prefix: text('The visible beginning of the key.'),
    kind: { type: 'string', enum: ['credit', 'time', 'trial'] },
    balance_usd: { type: ['number', 'null'], description: 'What is left, open holds not subtracted.' },
    held_usd: usd('What running calls hold.'),
    expires_at: { type: ['string', 'null'], format: 'date-time' },
    limits: open('Its limits.', { requests_per_minute: whole('Requests.'), concurrent: whole('At once.') }),
    rate: open('Where it stands now.', {
      remaining: whole('Left.'),
      reset: whole('Seconds to one more.'),
      running: whole('Calls under way.'),
    }),
    models: { type: ['array', 'null'], items: { type: 'string' }, description: 'Null means all.' },
    require_tags: {
      type: ['array', 'null'],
      items: { type: 'string' },
      description: 'Only deployments with all of these tags answer this key; null means any.',
    },
    strict: {
      type: 'boolean',
      description: 'A loss between formats is a 400, as with `X-Osiris-Strict: 1`.',
    },
    auto_cache: {
      type: 'string',
      enum: ['on', 'off'],
      description:
        'Anthropic is asked to cache the prompts of requests that come in other formats; writing costs more than input.',
    },
    usage: open('So far.', { requests: whole('Answered calls.'), cost_usd: usd('Charged.') }),
  }),
  KeyCalls: open('What the key was used for last.', {
    data: listOf(
      open('A call.', {
        id: text('`call_…`'),
        request_id: text("The request's label."),
        at: text('When it came in.'),
        client: { type: ['string', 'null'], description: 'The program, by its user agent.' },
        client_version: { type: ['string', 'null'] },
        path: text('Where it was sent to.'),
        stream: { type: 'boolean' },
        model: { type: ['string', 'null'] },
        status: { type: ['integer', 'null'], description: 'What it answered; null while it is under way.' },
        code: { type: ['string', 'null'] },
        message: { type: ['string', 'null'], description: 'What went wrong.' },
        input_tokens: { type: ['integer', 'null'] },
        output_tokens: { type: ['integer', 'null'] },
        cost_usd: { type: ['number', 'null'] },
        duration_ms: { type: ['integer', 'null'] },
      }),
    ),
    position: whole('For `after`.'),
  }),
  KeyUsage: open('What the key has cost.', {
    from: text('The first day.'),
    to: text('The last day.'),
    data: listOf(
      open('One model on one day.', { day: text('Its date.'), model: text('Its id.'), ...usageSums }),
    ),
    total: open('All of it.', usageSums),
    errors: listOf(
      open('A call that failed, newest first.', {
        request_id: text("The request's label."),
        at: text('When it came in.'),
        status: whole('What it answered.'),
        code: { type: ['string', 'null'] },
        message: { type: ['string', 'null'] },
        model: { type: ['string', 'null'] },
      }),
    ),
  }),
};

/** `components.schemas` of the document, without TypeBox's own marks. */
export function namedSchemas(): JsonObject {
  return {
    ChatCompletionRequest: readable(chatSchema),
    ResponseRequest: readable(responsesSchema),
    MessageRequest: readable(messagesSchema),
    TokenCountRequest: readable(countTokensSchema),
    GenerateContentRequest: readable(generateSchema),
    EmbeddingRequest: readable(embeddingsSchema),
    CountGenerateRequest: readable(countGenerateSchema),
    ...answers,
    Error: { ...errorBody, examples: [errorExample] },
  };
}

/** Plain JSON of a schema in which "a type or null" is one line instead of two alternatives. */
function readable(schema: object): JsonValue {
  return JSON.parse(JSON.stringify(schema), (_, value: JsonValue) => {
    if (!isObject(value) || !Array.isArray(value.anyOf) || value.anyOf.length !== 2) return value;
    const [kind, none] = value.anyOf;
    if (!isObject(kind) || !isObject(none) || none.type !== 'null') return value;
    if (typeof kind.type !== 'string' || 'const' in kind || 'enum' in kind) return value;
    const { anyOf: _replaced, ...rest } = value;
    return { ...kind, ...rest, type: [kind.type, 'null'] };
  });
}
