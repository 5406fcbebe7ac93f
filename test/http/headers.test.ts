// What every answer is labelled with, and what it says of limits and of who answered.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { ask, errorOf, FORMATS, makeKey } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ upstreams: [], server: { cors_origins: ['https://app.example.com'] } });
}, 120_000);
afterAll(() => gateway.stop());

describe('the label', () => {
  const ADDRESSES: [method: string, path: string][] = [
    ['GET', '/'],
    ['HEAD', '/'],
    ['GET', '/docs'],
    ['GET', '/openapi.json'],
    ['GET', '/health/live'],
    ['GET', '/health/ready'],
    ['GET', '/nowhere'],
    ['GET', '/docs/nowhere.js'],
    ['DELETE', '/v1/messages'],
    ['POST', '/v1/messages'],
    ['POST', '/v1/responses/input_tokens'],
    ['POST', '/v1/embeddings'],
    ['GET', '/v1/models'],
    ['GET', '/admin/keys'],
    ['GET', '/admin/nothing'],
    ['OPTIONS', '/v1/models'],
    ['PROPFIND', '/'],
  ];

  test.each(ADDRESSES)('%s %s bears the client’s own, else a new one', async (method, path) => {
    const init = { method, ...(method === 'POST' ? { body: '{' } : {}) };
    const own = await fetch(gateway.url + path, { ...init, headers: { 'x-request-id': 'mine-1' } });
    expect([own.headers.get('x-request-id'), own.headers.get('request-id')]).toEqual(['mine-1', 'mine-1']);
    const fresh = await fetch(gateway.url + path, init);
    expect(fresh.headers.get('x-request-id')).toMatch(UUID);
    expect(fresh.headers.get('request-id')).toBe(fresh.headers.get('x-request-id'));
  });

  test('is on preflights, answers, streams and their errors', async () => {
    const preflight = await fetch(`${gateway.url}/v1/models`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers.get('x-request-id')).toMatch(UUID);
    for (const format of FORMATS) {
      for (const model of ['sandbox/echo', 'sandbox/fail-400', 'no-such-model']) {
        for (const stream of [false, true]) {
          const response = await ask(gateway, format, { model, stream, headers: { 'x-request-id': 'a.b' } });
          expect(response.headers.get('request-id')).toBe('a.b');
          await response.body?.cancel();
        }
      }
    }
  });

  test.each([
    ['too long', 'x'.repeat(129)],
    ['empty', ''],
    ['with a space', 'two words'],
    ['not ASCII', 'étiquette'],
    ['with a tab', 'a\tb'],
    ['with a delete character', 'a\x7fb'],
  ])('is a new one in place of one that is %s', async (_, label) => {
    const head = await rawHead(`GET /health/live HTTP/1.1\r\nhost: x\r\nx-request-id: ${label}\r\n\r\n`);
    const found = /^x-request-id: (.*)$/im.exec(head)?.[1];
    expect(found).toMatch(UUID);
  });

  test('of 128 characters is kept, and request-id counts when x-request-id is absent', async () => {
    const long = '~'.repeat(128);
    const kept = await fetch(`${gateway.url}/docs`, { headers: { 'request-id': long } });
    expect(kept.headers.get('x-request-id')).toBe(long);
  });
});

describe('the limits', () => {
  test.each(FORMATS)('are counted down on %s, in streams and refusals too', async (format) => {
    const { key } = await makeKey(gateway, '--rpm', '4');
    const limits = (response: Response) =>
      ['limit', 'remaining', 'reset'].map((name) => response.headers.get(`x-ratelimit-${name}`));
    for (const [left, stream] of [
      [3, false],
      [2, true],
      [1, false],
    ] as const) {
      const response = await ask(gateway, format, { model: 'sandbox/echo', key, stream });
      expect(limits(response)).toEqual(['4', String(left), '15']);
      await response.text();
    }
    const failed = await ask(gateway, format, { model: 'sandbox/fail-400', key });
    expect([failed.status, ...limits(failed)]).toEqual([400, '4', '0', '15']);
    const refused = await ask(gateway, format, { model: 'sandbox/echo', key });
    expect([refused.status, ...limits(refused)]).toEqual([429, '4', '0', '15']);
    expect(refused.headers.get('retry-after')).toBe('15');
    expect(refused.headers.get('retry-after-ms')).toBe('15000');
    const { code, type } = await errorOf(refused);
    const ofFormat = format === 'anthropic-messages' ? 'rate_limit_error' : 'requests';
    expect([code, type]).toEqual(['rate_limit_exceeded', ofFormat]);
  });

  test('leave token counts out, and a call refused with 400, 401 or 403 takes none', async () => {
    const { key } = await makeKey(gateway, '--rpm', '2', '--models', 'sandbox/echo');
    for (const model of ['no-such-model', 'sandbox/cached'])
      expect((await ask(gateway, 'openai-chat', { model, key })).ok).toBe(false);
    for (let i = 0; i < 10; i++) {
      const path = '/v1/messages/count_tokens';
      expect((await ask(gateway, 'anthropic-messages', { model: 'sandbox/echo', key, path })).status).toBe(
        200,
      );
    }
    const first = await ask(gateway, 'openai-chat', { model: 'sandbox/echo', key });
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
  });
});

describe('an answer', () => {
  test.each(FORMATS)('says who answered on %s, plain and streamed', async (format) => {
    for (const stream of [false, true]) {
      const response = await ask(gateway, format, { model: 'sandbox/echo', stream });
      expect(response.headers.get('x-osiris-model')).toBe('sandbox/echo');
      expect(response.headers.get('x-osiris-provider')).toBe('sandbox');
      expect(response.headers.get('x-osiris-attempts')).toBe('1');
      expect(response.headers.get('x-osiris-losses')).toBeNull();
      expect(response.headers.get('content-type')).toStartWith(
        stream ? 'text/event-stream' : 'application/json',
      );
      await response.text();
    }
  });
});

/** What comes back up to the blank line, for requests that no client library would send. */
function rawHead(request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let text = '';
  socket.on('error', reject);
  socket.on('close', () => resolve(text));
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (text.includes('\r\n\r\n')) socket.destroy();
  });
  socket.write(Buffer.from(request, 'latin1'));
  return promise;
}
