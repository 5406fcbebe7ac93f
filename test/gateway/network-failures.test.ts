// What clients of each format see when a provider fails, and what they and the log must never see.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { newAuthority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const CREDENTIAL = 'c4nary-credential-without-a-known-form';
const BODY = 'c4nary-body';
const ACCOUNT = 'org-c4naryaccount99';

type Failing = { status: number; body?: string; type?: string; headers?: Record<string, string> };
const error = (members: object) =>
  JSON.stringify({ error: { message: `${BODY} ${CREDENTIAL} ${ACCOUNT}`, ...members } });
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hi!', refusal: null },
      finish_reason: 'stop',
      logprobs: null,
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};
const chunk = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ ...completion, object: 'chat.completion.chunk', usage: null, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const begun = chunk({ role: 'assistant', content: 'Hi' }, null);
const html = `<html><h1>502</h1>${BODY} ${CREDENTIAL}</html>`;

/** What the provider does, by the model it is asked for. */
const UPSTREAM: Record<string, Failing> = {
  s401: { status: 401, body: error({ code: 'invalid_api_key' }) },
  s403: { status: 403, body: error({ type: 'permission_error' }) },
  s402: { status: 402, body: error({}) },
  quota: { status: 429, body: error({ code: 'insufficient_quota', type: 'insufficient_quota' }) },
  s404: { status: 404, body: error({ code: 'model_not_found' }) },
  s408: { status: 408, body: error({}) },
  s413: { status: 413, body: error({}) },
  s422: {
    status: 422,
    body: JSON.stringify({ error: { message: `max_tokens is wrong for ${CREDENTIAL} ${ACCOUNT}` } }),
  },
  s429: {
    status: 429,
    body: error({}),
    headers: { 'retry-after': '17', 'x-ratelimit-remaining-tokens': '0' },
  },
  s500: { status: 500, body: error({}) },
  html: { status: 502, body: html, type: 'text/html' },
  s503: { status: 503, body: error({}), headers: { 'retry-after': '9' } },
  s529: { status: 529, body: error({ type: 'overloaded_error' }) },
  moved: { status: 302, body: BODY, headers: { location: 'http://127.0.0.1:1/elsewhere' } },
  wrapped: { status: 200, body: error({ code: 500, type: 'server_error' }) },
  page: { status: 200, body: html, type: 'text/html' },
  nothing: { status: 200, body: '' },
  json: { status: 200, body: JSON.stringify(completion) },
  sse: {
    status: 200,
    type: 'text/event-stream',
    body: `${begun}${chunk({}, 'stop')}data: [DONE]\n\n`,
  },
  cut: { status: 200, type: 'text/event-stream', body: begun },
};

/** Messages clients get 529 where others get 503 for overload. */
const EXPECTED: [model: string, status: number, code: string][] = [
  ['refused', 502, 'upstream_unreachable'],
  ['dns', 502, 'upstream_unreachable'],
  ['tls', 502, 'upstream_unreachable'],
  ['s401', 502, 'upstream_auth'],
  ['s403', 502, 'upstream_auth'],
  ['s402', 503, 'upstream_unavailable'],
  ['quota', 503, 'upstream_unavailable'],
  ['plain', 502, 'upstream_unreachable'],
  ['s404', 502, 'bad_gateway'],
  ['s408', 504, 'upstream_timeout'],
  ['s413', 413, 'request_too_large'],
  ['s422', 400, 'upstream_rejected'],
  ['s429', 429, 'upstream_rate_limited'],
  ['s500', 502, 'bad_gateway'],
  ['html', 502, 'bad_gateway'],
  ['s503', 503, 'upstream_overloaded'],
  ['s529', 503, 'upstream_overloaded'],
  ['moved', 502, 'bad_gateway'],
  ['wrapped', 502, 'bad_gateway'],
  ['page', 502, 'bad_gateway'],
  ['nothing', 502, 'bad_gateway'],
];

/** What another deployment makes good. */
const FAILOVER = [
  ...['refused', 'dns', 'tls', 's401', 's402', 's404', 's429', 's500', 'html', 's529', 'page', 'wrapped'],
];
const thenOf = (name: string, format: string, stream: boolean) =>
  `${name}-then-${format}-${stream ? 'stream' : 'whole'}`;

let gateway: Gateway;
const asked: string[] = [];
const certificate = newAuthority().issue();
const untrusted = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  tls: { cert: certificate.pem, key: certificate.keyPem },
  fetch: () => new Response('never'),
});
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { model } = (await request.json()) as { model: string };
    asked.push(model);
    const { status, body, type, headers } = UPSTREAM[model] ?? { status: 418 };
    return new Response(body ?? '', {
      status,
      headers: { 'content-type': type ?? 'application/json', 'x-canary': BODY, ...headers },
    });
  },
});

