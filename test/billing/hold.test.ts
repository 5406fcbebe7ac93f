// What is put aside before a call, against amounts worked by hand.

import { describe, expect, test } from 'bun:test';
import { type HoldRequest, type HoldRules, holdOf } from '../../src/billing/hold.ts';
import type { Price } from '../../src/catalog/model.ts';
import { formatUsd } from '../../src/lib/money.ts';

const M = 1_000_000;
const OPUS: Price = {
  input: 5 * M,
  output: 25 * M,
  cachedInput: M / 2,
  cacheWrite: 6.25 * M,
  cacheWrite1h: 10 * M,
  source: 'test',
  asOf: '2026-11-25',
};
const EXPECTED: HoldRules = { hold: 'expected', expectedOutputTokens: 2000, minimumChargeNano: 1_000_000n };
const STRICT: HoldRules = { ...EXPECTED, hold: 'strict' };

function usd(request: Partial<HoldRequest>, rules: HoldRules): { need: string; hold: string } {
  const whole = {
    bodyBytes: 36_000,
    promptTokens: Math.ceil((request.bodyBytes ?? 36_000) / 3.6),
    outputCap: undefined,
    maxOutputTokens: 128_000,
    price: OPUS,
    ...request,
  };
  const { needNano, holdNano } = holdOf(whole, rules);
  return { need: formatUsd(needNano), hold: formatUsd(holdNano) };
}

describe('the expected hold', () => {
  test('is the estimated input, which is needed, and the expected output', () => {
    // 36,000 bytes are 10,000 tokens: 0.05; 2,000 out: 0.05
    expect(usd({}, EXPECTED)).toEqual({ need: '0.05', hold: '0.10' });
  });

  test('goes by what the prompt is worth, not by the bytes of a file in it', () => {
    expect(usd({ bodyBytes: 1_400_000, promptTokens: 1_600 }, EXPECTED).need).toBe('0.008');
  });

  test('expects no more than the request or the model allows', () => {
    expect(usd({ outputCap: 100 }, EXPECTED).hold).toBe('0.0525');
    expect(usd({ outputCap: 64_000 }, EXPECTED).hold).toBe('0.10');
    expect(usd({ maxOutputTokens: 1000 }, EXPECTED).hold).toBe('0.075');
    expect(usd({ maxOutputTokens: undefined }, EXPECTED).hold).toBe('0.10');
    expect(usd({ outputCap: 100, answers: 4 }, EXPECTED).hold).toBe('0.06');
    // what nobody gives would hold the money of all keys under a cap of the day: 2,000 tokens of 128 answers
    expect(usd({ answers: 1_000_000 }, EXPECTED)).toEqual({ need: '0.05', hold: '6.45' });
  });

  test('reckons with the price of a cache the prompt may be written to, where that is dearer', () => {
    // 10,000 tokens at 6.25 and at 10
    expect(usd({ cacheWrite: 'cacheWrite' }, EXPECTED)).toEqual({ need: '0.0625', hold: '0.1125' });
    expect(usd({ cacheWrite: 'cacheWrite1h' }, EXPECTED).need).toBe('0.10');
    const price = { ...OPUS, cacheWrite: M, cacheWrite1h: M };
    expect(usd({ price, cacheWrite: 'cacheWrite' }, EXPECTED).need).toBe('0.05');
    expect(usd({ cacheWrite: 'cacheWrite' }, STRICT)).toEqual(usd({}, STRICT));
  });

  test('is never below the minimum', () => {
    expect(usd({ bodyBytes: 36, outputCap: 1 }, EXPECTED)).toEqual({ need: '0.001', hold: '0.001' });
    expect(usd({ bodyBytes: 36 }, EXPECTED)).toEqual({ need: '0.001', hold: '0.05005' });
  });

  test('is priced by the step the prompt is likely to reach', () => {
    const price = { ...OPUS, steps: [{ aboveTokens: 9_999, input: 10 * M, output: 50 * M }] };
    expect(usd({ price }, EXPECTED)).toEqual({ need: '0.10', hold: '0.20' });
    expect(usd({ price, bodyBytes: 35_000 }, EXPECTED).need).toBe('0.048615');
  });

  test('is priced by the tier that is asked for', () => {
    const tiers = { fast: { input: 10 * M, output: 50 * M } };
    expect(usd({ price: { ...OPUS, tiers } }, EXPECTED)).toEqual(usd({}, EXPECTED));
    expect(usd({ price: { ...OPUS, tiers }, tier: 'fast' }, EXPECTED)).toEqual({
      need: '0.10',
      hold: '0.20',
    });
    expect(usd({ tier: 'fast' }, EXPECTED)).toEqual(usd({}, EXPECTED));
  });

  test('holds the price of the request itself', () => {
    expect(usd({ price: { ...OPUS, perRequest: 1e10 } }, EXPECTED).need).toBe('0.06');
  });
});

