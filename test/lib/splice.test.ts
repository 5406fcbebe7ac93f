// Splicing edits exactly the named members and leaves every other byte alone.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { JsonObject } from '../../src/lib/json.ts';
import { type Edit, spliceJson } from '../../src/lib/splice.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (out: Uint8Array) => new TextDecoder().decode(out);
const splice = (json: string, ...edits: Edit[]) => text(spliceJson(bytes(json), edits));

test('a replaced value leaves spaces, number spelling and order alone', () => {
  expect(
    splice('{ "a" : 1.0,\n "model":"x" , "big": 12345678901234567890 }', { path: ['model'], json: '"y"' }),
  ).toBe('{ "a" : 1.0,\n "model":"y" , "big": 12345678901234567890 }');
});

test('a missing member is added, a missing object on the way is made', () => {
  expect(splice('{}', { path: ['a'], json: '1' })).toBe('{"a":1}');
  expect(splice('{"a":1}', { path: ['s', 'u'], json: 'true' })).toBe('{"a":1,"s":{"u":true}}');
  expect(splice('{"s":{ }}', { path: ['s', 'u'], json: 'true' })).toBe('{"s":{ "u":true}}');
  expect(splice('{"s":null}', { path: ['s', 'u'], json: 'true' })).toBe('{"s":{"u":true}}');
  expect(splice('{}', { path: ['a'], json: '1' }, { path: ['b'], json: '2' })).toBe('{"a":1,"b":2}');
});

test('a removed member takes one comma with it', () => {
  expect(splice('{"a":1,"b":2,"c":3}', { path: ['a'], json: undefined })).toBe('{"b":2,"c":3}');
  expect(splice('{"a":1,"b":2,"c":3}', { path: ['b'], json: undefined })).toBe('{"a":1,"c":3}');
  expect(splice('{"a":1}', { path: ['a'], json: undefined })).toBe('{}');
  expect(splice('{"a":1,"a":2,"b":3}', { path: ['a'], json: undefined })).toBe('{"b":3}');
});

test.each([
  '0.5',
  '1,"]"',
  '1,[2],3',
  '1,{"a":"]"}',
  '-1,["]"],"\\\\"',
  '-1e9,"\\""',
  '1,[[2],"[",3'.concat(']'),
])('what stands behind a long list of %s is found', (items) => {
  const numbers = '-0.25,'.repeat(200);
  const list = `[${numbers}${items},${numbers}${items}]`;
  const json = (model: string) => `{"l":${list},"n":[${list},[${list}]],"model":"${model}"}`;
  expect(splice(json('x'), { path: ['model'], json: '"y"' })).toBe(json('y'));
});

test('names hidden behind escapes and duplicates are edited too', () => {
  expect(splice('{"mod\\u0065l":"x","model":"z"}', { path: ['model'], json: '"y"' })).toBe(
    '{"mod\\u0065l":"y","model":"y"}',
  );
});

test('the name inside a string, an array or a deeper object is not touched', () => {
  const json = '{"t":"\\"model\\":\\"q\\"","l":[{"model":"q"}],"o":{"model":"q"},"model":"x"}';
  expect(splice(json, { path: ['model'], json: '"y"' })).toBe(json.replace(/"x"/, '"y"'));
});

test('a path through an array changes that element alone, and nothing where there is none', () => {
  const json = '{"l": [ {"n":12345678901234567890}, {"m":"x", "n":1.0} ,[],"a"],"o":{"l":{}}}';
  const at = (...path: (string | number)[]) =>
    new TextDecoder().decode(
      spliceJson(new TextEncoder().encode(json), [{ path, json: '"y"', present: true }]),
    );
  expect(at('l', 1, 'm')).toBe(json.replace('"x"', '"y"'));
  for (const path of [
    ['l', 0, 'm'],
    ['l', 2, 'm'],
    ['l', 3, 'm'],
    ['l', 9, 'm'],
    ['o', 0, 'm'],
    ['o', 'l', 0, 'm'],
  ])
    expect(at(...path)).toBe(json);
});

const object = fc.dictionary(fc.string({ unit: 'binary', maxLength: 6 }), fc.jsonValue({ maxDepth: 3 }), {
  maxKeys: 6,
  noNullPrototype: true,
});

test('law 2, locality: the result parses to the edited value and to nothing else', () => {
  fc.assert(
    fc.property(
      object,
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.option(fc.jsonValue()),
      (value, name, next) => {
        const json = next === null ? undefined : JSON.stringify(next);
        const out = JSON.parse(splice(JSON.stringify(value, null, 1), { path: [name], json })) as JsonObject;
        const expected = JSON.parse(JSON.stringify(value)) as JsonObject;
        if (json === undefined) delete expected[name];
        else
          Object.defineProperty(expected, name, {
            value: JSON.parse(json),
            enumerable: true,
            configurable: true,
            writable: true,
          });
        expect(JSON.stringify(sorted(out))).toBe(JSON.stringify(sorted(expected)));
      },
    ),
    { numRuns: 500 },
  );
});

function sorted(value: JsonObject): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

test('edits that lie in each other’s way are done one after the other, in one reading of the text', () => {
  const set = (json: string, ...path: string[]): Edit => ({ path, json });
  const gone = (...path: string[]): Edit => ({ path, json: undefined });
  expect(splice('{"a":1,"b":2}', gone('a'), gone('b'), set('3', 'c'), set('4', 'd'))).toBe('{"c":3,"d":4}');
  expect(splice('{"s":{"u":1}}', gone('s'), set('2', 's', 'v'))).toBe('{"s":{"v":2}}');
  expect(splice('{"s":{"u":1}}', set('{"w": 1}', 's'), set('2', 's', 'v'))).toBe('{"s":{"w": 1,"v":2}}');
  expect(splice('{"s":{"u":1}}', set('2', 's', 'u'), gone('s'))).toBe('{}');
  expect(splice('{"s":1}', set('2', 's'), set('3', 's'))).toBe('{"s":3}');
  expect(splice('{}', set('1', 's', 'a'), set('2', 's', 'b'))).toBe('{"s":{"a":1,"b":2}}');
});

test('a list of very many edits is read once', () => {
  const places = Array.from({ length: 100_000 }, (_, i) => i);
  const json = `{"l":[${places.map(() => '{"m":1}').join()}]}`;
  const edits = places.map((i) => ({ path: ['l', i], json: i % 3 === 0 ? '2' : undefined }));
  const startMs = performance.now();
  expect(JSON.parse(splice(json, ...edits)).l).toHaveLength(33_334);
  expect(performance.now() - startMs).toBeLessThan(5_000);
});
