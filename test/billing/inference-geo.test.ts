// The factor on the prices of tokens by where an answer ran, against bills worked by hand.

import { describe, expect, test } from 'bun:test';
import { chargeOf } from '../../src/billing/charge.ts';
import { type HoldRequest, type HoldRules, holdOf } from '../../src/billing/hold.ts';
import { withOtherRates } from '../../src/billing/rates.ts';
import { recoverUsage } from '../../src/billing/recover.ts';
import { noUsage, settleUsage, type Usage } from '../../src/canonical/usage.ts';
import type { Price } from '../../src/catalog/model.ts';
import { packRequests, unpackRequests } from '../../src/store/sqlite/entry-requests.ts';

const ORIGIN = { source: 'test', asOf: '2026-11-25' };
const US = { us: 11_000 };
const OPUS: Price = {
  ...{
    input: 5_000_000,
    output: 25_000_000,
    cachedInput: 500_000,
    cacheWrite: 6_250_000,
    perSearch: 10_000_000_000,
  },
  ...ORIGIN,
  inferenceGeo: US,
  tiers: { fast: { input: 10_000_000, output: 50_000_000 } },
};

const used = (counts: Partial<Usage>) => settleUsage({ ...noUsage(), ...counts });
const cost = (usage: Usage, price: Price = OPUS) => chargeOf(usage, price, 0n).costNano;

describe('a charge', () => {
  const counts = {
    ...{ inputUncached: 1000, cacheRead: 2000, output: 100 },
    cacheWrite: { ...noUsage().cacheWrite, ttl5m: 400 },
  };

  test.each([
    // 5,000,000 + 1,000,000 + 2,500,000 + 2,500,000 nanodollars
    [undefined, 11_000_000n],
    ['global', 11_000_000n],
    ['not_available', 11_000_000n],
    ['us', 12_100_000n],
    ['US', 12_100_000n],
  ])('of what ran in %p', (geo, nano) => {
    expect(cost(used({ ...counts, ...(geo === undefined ? {} : { geo }) }))).toBe(nano);
  });

  test('is one of tokens only: a search costs what it costs', () => {
    expect(cost(used({ ...counts, geo: 'us', serverTools: { web_search: 1 } }))).toBe(22_100_000n);
  });

  test('takes the price of its tier times the factor', () => {
    // (1,000 × 10 + 100 × 50) USD a million, times 1.1
    expect(cost(used({ inputUncached: 1000, output: 100, tier: 'fast', geo: 'us' }))).toBe(16_500_000n);
  });

  test('is exact, and rounded up once: no part is rounded before', () => {
    // 101 and 99 picodollars times 1.25 are 126.25 and 123.75: with 750 more exactly one nanodollar
    const price = { ...ORIGIN, input: 101, output: 99, perRequest: 750, inferenceGeo: { us: 12_500 } };
    const usage = used({ inputUncached: 1, output: 1, geo: 'us' });
    expect(cost(usage, price)).toBe(1n);
    expect(cost(usage, { ...price, perRequest: 751 })).toBe(2n);
    const { parts, costNano } = chargeOf(usage, { ...price, perRequest: 751 }, 0n);
    expect(parts.inputNano + parts.cachedInputNano + parts.outputNano + parts.otherNano).toBe(costNano);
  });

  test('of several requests is that of each by where it ran', () => {
    const [here, there] = [
      used({ inputUncached: 1000, geo: 'us' }),
      used({ inputUncached: 1000, geo: 'global' }),
    ];
    expect(cost({ ...used({ inputUncached: 2000 }), requests: [here, there] })).toBe(10_500_000n);
  });

  test('of another model’s request has that one’s factor, and comes out of the ledger as it went in', () => {
    const other = { ...used({ inputUncached: 1000, output: 10, geo: 'us' }), other: { model: 'big' } };
    const big: Price = { ...ORIGIN, input: 20_000_000, output: 100_000_000, inferenceGeo: { us: 20_000 } };
    const usage = withOtherRates(
      { ...used({}), requests: [used({ inputUncached: 1000, geo: 'us' }), other] },
      () => ({
        ...{ model: 'big', price: big },
      }),
    );
    // 5,500,000 of our own, and twice 20,000,000 + 1,000,000
    expect(cost(usage)).toBe(47_500_000n);
    const kept = { ...used({}), requests: unpackRequests(packRequests(usage.requests ?? [])) };
    expect(kept.requests.map(({ geo }) => geo)).toEqual(['us', 'us']);
    expect(cost(kept)).toBe(47_500_000n);
    expect(recoverUsage(kept, OPUS, 'finished', 47_500_000n)).toBe(kept);
  });
});

describe('a hold', () => {
  const strict: HoldRules = { hold: 'strict', expectedOutputTokens: 100, minimumChargeNano: 0n };
  const expected: HoldRules = { ...strict, hold: 'expected' };
  const request: HoldRequest = {
    ...{ bodyBytes: 2000, promptTokens: 1000, outputCap: 100, maxOutputTokens: 64_000 },
    price: { ...ORIGIN, input: 5_000_000, output: 25_000_000, inferenceGeo: US },
  };

  test('counts the factor where the geography is asked for', () => {
    // 1,000 × 5 + 100 × 25 USD a million
    expect(holdOf(request, expected)).toEqual({ needNano: 5_000_000n, holdNano: 7_500_000n });
    expect(holdOf({ ...request, geo: 'us' }, expected)).toEqual({
      needNano: 5_500_000n,
      holdNano: 8_250_000n,
    });
    expect(holdOf({ ...request, geo: 'global' }, expected).holdNano).toBe(7_500_000n);
  });

  test('that is strict counts what the account may have for all calls, unless another is asked for', () => {
    expect(holdOf(request, strict).holdNano).toBe(8_250_000n);
    expect(holdOf({ ...request, geo: 'us' }, strict).holdNano).toBe(8_250_000n);
    expect(holdOf({ ...request, geo: 'global' }, strict).holdNano).toBe(7_500_000n);
  });

  const big: Price = { ...ORIGIN, input: 50_000_000, output: 250_000_000 };
  const others = [
    { price: big, outputCap: 10, maxOutputTokens: 64_000, tier: undefined },
    {
      price: { ...ORIGIN, input: 1_000_000, output: 1_000_000 },
      outputCap: 100,
      maxOutputTokens: 100,
      tier: undefined,
    },
  ];

  test('of models that may take over is that of the dearest', () => {
    // 1,000 × 50 + 10 × 250
    expect(holdOf({ ...request, others }, expected)).toEqual({
      needNano: 50_000_000n,
      holdNano: 52_500_000n,
    });
  });

  test('that is strict is that of all of them: who declines in the middle is paid too', () => {
    // 8,250,000 + 52,500,000 + 1,000,000 + 100,000
    expect(holdOf({ ...request, others }, strict).holdNano).toBe(61_850_000n);
  });

  test('is needed for a free model where one that is not may take over', () => {
    const free = { ...request, price: { ...ORIGIN, input: 0, output: 0 } };
    expect(holdOf(free, expected).holdNano).toBe(0n);
    expect(holdOf({ ...free, others }, expected).holdNano).toBe(52_500_000n);
  });
});
