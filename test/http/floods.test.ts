// Floods of requests with wrong keys: slowed for their address, cheap, and nobody else's trouble.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import fc from 'fast-check';
import { FloodGate, type FloodSummary } from '../../src/gateway/admission/flood-gate.ts';
import { networkOf } from '../../src/http/address.ts';
import { sha256Hex } from '../../src/lib/crypto.ts';
import { newAdminSecret, newKeySecret } from '../../src/lib/id.ts';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { fakeClock } from '../support/store-fixtures.ts';

const BURST = 30;

let direct: InProcess;
let proxied: InProcess;
beforeAll(async () => {
  direct = await openHere({ server: { trusted_proxies: ['192.0.2.1'] } });
  proxied = await openHere({ server: { trusted_proxies: ['127.0.0.1'] } });
});
afterAll(() => Promise.all([direct.stop(), proxied.stop()]));

const list = (server: InProcess, key: string, from?: string) =>
  fetch(`${server.url}/v1/models`, {
    headers: { authorization: `Bearer ${key}`, ...(from === undefined ? {} : { 'x-forwarded-for': from }) },
  });
const statusOf = async (response: Promise<Response>) => {
  const { status, body } = await response;
  await body?.cancel();
  return status;
};

/** Uses up what an address has. */
async function flood(server: InProcess, from: string): Promise<void> {
  for (let i = 0; i < BURST; i++) expect(await statusOf(list(server, newKeySecret(), from))).toBe(401);
  expect(await statusOf(list(server, newKeySecret(), from))).toBe(429);
}

