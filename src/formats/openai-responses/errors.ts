// Errors of the Responses format: its error bodies and what a failed answer says.

import type { Fault } from '../../canonical/fault.ts';
import { type HeaderValues, NO_HEADER_VALUES } from '../../lib/header-values.ts';
import { asNumber, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { errorType } from '../openai-error-type.ts';
import { faultFromStatus } from '../upstream-error.ts';

/** Reads an upstream's error body: the OpenAI envelope, a bare error object, or a text. */
export function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  if (typeof body === 'string') return faultFromStatus(status, readableText(body), headers);
  const error = errorMember(body);
  return faultFromStatus(status, asString(error.message), headers, words(error));
}

/** The fault for an error that came inside a 200: a failed answer, an `error` event, an error body. */
export function decodeInnerError(body: unknown): Fault {
  const error = errorMember(body);
  return faultFromStatus(innerStatus(error), asString(error.message), NO_HEADER_VALUES, words(error));
}

/** An HTML page of a proxy is no message. */
function readableText(body: string): string | undefined {
  const text = body.trim();
  return text === '' || text.startsWith('<') ? undefined : text;
}

function errorMember(body: unknown): JsonObject {
  if (Array.isArray(body)) return errorMember(body[0]);
  if (!isObject(body)) return {};
  if (isObject(body.error)) return body.error;
  if (typeof body.error === 'string') return { message: body.error };
  return body;
}

function words(error: JsonObject): { code?: string; type?: string } {
  const code = asString(error.code);
  const type = asString(error.type);
  return {
    ...(code === undefined ? {} : { code }),
    ...(type === undefined || type === 'error' ? {} : { type }),
  };
}

const STATUS_BY_WORD: [RegExp, number][] = [
  [/insufficient_quota|billing/, 402],
  [/rate_limit|too_many_requests/, 429],
  [/overloaded|slow_down|unavailable/, 503],
  [/authentication|invalid_api_key/, 401],
  [/permission/, 403],
  [/timeout/, 504],
  [/invalid|image|context_length|policy|data_residency|unsupported|string_above_max/, 400],
];

/** The HTTP status an error would have had, from the number or the words it carries. */
function innerStatus(error: JsonObject): number {
  for (const value of [error.status, error.status_code, error.code]) {
    const status = asNumber(value);
    if (status !== undefined && status >= 400 && status < 600) return status;
  }
  const said = `${asString(error.code) ?? ''} ${asString(error.type) ?? ''}`;
  return STATUS_BY_WORD.find(([pattern]) => pattern.test(said))?.[1] ?? 500;
}

/**
 * The `error` of a failed response. Codes are those of the published list, with the two more that coding agents
 * act on: a full context and an empty balance.
 */
export function failedError(fault: Fault): JsonObject {
  return { code: failedCode(fault), message: fault.message };
}

/**
 * The members of the `error` event that OpenAI sends before a failed response. Coding agents only know the latter; the
 * libraries only throw for this one, and hand out half an answer as a whole one without it. The error stands in it
 * twice: nested as it is sent, flat as it is published.
 */
export function errorMembers(fault: Fault): JsonObject {
  const error = { ...failedError(fault), param: fault.param ?? null };
  return { ...error, error: { type: errorType(fault.code), ...error } };
}

function failedCode(fault: Fault): string {
  if (fault.code === 'context_length_exceeded' || fault.code === 'insufficient_quota') return fault.code;
  if (fault.code === 'content_policy_violation') return 'invalid_prompt';
  switch (fault.rule.kind) {
    case 'rate-limit':
      return 'rate_limit_exceeded';
    case 'billing':
      return 'insufficient_quota';
    case 'invalid-request':
    case 'too-large':
      return 'invalid_prompt';
    default:
      return 'server_error';
  }
}
