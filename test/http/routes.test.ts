// What addresses answer that are no plain calls: looks with HEAD, sockets, wrong methods, what is not built.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { codecOf } from '../../src/http/routes.ts';
import { ask, errorOf, FORMATS, PATHS } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ upstreams: [] });
}, 120_000);
afterAll(() => gateway.stop());

test.each(['/', '/health/live', '/docs', '/openapi.json'])('HEAD %s is 200 without a body', async (path) => {
  const response = await fetch(gateway.url + path, { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
  const got = await fetch(gateway.url + path);
  expect(response.headers.get('content-type')).toBe(got.headers.get('content-type'));
  await got.body?.cancel();
});

describe('a WebSocket upgrade of Responses', () => {
  test.each(['/v1/responses', '/v1/v1/responses', '/responses', '/v1/responses?x=1'])(
    'at %s is 426 before anyone asks for a key, and the next POST goes through',
    async (path) => {
      const answer = await upgrade(path);
      expect(answer).toStartWith('HTTP/1.1 426');
      expect(answer).toMatch(/^upgrade: /im);
      expect(answer).toContain('POST');
    },
  );

  test('is a real client’s: WebSocket is told no', async () => {
    const closed = Promise.withResolvers<number>();
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/responses`);
    socket.onclose = ({ code }) => closed.resolve(code);
    expect(await closed.promise).not.toBe(1000);
  });

  test('is nothing that plain GET is', async () => {
    const response = await fetch(`${gateway.url}/v1/responses`);
    expect(response.headers.get('allow')).toBe('POST');
    expect((await errorOf(response)).status).toBe(405);
  });
});

describe('a wrong method', () => {
  test.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['PUT', '/v1/messages', 'POST'],
    ['GET', '/v1/v1/messages', 'POST'],
    ['DELETE', '/responses', 'POST'],
    ['GET', '/v1/messages/count_tokens', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['POST', '/models/x/y', 'GET'],
    ['GET', '/v1beta/models/x:generateContent', 'POST'],
    ['PUT', '/v1/v1beta/models/x/y:countTokens', 'POST'],
    ['POST', '/v1beta/models/x/y', 'GET'],
    ['POST', '/v1beta/models', 'GET'],
    ['POST', '/', 'GET'],
    ['POST', '/health/live', 'GET'],
    ['DELETE', '/admin/keys', 'GET, POST'],
    ['POST', '/v1/key', 'GET'],
    ['PUT', '/admin/keys/x', 'GET, PATCH'],
    ['GET', '/admin/keys/x/credit', 'POST'],
    ['OPTIONS', '/v1/messages', 'POST'],
    ['HEAD', '/v1/messages', 'POST'],
  ])('%s %s is 405 and says which is right', async (method, path, allow) => {
    const response = await fetch(gateway.url + path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    if (method !== 'HEAD') expect((await errorOf(response)).message).toContain(allow.split(',')[0] ?? '');
  });
});

test('every documented address says to a wrong method which are right', async () => {
  const { paths } = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  expect(Object.keys(paths).length).toBeGreaterThan(30);
  for (const [path, methods] of Object.entries(paths)) {
    const right = Object.keys(methods).map((method) => method.toUpperCase());
    const response = await fetch(gateway.url + path.replace(/\{\w+\}/g, 'x'), { method: 'PUT' });
    const allow = response.headers.get('allow')?.split(', ') ?? [];
    expect([path, response.status, allow.toSorted()]).toEqual([path, 405, right.toSorted()]);
  }
});

describe('an address that is not there', () => {
  const PLANNED = [
    ['POST', '/v1/images/generations'],
    ['POST', '/audio/speech'],
    ['POST', '/v1/moderations'],
    ['POST', '/v1/completions'],
    ['POST', '/v1/rerank'],
    ['GET', '/v1/realtime'],
    ['GET', '/v1/responses/resp_1'],
    ['DELETE', '/v1/responses/resp_1'],
    ['GET', '/v1/responses/resp_1/input_items'],
    ['POST', '/v1/responses/compact'],
  ];

  test.each(PLANNED)('%s %s is 404 and said to be not part of this version', async (method, path) => {
    const response = await fetch(gateway.url + path, { method });
    const { status, code, message } = await errorOf(response);
    expect([status, code]).toEqual([404, 'not_found']);
    expect(message).toContain('not part of this version');
  });

  test.each([
    ['/v1/chat', 'invalid_request_error'],
    ['/v1/messages/batches', 'not_found_error'],
    ['/v2/messages', 'not_found_error'],
    ['/.env', 'invalid_request_error'],
    ['/v1/v1/v1/models', 'invalid_request_error'],
  ])('%s is 404 of type %s', async (path, type) => {
    const response = await fetch(gateway.url + path, { method: 'POST', body: '{}' });
    expect(await errorOf(response)).toMatchObject({ status: 404, type, code: 'not_found' });
  });
});

describe('an address that is nearly right', () => {
  test.each([
    ['/v1/chat/completion', 'Did you mean `/v1/chat/completions`?'],
    ['/api/v1/responses', 'Did you mean `/v1/responses`?'],
    ['/anthropic/v1/messages', 'Did you mean `/v1/messages`?'],
    ['/keys', 'Did you mean `/key`?'],
    ['/v1//models', 'Remove the one at the end of the base URL.'],
  ])('%s is told the right one', async (path, hint) => {
    const { status, message } = await errorOf(await fetch(gateway.url + path));
    expect(status).toBe(404);
    expect(message).toContain(hint);
  });

  test.each(FORMATS)('is no hindrance to a %s client whose base URL ends in a slash', async (format) => {
    for (const path of [`/${PATHS[format]}`, PATHS[format].replace('/v1/', '/v1//')]) {
      const response = await ask(gateway, format, { model: 'sandbox/echo', path });
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello')]);
    }
  });
});

test.each(['/pages/nothing.js', '/docs/nothing.js'])(
  'a file that is not there, %s, is a 404 that can be read',
  async (path) => {
    const response = await fetch(gateway.url + path);
    expect(await errorOf(response)).toMatchObject({ status: 404, code: 'not_found' });
  },
);

test.each(['x', 'ai', 'ai:80', 'gateway'])('the host name %s does not change what is found', async (host) => {
  for (const [path, status] of [
    ['/health/live', 200],
    ['/v1/models', 401],
    ['/live', 404],
  ] as const)
    expect(await raw(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)).toStartWith(`HTTP/1.1 ${status}`);
});

test('a query or a missing host does not change which route a call reaches', async () => {
  for (const path of ['/v1/messages?beta=true', '/messages?', '/v1/v1/chat/completions?a=/b?c']) {
    const answered = await raw(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`);
    expect(answered).toStartWith('HTTP/1.1 401');
  }
  expect(await raw('POST /v1/messages HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}')).toStartWith('HTTP/1.1 401');
  // the end of this path alone would be a route
  expect(await raw('POST /nothing/messages HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}')).toStartWith(
    'HTTP/1.1 404',
  );
});

test('a head that is too large or no HTTP at all ends the connection and nothing else', async () => {
  expect(await raw('GARBAGE\r\n\r\n')).not.toStartWith('HTTP/1.1 2');
  expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`)).not.toStartWith(
    'HTTP/1.1 2',
  );
  const big = await raw(
    `GET /health/live HTTP/1.1\r\nhost: x\r\nx-codex-turn-metadata: ${'y'.repeat(15_000)}\r\nconnection: close\r\n\r\n`,
  );
  expect(big).toStartWith('HTTP/1.1 200');
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
});

function upgrade(path: string): Promise<string> {
  return raw(
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
}

/** The first piece of what comes back for bytes no client library would send; empty when the connection just ends. */
function raw(request: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => resolve(''));
  socket.on('close', () => resolve(''));
  socket.on('data', (chunk) => {
    resolve(chunk.toString('latin1'));
    socket.destroy();
  });
  socket.write(request);
  return promise;
}

test('an address that is as long as it may be takes no longer to look at for each of its parts', () => {
  expect(codecOf('/models/:'.repeat(200_000)).id).toBe('openai-chat');
  expect(codecOf(`/x/models/${'a:'.repeat(200_000)}countTokens`).id).toBe('google-generate-content');
});