describe('2,000 requests with random keys from one address', () => {
  test('are told 401 thirty times and 429 from then on, with no further look at the directory', async () => {
    const counts: Record<number, number> = {};
    for (let i = 0; i < 2000; i += 50) {
      const some = Array.from({ length: 50 }, (_, more) =>
        ask(direct, FORMATS[more % 3] ?? 'openai-chat', { model: 'm', key: newKeySecret() }),
      );
      for (const response of await Promise.all(some)) {
        counts[response.status] = (counts[response.status] ?? 0) + 1;
        if (response.status === 429) expect(response.headers.get('retry-after')).toBe('1');
        await response.body?.cancel();
      }
    }
    expect(counts).toEqual({ 401: BURST, 429: 2000 - BURST });
    expect(direct.looks.keys).toBe(BURST);
  }, 30_000);

  test('leave good keys of the same address alone, in either header and beside a wrong one', async () => {
    expect(await statusOf(list(direct, newKeySecret()))).toBe(429);
    expect(await statusOf(list(direct, direct.key))).toBe(200);
    const headers = { 'x-api-key': direct.key, authorization: `Bearer ${newKeySecret()}` };
    expect(await statusOf(fetch(`${direct.url}/v1/models`, { headers }))).toBe(200);
    expect(await statusOf(list(direct, direct.makeKey({}).key))).toBe(200);
  });

  test('are refused whatever they claim to be forwarded for, and however they are wrong', async () => {
    expect(await statusOf(list(direct, newKeySecret(), '203.0.113.9'))).toBe(429);
    for (const key of ['', 'sk-other', 'osiris-admin-0']) {
      expect(await statusOf(list(direct, key))).toBe(429);
    }
    expect(await statusOf(fetch(`${direct.url}/v1/models`))).toBe(429);
    expect(await statusOf(fetch(`${direct.url}/v1/models`, { method: 'HEAD' }))).toBe(429);
    const { key, stored } = direct.makeKey({});
    direct.directory.revoke(stored.id);
    expect(await statusOf(list(direct, key))).toBe(429);
  });

  test.each(FORMATS)('are answered in the words of %s, before the body is read', async (format) => {
    const key = newKeySecret();
    const response = await ask(direct, format, { model: 'm', key });
    const { code, type, message } = await errorOf(response);
    expect(code).toBe('rate_limit_exceeded');
    expect(type).toBe(format === 'anthropic-messages' ? 'rate_limit_error' : 'requests');
    expect(message).toContain('key');
    expect(message).not.toContain(key);
    const head = await headOf(
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-length: 9000000\r\n\r\n{`,
    );
    expect(head).toStartWith('HTTP/1.1 429');
  });

  test('may go on at one a second', async () => {
    direct.clock.advance(5000);
    for (let i = 0; i < 5; i++) expect(await statusOf(list(direct, newKeySecret()))).toBe(401);
    expect(await statusOf(list(direct, newKeySecret()))).toBe(429);
  });
});

describe('behind a trusted proxy', () => {
  test('the forwarded address is slowed and no other', async () => {
    await flood(proxied, '203.0.113.9');
    expect(await statusOf(list(proxied, newKeySecret(), '203.0.113.10'))).toBe(401);
    expect(await statusOf(list(proxied, newKeySecret(), '198.51.100.1, 203.0.113.9'))).toBe(429);
    expect(await statusOf(list(proxied, newKeySecret(), '203.0.113.9, 198.51.100.1'))).toBe(401);
    expect(await statusOf(list(proxied, proxied.key, '203.0.113.9'))).toBe(200);
  });

  test('an IPv6 client is its whole /64', async () => {
    await flood(proxied, '2001:db8:1:2::7');
    expect(await statusOf(list(proxied, newKeySecret(), '2001:db8:1:2:ffff:1:2:3'))).toBe(429);
    expect(await statusOf(list(proxied, newKeySecret(), '2001:db8:1:3::7'))).toBe(401);
  });

  test('a request without a usable host, and HEAD, still have their address', async () => {
    await flood(proxied, '203.0.113.50');
    const from = 'x-forwarded-for: 203.0.113.50\r\nx-api-key: sk-wrong\r\n\r\n';
    expect(await headOf(`GET /v1/models HTTP/1.1\r\nhost: a b\r\n${from}`, proxied)).toContain(' 429 ');
    expect(await headOf(`HEAD /v1/models HTTP/1.1\r\nhost: x\r\n${from}`, proxied)).toContain(' 429 ');
  });

  test('many addresses together search the directory a hundred times, and then ten times a second', async () => {
    proxied.clock.advance(60_000);
    proxied.looks.keys = 0;
    for (let i = 0; i < 1000; i++) {
      expect(await statusOf(list(proxied, newKeySecret(), `10.1.${i % 250}.${i % 240}`))).toBe(401);
    }
    expect(proxied.looks.keys).toBe(100);
    proxied.clock.advance(1000);
    for (let i = 0; i < 100; i++)
      expect(await statusOf(list(proxied, newKeySecret(), `10.2.0.${i}`))).toBe(401);
    expect(proxied.looks.keys).toBe(110);
  }, 30_000);
});

describe('guesses at the admin secret', () => {
  const admin = (secret: string, from: string) =>
    statusOf(
      fetch(`${proxied.url}/admin/keys`, {
        headers: { authorization: `Bearer ${secret}`, 'x-forwarded-for': from },
      }),
    );
  const from = '127.0.0.1';

  test('are slowed like wrong keys, cost no look at the facts, and do not lock the operator out', async () => {
    expect(await admin(proxied.adminSecret, from)).toBe(200);
    for (let i = 0; i < BURST; i++) expect(await admin(newAdminSecret(), from)).toBe(401);
    const before = proxied.looks.facts;
    for (let i = 0; i < 100; i++) expect(await admin(newAdminSecret(), from)).toBe(429);
    expect(proxied.looks.facts).toBe(before);
    expect(await admin(proxied.adminSecret, from)).toBe(200);
  });

  test('with a secret that was replaced do not open, and the new one does', async () => {
    const next = newAdminSecret();
    proxied.directory.setFact('admin_secret_sha256', sha256Hex(next));
    expect(await admin(proxied.adminSecret, from)).toBe(429);
    expect(await admin(next, from)).toBe(200);
  });
});

describe('the gate', () => {
  test('lets no more than its burst and one a second of each address through, and tells the truth', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.nat(2))), (arrivals) => {
        const clock = fakeClock();
        const gate = new FloodGate({ addressOf: ({ url }) => url, clock, later: () => {}, report: () => {} });
        const startMs = clock.nowMs();
        const passed = [0, 0, 0];
        for (const [waitMs, who] of arrivals) {
          clock.advance(waitMs);
          const request = new Request(`http://${who}/`);
          try {
            gate.check(request);
          } catch (thrown) {
            const { retryAfterS = 0 } = thrown as { retryAfterS?: number };
            clock.advance(retryAfterS * 1000);
            gate.check(request);
          }
          passed[who] = (passed[who] ?? 0) + 1;
        }
        const most = BURST + (clock.nowMs() - startMs) / 1000;
        for (const count of passed) expect(count).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('writes one summary a minute, and none while nothing is slowed', () => {
    const summaries: FloodSummary[] = [];
    const due: (() => void)[] = [];
    const gate = new FloodGate({
      addressOf: ({ url }) => new URL(url).hostname,
      clock: fakeClock(),
      later: (_, act) => due.push(act),
      report: (summary) => summaries.push(summary),
    });
    const send = (from: string, count: number) => {
      for (let i = 0; i < count; i++) {
        try {
          gate.check(new Request(`http://${from}/`));
        } catch {}
      }
    };
    send('a.test', BURST);
    expect(due.length).toBe(0);
    send('a.test', 5);
    send('b.test', BURST + 7);
    expect([due.length, summaries]).toEqual([1, []]);
    due.pop()?.();
    expect(summaries).toEqual([{ requests: 12, addresses: 2, worst: 'b.test', fromWorst: 7 }]);
    send('a.test', 2);
    due.pop()?.();
    expect(summaries.at(-1)).toEqual({ requests: 2, addresses: 1, worst: 'a.test', fromWorst: 2 });
    expect(due.length).toBe(0);
  });
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1:2:3::4:5:192.0.2.1', '1:2:3:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the network of %p is %p', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

/** What comes back up to the blank line, though the request may never be complete. */
function headOf(request: string, { url }: { url: string } = direct): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('error', reject);
  socket.on('close', () => resolve(text));
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (text.includes('\r\n\r\n')) socket.destroy();
  });
  socket.write(request);
  return promise;
}
