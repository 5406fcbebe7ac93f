// Errors of the Messages format: its vocabulary, its body, and what an upstream's error means.

import { FAULTS, type Fault, type FaultCode, type FaultKind } from '../../canonical/fault.ts';
import { type HeaderValues, NO_HEADER_VALUES } from '../../lib/header-values.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { writeFrame } from '../../lib/sse.ts';
import { faultFromStatus } from '../upstream-error.ts';

const TYPES: Record<FaultKind, string> = {
  'invalid-request': 'invalid_request_error',
  authentication: 'authentication_error',
  billing: 'billing_error',
  permission: 'permission_error',
  'not-found': 'not_found_error',
  conflict: 'conflict_error',
  // the published list has no type of its own for 413
  'too-large': 'invalid_request_error',
  'rate-limit': 'rate_limit_error',
  server: 'api_error',
  overloaded: 'overloaded_error',
  timeout: 'timeout_error',
};

/** `error.type` for one of our codes. */
export function errorType(code: FaultCode): string {
  return code === 'model_not_found' ? 'not_found_error' : TYPES[FAULTS[code].kind];
}

/** The frame that breaks off a stream: Anthropic's envelope with the members OpenAI clients read added. */
export function errorFrame(fault: Fault, requestId: string): string {
  const error: JsonObject = {
    type: errorType(fault.code),
    message: fault.message,
    code: fault.code,
    param: fault.param ?? null,
  };
  if (fault.details) error.details = fault.details;
  return writeFrame(JSON.stringify({ type: 'error', error, request_id: requestId }), 'error');
}

/** The HTTP status each error type stands for where none is given: in a stream, or inside a 200. */
const STATUSES = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);

/** Reads an upstream's error answer; `body` is parsed JSON or text. Only a rejection keeps its words, redacted. */
export function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  const { message, type, code, unsupported } = errorMembers(body);
  const options: { code?: string; type?: string; details?: JsonObject } = {};
  if (code !== undefined) options.code = code;
  if (type !== undefined) options.type = type;
  if (code !== undefined && unsupported) options.details = { error_code: code, unsupported };
  return faultFromStatus(statusOf(status, type), message, headers, options);
}

/** The fault an `error` event stands for. */
export function decodeErrorEvent(body: JsonObject): Fault {
  return decodeError(200, body, NO_HEADER_VALUES);
}

function statusOf(status: number, type: string | undefined): number {
  // proxies in front of a provider often wrap an overload into a plain 500
  if (type === 'overloaded_error') return 529;
  if (status >= 400) return status;
  return STATUSES.get(type ?? '') ?? 500;
}

function errorMembers(body: unknown): {
  message?: string | undefined;
  type?: string | undefined;
  code?: string | undefined;
  unsupported?: string[];
} {
  if (typeof body === 'string') return { message: body };
  const whole = asObject(body);
  const inner = isObject(whole.error) ? whole.error : whole;
  const message = asString(inner.message) ?? asString(whole.error) ?? asString(whole.detail);
  const type = asString(inner.type);
  const details = asObject(inner.details);
  const code = asString(details.error_code) ?? asString(inner.code);
  const unsupported = asArray(details.unsupported).filter((name) => typeof name === 'string');
  return unsupported.length === 0 ? { message, type, code } : { message, type, code, unsupported };
}
