// The routes of Gemini-format clients from outside: addresses, keys, streams as events and as an array, errors, counts.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GoogleGenAI } from '@google/genai';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { makeKey } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: [],
    server: { max_body_by_route: { '/v1beta/models': '10kB' } },
  });
}, 120_000);
afterAll(() => gateway.stop());

const CONTENTS = [{ role: 'user', parts: [{ text: 'Grüße 🌍' }] }];

type Asking = { body?: JsonObject; headers?: Record<string, string>; method?: string };

function post(
  path: string,
  { body = { contents: CONTENTS }, headers, method = 'POST' }: Asking = {},
): Promise<Response> {
  return fetch(gateway.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(headers ?? { 'x-goog-api-key': gateway.key }) },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
}

async function errorOf(response: Response): Promise<JsonObject> {
  const { error } = asObject(await response.json());
  return asObject(error);
}
const reasonOf = (error: JsonObject) => asObject(asArray(error.details)[0]).reason;
const textOf = (body: unknown) =>
  asArray(asObject(asObject(asArray(asObject(body).candidates)[0]).content).parts)
    .map((part) => asObject(part).text)
    .join('');

const ECHO = '/v1beta/models/sandbox/echo:generateContent';

describe('an address', () => {
  test.each([
    ECHO,
    '/v1beta/models/sandbox%2Fecho:generateContent',
    '/v1beta/models/models/sandbox/echo:generateContent',
    '/v1beta/models/models%2Fsandbox%2Fecho:generateContent',
    '/v1/models/sandbox/echo:generateContent',
    '/models/sandbox/echo:generateContent',
    '/v1/v1beta/models/sandbox/echo:generateContent',
    '/v1beta/v1/models/sandbox/echo:generateContent',
    `${ECHO}?alt=json&prettyPrint=false`,
  ])('%s answers', async (path) => {
    const response = await post(path);
    expect([response.status, response.headers.get('x-osiris-model')]).toEqual([200, 'sandbox/echo']);
    const body = asObject(await response.json());
    expect(textOf(body)).toBe('Grüße 🌍');
    expect(body).toMatchObject({
      modelVersion: 'sandbox/echo',
      usageMetadata: { promptTokenCount: expect.any(Number) },
    });
  });

  test('that names another operation is 404, a wrong method 405 with the right one', async () => {
    const unknown = await post('/v1beta/models/sandbox/echo:embedContent');
    expect(await errorOf(unknown)).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    const got = await post(ECHO, { method: 'GET' });
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await errorOf(got)).toMatchObject({ code: 405, status: 'INVALID_ARGUMENT' });
  });
});

describe('a key', () => {
  const none = `sk-osiris-${'0'.repeat(32)}`;

  test('comes in Google’s two ways and the two others, and the valid one wins', async () => {
    const { key } = gateway;
    const ways: [string, Record<string, string>][] = [
      [ECHO, { 'x-goog-api-key': key }],
      [`${ECHO}?key=${key}`, {}],
      [ECHO, { authorization: `Bearer ${key}` }],
      [ECHO, { 'x-api-key': key }],
      [`${ECHO}?key=${none}`, { 'x-goog-api-key': key }],
      [`${ECHO}?key=${key}`, { 'x-goog-api-key': none, authorization: 'Bearer x' }],
    ];
    for (const [path, headers] of ways) expect((await post(path, { headers })).status).toBe(200);
  });

  test('that is missing, unknown or the admin’s is 401 in Google’s words', async () => {
    for (const [path, headers] of [
      [ECHO, {}],
      [`${ECHO}?key=`, {}],
      [`${ECHO}?key=${none}`, {}],
      [ECHO, { 'x-goog-api-key': gateway.adminSecret }],
    ] as const) {
      const response = await post(path, { headers });
      expect(await errorOf(response)).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    }
  });

  test('in the address is in no answer and in no log', async () => {
    const secret = `sk-osiris-${'5ecre7'.repeat(5)}00`;
    for (const path of [
      ECHO,
      '/v1beta/models/nothing:generateContent',
      '/v1beta/models',
      '/v1beta/x',
      '/v1beta/models/a:b',
    ])
      for (const key of [secret, gateway.key]) {
        const response = await post(`${path}?key=${key}`, { headers: {} });
        expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain(key);
      }
    expect(gateway.logs()).not.toContain(secret);
    expect(gateway.logs()).not.toContain(gateway.key);
  });

  test('sees its own models only, and may use no other', async () => {
    const { key } = await makeKey(gateway, '--models', 'sandbox/tools');
    const listed = await fetch(`${gateway.url}/v1beta/models?key=${key}`);
    expect(asArray(asObject(await listed.json()).models)).toMatchObject([{ name: 'models/sandbox/tools' }]);
    const refused = await post(ECHO, { headers: { 'x-goog-api-key': key } });
    expect(await errorOf(refused)).toMatchObject({ code: 403, status: 'PERMISSION_DENIED' });
  });
});

