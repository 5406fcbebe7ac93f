// What the documentation says of each route: a table, and the functions that turn a row into Elysia's `detail`.

import type { DocumentDecoration } from 'elysia';
import type { JsonObject } from '../lib/json.ts';

export const TAGS = [
  {
    name: 'Inference',
    description: 'Ask a model, in the format your client speaks. Any format reaches any model.',
  },
  { name: 'Models', description: 'Which models this key may use, and what they cost.' },
  { name: 'Key', description: 'What is left on the key you hold.' },
  { name: 'Admin', description: 'Everything the command line can do. Needs the admin secret.' },
  { name: 'Health', description: 'For load balancers and monitoring. Needs no key.' },
] as const;

export type Tag = (typeof TAGS)[number]['name'];

/** One route's row. `body` and `answer` name a schema of the document; `example` is a body that works as it is. */
export type RouteRow = {
  tag: Tag;
  id: string;
  summary: string;
  description?: string;
  body?: string;
  example?: JsonObject;
  /** Members of the query, none of them required, with what they mean. */
  query?: Record<string, string>;
  /** It asks a model: the headers of such requests are read. */
  asks?: boolean;
  answer?: string;
  /** 200 unless said otherwise. */
  status?: 200 | 201;
  answerType?: 'application/json' | 'text/plain';
  /** A `stream: true` in the body turns the answer into server-sent events. */
  streams?: boolean;
  /** Statuses beside those every route of the tag can give. */
  errors?: number[];
};

const hello = [{ role: 'user', content: 'Say hello.' }];

