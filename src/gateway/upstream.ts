// Calls a provider: the only place that does.

import { Fault } from '../canonical/fault.ts';
import type { FormatId } from '../canonical/part.ts';
import type { ServerConfig } from '../config/config.ts';
import { nowMs } from '../lib/clock.ts';
import type { Provider } from '../providers/provider.ts';
import type { Call } from './call.ts';
import type { Plan } from './plan.ts';
import { isReachable } from './reach.ts';
import type { Watch } from './watch.ts';

/** Answers a provider's requests inside the process instead of over the network. */
export type Transport = (request: {
  format: FormatId;
  path: string;
  body: Uint8Array;
  headers: Headers;
  signal: AbortSignal;
}) => Promise<Response>;

export type UpstreamPorts = {
  watch: Watch;
  server: ServerConfig;
  /** By provider id, for the built-in ones. */
  transports: ReadonlyMap<string, Transport>;
  /** `osiris/1.2.3` */
  userAgent: string;
  /** A proxy stands between us and the providers, so reachability says nothing. */
  proxied: boolean;
};

/** Client headers that mean something to an upstream of the same format. */
const PASSED_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'];
/** What our own Messages encoder is written against. */
const ANTHROPIC_VERSION = '2023-06-01';

/**
 * Sends the planned request and returns the provider's response as soon as its headers are here, whatever the
 * status. Throws Fault `upstream_unreachable`, `upstream_timeout`, or the reason of the call's own abort.
 */
export async function callUpstream(call: Call, plan: Plan, ports: UpstreamPorts): Promise<Response> {
  const { provider } = plan.candidate;
  const headers = upstreamHeaders(call, plan, ports.userAgent);
  const transport = ports.transports.get(provider.id);
  const unwatch = watchForHeaders(call, provider, ports);
  try {
    if (transport) {
      const { upstream, body } = plan;
      const request = { format: upstream.id, path: upstream.path, body, headers, signal: call.abort.signal };
      return await transport(request);
    }
    const options: BunFetchRequestInit = {
      method: 'POST',
      headers,
      body: plan.body as Uint8Array<ArrayBuffer>,
      signal: call.abort.signal,
      redirect: 'manual',
      ...{ timeout: false },
      ...(provider.ca === undefined ? {} : { tls: { ca: provider.ca } }),
    };
    return await fetch(provider.baseUrl + plan.upstream.path, options);
  } catch (thrown) {
    throw upstreamFault(call, provider, thrown);
  } finally {
    unwatch();
  }
}

/** What went wrong while talking to a provider, as a fault: our own abort's reason, or unreachable. */
export function upstreamFault(call: Call, provider: Provider, thrown: unknown): Fault {
  const reason: unknown = call.abort.signal.aborted ? call.abort.signal.reason : thrown;
  if (reason instanceof Fault) return reason;
  return new Fault('upstream_unreachable', `Provider ${provider.id} could not be reached.`, {
    cause: thrown,
  });
}

function upstreamHeaders(call: Call, plan: Plan, userAgent: string): Headers {
  const { provider } = plan.candidate;
  const headers = new Headers(provider.headers);
  headers.set('content-type', 'application/json');
  headers.set('accept', call.stream ? 'text/event-stream' : 'application/json');
  headers.set('user-agent', userAgent);
  if (plan.kind === 'pass') {
    for (const name of PASSED_HEADERS) {
      const value = call.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
  }
  if (plan.upstream.id === 'anthropic-messages' && !headers.has('anthropic-version'))
    headers.set('anthropic-version', ANTHROPIC_VERSION);
  const credential = provider.credentials[0];
  if (credential !== undefined) signIn(headers, provider, credential);
  return headers;
}

function signIn(headers: Headers, provider: Provider, credential: string): void {
  switch (provider.auth) {
    case 'bearer':
      headers.set('authorization', `Bearer ${credential}`);
      return;
    case 'x-api-key':
    case 'x-goog-api-key':
      headers.set(provider.auth, credential);
      return;
    case 'none':
      return;
    default:
      provider.auth satisfies never;
  }
}

/** Aborts the call when the provider's headers do not come in time. */
function watchForHeaders(call: Call, provider: Provider, ports: UpstreamPorts): () => void {
  const sentMs = nowMs();
  const { connectTimeoutMs, firstByteTimeoutMs, requestTimeoutMs } = ports.server;
  let probed = provider.builtIn || ports.proxied;
  return ports.watch.add({
    tick(now) {
      const limitMs = call.stream ? firstByteTimeoutMs : call.startedMs + requestTimeoutMs - sentMs;
      if (now - sentMs >= limitMs) {
        call.abort.abort(tooSlow(provider, limitMs));
      } else if (!probed && now - sentMs >= connectTimeoutMs) {
        // fetch cannot tell "connecting" from "waiting for headers": ask the address itself
        probed = true;
        void isReachable(provider.baseUrl, connectTimeoutMs).then((reachable) => {
          if (reachable) return;
          const message = `Provider ${provider.id} did not accept a connection within ${connectTimeoutMs / 1000} s.`;
          call.abort.abort(new Fault('upstream_unreachable', message));
        });
      }
    },
  });
}

/** The fault of a provider that kept us waiting. */
export function tooSlow(provider: Provider, limitMs: number): Fault {
  const waited = Math.round(limitMs / 1000);
  return new Fault('upstream_timeout', `Provider ${provider.id} did not answer within ${waited} s.`);
}
