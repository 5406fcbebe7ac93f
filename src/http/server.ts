// The HTTP server: all route groups on one screen, then what surrounds every request.

import { Elysia } from 'elysia';
import { Fault, toFault } from '../canonical/fault.ts';
import type { ServerConfig } from '../config/config.ts';
import { FloodGate } from '../gateway/admission/flood-gate.ts';
import type { CallsUnderWay } from '../gateway/call.ts';
import { type Clock, pause } from '../lib/clock.ts';
import { newRequestId } from '../lib/id.ts';
import { log } from '../lib/log.ts';
import { addressSet, clientAddress, networkOf } from './address.ts';
import { adminGuard } from './admin.ts';
import { adminRoutes, type Entry, type OperatorPorts } from './admin-routes.ts';
import { type Answerer, withCors } from './cors.ts';
import { docs } from './docs.ts';
import { google } from './google.ts';
import { health } from './health.ts';
import { type Handler, inference, inferenceByPath } from './inference.ts';
import { key } from './key.ts';
import { keyCalls } from './key-calls.ts';
import { keyUsage } from './key-usage.ts';
import { openLocalSocket } from './local-socket.ts';
import { type MetricsPorts, metrics, metricsGuard } from './metrics.ts';
import { models } from './models.ts';
import { openNetworkPort } from './network-port.ts';
import { pages } from './pages/pages.ts';
import { faultResponse, labelled, requestIdOf } from './reply.ts';
import { allowedMethods, codecOf, explainUnknown } from './routes.ts';

export type ServerPorts = OperatorPorts & {
  /** Of `/metrics`. */
  calls: MetricsPorts['calls'];
  alerts: MetricsPorts['alerts'];
  version: string;
  /** Names of checks that fail, with what is wrong; empty when all is well. */
  troubles: () => Promise<Record<string, string>>;
  /** The same of what calls can do without: shown, but the server stays ready. */
  warnings?: () => Record<string, string>;
  /** For the pace at which wrong keys are answered. */
  clock?: Clock;
};

export type HttpServer = {
  url: string;
  /** Shows the certificate of this configuration from the next connection on; throws when it does not do. */
  renewCertificate(config: ServerConfig): void;
  /** Is not ready and refuses new calls, then listens no more, lets running calls end, and closes. */
  drain(options: DrainOptions): Promise<void>;
};

export type DrainOptions = {
  /** How long it still listens, so that load balancers see that it is not ready before anybody is turned away. */
  delayMs: number;
  /** How long calls under way may take from then on; what is left is ended with an error and charged nothing. */
  timeoutMs: number;
  /** Aborted when all of that shall end now. */
  hurry?: AbortSignal;
};

/** `https://` */
const SCHEME_LENGTH_MAX = 8;
const CUT_OFF_WAIT_MS = 50;
const CUT_OFF_WAITS = 40;
const DRAINING_RETRY_S = 5;

/**
 * Bodies are left as they are, and a host name may be shorter than Elysia takes for granted (`http://ai/v1/…`): it
 * looks for the path from the 12th character on, or else from the 8th, which is too early for https.
 */
const plainly = (tls: boolean) => ({ normalize: false, handler: { standardHostname: tls } });

/** The socket needs no secret: whoever may open it is the operator. */
const LOCAL: Entry = { guard: () => {}, who: () => 'a command on this machine' };

/** Opens the network port and, at `socketPath`, the local socket on which commands speak to a running server. */
export function openServer(config: ServerConfig, socketPath: string, ports: ServerPorts): HttpServer {
  let draining = false;
  const readiness = async () => {
    const checks = { ...(draining ? { drain: 'draining' } : {}), ...(await ports.troubles()) };
    return { ready: Object.keys(checks).length === 0, checks: { ...checks, ...ports.warnings?.() } };
  };
  const trusted = addressSet(config.trustedProxies);
  const admins = addressSet(config.adminFrom);
  const addressOf = (request: Request) => {
    const peer = network.peerOf(arrived.get(request) ?? request) ?? '';
    return clientAddress(peer, request.headers.get('x-forwarded-for'), trusted);
  };
  const isAdminAddress = (request: Request) => admins.has(addressOf(request));
  const gate = new FloodGate({
    addressOf: (request) => networkOf(addressOf(request)),
    ...(ports.clock ? { clock: ports.clock } : {}),
  });
  const guard = adminGuard(ports.gateway().directory, isAdminAddress, gate);
  // before the routes: Elysia asks it only about those that come after it
  const app = new Elysia(plainly(config.tls !== undefined))
    .onError(({ code, error, request }) => refuseOther(code, error, request))
    .use(pages(isAdminAddress, () => ports.gateway().server.publicUrl))
    .use(health(readiness))
    .use(inference(ports.gateway, gate))
    .use(google(ports.gateway, gate))
    .use(models(ports.gateway, gate))
    .use(key(ports.gateway, gate))
    .use(keyCalls(ports.gateway, gate))
    .use(keyUsage({ gateway: ports.gateway, reports: ports.reports }, gate))
    .use(adminRoutes(ports, { guard, who: (request) => `${addressOf(request)} over HTTP` }))
    .use(
      metrics(
        { ...ports, readiness },
        metricsGuard(() => ports.gateway().server.metricsToken, guard),
      ),
    )
    .use(docs({ version: ports.version }));
  const local = new Elysia(plainly(false))
    .onError(({ code, error, request }) => refuseOther(code, error, request))
    .use(adminRoutes(ports, LOCAL))
    .use(metrics({ ...ports, readiness }, LOCAL.guard))
    .use(health(readiness));

  const direct = inferenceByPath(ports.gateway, gate);
  const routed: Answerer = (request) =>
    draining ? refuseWhileDraining(request, app.fetch) : app.fetch(request);
  const headed = answeringHead(routed);
  const elsewhere = async (request: Request) => labelled(request, await headed(withAddress(request)));
  // the routes that carry the load are found without the router and label their answers themselves
  const answer = withCors(config.corsOrigins, (request) => {
    const handler =
      request.method === 'POST' && !draining ? handlerAt(pathOf(request.url), direct) : undefined;
    return handler ? handler(request) : elsewhere(request);
  });
  const network = openNetworkPort(config, { answer, refuse: refuseBroken });
  const socket = openLocalSocket(socketPath, {
    answer: (request) => local.fetch(request),
    refuse: refuseBroken,
    isOurs: async () => (await ports.troubles()).ledger === undefined,
  });

  const scheme = config.tls ? 'https' : 'http';
  return {
    url: `${scheme}://${urlHost(config.host)}:${network.port}`,
    renewCertificate: ({ tls }) => network.renew(tls),
    async drain({ delayMs, timeoutMs, hurry }) {
      draining = true;
      await pause(delayMs, hurry);
      const timeUp = new AbortController();
      await Promise.race([
        network.stop(false),
        pause(timeoutMs, AbortSignal.any([timeUp.signal, ...(hurry ? [hurry] : [])])),
      ]);
      timeUp.abort();
      await cutOff(ports.gateway().running);
      await network.stop(true);
      // last: as long as it is there no other server begins on this data directory
      await socket.stop();
    },
  };
}

