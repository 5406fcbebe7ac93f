// Errors of Google as an upstream, and ours in Google's shape.

import { describe, expect, test } from 'bun:test';
import { Fault, type FaultCode } from '../../../src/canonical/fault.ts';
import { googleGenerateContent as codec } from '../../../src/formats/google-generate-content/index.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';

const error = (
  code: number,
  status: string,
  message = 'It failed.',
  details: JsonObject[] = [],
): JsonObject => ({
  error: { code, message, status, details },
});
const read = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  codec.decodeError(status, body, new Headers(headers));

const QUOTA = 'You exceeded your current quota, please check your plan and billing details.';
const WAIT = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '36.5s' };

describe('an upstream error', () => {
  const cases: [number, unknown, FaultCode][] = [
    [400, error(400, 'INVALID_ARGUMENT'), 'upstream_rejected'],
    [400, error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'), 'upstream_auth'],
    [
      400,
      error(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1100000) exceeds the maximum number of tokens allowed',
      ),
      'context_length_exceeded',
    ],
    [400, error(400, 'FAILED_PRECONDITION', 'User location is not supported'), 'upstream_rejected'],
    [401, error(401, 'UNAUTHENTICATED'), 'upstream_auth'],
    [403, error(403, 'PERMISSION_DENIED'), 'upstream_auth'],
    [404, error(404, 'NOT_FOUND'), 'bad_gateway'],
    [429, error(429, 'RESOURCE_EXHAUSTED', QUOTA), 'upstream_rate_limited'],
    [429, [error(429, 'RESOURCE_EXHAUSTED', QUOTA)], 'upstream_rate_limited'],
    [500, error(500, 'INTERNAL'), 'bad_gateway'],
    [503, error(503, 'UNAVAILABLE', 'The model is overloaded.'), 'upstream_overloaded'],
    [504, error(504, 'DEADLINE_EXCEEDED'), 'upstream_timeout'],
    [200, error(503, 'UNAVAILABLE'), 'upstream_overloaded'],
    [200, { error: { message: 'x', status: 'RESOURCE_EXHAUSTED' } }, 'upstream_rate_limited'],
    [200, { error: { message: 'x', status: 'UNHEARD_OF' } }, 'bad_gateway'],
    [502, '<html>Bad gateway</html>', 'bad_gateway'],
    [400, { error: 'flat' }, 'upstream_rejected'],
  ];
  test.each(cases)('%d %j is our %s', (status, body, code) => {
    expect(read(status, body).code).toBe(code);
  });

  test('says in its body how long to wait; a header is believed first', () => {
    expect(read(429, error(429, 'RESOURCE_EXHAUSTED', QUOTA, [WAIT])).retryAfterS).toBe(37);
    expect(
      read(429, error(429, 'RESOURCE_EXHAUSTED', QUOTA, [WAIT]), { 'retry-after': '5' }).retryAfterS,
    ).toBe(5);
    expect(read(429, error(429, 'RESOURCE_EXHAUSTED')).retryAfterS).toBeUndefined();
  });

  test('keeps a rejection’s words without keys and projects, and no other words at all', () => {
    const message = 'bad field for AIzaSyAbcdefghijk123 in projects/my-project-12 (contents)';
    const rejected = read(400, error(400, 'INVALID_ARGUMENT', message)).message;
    expect(rejected).toContain('bad field');
    expect(rejected).not.toMatch(/AIza|my-project/);
    expect(read(403, error(403, 'PERMISSION_DENIED', message)).message).not.toContain('bad field');
  });
});

describe('our refusal', () => {
  test('has Google’s numbers and words, our code and the member among the details, and when to come back', () => {
    const fault = new Fault('rate_limit_exceeded', 'Too many.', {
      param: 'model',
      retryAfterS: 3,
      details: { limit: 40 },
    });
    const body = asObject(codec.errorBody?.(fault, 'req-1').error);
    expect(body).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Too many.' });
    expect(asArray(body.details)).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'RATE_LIMIT_EXCEEDED',
        domain: 'osiris',
        metadata: { param: 'model', limit: '40' },
      },
      { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'req-1' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3s' },
    ]);
  });

  const words: [FaultCode, string][] = [
    ['invalid_value', 'INVALID_ARGUMENT'],
    ['invalid_api_key', 'UNAUTHENTICATED'],
    ['insufficient_quota', 'FAILED_PRECONDITION'],
    ['model_not_allowed', 'PERMISSION_DENIED'],
    ['not_found', 'NOT_FOUND'],
    ['internal_error', 'INTERNAL'],
    ['bad_gateway', 'UNAVAILABLE'],
    ['upstream_overloaded', 'UNAVAILABLE'],
    ['upstream_timeout', 'DEADLINE_EXCEEDED'],
  ];
  test.each(words)('%s is %s', (code, status) => {
    expect(codec.errorType(code)).toBe(status);
  });

  test('is read back as what it was by another Osiris', () => {
    const fault = new Fault('upstream_overloaded', 'Busy.', { retryAfterS: 2 });
    expect(read(503, codec.errorBody?.(fault, 'r'))).toMatchObject({
      code: 'upstream_overloaded',
      retryAfterS: 2,
    });
  });
});
