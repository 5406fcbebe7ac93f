// JSON that models break, and what it was meant to be.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { mendJson } from '../../src/lib/mend-json.ts';

const BROKEN: [what: string, text: string, meant: unknown][] = [
  ['a code fence', '```json\n{"a": 1}\n```', { a: 1 }],
  ['a fence with words around it', 'Sure!\n```json\n{"a": [1]}\n```\nAnything else?', { a: [1] }],
  ['words around it', 'Here it is: {"a": 1} Hope this helps.', { a: 1 }],
  ['a trailing comma and words', 'Here it is: {"a": 1,} ok?', { a: 1 }],
  ['single quotes, bare names and None', "{'a': 'it\\'s', b: None,}", { a: "it's", b: null }],
  ['a line break inside a text', '{"a": "x\ny"}', { a: 'x\ny' }],
  ['quotes inside a text', '{"a": "say "hi" now"}', { a: 'say "hi" now' }],
  ['comments', '{"a": 1, // one\n"b": 2}', { a: 1, b: 2 }],
  ['an end that was cut off', '{"a": {"b": 1}, "c": "hel', { a: { b: 1 }, c: 'hel' }],
  ['a fence inside a text', '{"a": "```js\nx```",}', { a: '```js\nx```' }],
  ['fences inside a fence', '```json\n{"a": "```js\\nx\\n```",}\n```\nok', { a: '```js\nx\n```' }],
  ['the first of two fences', '```json\n{"a": 1}\n``` and ```json\n{"b": 2}\n```', { a: 1 }],
  ['a fence that was cut off', '```json\n[1, {"x": 3', [1, { x: 3 }]],
];

test.each(BROKEN)('%s', (_, text, meant) => {
  expect(JSON.parse(mendJson(text) ?? '')).toEqual(meant);
});

test.each(['hello world', '', '   ', 'no brackets at all'])(
  'what is no object and no array stays: %p',
  (text) => {
    expect(mendJson(text)).toBeUndefined();
  },
);

test('every JSON text stays as it is, and every prefix of one becomes JSON or stays', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, cut) => {
      if (mendJson(json) !== undefined) throw new Error(`mended what was whole: ${json}`);
      const mended = mendJson(json.slice(0, cut % (json.length + 1)));
      if (mended !== undefined) JSON.parse(mended);
    }),
    { numRuns: 2000 },
  );
});

test('numbers too exact for a double keep their digits', () => {
  expect(mendJson('{"n": 12345678901234567890,}')).toContain('12345678901234567890');
});
