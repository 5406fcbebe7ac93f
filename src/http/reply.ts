// Dresses answers and faults as HTTP responses: headers, error bodies, one place for both.

import type { Fault } from '../canonical/fault.ts';
import { lossHeader } from '../canonical/loss.ts';
import type { Model } from '../catalog/model.ts';
import type { Codec } from '../formats/codec.ts';
import { openaiChat } from '../formats/openai-chat/index.ts';
import type { Call } from '../gateway/call.ts';
import type { Answer } from '../gateway/gateway.ts';
import { newRequestId } from '../lib/id.ts';
import { compact } from '../lib/json.ts';
import { formatUsd } from '../lib/money.ts';
import { type Settable, showLimit } from './rate-headers.ts';

const LABEL_FORM = /^[\x21-\x7e]{1,128}$/;

/** The label of a request: the client's own when it is sane, else a new one. */
export function requestIdOf(headers: Headers): string {
  const own = headers.get('x-request-id') ?? headers.get('request-id');
  return own !== null && LABEL_FORM.test(own) ? own : newRequestId();
}

/** The error body every client shows, in the vocabulary of the route's format (OpenAI's where there is none). */
export function faultResponse(fault: Fault, requestId: string, codec: Codec = openaiChat): Response {
  const { code, message, param, details, retryAfterS } = fault;
  const headers = new Headers({ 'content-type': 'application/json' });
  label(headers, requestId);
  if (fault.rule.retry !== undefined) headers.set('x-should-retry', String(fault.rule.retry));
  const status = (code === 'upstream_overloaded' ? codec.overloadedStatus : undefined) ?? fault.status;
  if (status === 429 || status === 503 || status === 529) {
    const waitS = retryAfterS ?? 1;
    headers.set('retry-after', String(waitS));
    headers.set('retry-after-ms', String(waitS * 1000));
  }
  if (fault.rule.kind === 'rate-limit' && details && 'limit' in details) {
    const { limit, remaining, reset } = details;
    showLimit(headers, { limit: Number(limit), remaining: Number(remaining), resetS: Number(reset) }, codec);
  }
  if (status === 426) headers.set('upgrade', 'HTTP/1.1');
  const own = codec.errorBody?.(fault, requestId);
  if (own) return new Response(JSON.stringify(own), { status, headers });
  const error = compact({
    type: codec.errorType(code),
    message,
    code,
    param: param ?? null,
    details: { error_code: code, ...details },
  });
  return new Response(JSON.stringify({ type: 'error', error, request_id: requestId }), { status, headers });
}

/** The answer with its headers, as it leaves. */
export function answerResponse(answer: Answer): Response {
  const { call, body, stream, provider, attempts, losses, chargedNano } = answer;
  const template = templateOf(call, stream, provider, attempts);
  labelCall(template, call);
  template.put('x-osiris-losses', losses.length === 0 ? undefined : lossHeader(losses));
  const { tierHeader } = call.codec;
  if (tierHeader !== undefined) template.put(tierHeader, call.tierTold);
  const { hit } = call.caching ?? {};
  // RFC 9111 5.1: how old the answer is; answers that are no hits have headers of their own
  if (hit) template.set('age', String(Math.floor(hit.ageMs / 1000)));
  template.put('x-osiris-cost-usd', chargedNano === undefined ? undefined : formatUsd(chargedNano));
  return new Response(body as BodyInit, { headers: template.headers });
}

/** A stream whose provider is not known yet: its headers leave before anybody has begun to answer. */
export function waitingResponse(call: Call, body: ReadableStream<Uint8Array>): Response {
  const headers = fixedHeaders(call, true);
  labelCall(headers, call);
  return new Response(body, { headers });
}

/**
 * What a response copies its headers from: most of them are the same for all answers of one model. It still bears what
 * the call before this one left in it, and what that had in common with this one is not written again.
 */
class Template {
  readonly headers: Headers;
  readonly #of: Alike;
  readonly #written = new Map<string, string>();

  constructor(headers: Headers, of: Alike) {
    this.headers = headers;
    this.#of = of;
  }

  isOf({ codec, stream, provider, attempts, cache }: Alike): boolean {
    const of = this.#of;
    return (
      of.codec === codec &&
      of.stream === stream &&
      of.provider === provider &&
      of.attempts === attempts &&
      of.cache === cache
    );
  }

  set(name: string, value: string): void {
    if (this.#written.get(name) === value) return;
    this.#written.set(name, value);
    this.headers.set(name, value);
  }

  put(name: string, value: string | undefined): void {
    if (value !== undefined) this.set(name, value);
    else if (this.#written.delete(name)) this.headers.delete(name);
  }
}

/** What answers of one model have in common that bear the same headers but for those of their call. */
type Alike = {
  codec: Codec;
  stream: boolean;
  provider: string;
  attempts: number;
  cache: 'hit' | 'miss' | undefined;
};

const templates = new WeakMap<Model, Template[]>();
/** Of one model; more than its formats, providers and attempts make in any installation. */
const TEMPLATES_MAX = 100;

function templateOf(call: Call, stream: boolean, provider: string, attempts: number): Template {
  const { model, codec } = call;
  const alike: Alike = { codec, stream, provider, attempts, cache: cacheWord(call) };
  const ofModel = templates.get(model) ?? [];
  const known = ofModel.find((each) => each.isOf(alike));
  if (known) return known;
  const headers = fixedHeaders(call, stream);
  headers.set('x-osiris-provider', headerText(provider));
  headers.set('x-osiris-attempts', String(attempts));
  const template = new Template(headers, alike);
  templates.set(model, [template, ...ofModel.slice(0, TEMPLATES_MAX - 1)]);
  return template;
}

/** Undefined where there is no cache for the call. */
function cacheWord({ caching }: Call): 'hit' | 'miss' | undefined {
  return caching && (caching.hit ? 'hit' : 'miss');
}

function fixedHeaders(call: Call, stream: boolean): Headers {
  const headers = new Headers({
    'content-type': stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-osiris-model': headerText(call.model.id),
  });
  const cache = cacheWord(call);
  if (cache !== undefined) headers.set('x-osiris-cache', cache);
  if (stream) {
    headers.set('cache-control', 'no-cache, no-transform');
    headers.set('x-accel-buffering', 'no');
  }
  return headers;
}

/** What every answer says of its call. */
function labelCall(headers: Settable, call: Call): void {
  label(headers, call.requestId);
  showLimit(headers, call.limit, call.codec);
}

/** Names from the configuration may hold anything; a header may not (RFC 9110 5.5). */
function headerText(name: string): string {
  return /^[\x21-\x7e]*$/.test(name) ? name : encodeURIComponent(name);
}

/** A JSON body with the labels every response carries. */
export function jsonResponse(value: unknown, requestId: string, status = 200): Response {
  const headers = new Headers({ 'content-type': 'application/json' });
  label(headers, requestId);
  return new Response(JSON.stringify(value), { status, headers });
}

/** The response with the labels it must carry, for those whose handler gave it none. */
export function labelled(request: Request, response: Response): Response {
  if (!response.headers.has('x-request-id')) label(response.headers, requestIdOf(request.headers));
  return response;
}

function label(headers: Settable, requestId: string): void {
  headers.set('x-request-id', requestId);
  headers.set('request-id', requestId);
}