/** Ends what still runs with an error of its format, and waits a moment until that has been told and settled. */
async function cutOff(running: CallsUnderWay): Promise<void> {
  if (running.size > 0) log.warn('calls are cut off: the time to stop is up', { calls: running.size });
  const fault = drainingFault();
  for (const call of running) call.abort.abort(fault);
  for (let waits = 0; running.size > 0 && waits < CUT_OFF_WAITS; waits++) await pause(CUT_OFF_WAIT_MS);
  // what has been settled still has to reach its reader
  if (running.size === 0) await pause(CUT_OFF_WAIT_MS);
}

/** The path of an address with scheme and host, without its query; something else for any other address. */
function pathOf(url: string): string {
  if (!url.startsWith('http')) return '';
  const start = url.indexOf('/', SCHEME_LENGTH_MAX);
  const end = url.indexOf('?', start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

/** A base URL that ends in a slash, with the path put behind it as it is, has two of them (`//v1/messages`). */
function handlerAt(path: string, handlers: ReadonlyMap<string, Handler>): Handler | undefined {
  return handlers.get(path) ?? handlers.get(path.replace(/\/{2,}/g, '/'));
}

/** Clients of the oldest kind and some probes send no usable Host; what they ask for is in the path all the same. */
function withAddress(request: Request): Request {
  if (URL.canParse(request.url)) return request;
  const path = /^(?:[a-z]+:\/\/[^/]*)?(\/.*)?$/i.exec(request.url)?.[1] ?? '/';
  return standIn(request, new Request(`http://osiris${path}`, request));
}

/** The request that came over the network, for those put in its place: only that one has a peer. */
const arrived = new WeakMap<Request, Request>();

function standIn(request: Request, derived: Request): Request {
  arrived.set(derived, arrived.get(request) ?? request);
  return derived;
}

/** What even Bun's own handling of a request failed on. */
function refuseBroken(error: Error): Response {
  log.error('unhandled failure', { cause: error });
  return faultResponse(toFault(error), newRequestId());
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** What GET answers, HEAD answers without the body (RFC 9110 9.3.2): monitors and clients look with it. */
function answeringHead(answer: Answerer): Answerer {
  const answerHead = async (request: Request) => {
    const asGet = standIn(request, new Request(request.url, { headers: request.headers }));
    const { status, headers } = await answer(asGet);
    return new Response(null, { status, headers });
  };
  return (request) => (request.method === 'HEAD' ? answerHead(request) : answer(request));
}

function refuseWhileDraining(request: Request, answer: Answerer): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method !== 'POST') return answer(request);
  return faultResponse(drainingFault(), requestIdOf(request.headers), codecOf(pathname));
}

function drainingFault(): Fault {
  const message = 'The server is shutting down; try again in a moment.';
  return new Fault('draining', message, { retryAfterS: DRAINING_RETRY_S });
}

/** What no route handled: unknown addresses, wrong methods, and bugs. */
function refuseOther(code: unknown, error: unknown, request: Request): Response {
  const requestId = requestIdOf(request.headers);
  const { pathname } = new URL(request.url);
  const codec = codecOf(pathname);
  if (code !== 'NOT_FOUND') {
    log.error('unhandled failure', { requestId, cause: error });
    return faultResponse(toFault(error), requestId, codec);
  }
  const methods = allowedMethods(pathname);
  // a page that has this method may still lack the file that was asked for
  if (methods.length > 0 && !methods.includes(request.method)) {
    const message = `This address answers ${methods.join(' and ')} only.`;
    const response = faultResponse(new Fault('method_not_allowed', message), requestId, codec);
    response.headers.set('allow', methods.join(', '));
    return response;
  }
  return faultResponse(new Fault('not_found', explainUnknown(pathname)), requestId, codec);
}
