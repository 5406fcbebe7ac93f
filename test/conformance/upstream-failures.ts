// Failures as each provider words them, and what they are to a client of ours.

import type { WireFormat } from '../support/script.ts';

/** Nothing of this may reach a client. */
const SECRETS = 'sk-proj-c4narykey12345 of org-c4naryaccount99 at https://u:c4narypass@10.0.0.1/x?key=c4nary';

type Native = { status: number; body: unknown; headers?: Record<string, string>; type?: string };

export type Failure = {
  what: string;
  native: Partial<Record<WireFormat, Native>>;
  status: number;
  code: string;
  /** What a client is told of the provider's own words. */
  kept?: string;
  retryAfter?: string;
  shouldRetry?: 'false';
};

const openai = (
  status: number,
  error: { message?: string; type?: string; code?: string | null; param?: string },
  headers: Record<string, string> = {},
): Native => ({
  status,
  body: { error: { message: SECRETS, type: 'invalid_request_error', param: null, code: null, ...error } },
  headers,
});
const anthropic = (
  status: number,
  type: string,
  message = SECRETS,
  details?: object,
  headers: Record<string, string> = {},
): Native => ({
  status,
  body: {
    type: 'error',
    error: { type, message, ...(details ? { details } : {}) },
    request_id: 'req_c4nary',
  },
  headers,
});
const google = (code: number, status: string, message = SECRETS, details: object[] = []): Native => ({
  status: code,
  body: { error: { code, message, status, details } },
});

/** Chat and Responses come from one vendor with one kind of error. */
const everywhere = (one: Native, two: Native, three: Native): Failure['native'] => ({
  'openai-chat': one,
  'openai-responses': one,
  'anthropic-messages': two,
  'google-generate-content': three,
});
const html = (status: number): Native => ({
  status,
  body: `<html><h1>${status}</h1>${SECRETS}</html>`,
  type: 'text/html',
});

