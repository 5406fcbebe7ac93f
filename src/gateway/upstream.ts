// Calls a provider: the only place that does.

import { Fault } from '../canonical/fault.ts';
import type { FormatId } from '../canonical/part.ts';
import type { ServerConfig } from '../config/config.ts';
import { passHeaders } from '../formats/client-headers.ts';
import type { Codec } from '../formats/codec.ts';
import type { Abort } from '../lib/abort.ts';
import type { HeaderValues } from '../lib/header-values.ts';
import type { HttpClient, HttpRequest } from '../lib/http-client/client.ts';
import type { Reader } from '../lib/http-client/reader.ts';
import type { Provider } from '../providers/provider.ts';
import { secretsOf } from '../providers/secrets.ts';
import { AnswerDeadline } from './answer/deadline.ts';
import { allBytes } from './answer/reader.ts';
import type { Call } from './call.ts';
import type { Plan } from './plan.ts';
import type { TranscodePlan } from './plans/transcode.ts';
import type { Watch } from './watch.ts';

/** Answers a provider's requests inside the process instead of over the network. */
export type Transport = (request: {
  format: FormatId;
  path: string;
  body: Uint8Array;
  headers: Headers;
  signal: AbortSignal;
}) => Promise<Response>;

/** What of a plan says where a request goes and what it is. */
export type Sending = Pick<
  Plan,
  'kind' | 'candidate' | 'upstream' | 'path' | 'stream' | 'body' | 'credential'
> &
  Partial<Pick<TranscodePlan, 'headers'>>;

export type UpstreamPorts = {
  watch: Watch;
  server: ServerConfig;
  /** By provider id, for the built-in ones. */
  transports: ReadonlyMap<string, Transport>;
  /** `osiris/1.2.3` */
  userAgent: string;
  http: HttpClient;
  /** A proxy stands between us and the providers, so reachability says nothing. */
  proxied: boolean;
};

/** What a provider answered: a stream still to be read, or a body that is here. */
export type Received = {
  status: number;
  headers: HeaderValues;
  /** Its type says that it is a stream, or says nothing. */
  isStream: boolean;
  body: Reader | Uint8Array;
};

/** The same before anything of the body is read. */
type Reply = { status: number; headers: HeaderValues; body: Reader };

/**
 * Sends the planned request and returns what the provider answers, whatever the status: a stream that was asked for
 * as soon as its headers are here, anything else when its body is here too. Throws Fault `upstream_unreachable`,
 * `upstream_timeout`, or the reason of the call's own abort.
 */
export async function callUpstream(call: Call, plan: Sending, ports: UpstreamPorts): Promise<Received> {
  const { provider } = plan.candidate;
  const deadline = new AnswerDeadline(call, provider, ports.server, provider.builtIn || ports.proxied);
  ports.watch.add(deadline);
  try {
    const { status, headers, body } = await send(call, plan, ports);
    noteTier(call, plan.upstream, headers);
    const isStream = isEventStream(headers);
    const isRelayed = call.stream && isStream && status >= 200 && status <= 299;
    // what is not relayed piece by piece stands under the deadlines of the headers
    return { status, headers, isStream, body: isRelayed ? body : await allBytes(body) };
  } catch (thrown) {
    throw upstreamFault(call, provider, thrown);
  } finally {
    deadline.isOver = true;
    ports.watch.remove(deadline);
  }
}

function send(call: Call, plan: Sending, ports: UpstreamPorts): Promise<Reply> {
  const { upstream, path, body } = plan;
  const { provider } = plan.candidate;
  const { abort } = call;
  const headers = upstreamHeaders(call, plan, ports.userAgent);
  const transport = ports.transports.get(provider.id);
  if (transport) {
    const request = { format: upstream.id, path, body, headers: new Headers(headers), signal: abort.signal };
    return replyOf(transport(request));
  }
  const request = { method: 'POST', url: provider.baseUrl + path, headers, body, abort, ca: provider.ca };
  return ports.proxied ? replyOf(fetchRequest(request)) : ports.http.send(request);
}

