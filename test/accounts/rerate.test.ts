// Charging anew: what clients are given back or still owe, written once, beside the original charges.

import { describe, expect, test } from 'bun:test';
import { createReports } from '../../src/accounts/reports.ts';
import { noUsage, settleUsage, sumUsages } from '../../src/canonical/usage.ts';
import type { Price } from '../../src/catalog/model.ts';
import { withGeoApart } from '../../src/gateway/costs/tiers.ts';
import { formatDay } from '../../src/lib/calendar.ts';
import { asArray, asObject } from '../../src/lib/json.ts';
import type { Store } from '../../src/store/sqlite/store.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { keyIn, rowsIn, storeIn } from '../support/ledger.ts';
import { MINIMUM_NANO, PRICE, spend } from '../support/priced-ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const DAY_MS = 86_400_000;
const today = () => Math.floor(Date.now() / DAY_MS);
const CHEAP: Price = { ...PRICE, output: 5_000_000 };
const DEAR: Price = { ...PRICE, output: 45_000_000 };

function reportsOn(store: Store, priceAt: (model: string, atMs: number) => Price | undefined) {
  const { directory, ledger, statements } = store;
  const reports = createReports({
    ...{ directory, ledger, statements, priceAt, minimumChargeNano: MINIMUM_NANO, today },
    modelId: (name) => (name === 'em' ? 'm' : undefined),
  });
  const range = { from: formatDay(today() - 5), to: formatDay(today()) };
  return {
    dry: (words = {}) => reports.rerate({ ...range, ...words }),
    post: (words = {}) => reports.rerate({ ...range, ...words, post: 'true' }),
  };
}

async function ledgerWith(creditNano = 10_000_000_000n) {
  const dataDir = scratchDir();
  const store = await storeIn(dataDir);
  const key = keyIn(store, { creditNano });
  const adjusts = () =>
    rowsIn<{ amount_nano: bigint }>(dataDir, "SELECT * FROM entries WHERE kind = 'adjust'");
  const balance = () => store.ledger.purse(key.purse)?.balanceNano ?? 0n;
  const verified = async () => {
    await store.close();
    return verifyLedger(dataDir, { minimumChargeNano: MINIMUM_NANO }).violations;
  };
  return { dataDir, store, key, adjusts, balance, verified };
}

describe('advice of another model', () => {
  const used = noUsage();
  const own = settleUsage({ ...used, inputUncached: 1000 });
  const advice = settleUsage({ ...used, inputUncached: 1000 });
  const rates = { input: 5_000_000, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, inputAudio: 0 };
  const rest = { inputImage: 0, output: 0, outputAudio: 0, outputImage: 0, reasoning: 0 };
  const other = { model: 'large', rates: { ...rates, ...rest } };
  const usage = sumUsages([own, { ...advice, other }]);
  const flat: Price = { input: 1_000_000, output: 1_000_000, source: 'test', asOf: '2026-01-01' };

  test('is charged anew by that model’s price of today, though the answering one’s has stayed', async () => {
    const { store, key, verified } = await ledgerWith();
    // 1,000 tokens at $1 and as many at $5 a million
    expect((await spend(store, key, { usage, price: flat })).nano).toBe(6_000_000n);
    const dearer = { ...flat, input: 7_000_000 };
    const { dry } = reportsOn(store, (model) => (model === 'm' ? flat : dearer));
    expect(asArray((await dry()).data)).toEqual([expect.objectContaining({ difference_usd: 0.002 })]);
    expect(await verified()).toEqual([]);
  });

  test('keeps its charge where that model is no longer sold', async () => {
    const { store, key } = await ledgerWith();
    await spend(store, key, { usage, price: flat });
    const { dry } = reportsOn(store, (model) => (model === 'm' ? { ...flat, asOf: 'now' } : undefined));
    expect(asArray((await dry()).data)).toEqual([expect.objectContaining({ difference_usd: 0 })]);
  });
});

