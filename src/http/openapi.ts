// The OpenAPI document: what the server's routes say of themselves, completed with what holds for all of them.

import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { googlePaths } from './docs-google.ts';
import { TAGS } from './docs-routes.ts';
import { namedSchemas } from './docs-schemas.ts';

export { describeRoute, HIDDEN_DETAIL, routeDetail } from './docs-routes.ts';

const ABOUT = `One gateway to every model you pay for. Every route under \`/v1\` takes the key you were given.

Press **Authorize**, paste a key into one of the first two fields, open a route and press **Execute**: the examples use
the free model \`sandbox/echo\` and cost nothing.`;

const SECURITY_SCHEMES: JsonObject = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key (`sk-osiris-…`) as OpenAI clients send it.' },
  'x-api-key': {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'A key (`sk-osiris-…`) as Anthropic clients send it. It wins over a bearer key.',
  },
  'x-goog-api-key': {
    type: 'apiKey',
    in: 'header',
    name: 'x-goog-api-key',
    description: 'A key (`sk-osiris-…`) as Gemini clients send it, on `/v1beta` only.',
  },
  key: {
    type: 'apiKey',
    in: 'query',
    name: 'key',
    description: 'The same in the address, on `/v1beta` only. Addresses end up in logs: better use a header.',
  },
  admin: {
    type: 'http',
    scheme: 'bearer',
    description: 'The admin secret (`osiris-admin-…`), for `/admin` only.',
  },
};

const HEADERS: Record<string, string> = {
  'X-Request-ID': "The request's label: the client's own when it sent a sane one. Also sent as `request-id`.",
  'X-RateLimit-Limit':
    'Requests a minute. This and the next two also come in the names of OpenAI (`x-ratelimit-limit-requests`) and Anthropic (`anthropic-ratelimit-requests-limit`) on the routes of their formats.',
  'X-RateLimit-Remaining': 'Requests left after this one.',
  'X-RateLimit-Reset': 'Whole seconds until one more request is free.',
  'Retry-After': 'Seconds to wait before trying again.',
  'X-Osiris-Model': 'The model that answered.',
  'X-Osiris-Provider': 'The provider that answered.',
  'X-Osiris-Attempts': 'How many providers were tried; 0 for an answer out of the cache.',
  'X-Osiris-Losses':
    'What the conversion between formats could not carry; with `X-Osiris-Strict: 1` the request is refused instead.',
  'X-Osiris-Cost-USD': 'The cost, when it is known before the headers go out.',
  'X-Osiris-Cache':
    '`hit` for an answer out of the cache: nobody was asked, `X-Osiris-Attempts` is 0 and `X-Osiris-Provider` says who answered first. `miss` for any other while the cache is on for the request.',
  Age: 'Of a hit: how many seconds ago the answer was kept.',
};

const FAILURES: Record<number, string> = {
  400: 'The request is not valid, or names a model that does not exist.',
  401: 'The key is missing, unknown or revoked.',
  402: 'The balance, quota or budget is used up, the key has expired, or the server has spent what it may in a day.',
  403: 'Not allowed for this key.',
  404: 'There is no such thing here.',
  409: 'It conflicts with what is there.',
  413: 'The body is too large.',
  429: 'Too many requests, tokens or USD a minute, too many calls at once, or the balance is held by running calls.',
  500: 'A fault of the gateway; it has been logged.',
  502: 'The provider failed.',
  503: 'Shutting down, paused by the operator, overloaded, or no provider can answer.',
  504: 'The provider took too long.',
  529: 'The provider is overloaded.',
};

const WAITING = [429, 503, 529];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** A server with this route has the operations of that format too. */
const GOOGLE_LIST = '/v1beta/models';

/**
 * The whole document from the paths the routes declared. Operations without their own `security` get that of their
 * prefix: a key for `/v1`, the admin secret for `/admin`, none elsewhere.
 */
export function completeDocument(declared: JsonObject, version: string): JsonObject {
  const paths: JsonObject = {};
  const all = GOOGLE_LIST in declared ? { ...declared, ...googlePaths() } : declared;
  for (const [path, methods] of Object.entries(all)) {
    if (isObject(methods)) paths[path] = completePath(path, methods);
  }
  const used = usedTags(paths);
  return {
    openapi: '3.1.0',
    info: { title: 'Osiris', version, description: ABOUT },
    servers: [{ url: '/', description: 'This server' }],
    tags: TAGS.filter((tag) => used.has(tag.name)).map((tag) => ({ ...tag })),
    paths,
    components: {
      schemas: namedSchemas(),
      responses: failureResponses(),
      headers: documentedHeaders(),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function completePath(path: string, methods: JsonObject): JsonObject {
  const completed: JsonObject = {};
  for (const method of METHODS) {
    const operation = methods[method];
    if (isObject(operation)) completed[method] = completeOperation(path, operation);
  }
  return completed;
}

function usedTags(paths: JsonObject): Set<unknown> {
  const operations = Object.values(paths).flatMap((methods) => Object.values(asObject(methods)));
  return new Set(operations.flatMap((operation) => asArray(asObject(operation).tags)));
}

function completeOperation(path: string, operation: JsonObject): JsonObject {
  const { requestBody } = operation;
  return {
    security: securityOf(path),
    ...operation,
    ...(isObject(requestBody) ? { requestBody: onlyJson(requestBody) } : {}),
  };
}

function securityOf(path: string): JsonValue {
  if (path.startsWith('/admin')) return [{ admin: [] }];
  if (path.startsWith('/v1beta'))
    return [{ 'x-goog-api-key': [] }, { key: [] }, { bearer: [] }, { 'x-api-key': [] }];
  if (path.startsWith('/v1')) return [{ bearer: [] }, { 'x-api-key': [] }];
  return [];
}

/** The swagger plugin lists every typed body as JSON, multipart and text alike; ours are JSON. */
function onlyJson(body: JsonObject): JsonObject {
  const { content } = body;
  if (!isObject(content) || content['application/json'] === undefined) return body;
  return { ...body, content: { 'application/json': content['application/json'] } };
}

function failureResponses(): JsonObject {
  const responses: JsonObject = {};
  for (const [status, description] of Object.entries(FAILURES)) {
    const waiting = { headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } };
    responses[status] = {
      description,
      ...(WAITING.includes(Number(status)) ? waiting : {}),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    };
  }
  return responses;
}

function documentedHeaders(): JsonObject {
  return Object.fromEntries(
    Object.entries(HEADERS).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}