/** What a provider says to a question without a body, which costs nothing. Rejects with what the network failed on. */
export function getFrom(provider: Provider, question: Question, ports: AskPorts): Promise<Reply> {
  const { path, credential, abort } = question;
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': ports.userAgent };
  Object.assign(headers, question.headers);
  for (const name in provider.headers) headers[name.toLowerCase()] = provider.headers[name] as string;
  if (credential !== undefined) signIn(headers, provider, credential);
  const request = { method: 'GET', url: provider.baseUrl + path, headers, abort, ca: provider.ca };
  return ports.proxied ? replyOf(fetchRequest(request)) : ports.http.send(request);
}

/** `headers` are those that the format wants on every request. */
export type Question = {
  path: string;
  credential: string | undefined;
  headers: Readonly<Record<string, string>> | undefined;
  abort: Abort;
};

export type AskPorts = Pick<UpstreamPorts, 'userAgent' | 'http' | 'proxied'>;

/** Knows the proxies of the environment, which our own client does not. */
function fetchRequest({ method, url, headers, body, abort, ca }: HttpRequest): Promise<Response> {
  const options: BunFetchRequestInit & { timeout: false } = {
    method,
    headers,
    signal: abort?.signal ?? null,
    body: (body as Uint8Array<ArrayBuffer> | undefined) ?? null,
    redirect: 'manual',
    // deadlines are ours; Bun's own would end silent streams after six minutes
    timeout: false,
  };
  if (ca !== undefined) options.tls = { ca };
  return fetch(url, options);
}

async function replyOf(answering: Promise<Response>): Promise<Reply> {
  const { status, headers, body } = await answering;
  return { status, headers, body: body?.getReader() ?? NO_BODY };
}

const NO_BODY: Reader = { read: async () => ({ done: true }), cancel: async () => {} };

/** A provider that is busy serves in a cheaper tier than it was asked for. */
function noteTier(call: Call, { id, tierHeader }: Codec, headers: HeaderValues): void {
  const told = tierHeader === undefined ? null : headers.get(tierHeader);
  const isTier = told !== null && /^(standard|flex|priority)$/i.test(told);
  if (isTier) call.tier = told.toLowerCase();
  call.tierTold = isTier && id === call.codec.id ? told : undefined;
}

/** Some hosts forget the type of their streams: one that says nothing is believed to be a stream. */
function isEventStream(headers: HeaderValues): boolean {
  const type = headers.get('content-type') ?? '';
  return type !== 'application/json' && (type === '' || /event-stream|octet-stream|text\/plain/i.test(type));
}

/** What went wrong while talking to a provider, as a fault: our own abort's reason, or unreachable. */
export function upstreamFault(call: Call, provider: Provider, thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const reason: unknown = call.abort.aborted ? call.abort.reason : thrown;
  return reason instanceof Fault ? reason : networkFault(provider, thrown);
}

/** The same of what was thrown by the network. */
export function networkFault(provider: Provider, thrown: unknown): Fault {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
  // the words of a failed fetch hold the address, which is the operator's own business
  const cause = code ?? thrown;
  if (/^(EMFILE|ENFILE|ENOBUFS|EADDRNOTAVAIL)$/.test(code ?? '')) {
    // ours, not the provider's: it must not be left alone for it
    const message = 'The server is overloaded: it has no room for another connection. Try again in 5 s.';
    return new Fault('overloaded', message, { cause, retryAfterS: 5 });
  }
  const unreadable = UNREADABLE.get(code ?? '');
  if (unreadable !== undefined) {
    const message = `Provider ${provider.id} sent an answer that ${unreadable}.`;
    return new Fault('bad_gateway', message, { cause });
  }
  return new Fault('upstream_unreachable', whyUnreachable(provider.id, code ?? ''), { cause });
}

/** Bun's codes for an answer that did arrive. */
const UNREADABLE = new Map([
  ['ZlibError', 'is not compressed the way its content-encoding says'],
  ['BrotliDecompressionError', 'is not compressed the way its content-encoding says'],
  ['ZstdDecompressionError', 'is not compressed the way its content-encoding says'],
  ['Malformed_HTTP_Response', 'is not HTTP'],
  ['InvalidHTTPResponse', 'is not HTTP'],
  ['ResponseHeadersTooLarge', 'has larger headers than the gateway accepts'],
]);

