// A text that nests too deep is known before the parser, which would stand still over it, sees it.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { LEVELS_MAX, tryParseJson } from '../../src/lib/json.ts';
import { opensTooDeep } from '../../src/lib/json-levels.ts';
import { jsonValues } from '../support/json-texts.ts';

function levelsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(levelsOf));
}

test('of every JSON text it tells the levels that its value has', () => {
  fc.assert(
    fc.property(jsonValues, fc.constantFrom(undefined, 2), (json, indent) => {
      const text = JSON.stringify(json, null, indent);
      const levels = levelsOf(json);
      expect(opensTooDeep(text, levels)).toBe(false);
      if (levels > 0) expect(opensTooDeep(text, levels - 1)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['arrays', '[', ']'],
  ['objects', '{"a":', '}'],
  ['both, with air between', ' [\n{ "a" :\t', '} ]'],
])('so many levels are read and not one more: %s', (_, open, close) => {
  const each = (open.match(/[[{]/g) ?? []).length;
  const nested = (levels: number) => `${open.repeat(levels / each)}1${close.repeat(levels / each)}`;
  expect(tryParseJson(nested(LEVELS_MAX))).toBeDefined();
  expect(tryParseJson(nested(LEVELS_MAX + each))).toBeUndefined();
});

test('levels beside each other are not one in another, and what closes first owes none', () => {
  expect(opensTooDeep(`[${'[[]],'.repeat(1000)}1]`, 3)).toBe(false);
  expect(opensTooDeep(`[${'[[]],'.repeat(1000)}1]`, 2)).toBe(true);
});

test('a text that is cut off anywhere has the levels of what there is', () => {
  const text = `{"a":"${'\\"[['.repeat(30)}","b":[[{"c":"\\\\"}]]}`;
  for (let end = 0; end <= text.length; end++) expect(opensTooDeep(text.slice(0, end), 4)).toBe(false);
  expect(opensTooDeep(text.slice(0, text.indexOf('{"c"') + 1), 3)).toBe(true);
});

test('the parser is not even asked', () => {
  const { parse } = JSON;
  let asked = 0;
  JSON.parse = (text, reviver) => {
    asked++;
    return parse(text, reviver);
  };
  try {
    expect(tryParseJson('['.repeat(8_000_000))).toBeUndefined();
    expect(tryParseJson(`{"a":"${'['.repeat(1000)}"}`)).toBeDefined();
  } finally {
    JSON.parse = parse;
  }
  expect(asked).toBe(1);
});