test('what ran where nothing was priced costs what the place costs, once that has a price', async () => {
  const { store, key, verified } = await ledgerWith();
  const price: Price = { input: 1_000_000, output: 1_000_000, source: 'test', asOf: '2026-01-01' };
  const usage = withGeoApart(settleUsage({ ...noUsage(), inputUncached: 2000, geo: 'us' }), price);
  expect((await spend(store, key, { usage, price })).nano).toBe(2_000_000n);
  const { dry } = reportsOn(store, () => ({ ...price, inferenceGeo: { us: 11_000 } }));
  expect(asArray((await dry()).data)).toEqual([expect.objectContaining({ difference_usd: 0.0002 })]);
  expect(await verified()).toEqual([]);
});

describe('a dry run', () => {
  test('shows what would change for each model, and writes nothing', async () => {
    const { store, key, adjusts, balance } = await ledgerWith();
    await spend(store, key);
    await spend(store, key, { rule: 'client-left' });
    await spend(store, key, { rule: 'upstream-failed' });
    await spend(store, key, { model: 'gone' });
    const before = balance();
    const { dry } = reportsOn(store, (model) => (model === 'm' ? CHEAP : undefined));
    const rating = await dry();
    expect(asArray(rating.data)).toEqual([
      expect.objectContaining({ model: 'gone', calls: 1, unpriced: 1, difference_usd: 0 }),
      expect.objectContaining({
        model: 'm',
        finished: 1,
        client_left: 1,
        old_prices: [1],
        new_prices: [{ price: null, source: 'test', as_of: '2026-01-01' }],
        // 2 calls, 567 tokens of output, 10 USD a million less
        difference_usd: -0.01134,
      }),
    ]);
    expect(rating).toMatchObject({ posted: false, rule: expect.stringContaining('at least the minimum') });
    expect(adjusts()).toEqual([]);
    expect(balance()).toBe(before);
    await store.close();
  });
});