function whyUnreachable(id: string, code: string): string {
  const tls = `Provider ${id} could not be reached: its TLS certificate`;
  if (code === 'CERT_HAS_EXPIRED')
    return `${tls} has expired (${code}). The provider has to renew it, unless the clock of the gateway's machine is wrong.`;
  if (code === 'CERT_NOT_YET_VALID')
    return `${tls} is not valid yet (${code}): is the clock of the gateway's machine right?`;
  if (/ALTNAME_INVALID|HOSTNAME_MISMATCH/.test(code))
    return `${tls} is for another host (${code}): check the address in \`providers.${id}.base_url\`.`;
  if (/CERT|ISSUER|SIGNATURE/.test(code))
    return `${tls} is not accepted (${code}). The operator can name its authority with \`providers.${id}.ca\`.`;
  if (code === 'EPROTO')
    return `Provider ${id} could not be reached: its TLS handshake failed. An address without TLS begins with http:// in \`base_url\`.`;
  if (/^(ECONNREFUSED|ConnectionRefused)$/.test(code))
    return `Provider ${id} could not be reached: nothing listens at its address.`;
  if (code === 'ENOTFOUND') return `Provider ${id} could not be reached: its host name does not resolve.`;
  if (/^(ECONNRESET|EPIPE|ECONNABORTED|ConnectionClosed|ConnectionReset)$/.test(code))
    return `Provider ${id} broke off the connection before it had answered.`;
  return `Provider ${id} could not be reached.`;
}

/**
 * The fault without our credentials and the address it may repeat: clients see the words of a refusal, the log its
 * cause.
 */
export function withoutSecrets(fault: Fault, provider: Provider): Fault {
  const address = provider.builtIn ? [] : [new URL(provider.baseUrl).host];
  // the longest first, since one may be a part of another
  const secrets = [...secretsOf(provider), ...address].sort((one, other) => other.length - one.length);
  const clean = (text: string) =>
    secrets.reduce((left, secret) => left.replaceAll(secret, '[redacted]'), text);
  const message = clean(fault.message);
  const cause = typeof fault.cause === 'string' ? clean(fault.cause) : fault.cause;
  if (message === fault.message && cause === fault.cause) return fault;
  const { code, param, retryAfterS, details } = fault;
  return new Fault(code, message, { param, retryAfterS, details, cause });
}

/**
 * The headers of the planned request, secrets included. A plain object: fetch reads it faster than a Headers one. Later
 * members win over earlier ones.
 */
export function upstreamHeaders(call: Call, plan: Sending, userAgent: string): Record<string, string> {
  const { provider } = plan.candidate;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: plan.stream ? 'text/event-stream' : 'application/json',
    'user-agent': userAgent,
  };
  const { headers: usual } = plan.upstream;
  if (usual) Object.assign(headers, usual);
  if (plan.kind === 'pass') passHeaders(call.headers, headers, provider.quirks.refusesBetas);
  for (const name in provider.headers) headers[name.toLowerCase()] = provider.headers[name] as string;
  for (const [name, needed] of Object.entries(plan.headers ?? {}))
    headers[name] = addedTo(headers[name], needed);
  const { credential } = plan;
  if (credential !== undefined) signIn(headers, provider, credential);
  return headers;
}

/** The operator's own headers may say more under the same name. */
function addedTo(said: string | undefined, needed: string): string {
  return said === undefined ? needed : `${said},${needed}`;
}

function signIn(headers: Record<string, string>, provider: Provider, credential: string): void {
  switch (provider.auth) {
    case 'bearer':
      headers.authorization = `Bearer ${credential}`;
      return;
    case 'x-api-key':
    case 'x-goog-api-key':
      headers[provider.auth] = credential;
      return;
    case 'none':
      return;
    default:
      provider.auth satisfies never;
  }
}