export const FAILURES: Failure[] = [
  {
    what: 'a context that is too long',
    native: everywhere(
      openai(400, {
        message: 'This model’s maximum context length is 8192 tokens. However, you sent 9001 tokens.',
        code: 'context_length_exceeded',
        param: 'messages',
      }),
      anthropic(400, 'invalid_request_error', 'prompt is too long: 9001 tokens > 8192 maximum'),
      google(
        400,
        'INVALID_ARGUMENT',
        'The input token count (9001) exceeds the maximum number of tokens allowed (8192).',
      ),
    ),
    status: 400,
    code: 'context_length_exceeded',
    kept: '9001',
  },
  {
    what: 'a value it finds wrong',
    native: everywhere(
      openai(400, { message: `temperature must be below 2. ${SECRETS}`, param: 'temperature' }),
      anthropic(400, 'invalid_request_error', `temperature must be below 2. ${SECRETS}`),
      google(400, 'INVALID_ARGUMENT', `temperature must be below 2. ${SECRETS}`),
    ),
    status: 400,
    code: 'upstream_rejected',
    kept: 'temperature must be below 2.',
  },
  {
    what: 'a request it does not understand (422)',
    native: everywhere(
      openai(422, { message: 'max_tokens is wrong' }),
      anthropic(422, 'invalid_request_error', 'max_tokens is wrong'),
      google(422, 'OUT_OF_RANGE', 'max_tokens is wrong'),
    ),
    status: 400,
    code: 'upstream_rejected',
    kept: 'max_tokens is wrong',
  },
  {
    what: 'a prompt against its policy',
    native: everywhere(
      openai(400, { message: 'It is not allowed by our safety system.', code: 'content_policy_violation' }),
      anthropic(400, 'invalid_request_error', 'Output blocked by content filtering policy: not allowed'),
      google(400, 'FAILED_PRECONDITION', 'It was blocked by the content filter: not allowed'),
    ),
    status: 400,
    code: 'content_policy_violation',
    kept: 'not allowed',
  },
  {
    what: 'our credential (401)',
    native: everywhere(
      openai(401, { code: 'invalid_api_key' }),
      anthropic(401, 'authentication_error'),
      google(401, 'UNAUTHENTICATED'),
    ),
    status: 502,
    code: 'upstream_auth',
    shouldRetry: 'false',
  },
  {
    what: 'our credential (403)',
    native: everywhere(
      openai(403, { type: 'permission_error' }),
      anthropic(403, 'permission_error'),
      google(403, 'PERMISSION_DENIED'),
    ),
    status: 502,
    code: 'upstream_auth',
    shouldRetry: 'false',
  },
  {
    what: 'our credential, said with a 400',
    native: {
      'openai-chat': openai(400, { message: `Incorrect API key provided: ${SECRETS}` }),
      'google-generate-content': google(400, 'INVALID_ARGUMENT', `API key not valid. ${SECRETS}`),
    },
    status: 502,
    code: 'upstream_auth',
    shouldRetry: 'false',
  },
  {
    what: 'our empty account',
    native: everywhere(
      openai(429, { code: 'insufficient_quota', type: 'insufficient_quota' }),
      anthropic(400, 'invalid_request_error', `Your credit balance is too low. ${SECRETS}`),
      google(403, 'PERMISSION_DENIED', `This API method requires billing to be enabled. ${SECRETS}`),
    ),
    status: 503,
    code: 'upstream_unavailable',
    shouldRetry: 'false',
  },
  {
    what: 'our empty account (402)',
    native: everywhere(openai(402, {}), anthropic(402, 'billing_error'), google(402, 'FAILED_PRECONDITION')),
    status: 503,
    code: 'upstream_unavailable',
    shouldRetry: 'false',
  },
  ...['contract_spend_limit_reached', 'enforced_spend_limit_reached', 'organization_on_hold'].map(
    (error_code): Failure => ({
      what: `our account: ${error_code}`,
      native: {
        'anthropic-messages': anthropic(
          429,
          'rate_limit_error',
          SECRETS,
          { error_code },
          { 'retry-after': '17' },
        ),
      },
      status: 503,
      code: 'upstream_unavailable',
      shouldRetry: 'false',
    }),
  ),
  {
    what: 'a ramp that is too steep',
    native: {
      'anthropic-messages': anthropic(
        429,
        'rate_limit_error',
        SECRETS,
        { error_code: 'ramp_limit_exceeded' },
        { 'retry-after': '17' },
      ),
    },
    status: 429,
    code: 'upstream_rate_limited',
    retryAfter: '17',
  },
  {
    what: 'a model it does not have',
    native: everywhere(
      openai(404, { code: 'model_not_found' }),
      anthropic(404, 'not_found_error'),
      google(404, 'NOT_FOUND'),
    ),
    status: 502,
    code: 'bad_gateway',
  },
  {
    what: 'its own timeout',
    native: everywhere(openai(408, {}), anthropic(504, 'timeout_error'), google(504, 'DEADLINE_EXCEEDED')),
    status: 504,
    code: 'upstream_timeout',
  },
  {
    what: 'a conflict',
    native: everywhere(openai(409, {}), anthropic(409, 'conflict_error'), google(409, 'ABORTED')),
    status: 502,
    code: 'bad_gateway',
  },
  {
    what: 'a status between it and us (405)',
    native: everywhere(
      openai(405, {}),
      anthropic(405, 'invalid_request_error'),
      google(405, 'UNIMPLEMENTED'),
    ),
    status: 502,
    code: 'bad_gateway',
  },
  {
    what: 'the size of the request',
    native: everywhere(openai(413, {}), anthropic(413, 'request_too_large'), google(413, 'INVALID_ARGUMENT')),
    status: 413,
    code: 'request_too_large',
  },
  {
    what: 'our rate',
    native: everywhere(
      openai(
        429,
        { code: 'rate_limit_exceeded' },
        {
          'retry-after': '17',
          'x-ratelimit-remaining-requests': '31337',
          'x-ratelimit-reset-tokens': '6m0s',
        },
      ),
      anthropic(429, 'rate_limit_error', SECRETS, undefined, {
        'retry-after': '17',
        'anthropic-ratelimit-requests-remaining': '31337',
        'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:00Z',
      }),
      google(429, 'RESOURCE_EXHAUSTED', `You exceeded your current quota. ${SECRETS}`, [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '16.2s' },
      ]),
    ),
    status: 429,
    code: 'upstream_rate_limited',
    retryAfter: '17',
  },
  {
    what: 'our rate, told in its rate headers only',
    native: {
      'openai-chat': openai(
        429,
        {},
        {
          'x-ratelimit-remaining-requests': '12',
          'x-ratelimit-reset-requests': '31337s',
          'x-ratelimit-remaining-tokens': '0',
          'x-ratelimit-reset-tokens': '1m15.2s',
        },
      ),
      'openai-responses': openai(
        429,
        {},
        { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '75100ms' },
      ),
      'anthropic-messages': anthropic(429, 'rate_limit_error', SECRETS, undefined, {
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:01:16Z',
        'anthropic-ratelimit-requests-remaining': '5',
        'anthropic-ratelimit-requests-reset': '2026-01-01T03:13:37Z',
      }),
    },
    status: 429,
    code: 'upstream_rate_limited',
    retryAfter: '76',
  },
  ...[500, 502].map(
    (status): Failure => ({
      what: `its own fault (${status})`,
      native: everywhere(
        openai(status, { type: 'server_error' }),
        anthropic(status, 'api_error'),
        google(status, 'INTERNAL'),
      ),
      status: 502,
      code: 'bad_gateway',
    }),
  ),
  {
    what: 'a page of a proxy',
    native: everywhere(html(502), html(500), html(501)),
    status: 502,
    code: 'bad_gateway',
  },
  {
    what: 'overload',
    native: everywhere(
      openai(503, { type: 'server_error' }, { 'retry-after-ms': '8200' }),
      anthropic(529, 'overloaded_error', SECRETS, undefined, { 'retry-after': '9' }),
      google(503, 'UNAVAILABLE', SECRETS, [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '9s' },
      ]),
    ),
    status: 503,
    code: 'upstream_overloaded',
    retryAfter: '9',
  },
];
