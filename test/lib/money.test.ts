// Money is read, shown and scaled without ever passing through a float.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  formatTokenPrice,
  formatUsd,
  parseTokenPrice,
  parseUnitPrice,
  parseUsd,
} from '../../src/lib/money.ts';

describe('an amount in USD', () => {
  test('becomes nanodollars exactly', () => {
    expect(parseUsd('5.00')).toBe(5_000_000_000n);
    expect(parseUsd('0.000000001')).toBe(1n);
    expect(parseUsd('-1.5')).toBe(-1_500_000_000n);
    expect(parseUsd('90071992547409931.25')).toBe(90071992547409931_250_000_000n);
  });

  test('with zeros beyond the ninth digit is still exact', () => {
    expect(parseUsd('1.10000000000000')).toBe(1_100_000_000n);
  });

  for (const text of ['', ' ', '1e3', '0.0000000001', '1,5', '.5', '5.', '$5', 'NaN', '0x10', '--1', '1 2']) {
    test(`is refused when it is written ${JSON.stringify(text)}`, () => {
      expect(parseUsd(text)).toBeUndefined();
    });
  }

  test('is shown with two digits, or as many as it needs', () => {
    expect(formatUsd(5_000_000_000n)).toBe('5.00');
    expect(formatUsd(1_500_000n)).toBe('0.0015');
    expect(formatUsd(-1n)).toBe('-0.000000001');
    expect(formatUsd(0n)).toBe('0.00');
  });

  test('survives being shown and read again', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), (nano) => parseUsd(formatUsd(nano)) === nano),
    );
  });
});

describe('a token price', () => {
  test('in USD per million tokens becomes picodollars per token', () => {
    expect(parseTokenPrice(5)).toBe(5_000_000);
    expect(parseTokenPrice('0.075')).toBe(75_000);
    expect(parseTokenPrice(0.000001)).toBe(1);
    expect(parseTokenPrice(0)).toBe(0);
    // 0.1 + 0.2 as a float is not 0.3; what a person writes is.
    expect(parseTokenPrice('0.3')).toBe(300_000);
  });

  test('finer than a picodollar, negative or too large to be exact is refused', () => {
    expect(parseTokenPrice('0.0000001')).toBeUndefined();
    expect(parseTokenPrice(1e-7)).toBeUndefined();
    expect(parseTokenPrice(-1)).toBeUndefined();
    expect(parseTokenPrice('9007199255')).toBeUndefined();
    expect(parseTokenPrice(Number.NaN)).toBeUndefined();
    expect(parseTokenPrice(Number.POSITIVE_INFINITY)).toBeUndefined();
  });

  test('of more than ten cents a token is a slip of the pen', () => {
    expect(parseTokenPrice(100_000)).toBe(100_000_000_000);
    expect(parseTokenPrice('100000.000001')).toBeUndefined();
    expect(parseUnitPrice(1000)).toBe(1_000_000_000_000_000);
    expect(parseUnitPrice('1000.000000000001')).toBeUndefined();
  });

  test('is shown as it is written', () => {
    expect(formatTokenPrice(6_250_000)).toBe('6.25');
    expect(formatTokenPrice(20_000)).toBe('0.02');
  });
});

test('a price for one search is in picodollars', () => {
  expect(parseUnitPrice('0.01')).toBe(10_000_000_000);
});