const ROUTES = {
  chat: {
    tag: 'Inference',
    id: 'createChatCompletion',
    asks: true,
    summary: 'Chat Completions (OpenAI format)',
    description:
      'Members this page does not list are accepted and travel on to a provider of the same format.',
    body: 'ChatCompletionRequest',
    example: { model: 'sandbox/echo', messages: hello },
    answer: 'ChatCompletion',
    streams: true,
  },
  messages: {
    tag: 'Inference',
    id: 'createMessage',
    asks: true,
    summary: 'Messages (Anthropic format)',
    description:
      'Members this page does not list are accepted and travel on to a provider of the same format.',
    body: 'MessageRequest',
    example: { model: 'sandbox/echo', max_tokens: 256, messages: hello },
    answer: 'Message',
    streams: true,
    errors: [529],
  },
  responses: {
    tag: 'Inference',
    id: 'createResponse',
    asks: true,
    summary: 'Responses (OpenAI format)',
    description:
      'Members this page does not list are accepted and travel on to a provider of the same format.',
    body: 'ResponseRequest',
    example: { model: 'sandbox/echo', input: 'Say hello.' },
    answer: 'Response',
    streams: true,
  },
  embeddings: {
    tag: 'Inference',
    id: 'createEmbedding',
    asks: true,
    summary: 'Embeddings (OpenAI format)',
    description:
      'From providers of this format, and from Gemini, which takes texts only. Embeddings come in the `encoding_format` that was asked for, whichever ' +
      'the provider writes.',
    body: 'EmbeddingRequest',
    example: { model: 'sandbox/embed', input: 'Say hello.' },
    answer: 'EmbeddingList',
  },
  'count-messages': {
    tag: 'Inference',
    id: 'countMessageTokens',
    summary: 'Count the tokens of a Messages request',
    description: 'Free. `X-Osiris-Estimated: true` marks a count that no provider made.',
    body: 'TokenCountRequest',
    example: { model: 'sandbox/echo', messages: hello },
    answer: 'TokenCount',
  },
  'count-responses': {
    tag: 'Inference',
    id: 'countResponseTokens',
    summary: 'Count the tokens of a Responses request',
    description: 'Free. `X-Osiris-Estimated: true` marks a count that no provider made.',
    body: 'ResponseRequest',
    example: { model: 'sandbox/echo', input: 'Say hello.' },
    answer: 'TokenCount',
  },
  generate: {
    tag: 'Inference',
    id: 'generateContent',
    asks: true,
    summary: 'generateContent (Gemini format)',
    description:
      'Members this page does not list are accepted and travel on to a provider of the same format.',
    body: 'GenerateContentRequest',
    example: { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] },
    answer: 'GenerateContentAnswer',
  },
  'stream-generate': {
    tag: 'Inference',
    id: 'streamGenerateContent',
    asks: true,
    summary: 'streamGenerateContent (Gemini format)',
    description: 'The answer in pieces: server-sent events with `alt=sse`, else one JSON array.',
    body: 'GenerateContentRequest',
    example: { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] },
    answer: 'GenerateContentPieces',
    streams: true,
  },
  'count-generate': {
    tag: 'Inference',
    id: 'countTokens',
    summary: 'Count the tokens of a request in Gemini format',
    description: 'Free. `X-Osiris-Estimated: true` marks a count that no provider made.',
    body: 'CountGenerateRequest',
    example: { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] },
    answer: 'TotalTokens',
  },
  'google-models': {
    tag: 'Models',
    id: 'listGoogleModels',
    summary: 'The models this key may use, for Gemini clients',
    answer: 'GoogleModelList',
  },
  'google-model': {
    tag: 'Models',
    id: 'getGoogleModel',
    summary: 'One model by its id, for Gemini clients',
    answer: 'GoogleModel',
    errors: [404],
  },
  models: { tag: 'Models', id: 'listModels', summary: 'The models this key may use', answer: 'ModelList' },
  model: { tag: 'Models', id: 'getModel', summary: 'One model by its id', answer: 'Model', errors: [404] },
  key: { tag: 'Key', id: 'getKey', summary: 'Balance, limits and usage of your key', answer: 'KeyHolder' },
  'key-usage': {
    tag: 'Key',
    id: 'getKeyUsage',
    summary: 'What your key has cost by day and model, and its last errors',
    description: 'Days are those of `billing.timezone`; the last 30 unless `days` says otherwise.',
    query: { days: 'How many days back, today included: 1 to 366.' },
    answer: 'KeyUsage',
    errors: [400],
  },
  'key-calls': {
    tag: 'Key',
    id: 'listKeyCalls',
    summary: 'The last calls of your key, and those under way',
    description:
      'Newest first, at most 20 that have ended; before them those under way, whose `status` is null. 120 a minute, beside all ' +
      'other limits.',
    query: { after: 'The `position` of the answer before: only what ended since.' },
    answer: 'KeyCalls',
    errors: [400],
  },
  live: { tag: 'Health', id: 'getLiveness', summary: 'Is the process alive?' },
  ready: {
    tag: 'Health',
    id: 'getReadiness',
    summary: 'Does it take requests?',
    description:
      '`checks` says what is wrong. `drain` (it is shutting down) and `ledger` make it a 503; `paused`, `daily_cap`, `providers`, `config` and `journal` are told while it stays ready. When nothing was charged for five seconds it is tried whether anything can be written.',
    errors: [503],
  },
  metrics: {
    tag: 'Health',
    id: 'getMetrics',
    summary: 'Counters in the Prometheus text format',
    description:
      'With `server.metrics_token` as "Authorization: Bearer", or with the admin secret from an address of `server.admin_from`.',
    errors: [401, 403],
    answerType: 'text/plain',
  },
} as const satisfies Record<string, RouteRow>;

export type RouteKind = keyof typeof ROUTES;

/** For routes that are not to be listed: aliases, assets, refusals. */
export const HIDDEN_DETAIL: DocumentDecoration = { hide: true };

/** The `detail` of a route of the table. */
export function routeDetail(kind: RouteKind): DocumentDecoration {
  return describeRoute(ROUTES[kind]);
}

