// Errors of every class in the words of every client: status, type, code, message, and when to come back.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asArray, asObject } from '../../src/lib/json.ts';
import { type Conformance, modelOver, openConformance, requestOf } from '../support/conformance.ts';
import type { RawAnswer } from '../support/raw-upstream.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import { FAILURES, type Failure } from './upstream-failures.ts';

let stage: Conformance;
let rich: string;
beforeAll(async () => {
  stage = await openConformance(10);
  rich = stage.makeKey({ creditNano: 10_000_000_000n });
});
afterAll(() => stage.stop());

/** `error.type` of OpenAI and Anthropic, `error.status` of Google. */
const TYPES: Record<string, [openai: string, anthropic: string, google: string]> = {
  invalid_json: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  invalid_value: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  missing_field: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  unsupported_parameter: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  context_length_exceeded: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  content_policy_violation: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  upstream_rejected: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  model_not_found: ['invalid_request_error', 'not_found_error', 'INVALID_ARGUMENT'],
  missing_api_key: ['invalid_request_error', 'authentication_error', 'UNAUTHENTICATED'],
  invalid_api_key: ['invalid_request_error', 'authentication_error', 'UNAUTHENTICATED'],
  insufficient_quota: ['insufficient_quota', 'billing_error', 'FAILED_PRECONDITION'],
  key_expired: ['insufficient_quota', 'billing_error', 'FAILED_PRECONDITION'],
  model_not_allowed: ['permission_error', 'permission_error', 'PERMISSION_DENIED'],
  request_too_large: ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
  rate_limit_exceeded: ['requests', 'rate_limit_error', 'RESOURCE_EXHAUSTED'],
  upstream_rate_limited: ['rate_limit_exceeded', 'rate_limit_error', 'RESOURCE_EXHAUSTED'],
  upstream_auth: ['server_error', 'api_error', 'UNAVAILABLE'],
  upstream_unavailable: ['server_error', 'api_error', 'UNAVAILABLE'],
  upstream_timeout: ['server_error', 'timeout_error', 'DEADLINE_EXCEEDED'],
  upstream_overloaded: ['server_error', 'overloaded_error', 'UNAVAILABLE'],
  bad_gateway: ['server_error', 'api_error', 'UNAVAILABLE'],
};

function typeIn(client: WireFormat, code: string): string | undefined {
  const [openai, anthropic, google] = TYPES[code] ?? [];
  if (client === 'anthropic-messages') return anthropic;
  return client === 'google-generate-content' ? google : openai;
}

type Told = { status: number; type: unknown; code: unknown; message: string; param: unknown };

/** What a client of the format reads of an error, whose body must have every member its libraries ask for. */
function toldBy(client: WireFormat, status: number, text: string): Told {
  const body = asObject(JSON.parse(text));
  const error = asObject(body.error);
  const message = String(error.message);
  if (client === 'google-generate-content') {
    expect(error.code).toBe(status);
    const details = asArray(error.details).map(asObject);
    const info = details.find((one) => String(one['@type']).endsWith('ErrorInfo')) ?? {};
    const param = asObject(info.metadata).param ?? null;
    return { status, type: error.status, code: String(info.reason).toLowerCase(), message, param };
  }
  expect([body.type, typeof body.request_id]).toEqual(['error', 'string']);
  expect(Object.keys(error)).toEqual(expect.arrayContaining(['message', 'type', 'param', 'code']));
  expect(asObject(error.details).error_code).toBe(error.code);
  return { status, type: error.type, code: error.code, message, param: error.param };
}

async function expectError(
  client: WireFormat,
  response: Response,
  wanted: { status: number; code: string },
): Promise<Told> {
  const { status } = response;
  expect(response.headers.get('content-type')).toBe('application/json');
  const told = toldBy(client, status, await response.text());
  expect({ status, code: told.code, type: told.type }).toEqual({
    ...wanted,
    type: typeIn(client, wanted.code),
  });
  expect(told.message.length).toBeGreaterThan(10);
  expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
  const waits = [429, 503, 529].includes(status);
  expect(response.headers.has('retry-after')).toBe(waits);
  const ms = Number(response.headers.get('retry-after')) * 1000;
  expect(response.headers.get('retry-after-ms')).toBe(waits ? String(ms) : null);
  return told;
}

