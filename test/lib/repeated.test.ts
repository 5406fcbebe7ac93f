// Names that stand twice somewhere in a JSON text: the first is found, in one pass.

import { expect, test } from 'bun:test';
import { repeatedWithin } from '../../src/lib/repeated.ts';

const find = (json: string, at = 0) => repeatedWithin(new TextEncoder().encode(json), at);

test.each<[string, (string | number)[] | undefined]>([
  ['{}', undefined],
  ['"a"', undefined],
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', undefined],
  ['{"a":"a","b":"b"}', undefined],
  ['["a","a"]', undefined],
  ['{"a":1 ,\n"a":2}', ['a']],
  ['{"m\\u006fdel":1,"model":2}', ['model']],
  ['{"é\\"":1,"é\\"":2}', ['é"']],
  ['{"__proto__":1,"__proto__":2}', ['__proto__']],
  ['{"":1,"":2}', ['']],
  ['[1,[],{},{"x":[{"a":{}},{"b":[1,2],"a":"}","b":0}]}]', [3, 'x', 1, 'b']],
  ['{"a":[{"b":1}],"c":"\\\\","a":1}', ['a']],
])('in %s', (json, path) => {
  expect(find(json)).toEqual(path);
});

test('only the value that begins there is looked at', () => {
  expect(find('[{"a":1},{"b":1,"b":2}]', 1)).toBeUndefined();
});

/** How often a byte of the text is looked at. */
function looksAt(json: string): number {
  let looks = 0;
  const bytes = new Proxy(new TextEncoder().encode(json), {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) looks++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  repeatedWithin(bytes, 0);
  return looks;
}

test('what is nested is read once, not once for each level', () => {
  const levels = 500;
  const json = `${'['.repeat(levels)}${'[],'.repeat(10_000)}1${']'.repeat(levels)}`;
  expect(looksAt(json)).toBeGreaterThanOrEqual(json.length);
  expect(looksAt(json)).toBeLessThan(2 * json.length);
});

test('nothing is nested too deep for it', () => {
  const depth = 100_000;
  const nested = (inner: string) => `${'[{"a":'.repeat(depth)}${inner}${'}]'.repeat(depth)}`;
  expect(find(nested('0'))).toBeUndefined();
  expect(find(nested('{"b":1,"b":2}'))?.length).toBe(2 * depth + 1);
});
