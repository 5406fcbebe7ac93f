// The cache of the running program: switched on and off by its file, explained, logged, summed up.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey } from '../support/asking.ts';
import type { Gateway } from '../support/gateway.ts';
import { PAID, startPaidGateway } from '../support/paid.ts';

setDefaultTimeout(60_000);

type Json = Record<string, unknown>;
type Explained = {
  answered: boolean;
  cache: Json | null;
  candidates: { asked: boolean }[];
  refusals: Json[];
};

let gateway: Gateway;
let asked = 0;

beforeAll(async () => {
  gateway = await startPaidGateway({
    usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
    onCall() {
      asked++;
      return undefined;
    },
    credit: 10,
    sections: { cache: { ttl: '1h', price: 0.25 } },
  });
});
afterAll(() => gateway.stop());

const bodyOf = (text: string): Json => ({ model: PAID, messages: [{ role: 'user', content: text }] });

async function ask(text: string, headers: Record<string, string> = {}, key = gateway.key) {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(bodyOf(text)),
  });
  await response.text();
  return response;
}

const cacheOf = (response: Response) => response.headers.get('x-osiris-cache');

async function reload(cache: Json): Promise<void> {
  const path = join(gateway.directory, 'osiris.yaml');
  const file = JSON.parse(readFileSync(path, 'utf8')) as Json;
  writeFileSync(`${path}.new`, JSON.stringify({ ...file, cache }));
  renameSync(`${path}.new`, path);
  const done = await gateway.command(['config', 'reload']);
  expect([done.code, done.stderr]).toEqual([0, '']);
}

/** What `osiris explain` says of a question, as JSON and as people read it. */
async function explained(text: string, ...flags: string[]): Promise<{ json: Explained; text: string }> {
  const file = join(gateway.directory, 'question.json');
  writeFileSync(file, JSON.stringify(bodyOf(text)));
  const [json, shown] = [
    await gateway.command(['explain', file, '--json', ...flags]),
    await gateway.command(['explain', file, ...flags]),
  ];
  return { json: JSON.parse(json.stdout) as Explained, text: shown.stdout };
}

describe('osiris explain', () => {
  test('tells a miss, then a hit and what it costs', async () => {
    const key = ['--key', 'harness'];
    const before = await explained('Explain?', ...key);
    expect(before.json.cache).toEqual({
      ...{ hit: false, why: null, keeps: true, age_s: null, provider: null, charge_usd: null },
    });
    expect(before.text).toContain('no answer to it is kept; a good answer would be kept');
    expect(cacheOf(await ask('Explain?'))).toBe('miss');
    const after = await explained('Explain?', ...key);
    expect(after.json).toMatchObject({
      answered: true,
      refusals: [],
      cache: { hit: true, why: null, provider: 'up', charge_usd: '0.005' },
      price: { put_aside_usd: '0.005' },
      candidates: [{ asked: false }],
    });
    expect(after.text).toContain('would be answered from the cache.');
    expect(after.text).toMatch(/an answer by up, \d+ s old, for \$0.005; nobody would be asked/);
    const hit = await ask('Explain?');
    expect([cacheOf(hit), hit.headers.get('x-osiris-cost-usd')]).toEqual(['hit', '0.005']);
  });

  test('tells why not', async () => {
    await ask('Why?');
    const key = ['--key', 'harness'];
    const fresh = await explained('Why?', ...key, '--header', 'cache-control: no-cache');
    expect(fresh.json.cache).toMatchObject({
      hit: false,
      keeps: true,
      why: expect.stringContaining('fresh'),
    });
    expect(fresh.text).toContain('asks for a fresh answer');
    expect((await explained('Why?', ...key, '--header', 'x-osiris-cache: off')).json.cache).toBeNull();
    const { id } = await makeKey(gateway, '--credit', '1', '--cache', 'off');
    expect((await explained('Why?', '--key', id)).json.cache).toBeNull();
  });

  test('tells that what is left does not pay for a hit', async () => {
    const { id, key } = await makeKey(gateway, '--credit', '0.02');
    expect((await ask('Poor?', {}, key)).status).toBe(200);
    expect((await ask('Poor?', {}, key)).status).toBe(402);
    expect((await explained('Poor?', '--key', id)).json).toMatchObject({
      answered: false,
      cache: { hit: true },
      refusals: [{ code: 'insufficient_quota' }],
    });
  });
});

