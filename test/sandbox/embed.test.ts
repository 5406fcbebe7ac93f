// The vectors that the sandbox makes up.

import { beforeAll, expect, test } from 'bun:test';
import { loadTokenizer } from '../../src/billing/tokens.ts';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import { embed } from '../../src/sandbox/embed.ts';

beforeAll(loadTokenizer);

const vectors = (input: JsonValue, members: JsonObject = {}) =>
  (embed({ model: 'embed', input, ...members }).data as { embedding: number[] }[]).map(
    ({ embedding }) => embedding,
  );
const product = (one: number[], other: number[]) =>
  one.reduce((sum, each, at) => sum + each * (other[at] ?? 0), 0);

test('the same text has the same vector, of length 1, with as many numbers as are asked for', () => {
  for (const dimensions of [1, 3, 256, 4096]) {
    const [first = [], second = [], empty = []] = vectors(['a cat', 'a cat', ''], { dimensions });
    expect(first.length).toBe(dimensions);
    expect(first).toEqual(second);
    if (dimensions > 3) expect(product(first, first)).toBeCloseTo(1, 5);
    expect(product(empty, empty)).toBeCloseTo(1, 5);
  }
});

test('texts that share words lie closer together than others', () => {
  const [cat = [], cats = [], tax = []] = vectors([
    'a cat on a mat',
    'the cat sat on the mat',
    'income tax rates',
  ]);
  expect(product(cat, cats)).toBeGreaterThan(product(cat, tax) + 0.2);
});

test('a list of tokens is one input, a list of lists several', () => {
  expect(vectors([1, 2, 3]).length).toBe(1);
  expect(vectors([[1, 2], [3]]).length).toBe(2);
  expect(embed({ input: [[1, 2], [3]] }).usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
  expect(embed({ input: 'hello world' }).usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
});