describe('a posted run', () => {
  test('gives back the difference once, however often it runs', async () => {
    const { store, key, adjusts, balance, verified } = await ledgerWith();
    const first = await spend(store, key);
    await spend(store, key, { atMs: Date.now() - DAY_MS });
    const before = balance();
    const { post } = reportsOn(store, () => CHEAP);
    await post();
    expect(balance()).toBe(before + 2n * 5_670_000n);
    // one for each day
    expect(adjusts().length).toBe(2);
    expect(store.ledger.tally(key).spentNano).toBe(2n * (first.nano - 5_670_000n));
    expect(asArray((await post()).corrections)).toEqual([]);
    expect(adjusts().length).toBe(2);
    expect(await verified()).toEqual([]);
  });

  test('is right after prices went up, down and back, over other ranges', async () => {
    const { store, key, balance, verified } = await ledgerWith();
    await spend(store, key);
    await spend(store, key, { atMs: Date.now() - DAY_MS });
    const before = balance();
    await reportsOn(store, () => CHEAP).post({ from: formatDay(today()) });
    await reportsOn(store, () => DEAR).post();
    expect(balance()).toBe(before - 2n * 17_010_000n);
    await reportsOn(store, () => PRICE).post();
    expect(balance()).toBe(before);
    expect(await verified()).toEqual([]);
  });

  test('finds what came in since, and leaves corrections by hand alone', async () => {
    const { store, key, balance } = await ledgerWith();
    await spend(store, key);
    const { post } = reportsOn(store, () => CHEAP);
    await post();
    const of = { key: key.id, model: 'm', day: today() };
    await store.ledger.post({ kind: 'adjust', purse: key.purse, amountNano: 99n, note: 'sorry', of });
    await spend(store, key);
    const before = balance();
    await post();
    expect(balance()).toBe(before + 5_670_000n);
    await store.close();
  });

  test('started twice at once still corrects once', async () => {
    const { store, key, balance } = await ledgerWith();
    await spend(store, key);
    const before = balance();
    const { post } = reportsOn(store, () => CHEAP);
    await Promise.all([post(), post(), post()]);
    expect(balance()).toBe(before + 5_670_000n);
    await store.close();
  });

  test('corrects the quota of a time key, through the book of windows', async () => {
    const { store, verified } = await ledgerWith();
    const key = keyIn(store, { kind: 'time', days: 30, quotaNano: 30_000_000n });
    const { nano } = await spend(store, key);
    const rating = await reportsOn(store, () => CHEAP).post();
    expect(asArray(rating.corrections).map(asObject)).toEqual([
      expect.objectContaining({ purse: 6, key: key.id, corrects: 'quota' }),
    ]);
    expect(store.ledger.tally(key).spentNano).toBe(nano - 5_670_000n);
    expect(store.ledger.purse(6)?.balanceNano).toBe(-(nano - 5_670_000n));
    expect(await verified()).toEqual([]);
  });

  test('never raises what a strict hold had capped, and says whose balance does not suffice', async () => {
    const { store, key, adjusts } = await ledgerWith(2_000_000n);
    await spend(store, key, { strict: true });
    expect(asArray((await reportsOn(store, () => DEAR).post()).data)[0]).toMatchObject({ capped: 1 });
    expect(adjusts()).toEqual([]);
    const poor = keyIn(store, { creditNano: 1n });
    await spend(store, poor);
    expect(await reportsOn(store, () => DEAR).dry()).toMatchObject({ overdrawn: [poor.purse] });
    await store.close();
  });

  test('a balance has to suffice for all its corrections together, and for none that only gives back', async () => {
    const { store, key, balance } = await ledgerWith(0n);
    await spend(store, key, { model: 'm' });
    await spend(store, key, { model: 'n' });
    expect(balance()).toBeLessThan(-20_000_000n);
    expect(await reportsOn(store, () => CHEAP).dry()).toMatchObject({ overdrawn: [] });
    // each takes 17,010,000
    await store.ledger.post({
      kind: 'grant',
      purse: key.purse,
      amountNano: 30_000_000n - balance(),
      note: '',
    });
    expect(await reportsOn(store, () => DEAR).dry()).toMatchObject({ overdrawn: [key.purse] });
    await store.ledger.post({ kind: 'grant', purse: key.purse, amountNano: 4_020_000n, note: '' });
    expect(await reportsOn(store, () => DEAR).dry()).toMatchObject({ overdrawn: [] });
    await store.close();
  });

  test('corrects answers out of the cache by the part of their cost that they were charged', async () => {
    const { store, key, balance, verified } = await ledgerWith();
    const whole = await spend(store, key);
    const share = 1234;
    const hit = await spend(store, key, { rule: 'cache', share });
    await spend(store, key, { rule: 'cache', share: 0 });
    const before = balance();
    const rating = await reportsOn(store, () => CHEAP).post();
    expect(asArray(rating.data)).toEqual([
      expect.objectContaining({ calls: 3, finished: 1, from_cache: 2, unexplained: 0, capped: 0 }),
    ]);
    const cheap = (nano: bigint) => (nano * BigInt(share) + 9_999n) / 10_000n;
    const saved = hit.nano - cheap(whole.nano - 5_670_000n);
    expect(balance()).toBe(before + 5_670_000n + saved);
    expect(saved).toBeGreaterThan(0n);
    expect(asArray((await reportsOn(store, () => CHEAP).post()).corrections)).toEqual([]);
    expect(await verified()).toEqual([]);
  });

  test('takes the price of the time of each call', async () => {
    const { store, key, balance } = await ledgerWith();
    await spend(store, key);
    await spend(store, key, { atMs: Date.now() - 2 * DAY_MS });
    const before = balance();
    const changed = Date.now() - DAY_MS;
    await reportsOn(store, (_, atMs) => (atMs < changed ? PRICE : CHEAP)).post();
    expect(balance()).toBe(before + 5_670_000n);
    await store.close();
  });

  test('leaves a call alone that ended after the price had changed', async () => {
    const { store, key, balance } = await ledgerWith();
    const changed = Date.now() - 1000;
    await spend(store, key, { begunMs: changed - 1, atMs: changed + 1 });
    const before = balance();
    await reportsOn(store, (_, atMs) => (atMs < changed ? PRICE : CHEAP)).post();
    expect(balance()).toBe(before);
    await store.close();
  });

  test('of one model or key corrects no other', async () => {
    const { store, key, balance } = await ledgerWith();
    const other = keyIn(store, { creditNano: 10_000_000_000n });
    await spend(store, key);
    await spend(store, other);
    const before = balance();
    const { post } = reportsOn(store, () => CHEAP);
    await post({ model: 'x' });
    await post({ key: other.id });
    expect(balance()).toBe(before);
    // by another name of it
    expect((await post({ model: 'em', key: key.id })).data).toMatchObject([{ model: 'm' }]);
    expect(balance()).toBe(before + 5_670_000n);
    await store.close();
  });
});
