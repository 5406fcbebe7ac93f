// The model list: one body that satisfies OpenAI and Anthropic clients.

import { Elysia } from 'elysia';
import { Fault, toFault } from '../canonical/fault.ts';
import { viewCapabilities } from '../catalog/capability-view.ts';
import { isModelAllowed, listModels } from '../catalog/list.ts';
import type { Model } from '../catalog/model.ts';
import { asNumber, viewPrices } from '../catalog/price-view.ts';
import { type ModelIndex, resolveModel } from '../catalog/resolve.ts';
import { identify } from '../gateway/admission/credentials.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { takeVisit, type VisitPorts, visit } from '../gateway/admission/visit.ts';
import { formatTime, nowMs } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { isGoogleClient, listForGoogle, oneForGoogle } from './google.ts';
import { aliasesOf } from './inference.ts';
import { answerLook, type Page } from './look-door.ts';
import { routeDetail } from './openapi.ts';

type ModelPorts = VisitPorts & { models: ModelIndex };
type Context = { request: Request; params: Record<string, string> };

/** `/v1/models` and `/v1/models/{id}`: what this key may use, with its prices. */
export function models(ports: () => ModelPorts, gate: FloodGate) {
  const app = new Elysia({ name: 'models' });
  const list = (context: Context) =>
    isGoogleClient(context.request)
      ? listForGoogle(context.request, ports(), gate)
      : answerLook(context.request, () => listPage(context.request, ports(), gate));
  const one = (context: Context) =>
    isGoogleClient(context.request)
      ? oneForGoogle(context.request, ports(), gate)
      : answerLook(context.request, () =>
          onePage(context.request, decodeName(context.params['*'] ?? ''), ports(), gate),
        );
  app.get('/v1/models', list, { detail: routeDetail('models') });
  app.get('/v1/models/*', one, { detail: routeDetail('model') });
  for (const alias of aliasesOf('/v1/models')) {
    app.get(alias, list, { detail: { hide: true } });
    app.get(`${alias}/*`, one, { detail: { hide: true } });
  }
  return app;
}

function listPage(request: Request, ports: ModelPorts, gate: FloodGate): Page {
  const { key, limit } = visit(request, ports, gate);
  const entries = listModels(ports.models, key).flatMap(entriesOf);
  const body = {
    object: 'list',
    data: entries,
    has_more: false,
    first_id: (entries[0]?.id as string | undefined) ?? null,
    last_id: (entries.at(-1)?.id as string | undefined) ?? null,
  };
  return { body, limit };
}

function onePage(request: Request, name: string, ports: ModelPorts, gate: FloodGate): Page {
  const key = identify(request, ports.directory, gate);
  const { model } = findModel(ports.models, name);
  if (!isModelAllowed(model, key.models))
    throw new Fault(
      'model_not_allowed',
      'This API key may not use this model. GET /v1/models lists what it may use.',
    );
  return { limit: takeVisit(key, ports.limiter), body: entryOf(model, name) };
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
    capabilities: viewCapabilities(model),
    pricing: viewPrices(model, nowMs(), asNumber),
  };
}
