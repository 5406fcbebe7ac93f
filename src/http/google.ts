// The routes of Gemini-format clients: the path names the model and what to do with it.

import { Elysia } from 'elysia';
import { Fault, toFault } from '../canonical/fault.ts';
import { isModelAllowed, listModels } from '../catalog/list.ts';
import type { Model } from '../catalog/model.ts';
import { resolveModel } from '../catalog/resolve.ts';
import { googleGenerateContent, readOperation } from '../formats/google-generate-content/index.ts';
import type { Door } from '../gateway/admission/arrival.ts';
import { identify } from '../gateway/admission/credentials.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { takeVisit, type VisitPorts } from '../gateway/admission/visit.ts';
import type { GatewayPorts } from '../gateway/gateway.ts';
import { compact, type JsonObject } from '../lib/json.ts';
import type { Key } from '../store/ports.ts';
import { count, infer } from './inference.ts';
import { jsonArrayOf } from './json-array.ts';
import { answerLook } from './look-door.ts';
import { HIDDEN_DETAIL, routeDetail } from './openapi.ts';
import { faultResponse, requestIdOf } from './reply.ts';
import { codecOf } from './routes.ts';

/** Also what `max_body_by_route` calls these routes. */
const PATH = googleGenerateContent.route;
/** Newer libraries of Google's ask for version `v1`; others put either in front of what their base URL has already. */
const BASES = ['', '/v1', '/v1/v1', '/v1/v1beta', '/v1beta/v1', '/v1beta/v1beta'];
const OPERATIONS = ['generateContent', 'streamGenerateContent', 'countTokens'];

type Context = { request: Request };
type ModelPorts = VisitPorts & Pick<GatewayPorts, 'models'>;

/** `ports` is read anew for every request, so that configuration can change. */
export function google(ports: () => GatewayPorts, gate: FloodGate) {
  const app = new Elysia({ name: 'google' });
  const post = ({ request }: Context) => run(request, ports(), gate);
  const list = ({ request }: Context) => listForGoogle(request, ports(), gate);
  const one = ({ request }: Context) => {
    const found = readOperation(behindBase(new URL(request.url)));
    if (found && OPERATIONS.includes(found.operation)) return refuseMethod(request, 'POST');
    return oneForGoogle(request, ports(), gate);
  };
  app.get(PATH, list, { detail: routeDetail('google-models') });
  app.get(`${PATH}/*`, one, { detail: routeDetail('google-model') });
  // the document lists the operations one by one
  for (const path of [PATH, ...BASES.map((base) => `${base}/models`)]) {
    app.post(`${path}/*`, post, { parse: 'none', detail: HIDDEN_DETAIL });
    if (path === PATH || !path.includes('v1beta')) continue;
    app.get(path, list, { detail: HIDDEN_DETAIL });
    app.get(`${path}/*`, one, { detail: HIDDEN_DETAIL });
  }
  return app;
}

async function run(request: Request, ports: GatewayPorts, gate: FloodGate): Promise<Response> {
  const url = new URL(request.url);
  const found = readOperation(behindBase(url));
  if (!found || !OPERATIONS.includes(found.operation)) return refuseOperation(request, found !== undefined);
  const { model, operation } = found;
  const stream = operation === 'streamGenerateContent';
  const free = operation === 'countTokens';
  const door: Door = {
    path: PATH,
    codec: googleGenerateContent,
    kind: free ? 'count-generate' : 'google-generate-content',
    free,
    address: { model, stream },
    secrets: secretsOf(request, url),
  };
  if (free) return count(request, door, ports, gate);
  const response = await infer(request, door, ports, gate);
  return stream && url.searchParams.get('alt') !== 'sse' ? asArray(response) : response;
}

function refuseOperation(request: Request, isNamed: boolean): Response {
  if (!isNamed) return refuseMethod(request, 'GET');
  const fault = new Fault('not_found', 'This route is not part of this version of Osiris.');
  return faultResponse(fault, requestIdOf(request.headers), googleGenerateContent);
}

function refuseMethod(request: Request, right: 'GET' | 'POST'): Response {
  const fault = new Fault('method_not_allowed', `This address answers ${right} only.`);
  const response = faultResponse(fault, requestIdOf(request.headers), codecOf(new URL(request.url).pathname));
  response.headers.set('allow', right);
  return response;
}

/** `/models/…`, whatever stands in front of it. */
function behindBase({ pathname }: URL): string {
  return pathname.replace(/^(\/v1(beta)?)*(?=\/models)/, '');
}

/** Keys as Google's clients send them. The one in the address is read here and goes nowhere else. */
function secretsOf({ headers }: Request, url: URL): (string | null)[] {
  return [headers.get('x-goog-api-key'), url.searchParams.get('key')];
}

/** Without `alt=sse` a stream is one JSON array, and so is its refusal. */
function asArray(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('content-type', 'application/json; charset=utf-8');
  const body = response.body;
  if (!body) return response;
  if (response.ok) return new Response(jsonArrayOf(body), { status: response.status, headers });
  return new Response(inBrackets(body), { status: response.status, headers });
}

function inBrackets(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const bracket = (text: string) => new TextEncoder().encode(text);
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(bracket('[')),
      flush: (controller) => controller.enqueue(bracket(']')),
    }),
  );
}

/** True for Google's own libraries, which share `/v1/models` with those of others. */
export function isGoogleClient({ headers }: Request): boolean {
  return headers.has('x-goog-api-key') || headers.has('x-goog-api-client');
}

/** What this key may use, as Gemini clients read it. */
export function listForGoogle(request: Request, ports: ModelPorts, gate: FloodGate): Promise<Response> {
  const make = () => {
    const key = keyOf(request, ports, gate);
    const models = listModels(ports.models, key).map((model) => entryOf(model, model.id));
    return { limit: takeVisit(key, ports.limiter), body: { models } };
  };
  return answerLook(request, make, googleGenerateContent);
}

/** One model, as Gemini clients read it. */
export function oneForGoogle(request: Request, ports: ModelPorts, gate: FloodGate): Promise<Response> {
  const make = () => {
    const key = keyOf(request, ports, gate);
    const name = readOperation(`${behindBase(new URL(request.url))}:get`)?.model ?? '';
    const { model } = findModel(ports.models, name);
    if (!isModelAllowed(model, key.models))
      throw new Fault('model_not_allowed', 'This API key may not use this model.', { param: 'model' });
    return { limit: takeVisit(key, ports.limiter), body: entryOf(model, name) };
  };
  return answerLook(request, make, googleGenerateContent);
}

function keyOf(request: Request, { directory }: ModelPorts, gate: FloodGate): Key {
  return identify(request, directory, gate, secretsOf(request, new URL(request.url)));
}

/** Here an unknown model is an unknown address: 404, where a request that names it gets a 400. */
function findModel(models: GatewayPorts['models'], name: string) {
  try {
    return resolveModel(models, name);
  } catch (thrown) {
    throw new Fault('not_found', toFault(thrown).message, { param: 'model' });
  }
}

function entryOf(model: Model, id: string): JsonObject {
  return compact({
    name: `models/${id}`,
    displayName: model.displayName,
    inputTokenLimit: model.contextTokens,
    outputTokenLimit: model.maxOutputTokens,
    supportedGenerationMethods: OPERATIONS,
    thinking: model.capabilities.thinking !== 'none',
  });
}