describe.each(WIRE_FORMATS)('our own refusals to a client of %s', (client) => {
  const over: WireFormat = 'openai-chat';
  const send = (body: string, members: { key?: string; model?: string } = {}) => {
    const { key = rich, model = modelOver(over) } = members;
    const headers = {
      'content-type': 'application/json',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    };
    return fetch(stage.here.url + requestOf(client, model, false).path, { method: 'POST', headers, body });
  };
  const good = (model = modelOver(over)) => JSON.stringify(requestOf(client, model, false).body);
  const main =
    { 'openai-responses': 'input', 'google-generate-content': 'contents' }[client as string] ?? 'messages';

  test('bad JSON', async () => {
    await expectError(client, await send('{"x"'), { status: 400, code: 'invalid_json' });
  });
  test('a value of the wrong type is named', async () => {
    const body = JSON.stringify({ ...requestOf(client, modelOver(over), false).body, [main]: 7 });
    const told = await expectError(client, await send(body), { status: 400, code: 'invalid_value' });
    expect(told.param).toBe(main);
  });
  test.skipIf(client === 'openai-responses')('a member that is missing is named', async () => {
    const { [main]: _, ...rest } = requestOf(client, modelOver(over), false).body;
    const told = await expectError(client, await send(JSON.stringify(rest)), {
      status: 400,
      code: 'missing_field',
    });
    expect(told.param).toBe(main);
  });
  const TWICE: Partial<Record<WireFormat, [member: object, param: string]>> = {
    'openai-chat': [{ n: 9 }, 'n'],
    'google-generate-content': [
      { generationConfig: { candidateCount: 9 } },
      'generationConfig.candidateCount',
    ],
  };
  const twice = TWICE[client];
  test.skipIf(twice === undefined)('what the provider’s format cannot say is named', async () => {
    const [members, param] = twice ?? [{}, ''];
    const body = JSON.stringify({
      ...requestOf(client, modelOver('anthropic-messages'), false).body,
      ...members,
    });
    const response = await send(body, { model: modelOver('anthropic-messages') });
    const told = await expectError(client, response, { status: 400, code: 'unsupported_parameter' });
    expect(told.param).toBe(param);
  });
  test('a model that does not exist', async () => {
    const response = await send(good('c4nary-model'), { model: 'c4nary-model' });
    await expectError(client, response, { status: 400, code: 'model_not_found' });
  });
  test('no key, and a wrong one', async () => {
    await expectError(client, await send(good(), { key: '' }), { status: 401, code: 'missing_api_key' });
    const told = await expectError(client, await send(good(), { key: 'sk-c4nary' }), {
      status: 401,
      code: 'invalid_api_key',
    });
    expect(told.message).not.toContain('c4nary');
  });
  test('an empty balance, and an expired key: no retry can help', async () => {
    const poor = await send(good(), { key: stage.makeKey() });
    expect(poor.headers.get('x-should-retry')).toBe('false');
    await expectError(client, poor, { status: 402, code: 'insufficient_quota' });
    const late = await send(good(), { key: stage.makeKey({ expiresAtMs: Date.UTC(2020, 0, 1) }) });
    expect(late.headers.get('x-should-retry')).toBe('false');
    await expectError(client, late, { status: 402, code: 'key_expired' });
  });
  test('a model that is not the key’s', async () => {
    const key = stage.makeKey({ models: ['something-else'] });
    await expectError(client, await send(good(), { key }), { status: 403, code: 'model_not_allowed' });
  });
  test('a body that is too large', async () => {
    const response = await send('x'.repeat(10_500_000));
    await expectError(client, response, { status: 413, code: 'request_too_large' });
  });
  test('our rate limit', async () => {
    const key = stage.here.makeKey({ requestsPerMinute: 1 }, { creditNano: 1_000_000_000n }).key;
    await (await send('{"x"', { key })).text();
    stage.answerWith(rawOf(FAILURES[0] as Failure, over));
    await (await send(good(), { key })).text();
    const limited = await send(good(), { key });
    expect(limited.headers.get('retry-after')).toBe('60');
    await expectError(client, limited, { status: 429, code: 'rate_limit_exceeded' });
  });
});

function rawOf(failure: Failure, over: WireFormat): RawAnswer {
  const {
    status,
    body,
    headers = {},
    type = 'application/json',
  } = failure.native[over] ?? { status: 500, body: '' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = Object.entries({
    ...{ 'content-type': type, 'content-length': String(Buffer.byteLength(text)) },
    ...{ 'set-cookie': 'c4nary=1', 'openai-organization': 'c4nary', 'x-c4nary': 'c4nary' },
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return { pieces: [`HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n${text}`], after: 'keep' };
}

for (const client of WIRE_FORMATS) {
  for (const over of WIRE_FORMATS) {
    describe(`a provider of ${over} refuses a client of ${client} for`, () => {
      test.each(FAILURES.filter(({ native }) => native[over]))('$what', async (failure) => {
        for (const stream of [false, true]) {
          stage.answerWith(rawOf(failure, over));
          const response = await stage.ask(client, over, { key: rich, stream });
          const { status, code, kept, retryAfter, shouldRetry } = failure;
          const isBusy = client === 'anthropic-messages' && code === 'upstream_overloaded';
          // Our own ids are random hexadecimal digits, among which a canary of digits can stand by chance.
          const heads = JSON.stringify(
            [...response.headers].filter(([name]) => !/^(x-)?request-id$/.test(name)),
          );
          const told = await expectError(client, response, { status: isBusy ? 529 : status, code });
          if (kept !== undefined) expect(told.message).toContain(kept);
          if (retryAfter !== undefined) expect(response.headers.get('retry-after')).toBe(retryAfter);
          expect(response.headers.get('x-should-retry')).toBe(shouldRetry ?? null);
          expect(heads + told.message).not.toMatch(/c4nary|10\.0\.0\.1\/x\?key|31337|6m0s|set-cookie/);
        }
      });
    });
  }
}
