// What code that a provider ran costs beside its tokens, against bills worked by hand.

import { describe, expect, test } from 'bun:test';
import { chargeOf, codeNano, costOf } from '../../src/billing/charge.ts';
import { holdOf } from '../../src/billing/hold.ts';
import { isFree } from '../../src/billing/rates.ts';
import { noUsage, settleUsage } from '../../src/canonical/usage.ts';
import type { Price } from '../../src/catalog/model.ts';

/** 1 USD per million tokens; a container 0.0075 and a run of code 0.005. */
const PRICE: Price = {
  ...{ input: 1_000_000, output: 1_000_000, source: 'test', asOf: '2026-11-29' },
  ...{ perContainer: 7_500_000_000, perCodeRun: 5_000_000_000 },
};
const used = (serverTools: Record<string, number>) =>
  settleUsage({ ...noUsage(), inputUncached: 1000, output: 1000, serverTools });

describe('a bill worked by hand', () => {
  test('4 GB and 1 GB of containers are five, two runs are two', () => {
    // 0.001 + 0.001 for the tokens, 5 x 0.0075 = 0.0375, 2 x 0.005 = 0.01
    const usage = used({ container: 5, code_execution: 2 });
    expect(chargeOf(usage, PRICE, 0n)).toEqual({
      ...{ costNano: 49_500_000n, chargeNano: 49_500_000n },
      parts: {
        ...{ inputNano: 1_000_000n, cachedInputNano: 0n, outputNano: 1_000_000n },
        otherNano: 47_500_000n,
      },
    });
    expect(codeNano(usage, PRICE)).toBe(47_500_000n);
  });

  test('five minutes of 0.05 an hour are rounded up once, at the end', () => {
    const hourly = { ...PRICE, perContainer: 4_166_666_667 };
    expect(costOf(used({ container: 3 }), hourly).other).toBe(12_500_000_001n * 10_000n);
    expect(codeNano(used({ container: 3 }), hourly)).toBe(12_500_001n);
  });

  test('what has no price is not billed', () => {
    const { perContainer: _, perCodeRun: __, ...tokens } = PRICE;
    expect(codeNano(used({ container: 5, code_execution: 2 }), tokens)).toBe(0n);
  });
});

test('a model with a price for code alone is not free', () => {
  const free = { input: 0, output: 0, source: 'test', asOf: '2026-11-29' };
  expect(isFree(free)).toBe(true);
  expect(isFree({ ...free, perContainer: 1 })).toBe(false);
  expect(isFree({ ...free, perCodeRun: 1 })).toBe(false);
});

test('where code may run, a container and a run are put aside', () => {
  const request = {
    ...{ bodyBytes: 2000, promptTokens: 1000, outputCap: 1000, maxOutputTokens: undefined, price: PRICE },
  };
  const rules = { expectedOutputTokens: 1000, minimumChargeNano: 0n };
  for (const hold of ['expected', 'strict'] as const) {
    const without = holdOf(request, { ...rules, hold }).holdNano;
    // 4 x 0.0075 + 0.005
    expect(holdOf({ ...request, containers: 4 }, { ...rules, hold }).holdNano - without).toBe(35_000_000n);
  }
});
