// The model list: one body that satisfies OpenAI and Anthropic clients.

import { Elysia } from 'elysia';
import { Fault, toFault } from '../canonical/fault.ts';
import { isModelAllowed, listModels } from '../catalog/list.ts';
import type { Model } from '../catalog/model.ts';
import { asNumber, viewPrices } from '../catalog/price-view.ts';
import { type ModelIndex, resolveModel } from '../catalog/resolve.ts';
import { identify } from '../gateway/credentials.ts';
import { formatTime, nowMs } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Directory } from '../store/ports.ts';
import { aliasesOf } from './inference.ts';
import { routeDetail } from './openapi.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

type ModelPorts = { models: ModelIndex; directory: Directory };
type Context = { request: Request; params: Record<string, string> };

/** `/v1/models` and `/v1/models/{id}`: what this key may use, with its prices. */
export function models(ports: () => ModelPorts) {
  const app = new Elysia({ name: 'models' });
  const list = (context: Context) => reply(context, () => listBody(context.request, ports()));
  const one = (context: Context) =>
    reply(context, () => oneBody(context.request, decodeName(context.params['*'] ?? ''), ports()));
  app.get('/v1/models', list, { detail: routeDetail('models') });
  app.get('/v1/models/*', one, { detail: routeDetail('model') });
  for (const alias of aliasesOf('/v1/models')) {
    app.get(alias, list, { detail: { hide: true } });
    app.get(`${alias}/*`, one, { detail: { hide: true } });
  }
  return app;
}

function reply({ request }: Context, make: () => JsonObject): Response {
  const requestId = requestIdOf(request.headers);
  try {
    return jsonResponse(make(), requestId);
  } catch (thrown) {
    return faultResponse(toFault(thrown), requestId);
  }
}

function listBody(request: Request, { models: index, directory }: ModelPorts): JsonObject {
  const key = identify(request.headers, directory);
  const entries = listModels(index, key.models).flatMap(entriesOf);
  return {
    object: 'list',
    data: entries,
    has_more: false,
    first_id: (entries[0]?.id as string | undefined) ?? null,
    last_id: (entries.at(-1)?.id as string | undefined) ?? null,
  };
}

function oneBody(request: Request, name: string, { models: index, directory }: ModelPorts): JsonObject {
  const key = identify(request.headers, directory);
  const { model } = findModel(index, name);
  if (!isModelAllowed(model, key.models))
    throw new Fault(
      'model_not_allowed',
      'This API key may not use this model. GET /v1/models lists what it may use.',
    );
  return entryOf(model, name);
}

/** The name behind the percent signs; one that is written wrongly is no model's name either. */
function decodeName(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/** Here an unknown model is an unknown address: 404, where a request that names it gets a 400. */
function findModel(index: ModelIndex, name: string): { model: Model } {
  try {
    return resolveModel(index, name);
  } catch (thrown) {
    const fault = toFault(thrown);
    throw new Fault('not_found', fault.message, { param: 'model' });
  }
}

/** Coding agents know models by their dashed names, price pages by the dotted ones: both are listed. */
function entriesOf(model: Model): JsonObject[] {
  const { id } = model;
  if (id.includes('/')) return [entryOf(model, id)];
  const dotted = id.replace(/-(\d{1,2})-(\d{1,2})(?=-|$)/, '-$1.$2');
  return [...new Set([id, id.replaceAll('.', '-'), dotted])].map((name) => entryOf(model, name));
}

function entryOf(model: Model, id: string): JsonObject {
  const { capabilities } = model;
  return {
    id,
    object: 'model',
    type: 'model',
    created: model.createdS,
    created_at: formatTime(model.createdS * 1000),
    owned_by: model.ownedBy,
    display_name: model.displayName,
    context_window: model.contextTokens ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    max_input_tokens: model.contextTokens ?? null,
    max_tokens: model.maxOutputTokens ?? null,
    capabilities: {
      tools: capabilities.tools,
      images: capabilities.images,
      files: capabilities.files,
      reasoning: capabilities.thinking !== 'none',
      structured_output: capabilities.structuredOutput,
    },
    pricing: viewPrices(model, nowMs(), asNumber),
  };
}
