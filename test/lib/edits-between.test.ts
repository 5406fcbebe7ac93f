// What lies between two values, as edits of a text: they make the one of the other and touch nothing else.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { editsBetween, editsOfList } from '../../src/lib/edits-between.ts';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import { type Edit, spliceJson } from '../../src/lib/splice.ts';

const splice = (json: string, edits: Edit[]) =>
  new TextDecoder().decode(spliceJson(new TextEncoder().encode(json), edits));

const NUMBERS = '"n": 12345678901234567890 , "one":1.0';
const read = (json: string) => JSON.parse(json) as { l: JsonObject[] };

test('one name in a list is all that changes', () => {
  const json = `{"l": [ {"model":"a" ,${NUMBERS}},\n {${NUMBERS}, "model" : "b"}]}`;
  const { l } = read(json);
  const after = l.map((each) => (each.model === 'b' ? { ...each, model: 'up' } : each));
  expect(splice(json, editsOfList('l', l, after))).toBe(json.replace('"b"', '"up"'));
  expect(editsOfList('l', l, [...l])).toEqual([]);
});

test.each<[string, (string | undefined)[], string]>([
  ['the first', [undefined, 'b', 'x'], '{"l": [ "b" ,"x" ]}'],
  ['one between', ['a', undefined, 'x'], '{"l": [ "a" ,"x" ]}'],
  ['the last', ['x', 'b', undefined], '{"l": [ "x", "b" ]}'],
  ['the first two', [undefined, undefined, 'x'], '{"l": [ "x" ]}'],
  ['the last two', ['x', undefined, undefined], '{"l": [ "x" ]}'],
  ['the two around one', [undefined, 'x', undefined], '{"l": [ "x" ]}'],
  ['the last, and one comes', ['a', 'b', undefined, 'x'], '{"l": [ "a", "b","x" ]}'],
  ['all', [undefined, undefined, undefined], '{}'],
])('what goes away takes its comma with it, beside what changes: %s', (_, after, expected) => {
  expect(splice('{"l": [ "a", "b" ,"c" ]}', editsOfList('l', ['a', 'b', 'c'], after))).toBe(expected);
});

const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'é"');
const value = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;
const members = fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs));
/** Of each list: what is in it before and afterwards. */
const places = fc.array(fc.tuple(members, fc.option(members, { nil: undefined }), fc.boolean()), {
  maxLength: 6,
});

test('the edits make the one value of the other', () => {
  fc.assert(
    fc.property(places, fc.array(value, { maxLength: 2 }), (list, more) => {
      const before = list.map(([each]) => each);
      const after = [...list.map(([each, next, stays]) => (stays ? each : next)), ...more];
      const edits = editsBetween(['o', 'l'], before, after);
      const sent = splice(JSON.stringify({ o: { l: before }, z: 1 }, null, 1), edits);
      const kept = after.filter((each) => each !== undefined);
      expect(sorted(JSON.parse(sent))).toBe(sorted({ o: { l: kept }, z: 1 }));
    }),
    { numRuns: 500 },
  );
});

/** Members in one order, at every depth. */
function sorted(given: JsonValue): string {
  if (Array.isArray(given)) return `[${given.map(sorted).join()}]`;
  if (typeof given !== 'object' || given === null) return JSON.stringify(given);
  const pairs = Object.entries(given).map(([key, each]) => `${JSON.stringify(key)}:${sorted(each)}`);
  return `{${pairs.sort().join()}}`;
}
