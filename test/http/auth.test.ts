// Whose key opens what: both ways to send it, both at once, and secrets that belong elsewhere.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ask, errorOf, FORMATS, makeKey, PATHS } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let echo: string;
let cached: string;

beforeAll(async () => {
  gateway = await startGateway({ upstreams: [] });
  echo = (await makeKey(gateway, '--models', 'sandbox/echo')).key;
  cached = (await makeKey(gateway, '--models', 'sandbox/cached')).key;
}, 120_000);
afterAll(() => gateway.stop());

const listed = async (headers: Record<string, string>): Promise<string[] | number> => {
  const response = await fetch(`${gateway.url}/v1/models`, { headers });
  if (!response.ok) return response.status;
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map((model) => model.id);
};

describe('a key', () => {
  test('is taken from either header, whatever the case of Bearer', async () => {
    for (const headers of [
      { authorization: `Bearer ${echo}` },
      { authorization: `bearer ${echo}` },
      { authorization: `BEARER   ${echo}` },
      { 'x-api-key': echo },
    ] as Record<string, string>[]) {
      expect(await listed(headers)).toEqual(['sandbox/echo']);
    }
  });

  test('in x-api-key wins over another valid one in Authorization', async () => {
    expect(await listed({ 'x-api-key': cached, authorization: `Bearer ${echo}` })).toEqual([
      'sandbox/cached',
    ]);
    expect(await listed({ 'x-api-key': echo, authorization: `Bearer ${cached}` })).toEqual(['sandbox/echo']);
  });

  test('that is valid wins over one that is not, in whichever header it stands', async () => {
    expect(await listed({ 'x-api-key': 'sk-ant-other', authorization: `Bearer ${echo}` })).toEqual([
      'sandbox/echo',
    ]);
    expect(await listed({ 'x-api-key': echo, authorization: 'Bearer sk-other' })).toEqual(['sandbox/echo']);
    expect(await listed({ 'x-api-key': echo, authorization: 'Basic b3RoZXI=' })).toEqual(['sandbox/echo']);
  });

  test('that was revoked is 401 with words of its own, and its neighbour still works', async () => {
    const { key, id } = await makeKey(gateway);
    expect((await ask(gateway, 'openai-chat', { model: 'sandbox/echo', key })).status).toBe(200);
    expect((await gateway.command(['keys', 'revoke', id])).code).toBe(0);
    const refused = await errorOf(await ask(gateway, 'openai-chat', { model: 'sandbox/echo', key }));
    expect(refused).toMatchObject({ status: 401, code: 'revoked_api_key' });
    expect(await listed({ 'x-api-key': key, authorization: `Bearer ${echo}` })).toEqual(['sandbox/echo']);
  });

  test.each(FORMATS)('that expired is 402 on %s, and 400 comes before it', async (format) => {
    const soon = new Date(Date.now() + 1500).toISOString();
    const { key } = await makeKey(gateway, '--expires', soon, '--rpm', '1000000');
    expect((await ask(gateway, format, { model: 'sandbox/echo', key })).status).toBe(200);
    let response = await ask(gateway, format, { model: 'sandbox/echo', key });
    while (response.ok) response = await ask(gateway, format, { model: 'sandbox/echo', key });
    expect(await errorOf(response)).toMatchObject({ status: 402, code: 'key_expired' });
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect((await ask(gateway, format, { model: 'no-such-model', key })).status).toBe(400);
  });

  test.each(FORMATS)('that is missing or unknown is 401 on %s in its vocabulary', async (format) => {
    const type = format === 'anthropic-messages' ? 'authentication_error' : 'invalid_request_error';
    for (const authorization of ['', 'Bearer', 'Bearer  ', `Bearer sk-osiris-${'0'.repeat(32)}`, echo]) {
      const response = await ask(gateway, format, { model: 'sandbox/echo', headers: { authorization } });
      expect(await errorOf(response)).toMatchObject({ status: 401, type });
    }
  });

  test('that stands without Bearer is told so', async () => {
    const headers = { authorization: echo };
    const { message } = await errorOf(await ask(gateway, 'openai-chat', { model: 'sandbox/echo', headers }));
    expect(message).toContain('"Authorization: Bearer sk-osiris-…"');
    expect(message).not.toContain(echo);
  });
});

describe('the admin secret', () => {
  const admin = (headers: Record<string, string>) => fetch(`${gateway.url}/admin/keys`, { headers });

  test('opens /admin in either header, where client keys do not', async () => {
    expect((await admin({ authorization: `bearer ${gateway.adminSecret}` })).status).toBe(200);
    expect((await admin({ 'x-api-key': gateway.adminSecret })).status).toBe(200);
    const refused = await errorOf(await admin({ authorization: `Bearer ${gateway.key}` }));
    expect(refused.status).toBe(401);
    expect(refused.message).toContain('admin secret');
    expect((await admin({})).status).toBe(401);
  });

  test('is refused on /v1, and named for what it is', async () => {
    for (const format of FORMATS) {
      const response = await ask(gateway, format, { model: 'sandbox/echo', key: gateway.adminSecret });
      const refused = await errorOf(response);
      expect(refused.status).toBe(401);
      expect(refused.message).toContain('/admin');
    }
    expect(await listed({ 'x-api-key': gateway.adminSecret })).toBe(401);
  });
});

describe('every inference route', () => {
  const aliases = [...Object.values(PATHS), '/v1/messages/count_tokens', '/v1/responses/input_tokens'];

  test.each(aliases)(
    '%s answers with /v1 twice, once and not at all, with any query and version',
    async (path) => {
      const format = path.includes('messages')
        ? 'anthropic-messages'
        : path.includes('responses')
          ? 'openai-responses'
          : 'openai-chat';
      const bare = path.replace('/v1', '');
      for (const alias of [path, `/v1${path}`, bare, `${path}?beta=true`]) {
        const headers = { 'anthropic-version': '2099-12-31', 'anthropic-beta': 'no-such-beta-2031-01-01,x' };
        const response = await ask(gateway, format, { model: 'sandbox/echo', path: alias, headers });
        expect({ alias, status: response.status }).toEqual({ alias, status: 200 });
        await response.body?.cancel();
      }
    },
  );

  test('/v1/models too', async () => {
    for (const path of ['/v1/models', '/v1/v1/models', '/models', '/v1/models?limit=1000&beta=true']) {
      const response = await fetch(gateway.url + path, { headers: { 'x-api-key': echo } });
      expect({ path, status: response.status }).toEqual({ path, status: 200 });
    }
    for (const path of ['/v1/models/', '/v1/v1/models/', '/models/']) {
      const response = await fetch(`${gateway.url}${path}sandbox/echo`, { headers: { 'x-api-key': echo } });
      expect(await response.json()).toMatchObject({ id: 'sandbox/echo', type: 'model' });
    }
  });
});