describe('a stream', () => {
  const STREAM = '/v1beta/models/sandbox/echo:streamGenerateContent';

  test('is server-sent events when asked for by alt=sse, without a last word', async () => {
    const response = await post(`${STREAM}?alt=sse`);
    expect(response.headers.get('content-type')).toStartWith('text/event-stream');
    const text = await response.text();
    expect(text).not.toContain('[DONE]');
    expect(text).toEndWith('\n\n');
    const pieces = text
      .trimEnd()
      .split('\n\n')
      .map((frame) => JSON.parse(frame.slice('data: '.length)) as JsonObject);
    expect(pieces.map(textOf).join('')).toBe('Grüße 🌍');
    expect(asArray(pieces.at(-1)?.candidates)).toMatchObject([{ finishReason: 'STOP' }]);
  });

  test('is one JSON array without it', async () => {
    const response = await post(STREAM);
    expect(response.headers.get('content-type')).toStartWith('application/json');
    expect(response.headers.get('x-osiris-provider')).toBe('sandbox');
    const pieces = asArray(await response.json());
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map(textOf).join('')).toBe('Grüße 🌍');
  });

  test('as an array arrives piece by piece, not at its end', async () => {
    const words = [{ parts: [{ text: 'one two three four five six seven eight nine ten' }] }];
    const response = await post('/v1beta/models/sandbox/drip-50:streamGenerateContent', {
      body: { contents: words },
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toStartWith('[{"candidates"');
    expect(new TextDecoder().decode(first?.value)).not.toContain('finishReason');
    await reader?.cancel();
  });

  test('that breaks ends in an error, and the array is closed all the same', async () => {
    const broken = await post('/v1beta/models/sandbox/error-midstream:streamGenerateContent');
    const last = asArray(await broken.json()).at(-1);
    expect(asObject(last).error).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
    const events = await post('/v1beta/models/sandbox/truncate:streamGenerateContent?alt=sse');
    const frames = (await events.text()).trimEnd().split('\n\n');
    expect(frames.at(-1)).toContain('"status":"UNAVAILABLE"');
  });

  test('that is refused is refused as what was asked for', async () => {
    const path = '/v1beta/models/no-such-model:streamGenerateContent';
    const [array, object] = await Promise.all([post(path), post(`${path}?alt=sse`)]);
    expect(asArray(await array.json())).toMatchObject([{ error: { code: 400 } }]);
    expect(await object.json()).toMatchObject({ error: { code: 400 } });
  });
});

describe('a refusal', () => {
  const cases: [string, Asking & { path?: string }, number, string, string][] = [
    ['no contents', { body: {} }, 400, 'MISSING_FIELD', 'contents'],
    [
      'messages of another format',
      { body: { messages: [] } },
      400,
      'MISSING_FIELD',
      'this route takes "contents"',
    ],
    ['a wrong type', { body: { contents: 'Hi' } }, 400, 'INVALID_VALUE', '`contents`'],
    [
      'an unknown model',
      { path: '/v1beta/models/no-such:generateContent' },
      400,
      'MODEL_NOT_FOUND',
      'no-such',
    ],
    [
      'a large body',
      { body: { contents: [{ parts: [{ text: 'x'.repeat(20_000) }] }] } },
      413,
      'REQUEST_TOO_LARGE',
      'larger',
    ],
  ];
  test.each(cases)(
    'of %s says so in Google’s shape',
    async (_, { path = ECHO, ...asking }, status, reason, words) => {
      const response = await post(path, asking);
      expect(response.status).toBe(status);
      expect(response.headers.get('x-request-id')).toBe(response.headers.get('request-id'));
      const error = await errorOf(response);
      expect([error.code, reasonOf(error)]).toEqual([status, reason]);
      expect(error.message).toContain(words);
    },
  );

  test('of one call too many says when to come back', async () => {
    const { key } = await makeKey(gateway, '--rpm', '1');
    const headers = { 'x-goog-api-key': key };
    await post(ECHO, { headers });
    const response = await post(ECHO, { headers });
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    const error = await errorOf(response);
    expect([error.code, error.status, reasonOf(error)]).toEqual([
      429,
      'RESOURCE_EXHAUSTED',
      'RATE_LIMIT_EXCEEDED',
    ]);
    expect(JSON.stringify(error.details)).toContain('"retryDelay":"');
  });
});

describe('counting', () => {
  const COUNT = '/v1beta/models/sandbox/echo:countTokens';

  test('takes contents alone or a whole request, and says what the call would', async () => {
    const answered = asObject(await (await post(ECHO)).json());
    const { promptTokenCount } = asObject(answered.usageMetadata);
    const alone = asObject(await (await post(COUNT)).json());
    const request = {
      model: 'models/sandbox/echo',
      contents: CONTENTS,
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
    };
    const whole = asObject(await (await post(COUNT, { body: { generateContentRequest: request } })).json());
    expect(alone.totalTokens).toBe(promptTokenCount ?? 0);
    expect(Number(whole.totalTokens)).toBeGreaterThan(Number(alone.totalTokens));
  });

  test('takes no request from the key’s minute', async () => {
    const { key } = await makeKey(gateway, '--rpm', '1');
    const headers = { 'x-goog-api-key': key };
    for (let times = 0; times < 3; times++) expect((await post(COUNT, { headers })).status).toBe(200);
    expect((await post(ECHO, { headers })).status).toBe(200);
  });
});

describe('Google’s own library', () => {
  const open = (apiVersion?: string) =>
    new GoogleGenAI({
      apiKey: gateway.key,
      ...(apiVersion === undefined ? {} : { apiVersion }),
      httpOptions: { baseUrl: gateway.url },
    });

  test.each([undefined, 'v1', 'v1beta'])('asks, counts and lists in version %p', async (version) => {
    const { models } = open(version);
    const model = 'sandbox/echo';
    expect((await models.generateContent({ model, contents: 'Hello' })).text).toBe('Hello');
    expect((await models.countTokens({ model, contents: 'Hello' })).totalTokens).toBeGreaterThan(0);
    const names: (string | undefined)[] = [];
    for await (const one of await models.list()) names.push(one.name);
    expect(names).toContain('models/sandbox/echo');
    expect((await models.get({ model })).inputTokenLimit).toBeGreaterThan(0);
    expect(await models.get({ model: 'no-such' }).catch((thrown: unknown) => thrown)).toMatchObject({
      status: 404,
    });
  });

  test('shows the words of a refusal and its status', async () => {
    const failure = await open()
      .models.generateContent({ model: 'no-such-model', contents: 'Hello' })
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ name: 'ApiError', status: 400 });
    expect(String(failure)).toContain('There is no model');
  });

  test('reads the same list as others do only when it is Google’s', async () => {
    const other = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': gateway.key } });
    expect(asObject(await other.json())).toMatchObject({ object: 'list', data: expect.any(Array) });
  });
});