test('logs, usage and the ledger tell hits apart', async () => {
  const { id, key } = await makeKey(gateway, '--credit', '1');
  for (const _ of [1, 2, 3]) await ask('Logged?', {}, key);
  const logs = await gateway.command(['logs', '--key', id]);
  expect(logs.stdout.match(/paid-model → (\w+)/g)?.toSorted()).toEqual([
    'paid-model → cache',
    'paid-model → cache',
    'paid-model → up',
  ]);
  const usage = await gateway.command(['usage', '--by', 'key', '--key', id]);
  expect(usage.stdout).toContain('2 calls were answered out of the cache');
  const ledger = await gateway.command(['ledger', 'show', '--key', id]);
  expect(ledger.stdout.match(/up · 1,000 in, 1,000 out · cache/g)).toHaveLength(2);
  const sound = await gateway.command(['ledger', 'verify']);
  expect([sound.code, sound.stderr]).toEqual([0, '']);
  const shown = JSON.parse((await gateway.command(['keys', 'show', id, '--json'])).stdout) as Json;
  expect(shown).toMatchObject({ balance_usd: 0.97, spent_usd: 0.03, cache: null });
});

test('the holder of a key sees whether it is on', async () => {
  const holder = async (key: string) =>
    (await (await fetch(`${gateway.url}/v1/key`, { headers: { 'x-api-key': key } })).json()) as Json;
  expect(await holder(gateway.key)).toMatchObject({ cache: 'on' });
  expect(await holder((await makeKey(gateway, '--cache', 'off')).key)).toMatchObject({ cache: 'off' });
});

test('the operator sees how many are kept and has them forgotten, all or those of one key', async () => {
  const { id, key } = await makeKey(gateway, '--credit', '1');
  for (const each of [key, gateway.key]) expect(cacheOf(await ask('Forget?', {}, each))).toBe('miss');
  expect((await gateway.command(['cache', 'show'])).stdout).toMatch(
    /^\d+ answers, 0\.\d MB of at most 256\.0 MB/,
  );
  expect(await gateway.command(['cache', 'clear', '--key', id])).toMatchObject({
    code: 0,
    stdout: 'Forgotten: 1 answer, 0.0 MB.\n',
  });
  expect(cacheOf(await ask('Forget?', {}, key))).toBe('miss');
  expect(cacheOf(await ask('Forget?'))).toBe('hit');
  const cleared = await fetch(`${gateway.url}/admin/cache/clear`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.adminSecret}` },
  });
  expect(await cleared.json()).toMatchObject({ object: 'cache.cleared', answers: expect.any(Number) });
  expect(cacheOf(await ask('Forget?'))).toBe('miss');
  expect(await gateway.command(['cache', 'clear', '--key', 'nobody'])).toMatchObject({ code: 1 });
});

describe('a changed file', () => {
  test('changes price, age and reach of the next call, and what is kept stays', async () => {
    expect(cacheOf(await ask('Changed?'))).toBe('miss');
    await reload({ ttl: '1h', price: 1, max_size: '1MB' });
    const dear = await ask('Changed?');
    expect([cacheOf(dear), dear.headers.get('x-osiris-cost-usd')]).toEqual(['hit', '0.02']);
    await reload({ ttl: '1h', default: false });
    expect(cacheOf(await ask('Changed?'))).toBeNull();
    expect(cacheOf(await ask('Changed?', { 'x-osiris-cache': 'on' }))).toBe('hit');
  });

  test('that switches it off makes it forget everything', async () => {
    await reload({ ttl: '1h' });
    await ask('Off?');
    await reload({ ttl: '0s' });
    const before = asked;
    expect(cacheOf(await ask('Off?'))).toBeNull();
    expect(asked).toBe(before + 1);
    await reload({ ttl: '1h' });
    expect([cacheOf(await ask('Off?')), cacheOf(await ask('Off?'))]).toEqual(['miss', 'hit']);
  });
});