/** The `detail` of any other route, `/admin` ones mostly. */
export function describeRoute(row: RouteRow): DocumentDecoration {
  return {
    tags: [row.tag],
    operationId: row.id,
    summary: row.summary,
    ...(row.description === undefined ? {} : { description: row.description }),
    ...parametersOf(row),
    ...(row.body === undefined && row.example === undefined ? {} : { requestBody: requestBody(row) }),
    responses: { [row.status ?? 200]: success(row), ...failures(row) },
  };
}

const STRICT = {
  name: 'X-Osiris-Strict',
  in: 'header' as const,
  required: false,
  description:
    '`1` refuses the request with a 400 that names what cannot be carried to the model as it is, in place of an answer with `X-Osiris-Losses`. A strict key does so always.',
  schema: { type: 'string' as const, enum: ['1'] },
};

const CACHE = {
  name: 'X-Osiris-Cache',
  in: 'header' as const,
  required: false,
  description:
    'Whether the same request may be answered again from the cache, where the configuration has one: `on` where that is not the default, `off` to do without. A key that is off stays off.',
  schema: { type: 'string' as const, enum: ['on', 'off'] },
};

const FRESH = {
  name: 'Cache-Control',
  in: 'header' as const,
  required: false,
  description:
    '`no-cache` brings a fresh answer, which is kept; `no-store` one that is not; `max-age=60` takes only answers that are not older than so many seconds.',
  schema: { type: 'string' as const },
};

function parametersOf({ query = {}, asks = false }: RouteRow) {
  const parameters = [...queryParameters(query), ...(asks ? [STRICT, CACHE, FRESH] : [])];
  return parameters.length === 0 ? {} : { parameters };
}

function queryParameters(query: Record<string, string>) {
  return Object.entries(query).map(([name, description]) => ({
    ...({ name, in: 'query', required: false, description } as const),
    schema: { type: 'string' as const },
  }));
}

function requestBody(row: RouteRow) {
  const schema = row.body === undefined ? { type: 'object' as const } : reference(row.body);
  const example = row.example === undefined ? {} : { example: row.example };
  return { required: true, content: { 'application/json': { schema, ...example } } };
}

function success(row: RouteRow) {
  const type = row.answerType ?? 'application/json';
  const schema =
    row.answer !== undefined
      ? reference(row.answer)
      : { type: type === 'text/plain' ? ('string' as const) : ('object' as const) };
  const events = {
    schema: { type: 'string' as const, description: 'The events of this format, as they happen.' },
  };
  return {
    description: row.streams ? 'The answer: JSON, or server-sent events with `"stream": true`.' : 'Done.',
    headers: HEADERS_OF[row.tag],
    content: { [type]: { schema }, ...(row.streams ? { 'text/event-stream': events } : {}) },
  };
}

function failures(row: RouteRow) {
  const statuses = [...ERRORS_OF[row.tag], ...(row.errors ?? [])];
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]));
}

function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

const ERRORS_OF: Record<Tag, readonly number[]> = {
  Inference: [400, 401, 402, 403, 413, 429, 500, 502, 503, 504],
  Models: [401, 429],
  Key: [401, 429],
  Admin: [400, 401, 403, 404, 429],
  Health: [],
};

const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
const headers = (names: string[]) => Object.fromEntries(names.map((name) => [name, header(name)]));
const LABEL_HEADERS = headers(['X-Request-ID']);
const LIMIT_HEADERS = {
  ...LABEL_HEADERS,
  ...headers(['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']),
};
const INFERENCE_HEADERS = {
  ...LIMIT_HEADERS,
  ...headers([
    'X-Osiris-Model',
    'X-Osiris-Provider',
    'X-Osiris-Attempts',
    'X-Osiris-Losses',
    'X-Osiris-Cost-USD',
    'X-Osiris-Cache',
    'Age',
  ]),
};
const HEADERS_OF: Record<Tag, Record<string, { $ref: string }>> = {
  Inference: INFERENCE_HEADERS,
  Models: LIMIT_HEADERS,
  Key: LIMIT_HEADERS,
  Admin: LABEL_HEADERS,
  Health: LABEL_HEADERS,
};