beforeAll(async () => {
  const base = `http://127.0.0.1:${upstream.port}/c4nary-path/v1`;
  const provider = (base_url: string) => ({ base_url, format: 'openai-chat', api_key: CREDENTIAL });
  const at = (deployments: [string, string][]) => ({
    price: { input: 0, output: 0 },
    deployments: deployments.map(([name, model]) => ({ provider: name, model })),
  });
  const addresses: Record<string, string> = {
    refused: 'http://127.0.0.1:1/c4nary-path/v1',
    dns: 'http://nowhere.invalid/c4nary-path/v1',
    tls: `https://127.0.0.1:${untrusted.port}/c4nary-path/v1`,
    plain: `https://127.0.0.1:${upstream.port}/c4nary-path/v1`,
  };
  const names = [...Object.keys(addresses), ...Object.keys(UPSTREAM)];
  // who failed is left alone for a while, so each case has a provider of its own
  const cases = FAILOVER.flatMap((name) =>
    FORMATS.flatMap((format) =>
      [true, false].map((stream) => ({ name, model: thenOf(name, format, stream) })),
    ),
  );
  gateway = await startGateway({
    upstreams: [],
    sections: {
      providers: {
        second: provider(base),
        ...Object.fromEntries(names.map((name) => [name, provider(addresses[name] ?? base)])),
        ...Object.fromEntries(cases.map(({ name, model }) => [model, provider(addresses[name] ?? base)])),
      },
      models: {
        ...Object.fromEntries(names.map((name) => [name, at([[name, name]])])),
        // the same failure first, then one that answers
        ...Object.fromEntries(
          cases.map(({ name, model }) => [
            model,
            at([
              [model, name],
              ['second', 'json'],
            ]),
          ]),
        ),
        's422-then': at([
          ['s422', 's422'],
          ['second', 'json'],
        ]),
        'cut-then': at([
          ['cut', 'cut'],
          ['second', 'sse'],
        ]),
      },
      routing: { retries: 0 },
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
  await untrusted.stop(true);
});

const expectClean = (text: string) => {
  expect(text).not.toMatch(/c4nary|c4naryaccount|nowhere\.invalid/i);
  expect(text).not.toContain(`127.0.0.1:${upstream.port}`);
};

for (const format of FORMATS) {
  describe(`a ${format} client`, () => {
    test.each(EXPECTED)('of a provider that fails with %s gets %i', async (model, status, code) => {
      for (const stream of [false, true]) {
        const response = await ask(gateway, format, { model, stream });
        const headers = JSON.stringify([...response.headers]);
        const found = await errorOf(response);
        const overloaded = format === 'anthropic-messages' && code === 'upstream_overloaded';
        const wanted = overloaded ? 529 : status;
        expect({ stream, status: found.status, code: found.code }).toEqual({ stream, status: wanted, code });
        expect(found.message.length).toBeGreaterThan(20);
        if (model === 's422') expect(found.message).toContain('max_tokens is wrong');
        if (model === 's429') expect(response.headers.get('retry-after')).toBe('17');
        if (model === 's503') expect(response.headers.get('retry-after')).toBe('9');
        if (model === 'tls') expect(found.message).toContain('certificate');
        if (model === 'dns') expect(found.message).toContain('does not resolve');
        if (model === 'refused') expect(found.message).toContain('nothing listens');
        if (model === 'plain') expect(found.message).toContain('begins with http://');
        if (model === 'page') expect(found.message).toContain('check its `base_url`');
        if (model === 's404') expect(found.message).toEndWith('check `deployments` in the configuration.');
        expect(headers).not.toContain('x-ratelimit-remaining-tokens');
        expectClean(headers + found.message);
      }
    });

    test.each(FAILOVER)(
      'is answered by the second deployment when the first one fails with %s',
      async (name) => {
        for (const stream of [false, true]) {
          const response = await ask(gateway, format, { model: thenOf(name, format, stream), stream });
          expect([response.status, response.headers.get('x-osiris-attempts')]).toEqual([200, '2']);
          expect(response.headers.get('x-osiris-provider')).toBe('second');
          expect(response.headers.get('content-type')).toStartWith(
            stream ? 'text/event-stream' : 'application/json',
          );
          expect(await response.text()).toContain('Hi!');
        }
      },
    );

    test('of a request the provider refuses is not sent to another one', async () => {
      asked.length = 0;
      const response = await ask(gateway, format, { model: 's422-then' });
      expect([response.status, asked]).toEqual([400, ['s422']]);
    });

    test('of a stream that breaks after content sees its error, and nobody else is asked', async () => {
      asked.length = 0;
      const response = await ask(gateway, format, { model: 'cut-then', stream: true });
      const text = await response.text();
      expect([response.status, asked]).toEqual([200, ['cut']]);
      expect(text).toContain(format === 'openai-responses' ? 'response.failed' : 'upstream_truncated');
      expect(text).toContain('Hi');
      expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed|"finish_reason":"stop"/);
    });

    test('gets the form it asked for, whichever the provider answers in', async () => {
      const plain = await ask(gateway, format, { model: 'sse' });
      expect(plain.headers.get('content-type')).toBe('application/json');
      expect(JSON.stringify(await plain.json())).toContain('Hi');
      const streamed = await ask(gateway, format, { model: 'json', stream: true });
      expect(streamed.headers.get('content-type')).toStartWith('text/event-stream');
      expect(await streamed.text()).toMatch(/\[DONE\]|message_stop|response\.completed/);
    });
  });
}

test('the log says which provider failed, and for which model', () => {
  expect(gateway.logs()).toMatch(/"request failed",.*"model":"s404","provider":"s404","code":"bad_gateway"/);
});

test('the log has a line for each stream that broke behind its beginning', () => {
  const lines = gateway.logs().match(/"warn","message":"stream failed",.*/g) ?? [];
  expect(lines).toHaveLength(FORMATS.length);
  for (const line of lines)
    expect(line).toMatch(/"requestId":".+","model":"cut-then","provider":"cut","code":"upstream_truncated"/);
});

test('the log holds no word of the provider, no credential and no address of it', () => {
  expectClean(gateway.logs());
});
