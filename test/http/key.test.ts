// A key in its holder's hands: what `GET /v1/key` tells, and that the next call sees every change.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { ask, errorOf, makeKey } from '../support/asking.ts';
import type { Gateway } from '../support/gateway.ts';
import { CALL_USD, PAID, startPaidGateway } from '../support/paid.ts';

setDefaultTimeout(60_000);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startPaidGateway();
}, 120_000);
afterAll(() => gateway.stop());

async function holder(key: string, path = '/v1/key'): Promise<JsonObject> {
  const response = await fetch(gateway.url + path, { headers: { 'x-api-key': key } });
  expect(response.status).toBe(200);
  return (await response.json()) as JsonObject;
}

const call = (key: string, model = PAID) => ask(gateway, 'openai-chat', { model, key });
const FREE = 'sandbox/echo';

async function keys(...words: string[]): Promise<JsonObject> {
  const done = await gateway.command(['keys', ...words, '--json']);
  if (done.code !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

describe('GET /v1/key', () => {
  test('tells all that the design names, and goes with the calls', async () => {
    const { key, id } = await makeKey(gateway, '--credit', '5', '--rpm', '30', '--budget', '1/month');
    const before = await holder(key);
    expect(before).toEqual({
      object: 'key',
      id,
      name: 'x',
      prefix: key.slice(0, 14),
      kind: 'credit',
      status: 'active',
      balance_usd: 5,
      held_usd: 0,
      expires_at: null,
      limits: { requests_per_minute: 30, concurrent: 20 },
      rate: { remaining: 30, reset: 0, running: 0 },
      models: null,
      require_tags: null,
      strict: false,
      cache: 'off',
      auto_cache: 'off',
      budget: { amount_usd: 1, period: 'month', spent_usd: 0, resets_at: expect.any(String) },
      quota: null,
      usage: { requests: 0, cost_usd: 0 },
    });
    const tagged = await makeKey(gateway, '--require-tags', 'eu,zdr');
    expect((await holder(tagged.key)).require_tags).toEqual(['eu', 'zdr']);
    expect((await call(key)).status).toBe(200);
    expect((await call(key)).status).toBe(200);
    const after = await holder(key);
    expect(after).toMatchObject({
      balance_usd: 5 - 2 * CALL_USD,
      budget: { spent_usd: 2 * CALL_USD },
      usage: { requests: 2, cost_usd: 2 * CALL_USD },
    });
    expect((after.rate as JsonObject).remaining).toBeWithin(28, 30);
    expect(await keys('show', id)).toMatchObject({
      balance_usd: 5 - 2 * CALL_USD,
      spent_usd: 2 * CALL_USD,
      usage: { requests: 2, input_tokens: 200, output_tokens: 200 },
    });
  });

  test('answers under /v1/v1 too and leaves /key to the page', async () => {
    expect((await holder(gateway.key, '/v1/v1/key')).name).toBe('harness');
    const response = await fetch(`${gateway.url}/key`, { headers: { 'x-api-key': gateway.key } });
    expect(response.headers.get('content-type')).toStartWith('text/html');
  });

  test('says whether it is strict', async () => {
    const { key } = await makeKey(gateway, '--strict');
    expect(await holder(key)).toMatchObject({ strict: true });
  });

  test('says whether Anthropic is asked to cache its prompts', async () => {
    const { key } = await makeKey(gateway, '--auto-cache', 'on');
    expect(await holder(key)).toMatchObject({ auto_cache: 'on' });
  });

  test('takes no request from the key', async () => {
    const { key } = await makeKey(gateway, '--rpm', '1');
    for (let count = 0; count < 5; count++)
      expect((await holder(key)).rate).toEqual({ remaining: 1, reset: 0, running: 0 });
  });

  test('answers a key that is empty or has expired, which may not call', async () => {
    const empty = await makeKey(gateway, '--credit', '0');
    expect(await errorOf(await call(empty.key))).toMatchObject({ status: 402, code: 'insufficient_quota' });
    expect(await holder(empty.key)).toMatchObject({ balance_usd: 0, status: 'active' });
    const expired = await makeKey(gateway, '--credit', '5', '--expires', '2020-01-01');
    expect(await errorOf(await call(expired.key))).toMatchObject({ status: 402, code: 'key_expired' });
    expect(await holder(expired.key)).toMatchObject({
      status: 'expired',
      expires_at: '2020-01-01T00:00:00.000Z',
    });
  });

  test('is 401 for a revoked, unknown or missing key, and for the admin secret', async () => {
    const { key, id } = await makeKey(gateway);
    await keys('revoke', id);
    for (const secret of [key, `sk-osiris-${'0'.repeat(32)}`, gateway.adminSecret]) {
      const response = await fetch(`${gateway.url}/v1/key`, { headers: { 'x-api-key': secret } });
      expect(response.status).toBe(401);
    }
    expect((await fetch(`${gateway.url}/v1/key`)).status).toBe(401);
  });
});

describe('the next call of a running server sees', () => {
  test('credit', async () => {
    const { key, id } = await makeKey(gateway);
    expect((await call(key)).status).toBe(402);
    await keys('credit', id, '1');
    expect((await call(key)).status).toBe(200);
    await keys('credit', id, String(CALL_USD - 1));
    expect((await call(key)).status).toBe(402);
  });

  test('another limit, both ways', async () => {
    const { key, id } = await makeKey(gateway, '--rpm', '1');
    expect((await call(key, FREE)).status).toBe(200);
    expect((await call(key, FREE)).status).toBe(429);
    await keys('limit', id, '--rpm', '100');
    expect((await call(key, FREE)).status).toBe(200);
  });

  test('another model list', async () => {
    const { key, id } = await makeKey(gateway, '--models', 'gpt-5');
    expect((await call(key, FREE)).status).toBe(403);
    await keys('limit', id, '--models', 'sandbox/*');
    expect((await call(key, FREE)).status).toBe(200);
    await keys('limit', id, '--models', PAID);
    expect((await call(key, FREE)).status).toBe(403);
    await keys('limit', id, '--models', 'none');
    expect((await call(key, FREE)).status).toBe(200);
  });

  test('another expiry', async () => {
    const { key, id } = await makeKey(gateway);
    await keys('limit', id, '--expires', '2020-01-01');
    expect((await call(key, FREE)).status).toBe(402);
    await keys('limit', id, '--expires', 'none');
    expect((await call(key, FREE)).status).toBe(200);
  });

  test('a revocation, and never takes it back', async () => {
    const { key, id } = await makeKey(gateway);
    expect((await call(key, FREE)).status).toBe(200);
    await keys('revoke', id);
    expect(await errorOf(await call(key, FREE))).toMatchObject({ status: 401, code: 'revoked_api_key' });
  });

  test('a rotation: both secrets draw on one purse while the grace lasts, then the new one alone', async () => {
    const { key: old, id } = await makeKey(gateway, '--credit', '1');
    const { key } = (await keys('rotate', id, '--grace', '1h')) as { key: string };
    for (const secret of [old, key]) expect((await call(secret)).status).toBe(200);
    expect(await holder(old)).toEqual(await holder(key));
    expect(await holder(key)).toMatchObject({ balance_usd: 1 - 2 * CALL_USD, usage: { requests: 2 } });
    const { key: newest } = (await keys('rotate', id, '--grace', '0')) as { key: string };
    const replaced = {
      status: 401,
      code: 'revoked_api_key',
      message: expect.stringContaining('was replaced'),
    };
    expect(await errorOf(await call(key))).toMatchObject(replaced);
    // what was two secrets ago is forgotten
    expect(await errorOf(await call(old))).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect((await call(newest)).status).toBe(200);
  });

  test('the body size and the time of its own', async () => {
    const { key, id } = await makeKey(gateway, '--max-body', '1KB');
    const large = () => ask(gateway, 'openai-chat', { model: FREE, key, text: 'x'.repeat(2000) });
    expect((await large()).status).toBe(413);
    await keys('limit', id, '--max-body', 'none', '--timeout', '1s');
    expect((await large()).status).toBe(200);
    const slow = await ask(gateway, 'openai-chat', { model: 'sandbox/hang', key });
    expect(await errorOf(slow)).toMatchObject({ status: 504, code: 'request_timeout' });
  });

  test('a budget, and more of it', async () => {
    const { key, id } = await makeKey(gateway, '--credit', '5', '--budget', '0.0025/day');
    expect((await call(key)).status).toBe(200);
    const refused = await errorOf(await call(key));
    expect(refused).toMatchObject({ status: 402, code: 'insufficient_quota' });
    expect(refused.message).toContain('daily budget');
    await keys('limit', id, '--budget', '1/day');
    expect((await call(key)).status).toBe(200);
    await keys('limit', id, '--budget', 'none');
    expect(await holder(key)).toMatchObject({ budget: null, balance_usd: 5 - 2 * CALL_USD });
  });
});

describe('a time key', () => {
  test('draws on no balance, and stops at its quota until that is raised', async () => {
    const time = ['--kind', 'time', '--days', '30', '--quota', '0.0025'];
    const { key, id } = await makeKey(gateway, ...time);
    expect((await call(key)).status).toBe(200);
    expect((await errorOf(await call(key))).message).toContain('quota');
    expect(await holder(key)).toMatchObject({
      balance_usd: null,
      quota: { amount_usd: 0.0025, used_usd: CALL_USD },
    });
    await keys('limit', id, '--quota', 'none');
    for (let count = 0; count < 3; count++) expect((await call(key)).status).toBe(200);
  });

  test('from its first use begins with the first call, not with a look at it', async () => {
    const { key, id } = await makeKey(gateway, '--kind', 'time', '--days', '2', '--from-first-use');
    expect(await holder(key)).toMatchObject({ expires_at: null });
    expect((await keys('show', id)).window).toEqual({ from: 'first-use', started_at: null, ends_at: null });
    const beforeMs = Date.now();
    expect((await call(key)).status).toBe(200);
    const { window } = (await keys('show', id)) as { window: { started_at: string; ends_at: string } };
    const startedMs = Date.parse(window.started_at);
    expect(startedMs).toBeWithin(beforeMs - 5, Date.now() + 1);
    expect(Date.parse(window.ends_at) - startedMs).toBe(2 * 86_400_000);
    expect((await call(key)).status).toBe(200);
    expect((await keys('show', id)).window).toEqual({ from: 'first-use', ...window });
  });
});
