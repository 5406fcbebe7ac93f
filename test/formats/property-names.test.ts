// Plain names for the arguments of tools: none twice, and nothing else of a text touched.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { plainNamesFor, withMembersNamed, withNames } from '../../src/canonical/property-names.ts';
import type { JsonObject } from '../../src/lib/json.ts';

const PLAIN = /^[A-Za-z0-9_.-]{1,64}$/;
const shape = (names: string[]): JsonObject => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});

describe('names', () => {
  test('are plain, and none is given twice, whatever a schema has already', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 80 }), { maxLength: 8 }), (own) => {
        const first = plainNamesFor(shape(own));
        // a schema that has the very names that would stand in place of others
        const all = [...own, ...first.values()];
        const names = plainNamesFor(shape(all));
        const sent = all.map((name) => names.get(name) ?? name);
        expect(sent.every((name) => PLAIN.test(name))).toBe(true);
        expect(new Set(sent).size).toBe(all.length);
      }),
    );
  });

  test('replace properties wherever a schema names them, and no keyword', () => {
    const schema = {
      properties: { $ref: { const: { $ref: 1 } }, 'a b': { $ref: '#/properties/a%20b' } },
      required: ['$ref'],
      dependentRequired: { 'a b': ['$ref'] },
      patternProperties: { '^a b': { enum: ['a b'] } },
    };
    const names = new Map([
      ['$ref', 'R'],
      ['a b', 'B'],
    ]);
    expect([...plainNamesFor(schema).keys()]).toEqual(['$ref', 'a b']);
    expect(withNames(schema, names)).toEqual({
      properties: { R: { const: { R: 1 } }, B: { $ref: '#/properties/B' } },
      required: ['R'],
      dependentRequired: { B: ['R'] },
      patternProperties: { '^a b': { enum: ['a b'] } },
    });
  });
});

describe('a text', () => {
  const names = new Map([['$a', '_a_181mrel']]);

  test('has its members renamed, and its strings left alone, however it is cut', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, cut) => {
        const json = JSON.stringify({ $a: value, b: [{ $a: '$a' }, '"$a":', '\\"$a\\":'] });
        const named = withMembersNamed(json, names);
        expect(withMembersNamed(named, new Map([['_a_181mrel', '$a']]))).toBe(json);
        const part = json.slice(0, cut % json.length);
        expect(named.startsWith(withMembersNamed(part, names).slice(0, -4))).toBe(true);
      }),
    );
  });

  test('that has none of them is the same', () => {
    for (const json of ['', '{', '"$a"', '["$a"]', '{"b": "$a\\"', '{"$a" 1}'])
      expect(withMembersNamed(json, names)).toBe(json);
    expect(withMembersNamed('{ "\\u0024a"\n:1}', names)).toBe('{ "_a_181mrel"\n:1}');
  });
});