describe('the strict hold', () => {
  test('is all that can be asked for at the dearest prices, and all of it is needed', () => {
    // 18,000 tokens at 10: 0.18; 1,000 out at 25: 0.025
    expect(usd({ outputCap: 1000 }, STRICT)).toEqual({ need: '0.205', hold: '0.205' });
  });

  test('takes the cap of the request, else that of the model, else 8,192', () => {
    expect(usd({ bodyBytes: 0, outputCap: 200_000 }, STRICT).hold).toBe('5.00');
    expect(usd({ bodyBytes: 0 }, STRICT).hold).toBe('3.20');
    expect(usd({ bodyBytes: 0, maxOutputTokens: undefined }, STRICT).hold).toBe('0.2048');
    expect(usd({ bodyBytes: 0, outputCap: 1000, answers: 3 }, STRICT).hold).toBe('0.075');
  });

  test('knows the dearest class of the output', () => {
    const price = { ...OPUS, outputAudio: 80 * M, outputImage: 30 * M };
    expect(usd({ price, bodyBytes: 0, outputCap: 1000 }, STRICT).hold).toBe('0.08');
  });

  test('knows the steps the prompt may reach, and no others', () => {
    const steps = [
      { aboveTokens: 17_999, input: 20 * M, output: 50 * M },
      { aboveTokens: 18_000, input: 99 * M, output: 99 * M },
    ];
    // 18,000 at 20: 0.36; 1,000 at 50: 0.05
    expect(usd({ price: { ...OPUS, steps }, outputCap: 1000 }, STRICT).hold).toBe('0.41');
  });

  test('knows that another tier may answer', () => {
    const tiers = { flex: { input: M, output: M }, priority: { input: 12 * M, output: 75 * M } };
    // 18,000 at 12: 0.216; 1,000 at 75: 0.075
    expect(usd({ price: { ...OPUS, tiers }, outputCap: 1000 }, STRICT).hold).toBe('0.291');
  });

  test('knows that some tiers answer only who has asked for them', () => {
    const tiers = { fast: { input: 12 * M, output: 75 * M } };
    expect(usd({ price: { ...OPUS, tiers }, outputCap: 1000 }, STRICT).hold).toBe('0.205');
    expect(usd({ price: { ...OPUS, tiers }, outputCap: 1000, tier: 'fast' }, STRICT).hold).toBe('0.291');
  });

  test('is never below the minimum', () => {
    expect(usd({ bodyBytes: 10, outputCap: 1 }, STRICT)).toEqual({ need: '0.001', hold: '0.001' });
  });
});

test('a free model needs and holds nothing', () => {
  const price = { ...OPUS, input: 0, output: 0, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0 };
  expect(usd({ price }, EXPECTED)).toEqual({ need: '0.00', hold: '0.00' });
  expect(usd({ price }, STRICT)).toEqual({ need: '0.00', hold: '0.00' });
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a cap of %p caps nothing', (outputCap) => {
  expect(usd({ outputCap }, STRICT)).toEqual(usd({}, STRICT));
  expect(usd({ outputCap }, EXPECTED)).toEqual(usd({}, EXPECTED));
});

test('a cap beyond reason is held as it is written', () => {
  expect(usd({ bodyBytes: 0, outputCap: 1e15 }, STRICT).hold).toBe('25000000000.00');
  expect(() => usd({ outputCap: 1e300, answers: 1.5 }, STRICT)).not.toThrow();
});

describe('a model that the provider may choose', () => {
  const priced = (input: number, output: number) => ({
    ...{ price: { ...OPUS, input: input * M, output: output * M, cacheWrite1h: input * M } },
    ...{ outputCap: 1000, maxOutputTokens: undefined, tier: undefined },
  });
  const oneOf = [priced(10, 50), priced(30, 150), priced(1, 5)];

  test('is held for strictly as the dearest of them, beside the one that was asked for', () => {
    const asked = { ...priced(1, 5), bodyBytes: 2000 };
    // 1,000 in, which may be written to a cache, and 1,000 out of each: 0.01125, and 0.18
    expect(usd(asked, STRICT).hold).toBe('0.01125');
    expect(usd({ ...asked, oneOf }, STRICT)).toEqual({ need: '0.19125', hold: '0.19125' });
  });

  test('is not expected', () => {
    expect(usd({ oneOf }, EXPECTED)).toEqual(usd({}, EXPECTED));
  });

  test('makes a free model cost something', () => {
    const price = { ...OPUS, input: 0, output: 0, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0 };
    expect(usd({ price }, STRICT).hold).toBe('0.00');
    expect(usd({ price, bodyBytes: 2000, oneOf }, STRICT).hold).toBe('0.18');
  });
});
