// Numbers beyond 2^53 in values that are only handed on.

import { expect, test } from 'bun:test';
import { tryParseExact, tryParseExactUnder } from '../../src/lib/exact-json.ts';

test.each([
  '{"id":12345678901234567890}',
  '{"a":[{"id":-9223372036854775808},1],"b":{"c":18446744073709551615}}',
  '{"short":9007199254740991,"text":"12345678901234567890"}',
])('%s is written as it was read', (text) => {
  expect(JSON.stringify(tryParseExact(text))).toBe(text);
});

test('what is no object, no JSON, or no whole number is as usual', () => {
  for (const text of [
    '12345678901234567890',
    '[12345678901234567890]',
    '"x"',
    '{"a":1.00000000000000000001}',
  ])
    expect(tryParseExact(text)).toEqual(JSON.parse(text));
  expect(tryParseExact('{"id":12345678901234567890')).toBeUndefined();
});

test('beside the members that are handed on numbers are numbers', () => {
  const text =
    '{"seed":12345678901234567890,"input":{"id":12345678901234567890},"list":[{"input":12345678901234567890}]}';
  const value = tryParseExactUnder(['input'], text);
  expect(value).toMatchObject({ seed: 12345678901234567000, list: [{ input: 12345678901234567000 }] });
  expect(JSON.stringify(value)).toContain('"input":{"id":12345678901234567890}');
});
