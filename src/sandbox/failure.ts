// Error replies as the real providers of each format send them.

import type { Fault } from '../canonical/fault.ts';
import type { FormatId } from '../canonical/part.ts';
import type { JsonObject } from '../lib/json.ts';

type Words = { openai: string; code: string; anthropic: string; google: string; message: string };

const RETRY_AFTER_S = 1;

/** The reply of a provider that fails with this status. 502 is a page of HTML, as a proxy in front sends it. */
export function failureReply(status: number, format: FormatId, requestId: string): Response {
  const headers = idHeaders(requestId);
  if (status === 502) {
    const page =
      '<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n';
    return new Response(page, { status, headers: { ...headers, 'content-type': 'text/html' } });
  }
  if (status === 429) headers['retry-after'] = String(RETRY_AFTER_S);
  const words = WORDS[status] ?? (status < 500 ? INVALID : BROKEN);
  return Response.json(failureBody(status, format, words, requestId), { status, headers });
}

/** The reply to a request the sandbox could not take. `type` is the fault's in the format's vocabulary. */
export function faultReply(fault: Fault, type: string, format: FormatId, requestId: string): Response {
  const { status, message, code } = fault;
  const words = { openai: type, anthropic: type, google: 'INVALID_ARGUMENT', code, message };
  const body = failureBody(status, format, words, requestId, fault.param);
  return Response.json(body, { status, headers: idHeaders(requestId) });
}

/** What every reply carries for support. */
export function idHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'request-id': requestId };
}

function failureBody(
  status: number,
  format: FormatId,
  { openai, anthropic, google, code, message }: Words,
  requestId: string,
  param?: string,
): JsonObject {
  switch (format) {
    case 'openai-chat':
    case 'openai-responses':
      return { error: { message, type: openai, param: param ?? null, code } };
    case 'anthropic-messages':
      return { type: 'error', error: { type: anthropic, message }, request_id: requestId };
    case 'google-generate-content':
      return { error: { code: status, message, status: google } };
    default:
      return format satisfies never;
  }
}

const INVALID = words('invalid_request_error', 'invalid_value', 'invalid_request_error', 'INVALID_ARGUMENT');
const BROKEN = words('server_error', 'internal_error', 'api_error', 'INTERNAL');

const WORDS: Record<number, Words> = {
  401: words('invalid_request_error', 'invalid_api_key', 'authentication_error', 'UNAUTHENTICATED'),
  402: words('insufficient_quota', 'insufficient_quota', 'billing_error', 'FAILED_PRECONDITION'),
  403: words('permission_error', 'model_not_allowed', 'permission_error', 'PERMISSION_DENIED'),
  404: words('invalid_request_error', 'model_not_found', 'not_found_error', 'NOT_FOUND'),
  408: words('timeout', 'timeout', 'timeout_error', 'DEADLINE_EXCEEDED'),
  409: words('conflict', 'conflict', 'conflict_error', 'ABORTED'),
  413: words('invalid_request_error', 'request_too_large', 'request_too_large', 'INVALID_ARGUMENT'),
  429: words('requests', 'rate_limit_exceeded', 'rate_limit_error', 'RESOURCE_EXHAUSTED'),
  503: words('server_error', 'service_unavailable', 'api_error', 'UNAVAILABLE'),
  504: words('server_error', 'timeout', 'timeout_error', 'DEADLINE_EXCEEDED'),
  529: words('server_error', 'overloaded', 'overloaded_error', 'UNAVAILABLE'),
};

function words(openai: string, code: string, anthropic: string, google: string): Words {
  const message = `The sandbox answers every request to this model with this error (${code}).`;
  return { openai, code, anthropic, google, message };
}
