// Sums of money that stay exact from the first unit to far beyond what a number holds.

import { expect, test } from 'bun:test';
import { array, assert, bigInt, integer, oneof, property, record } from 'fast-check';
import { Exact, FACTOR_ONE } from '../../src/billing/exact.ts';

const UNITS_PER_NANO = 10_000_000n;
const NUMBER_END = 2 ** 53;

/** Small, about where numbers end, and far beyond. */
const count = oneof(integer({ min: 0, max: 10_000_000 }), bigInt({ min: 0n, max: 2n ** 70n }).map(Number));
const amount = record({
  count,
  pico: oneof(integer({ min: 0, max: 100_000_000 }), integer({ min: 0, max: NUMBER_END - 1 })),
  factor: oneof(integer({ min: 10_000, max: 11_000 }), integer({ min: 1, max: 1_000_000 })),
});

function sumOf(amounts: { count: number; pico: number; factor: number }[]): Exact {
  const sum = new Exact();
  for (const { count: tokens, pico, factor } of amounts) sum.add(tokens, pico, factor);
  return sum;
}

test('a sum has the units and the nanodollars that integers without end give', () => {
  assert(
    property(array(amount, { maxLength: 6 }), array(amount, { maxLength: 6 }), (one, other) => {
      const units = [...one, ...other].reduce(
        (sum, each) => sum + BigInt(each.count) * BigInt(each.pico) * BigInt(each.factor),
        0n,
      );
      const sum = sumOf(one);
      const rest = sumOf(other);
      expect(rest.exceeds(sum)).toBe(rest.units > sum.units);
      sum.include(rest);
      expect(sum.units).toBe(units);
      expect(sum.nano).toBe((units + UNITS_PER_NANO - 1n) / UNITS_PER_NANO);
    }),
    { numRuns: 5000 },
  );
});

test.each([1, 12_345_678, 900_719_925])('a unit above %p nanodollars makes one more', (nano) => {
  const sum = new Exact();
  sum.add(nano, 1000);
  expect(sum.nano).toBe(BigInt(nano));
  sum.add(1, 1, 1);
  expect(sum.nano).toBe(BigInt(nano) + 1n);
});

test.each([NUMBER_END - 2, NUMBER_END - 1])('one more than %p units is none less', (units) => {
  const sum = new Exact();
  sum.add(units, 1, 1);
  sum.add(1, 1, 1);
  sum.add(1, 1, 1);
  expect(sum.units).toBe(BigInt(units) + 2n);
  const other = new Exact();
  other.add(units, 1, 1);
  other.include(sum);
  expect(other.units).toBe(2n * BigInt(units) + 2n);
});

test('what has no price or no count adds nothing, and prices have the factor of one unless another is told', () => {
  const sum = new Exact();
  sum.add(5, undefined);
  sum.add(0, 7);
  expect(sum.units).toBe(0n);
  sum.add(3, 2);
  expect(sum.units).toBe(6n * BigInt(FACTOR_ONE));
});
