// Errors of this format: Google's status words, its body, and what an upstream's error means.

import { FAULTS, type Fault, type FaultCode, type FaultKind } from '../../canonical/fault.ts';
import { type HeaderValues, NO_HEADER_VALUES } from '../../lib/header-values.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  entryOf,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../lib/json.ts';
import { writeFrame } from '../../lib/sse.ts';
import { faultFromStatus } from '../upstream-error.ts';

const STATUSES: Record<FaultKind, string> = {
  'invalid-request': 'INVALID_ARGUMENT',
  authentication: 'UNAUTHENTICATED',
  billing: 'FAILED_PRECONDITION',
  permission: 'PERMISSION_DENIED',
  'not-found': 'NOT_FOUND',
  conflict: 'ABORTED',
  'too-large': 'INVALID_ARGUMENT',
  'rate-limit': 'RESOURCE_EXHAUSTED',
  server: 'INTERNAL',
  overloaded: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
};

/** `error.status` for one of our codes. */
export function errorType(code: FaultCode): string {
  const { kind, status } = FAULTS[code];
  return kind === 'server' && (status === 503 || status === 502) ? 'UNAVAILABLE' : STATUSES[kind];
}

const RPC = 'type.googleapis.com/google.rpc.';

/** The body of a refusal as Google's clients read it: numbers and status on top, our code among the details. */
export function errorBody(fault: Fault, requestId: string): JsonObject {
  const metadata: JsonObject = {};
  if (fault.param !== undefined) metadata.param = fault.param;
  for (const [name, value] of Object.entries(fault.details ?? {})) {
    metadata[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  const details: JsonObject[] = [
    { '@type': `${RPC}ErrorInfo`, reason: fault.code.toUpperCase(), domain: 'osiris', metadata },
    { '@type': `${RPC}RequestInfo`, requestId },
  ];
  if (fault.retryAfterS !== undefined)
    details.push({ '@type': `${RPC}RetryInfo`, retryDelay: `${fault.retryAfterS}s` });
  return { error: { code: fault.status, message: fault.message, status: errorType(fault.code), details } };
}

/** The frame that breaks off a stream. */
export function errorFrame(fault: Fault, requestId: string): string {
  return writeFrame(JSON.stringify(errorBody(fault, requestId)));
}

/** The HTTP status each word stands for, where none is given: in a stream, or inside a 200. */
const HTTP: Record<string, number> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  UNKNOWN: 500,
  INTERNAL: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** True when a body or a frame is an error rather than a piece of an answer. */
export function isErrorBody(body: JsonObject): boolean {
  return isObject(body.error) || (typeof body.error === 'string' && body.error !== '');
}

/**
 * Reads an upstream's error answer: an object, the same inside an array, or text. Google words every rate limit as
 * "exceeded your current quota, please check your plan and billing", so those words prove nothing there.
 */
export function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  if (typeof body === 'string')
    return faultFromStatus(status, /^\s*</.test(body) ? undefined : body, headers);
  const whole = asObject(Array.isArray(body) ? body[0] : body);
  const error = isObject(whole.error) ? whole.error : whole;
  const word = asString(error.status);
  const code = status >= 400 ? status : innerStatus(error, word);
  const message = asString(error.message) ?? asString(whole.error);
  const waiting = withRetryDelay(headers, error.details);
  return faultFromStatus(
    code,
    code === 429 ? undefined : message,
    waiting,
    word === undefined ? {} : { code: word },
  );
}

/** Reads an error that came inside a 200. */
export function decodeInnerError(body: JsonObject): Fault {
  return decodeError(200, body, NO_HEADER_VALUES);
}

function innerStatus(error: JsonObject, word: string | undefined): number {
  const code = asNumber(error.code);
  if (code !== undefined && code >= 400 && code < 600) return code;
  return entryOf(HTTP, word) ?? 502;
}

/** Google says how long to wait in the body (`RetryInfo`), seldom in a header. */
function withRetryDelay(headers: HeaderValues, details: JsonValue | undefined): HeaderValues {
  if (headers.get('retry-after') !== null || headers.get('retry-after-ms') !== null) return headers;
  const info = asArray(details)
    .map(asObject)
    .find((one) => asString(one['@type'])?.endsWith('RetryInfo'));
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(asString(info?.retryDelay) ?? '')?.[1];
  if (seconds === undefined) return headers;
  return { get: (name) => (name === 'retry-after' ? seconds : headers.get(name)) };
}
