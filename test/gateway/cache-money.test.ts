// What an answer out of the cache costs, and what the books say of it.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Key } from '../../src/store/ports.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { askIn, cacheOf } from '../support/cached.ts';
import { type FormatsHere, framesOf, openFormats } from '../support/formats-here.ts';
import { rowsIn } from '../support/ledger.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
/** USD per million tokens, in and out. */
const PRICE = 10;
const DOLLAR = 1_000_000_000n;
/** 3,001 tokens at 10 USD a million. */
const USAGE = { input: 1000, cached: 0, output: 2001, reasoning: 0 };
const COST = 30_010_000n;
const MINIMUM = 1_000_000n;

const free = await openFormats(upstream.origin, PRICE, { cache: { ttl: '10m' } });
const part = await openFormats(upstream.origin, PRICE, { cache: { ttl: '10m', price: 0.3333 } });
const full = await openFormats(upstream.origin, PRICE, { cache: { ttl: '10m', price: 1 } });

beforeEach(() => upstream.play(Array(4).fill({ text: 'Sunny.', usage: USAGE })));
afterAll(async () => {
  for (const each of [free, part, full]) await each.stop();
  await upstream.stop();
});

let questions = 0;
const anew = () => `Question ${++questions}?`;

function keyWith(here: FormatsHere, members: Parameters<FormatsHere['makeKey']>[1] = {}) {
  return here.makeKey({}, { creditNano: 10n * DOLLAR, ...members });
}
const balance = (here: FormatsHere, key: Key) => here.store.ledger.purse(key.purse)?.balanceNano ?? 0n;
const rows = (here: FormatsHere, key: Key) =>
  rowsIn<JsonObject>(here.dataDir, `SELECT * FROM entries WHERE key = '${key.id}' AND kind = 'charge'`);

describe('a hit', () => {
  test.each([
    ['free', free, 0n],
    ['a third, rounded up once', part, 10_002_333n],
    ['as dear as its call', full, COST],
  ])('is %s', async (_, here, charge) => {
    const { key, stored } = keyWith(here);
    const text = anew();
    const before = balance(here, stored);
    const miss = await askIn(here, 'anthropic-messages', 'openai-chat', { text, key });
    expect(before - balance(here, stored)).toBe(COST);
    expect(miss.headers.get('x-osiris-cost-usd')).toBe('0.03001');
    for (const stream of [false, true]) {
      const held = balance(here, stored);
      const hit = await askIn(here, 'openai-chat', 'openai-chat', { text, key, stream });
      expect(cacheOf(hit)).toBe('hit');
      expect(held - balance(here, stored)).toBe(charge);
      expect(Number(hit.headers.get('x-osiris-cost-usd'))).toBe(Number(charge) / 1e9);
      const last = stream ? framesOf(hit.text).at(-1) : hit.json();
      expect(last?.usage).toMatchObject({
        prompt_tokens: 1000,
        completion_tokens: 2001,
        cost_usd_total: Number(charge) / 1e9,
        cost_usd_request: 0.03001,
      });
    }
    expect(here.store.ledger.purse(stored.purse)?.heldNano).toBe(0n);
    const booked = rows(here, stored);
    expect(
      booked.map(({ rule, amount_nano, cost_nano }) => [rule, amount_nano, cost_nano] as unknown),
    ).toEqual([
      ['finished', COST, COST],
      ['cache', charge, COST],
      ['cache', charge, COST],
    ]);
    expect(
      booked.every(({ provider, output }) => provider === 'at-openai-chat' && Number(output) === 2001),
    ).toBe(true);
  });

  test('costs its part of the minimum where its call would cost that', async () => {
    upstream.play([{ text: 'Hm.' }]);
    const { key, stored } = keyWith(part);
    const text = anew();
    await askIn(part, 'openai-chat', 'openai-chat', { text, key });
    const held = balance(part, stored);
    await askIn(part, 'openai-chat', 'openai-chat', { text, key });
    expect(held - balance(part, stored)).toBe((MINIMUM * 3333n) / 10_000n);
  });

  test('that costs nothing is given to who has nothing left, and one that costs something is not', async () => {
    const ask = (here: FormatsHere, key: string, text: string) =>
      askIn(here, 'openai-chat', 'openai-chat', { key, text });
    for (const here of [free, part]) {
      const { key, stored } = keyWith(here, { creditNano: COST });
      const text = anew();
      expect((await ask(here, key, text)).status).toBe(200);
      expect(balance(here, stored)).toBe(0n);
      const again = await ask(here, key, text);
      expect(again.status).toBe(here === free ? 200 : 402);
      expect((await ask(here, key, anew())).status).toBe(402);
      expect(balance(here, stored)).toBe(0n);
    }
  });

  test('puts no more aside than it costs', async () => {
    const { key, stored } = keyWith(part, { creditNano: COST + 10_002_333n });
    const text = anew();
    await askIn(part, 'openai-chat', 'openai-chat', { text, key });
    expect((await askIn(part, 'openai-chat', 'openai-chat', { text, key })).status).toBe(200);
    expect(balance(part, stored)).toBe(0n);
  });

  test('takes no tokens from the minute of its key', async () => {
    const { key } = free.makeKey({ tokensPerMinute: 3500 }, { creditNano: 10n * DOLLAR });
    const text = anew();
    const ask = (of: string) => askIn(free, 'openai-chat', 'openai-chat', { text: of, key });
    expect((await ask(text)).status).toBe(200);
    for (let i = 0; i < 4; i++) expect([(await ask(text)).status, i]).toEqual([200, i]);
    expect((await ask(anew())).status).toBe(200);
  });

  test('is refused to a key that has expired', async () => {
    const { key, stored } = keyWith(free);
    const text = anew();
    await askIn(free, 'openai-chat', 'openai-chat', { text, key });
    free.directory.change(stored.id, { expiresAtMs: 1 });
    expect((await askIn(free, 'openai-chat', 'openai-chat', { text, key })).status).toBe(402);
  });
});

test('the row of the journal says so', async () => {
  const { key, stored } = keyWith(free);
  const text = anew();
  for (const _ of [1, 2]) await askIn(free, 'anthropic-messages', 'openai-chat', { text, key });
  const page = await free.journal.find({ keyId: stored.id, limit: 10 });
  expect(
    page.rows.map(({ rule, attempts, provider, status, costNano, outputTokens }) => [
      rule,
      attempts,
      provider,
      status,
      costNano,
      outputTokens,
    ]),
  ).toEqual([
    ['cache', 0, 'at-openai-chat', 200, 0n, 2001],
    ['finished', 1, 'at-openai-chat', 200, COST, 2001],
  ]);
});

test('the ledger stays sound, and hits are no failures', async () => {
  for (const here of [free, part, full]) {
    const { ok, violations } = verifyLedger(here.dataDir, { minimumChargeNano: MINIMUM });
    expect([violations, ok]).toEqual([[], true]);
    const [{ failed } = { failed: -1n }] = rowsIn<{ failed: bigint }>(
      here.dataDir,
      'SELECT sum(failed) AS failed FROM days',
    );
    expect(failed).toBe(0n);
  }
});
