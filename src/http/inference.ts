// The inference routes: a table of formats and paths, one handler below it.

import { Elysia } from 'elysia';
import { Fault, toFault } from '../canonical/fault.ts';
import { anthropicMessages } from '../formats/anthropic-messages/index.ts';
import type { Codec } from '../formats/codec.ts';
import { openaiEmbeddings } from '../formats/openai-chat/embeddings/codec.ts';
import { openaiChat } from '../formats/openai-chat/index.ts';
import { openaiResponses } from '../formats/openai-responses/index.ts';
import { admit } from '../gateway/admission/admit.ts';
import { type Arrival, arrive, type Door } from '../gateway/admission/arrival.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { awaitBeginning, waitingBody } from '../gateway/answer/patience.ts';
import type { Call } from '../gateway/call.ts';
import { countInput } from '../gateway/count.ts';
import { logFailure } from '../gateway/failure-log.ts';
import { answer, type GatewayPorts } from '../gateway/gateway.ts';
import { recordRefusal } from '../gateway/journal.ts';
import type { RouteKind } from './docs-routes.ts';
import { routeDetail } from './openapi.ts';
import { showLimit } from './rate-headers.ts';
import { answerResponse, faultResponse, jsonResponse, requestIdOf, waitingResponse } from './reply.ts';

type Route = Door & { detail: RouteKind };

/** The route of a format itself. */
function routeOf(codec: Codec, detail: RouteKind): Route {
  return { path: codec.route, codec, kind: codec.id, free: false, detail };
}

const ROUTES: readonly Route[] = [
  routeOf(openaiChat, 'chat'),
  routeOf(openaiResponses, 'responses'),
  routeOf(anthropicMessages, 'messages'),
  {
    path: openaiEmbeddings.route,
    codec: openaiEmbeddings,
    kind: 'embeddings',
    free: false,
    detail: 'embeddings',
  },
  {
    path: '/v1/messages/count_tokens',
    codec: anthropicMessages,
    kind: 'count-messages',
    free: true,
    detail: 'count-messages',
  },
  {
    path: '/v1/responses/input_tokens',
    codec: openaiResponses,
    kind: 'count-responses',
    free: true,
    detail: 'count-responses',
  },
];

/** Every path under which a `/v1/x` route also answers: clients differ in what they take a base URL to be. */
export function aliasesOf(path: string): string[] {
  return [`/v1${path}`, path.replace(/^\/v1/, '')];
}

const HIDDEN = { detail: { hide: true }, parse: 'none' } as const;

/** Answers a request whose path and method are known to be its own. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * The POST routes by path, aliases included, for a server that looks them up before it asks the router: that costs
 * more than all the rest of the routing. `ports` as below.
 */
export function inferenceByPath(ports: () => GatewayPorts, gate: FloodGate): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  for (const route of ROUTES) {
    const handle = handlerOf(route, ports, gate);
    for (const path of [route.path, ...aliasesOf(route.path)]) handlers.set(path, handle);
  }
  return handlers;
}

function handlerOf(route: Route, ports: () => GatewayPorts, gate: FloodGate): Handler {
  const run = route.free ? count : infer;
  return (request) => run(request, route, ports(), gate);
}

/** The routes of all formats. `ports` is read anew for every request, so that configuration can change. */
export function inference(ports: () => GatewayPorts, gate: FloodGate) {
  const app = new Elysia({ name: 'inference' });
  for (const route of ROUTES) {
    const run = handlerOf(route, ports, gate);
    const handle = ({ request }: { request: Request }) => run(request);
    app.post(route.path, handle, { parse: 'none', detail: routeDetail(route.detail) });
    for (const alias of aliasesOf(route.path)) app.post(alias, handle, HIDDEN);
  }
  // Codex asks for a WebSocket first and falls back at once on 426, and on nothing else
  const upgrade = ({ request }: { request: Request }) => refuseUpgrade(request);
  app.get('/v1/responses', upgrade, HIDDEN);
  for (const alias of aliasesOf('/v1/responses')) app.get(alias, upgrade, HIDDEN);
  return app;
}

/** Answers one request, or says why not, in the format of its door. */
export async function infer(
  request: Request,
  door: Door,
  ports: GatewayPorts,
  gate: FloodGate,
): Promise<Response> {
  const arrival = arrive(request, door, requestIdOf(request.headers));
  let call: Call | undefined;
  try {
    call = await admit(arrival, ports, gate);
    const pending = answer(request, call, ports);
    if (!call.stream) return answerResponse(await pending);
    const begun = await awaitBeginning(pending, ports.watch);
    return begun ? answerResponse(begun) : waitingResponse(call, waitingBody(pending, call));
  } catch (thrown) {
    const response = refuse(thrown, arrival, call);
    if (call) tellOfCall(response.headers, call);
    else noteRefusal(ports, arrival, toFault(thrown));
    return response;
  }
}

/** What a failed call's headers say of it. */
function tellOfCall(headers: Headers, call: Call): void {
  showLimit(headers, call.limit, call.codec);
  if (call.trace.attempts > 0) headers.set('x-osiris-attempts', String(call.trace.attempts));
  // a client library that tries three times what has tried everybody already multiplies the load for nothing
  if (call.trace.attempts > 1 && call.trace.fault?.status === 502) headers.set('x-should-retry', 'false');
}

/** Counts the tokens of one request. */
export async function count(
  request: Request,
  door: Door,
  ports: GatewayPorts,
  gate: FloodGate,
): Promise<Response> {
  const arrival = arrive(request, door, requestIdOf(request.headers));
  try {
    const { body, estimated, limit } = await countInput(arrival, ports, gate);
    const response = jsonResponse(body, arrival.requestId);
    showLimit(response.headers, limit, door.codec);
    if (estimated) response.headers.set('x-osiris-estimated', 'true');
    return response;
  } catch (thrown) {
    // an admitted count has its row already
    if (!arrival.admitted) noteRefusal(ports, arrival, toFault(thrown));
    return refuse(thrown, arrival);
  }
}

function noteRefusal({ journal, uploads }: GatewayPorts, arrival: Arrival, fault: Fault): void {
  recordRefusal(journal, arrival, fault);
  if (arrival.key) uploads.refused.count(arrival.key.id, fault, arrival.bytes);
}

function refuse(thrown: unknown, { requestId, door }: Arrival, call?: Call): Response {
  const fault = toFault(thrown);
  logFailure(fault, requestId, call, { isBegun: false });
  return faultResponse(fault, requestId, door.codec);
}

function refuseUpgrade(request: Request): Response {
  const requestId = requestIdOf(request.headers);
  const fault =
    request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      ? new Fault('upgrade_required', 'This route has no WebSocket; send the request with POST.')
      : new Fault('method_not_allowed', 'Send Responses requests with POST.');
  const response = faultResponse(fault, requestId, openaiResponses);
  if (fault.code === 'method_not_allowed') response.headers.set('allow', 'POST');
  return response;
}
