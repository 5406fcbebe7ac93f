// The operations of the Gemini format in the OpenAPI document: their paths end in a word behind a colon.

import { asArray, asObject, type JsonObject } from '../lib/json.ts';
import { routeDetail } from './docs-routes.ts';

const MODEL = {
  name: 'model',
  in: 'path',
  required: true,
  description: 'Model id, alias, or `provider/model`.',
  schema: { type: 'string' },
  example: 'sandbox/echo',
};
const EVENTS = {
  name: 'alt',
  in: 'query',
  required: false,
  description: '`sse` for server-sent events; without it the stream is one JSON array.',
  schema: { type: 'string', enum: ['sse'] },
};

/** The paths of the three operations, which one route with an open end answers. */
export function googlePaths(): JsonObject {
  return {
    '/v1beta/models/{model}:generateContent': operation('generate', [MODEL]),
    '/v1beta/models/{model}:streamGenerateContent': operation('stream-generate', [MODEL, EVENTS]),
    '/v1beta/models/{model}:countTokens': operation('count-generate', [MODEL]),
  };
}

function operation(kind: Parameters<typeof routeDetail>[0], parameters: JsonObject[]): JsonObject {
  const detail = asObject(routeDetail(kind));
  return { post: { ...detail, parameters: [...parameters, ...asArray(detail.parameters)] } };
}
