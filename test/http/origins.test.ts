// Who may call from where: browsers of other sites, proxies, and the operator's addresses.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { addressSet, clientAddress } from '../../src/http/address.ts';
import { ask, errorOf } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const HOME = 'https://app.example.com';

let open: Gateway;
let closed: Gateway;
let anyone: Gateway;

beforeAll(async () => {
  [open, closed, anyone] = await Promise.all([
    startGateway({ upstreams: [], server: { cors_origins: [HOME], admin_from: ['203.0.113.0/24', '::1'] } }),
    startGateway({ upstreams: [], server: { trusted_proxies: ['192.0.2.1'] } }),
    startGateway({ upstreams: [], server: { cors_origins: ['*'] } }),
  ]);
}, 120_000);
afterAll(() => Promise.all([open, closed, anyone].map((gateway) => gateway.stop())));

const corsOf = ({ headers }: Response) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control'));

describe('a browser of a named origin', () => {
  const preflight = (gateway: Gateway, origin: string) =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key, anthropic-version',
      },
    });

  test('is let in by the preflight, with the headers it wants to send', async () => {
    const response = await preflight(open, HOME);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(response.headers.get('access-control-allow-origin')).toBe(HOME);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect(response.headers.get('access-control-allow-headers')).toBe('x-api-key, anthropic-version');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('may read answers, streams and errors, and their labels', async () => {
    for (const [model, stream] of [
      ['sandbox/echo', false],
      ['sandbox/echo', true],
      ['nothing', false],
    ] as const) {
      const response = await ask(open, 'openai-chat', { model, stream, headers: { origin: HOME } });
      expect(response.headers.get('access-control-allow-origin')).toBe(HOME);
      expect(response.headers.get('access-control-expose-headers')).toContain('x-request-id');
      expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
      await response.text();
    }
  });

  test('is any at all with "*"', async () => {
    expect((await preflight(anyone, 'https://x.test')).headers.get('access-control-allow-origin')).toBe(
      'https://x.test',
    );
  });
});

test('other origins, other servers and requests without one see no word of it', async () => {
  for (const [gateway, origin] of [
    [open, 'https://app.example.com.evil.test'],
    [open, 'http://app.example.com'],
    [open, 'null'],
    [open, ''],
    [closed, HOME],
  ] as const) {
    const headers: Record<string, string> = origin === '' ? {} : { origin };
    expect(corsOf(await ask(gateway, 'openai-chat', { model: 'sandbox/echo', headers }))).toEqual([]);
    const preflight = await fetch(`${gateway.url}/v1/messages`, {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, corsOf(preflight)]).toEqual([405, []]);
  }
});

describe('the admin routes', () => {
  const admin = async (gateway: Gateway, forwarded?: string) => {
    const headers = { 'x-api-key': gateway.adminSecret };
    const extra: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    return (await fetch(`${gateway.url}/admin/keys`, { headers: { ...headers, ...extra } })).status;
  };

  test('believe a trusted proxy about who is calling', async () => {
    // loopback is a trusted proxy unless the file says otherwise
    expect(await admin(open, '203.0.113.9')).toBe(200);
    expect(await admin(open, '::ffff:203.0.113.9')).toBe(200);
    expect(await admin(open, '[::1]:4711')).toBe(200);
    expect(await admin(open, '203.0.113.9, 127.0.0.1')).toBe(200);
    expect(await admin(open)).toBe(403);
    expect(await admin(open, '198.51.100.7')).toBe(403);
  });

  test('believe nothing a client wrote itself in front of what the proxy added', async () => {
    expect(await admin(open, '203.0.113.9, 198.51.100.7')).toBe(403);
    expect(await admin(open, '203.0.113.9, 198.51.100.7, 127.0.0.1')).toBe(403);
    expect(await admin(open, '203.0.113.9, unknown')).toBe(403);
    expect(await admin(open, '')).toBe(403);
  });

  test('do not listen to a peer that is no trusted proxy', async () => {
    expect(await admin(closed, '203.0.113.9')).toBe(200);
    expect(await admin(closed)).toBe(200);
  });

  test('say which setting keeps the caller out, and do not say whether the secret was right', async () => {
    const refused = await errorOf(
      await fetch(`${open.url}/admin/keys`, { headers: { 'x-forwarded-for': '198.51.100.7' } }),
    );
    expect(refused).toMatchObject({ status: 403, code: 'not_allowed' });
    expect(refused.message).toContain('admin_from');
  });
});

describe('the address of a client', () => {
  const trusted = addressSet(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

  test.each([
    ['203.0.113.9', null, '203.0.113.9'],
    ['::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.1', '10.0.0.1', '203.0.113.1'],
    ['10.1.2.3', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', '198.51.100.1,203.0.113.9 , fd00::7,10.0.0.9:80', '203.0.113.9'],
    ['127.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['127.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['127.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['127.0.0.1', '203.0.113.9, garbage, 10.0.0.1', '10.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
  ])('of %s with %p is %s', (peer, forwarded, address) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(address);
  });
});
