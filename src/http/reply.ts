// Dresses answers and faults as HTTP responses: headers, error bodies, one place for both.

import type { Fault } from '../canonical/fault.ts';
import { lossHeader } from '../canonical/loss.ts';
import type { Codec } from '../formats/codec.ts';
import { openaiChat } from '../formats/openai-chat/index.ts';
import type { Call } from '../gateway/call.ts';
import type { Answer } from '../gateway/gateway.ts';
import { newRequestId } from '../lib/id.ts';
import { compact } from '../lib/json.ts';

const LABEL_FORM = /^[\x21-\x7e]{1,128}$/;

/** The label of a request: the client's own when it is sane, else a new one. */
export function requestIdOf(headers: Headers): string {
  const own = headers.get('x-request-id') ?? headers.get('request-id');
  return own !== null && LABEL_FORM.test(own) ? own : newRequestId();
}

/** The error body every client shows, in the vocabulary of the route's format (OpenAI's where there is none). */
export function faultResponse(fault: Fault, requestId: string, codec: Codec = openaiChat): Response {
  const { code, message, param, details, retryAfterS } = fault;
  const overloaded = codec.id === 'anthropic-messages' && fault.rule.kind === 'overloaded';
  const headers = new Headers({ 'content-type': 'application/json' });
  label(headers, requestId);
  if (fault.rule.retry !== undefined) headers.set('x-should-retry', String(fault.rule.retry));
  const status = overloaded ? 529 : fault.status;
  if (status === 429 || status === 503 || status === 529) {
    const waitS = retryAfterS ?? 1;
    headers.set('retry-after', String(waitS));
    headers.set('retry-after-ms', String(waitS * 1000));
  }
  if (fault.rule.kind === 'rate-limit' && details && 'limit' in details) {
    headers.set('x-ratelimit-limit', String(details.limit));
    headers.set('x-ratelimit-remaining', String(details.remaining));
    headers.set('x-ratelimit-reset', String(details.reset));
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
  const { call, body, stream, provider, attempts, losses } = answer;
  const headers = answerHeaders(call, stream);
  headers['x-osiris-provider'] = headerText(provider);
  headers['x-osiris-attempts'] = String(attempts);
  if (losses.length > 0) headers['x-osiris-losses'] = lossHeader(losses);
  const response = new Response(body as BodyInit, { headers });
  hotReplies.add(response);
  return response;
}

/** A stream whose provider is not known yet: its headers leave before anybody has begun to answer. */
export function waitingResponse(call: Call, body: ReadableStream<Uint8Array>): Response {
  return new Response(body, { headers: answerHeaders(call, true) });
}

/** A plain object of headers costs a tenth of a Headers one. */
function answerHeaders(call: Call, stream: boolean): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-request-id': call.requestId,
    'request-id': call.requestId,
    'x-ratelimit-limit': String(call.limit.limit),
    'x-ratelimit-remaining': String(call.limit.remaining),
    'x-ratelimit-reset': String(call.limit.resetS),
    'x-osiris-model': headerText(call.model.id),
  };
  if (stream) {
    headers['cache-control'] = 'no-cache, no-transform';
    headers['x-accel-buffering'] = 'no';
  }
  return headers;
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

/** What is left of the key's requests this minute, as it stands after this call. */
export function showLimit(headers: Headers, { limit, remaining, resetS }: Call['limit']): void {
  headers.set('x-ratelimit-limit', String(limit));
  headers.set('x-ratelimit-remaining', String(remaining));
  headers.set('x-ratelimit-reset', String(resetS));
}

/** Replies known to be labelled: looking at their headers would cost as much as the rest of the routing. */
const hotReplies = new WeakSet<Response>();

/** The response with the labels it must carry, for those whose handler gave it none. */
export function labelled(request: Request, response: Response): Response {
  if (hotReplies.has(response)) return response;
  if (!response.headers.has('x-request-id')) label(response.headers, requestIdOf(request.headers));
  return response;
}

function label(headers: Headers, requestId: string): void {
  headers.set('x-request-id', requestId);
  headers.set('request-id', requestId);
}
