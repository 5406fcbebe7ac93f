// Errors of the Chat format: its bodies, and what upstreams report in them.

import type { Fault } from '../../canonical/fault.ts';
import { type HeaderValues, NO_HEADER_VALUES } from '../../lib/header-values.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { errorType } from '../openai-error-type.ts';
import { faultFromStatus } from '../upstream-error.ts';

/** The error body every client of every format can read. */
export function errorBody(fault: Fault, requestId: string): JsonObject {
  return {
    type: 'error',
    error: {
      type: errorType(fault.code),
      message: fault.message,
      code: fault.code,
      param: fault.param ?? null,
      details: { error_code: fault.code, ...fault.details },
    },
    request_id: requestId,
  };
}

/** Reads an upstream's error answer: OpenAI's envelope, a bare error object, a list of them, or text. */
export function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  if (typeof body === 'string') {
    // pages of a proxy in front are no message for anyone
    return faultFromStatus(status, /^\s*</.test(body) ? undefined : body, headers);
  }
  const error = errorObject(Array.isArray(body) ? body[0] : body);
  return faultFromStatus(status, messageOf(error), headers, wordsOf(error));
}

/** Reads an error that came inside a 200, as a body or as a frame of a stream. */
export function decodeInnerError(body: unknown): Fault {
  const error = errorObject(body);
  return faultFromStatus(innerStatus(error), messageOf(error), NO_HEADER_VALUES, wordsOf(error));
}

/** True when a body or a frame is an error rather than a piece of an answer. */
export function isErrorBody(body: JsonObject): boolean {
  const { error } = body;
  if (isObject(error) || (typeof error === 'string' && error !== '')) return true;
  return body.object === 'error' || (body.type === 'error' && body.choices === undefined);
}

function errorObject(body: unknown): JsonObject {
  const outer = asObject(body);
  if (typeof outer.error === 'string') return { message: outer.error };
  return isObject(outer.error) ? outer.error : outer;
}

function messageOf(error: JsonObject): string | undefined {
  const detail = asObject(asArray(error.detail)[0]).msg ?? error.detail;
  return asString(error.message) ?? asString(detail);
}

function wordsOf(error: JsonObject): { code?: string; type?: string } {
  const code = asString(error.code);
  const type = asString(error.type);
  return { ...(code === undefined ? {} : { code }), ...(type === undefined ? {} : { type }) };
}

const STATUS_BY_WORD: [RegExp, number][] = [
  [/insufficient_quota|billing/, 402],
  [/rate_?limit|too_many_requests|resource_exhausted/, 429],
  [/overloaded|unavailable/, 529],
  [/authentication|invalid_api_key|permission/, 401],
  [/timeout|deadline/, 504],
  [
    /invalid_request|invalid_prompt|invalid_argument|bad_?request|context_length|content_policy|content_filter/,
    400,
  ],
];

/** The HTTP status the error would have had: its own number, else what its words stand for. */
function innerStatus(error: JsonObject): number {
  for (const candidate of [error.status, error.status_code, error.code]) {
    const status = asNumber(candidate) ?? Number(asString(candidate) ?? Number.NaN);
    if (status >= 400 && status < 600) return status;
  }
  const words = [error.code, error.type, error.status]
    .map((word) => asString(word) ?? '')
    .join(' ')
    .toLowerCase();
  return STATUS_BY_WORD.find(([pattern]) => pattern.test(words))?.[1] ?? 502;
}
