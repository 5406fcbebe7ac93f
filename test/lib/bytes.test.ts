// Words in bytes, looked for from place to place.

import { expect, test } from 'bun:test';
import { jsonNeedlesOf, NextNeedle } from '../../src/lib/bytes.ts';

const needles = jsonNeedlesOf(['ab', 'b', 'never']);

test('the next needle is the first of any that stands at or behind a place', () => {
  const bytes = Buffer.from('..ab.b..ab');
  const next = new NextNeedle(bytes, needles);
  expect([0, 2, 3, 4, 6, 9, 10].map((from) => next.next(from))).toEqual([2, 2, 3, 5, 8, 9, -1]);
  expect(new NextNeedle(Buffer.from('x'), needles).next(0)).toBe(-1);
});

test('needles with a space behind a colon are found in JSON that has such spaces', () => {
  const usage = jsonNeedlesOf(['usage":{', 'usage": {']);
  const at = (text: string) => new NextNeedle(Buffer.from(text), usage).next(0);
  expect(['{"usage":{}}', '{"usage": {}}', '{"a": 1,"usage":{}}', '{"a": {}}'].map(at)).toEqual([
    2, 2, 9, -1,
  ]);
});

test('a needle that never comes is looked for once, however often the others come', () => {
  const bytes = Buffer.from(`ab${'x'.repeat(120)}`.repeat(40_000));
  const next = new NextNeedle(bytes, needles);
  const started = performance.now();
  let found = 0;
  for (let at = next.next(0); at !== -1; at = next.next(at + 2)) found++;
  expect(found).toBe(40_000);
  expect(performance.now() - started).toBeLessThan(2_000);
});
