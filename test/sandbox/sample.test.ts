// Values made for a JSON schema fit it.

import { describe, expect, test } from 'bun:test';
import Schema from 'typebox/schema';
import type { JsonObject } from '../../src/lib/json.ts';
import { sampleJson, sampleObject } from '../../src/sandbox/sample.ts';
import { spellPattern } from '../../src/sandbox/spell.ts';

const WEATHER: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    city: { type: 'string', minLength: 2, maxLength: 8 },
    unit: { enum: ['celsius', 'fahrenheit'] },
    version: { const: 3 },
    days: { type: 'integer', minimum: 1, maximum: 14 },
    above: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.9 },
    steps: { type: 'integer', minimum: 7, multipleOf: 5 },
    cold: { type: 'integer', maximum: -3 },
    tags: { type: 'array', items: { type: 'string' }, minItems: 2, uniqueItems: true },
    when: { type: 'string', format: 'date-time' },
    code: { type: 'string', pattern: '^[A-Z]{2}-\\d{3,5}(?:-(x|y))?$' },
    place: { anyOf: [{ $ref: '#/$defs/place' }, { type: 'null' }] },
    both: {
      allOf: [{ $ref: '#/$defs/named' }, { properties: { age: { type: 'integer' } }, required: ['age'] }],
    },
    pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'boolean' }], minItems: 2 },
    maybe: { type: ['string', 'null'] },
    left_out: { type: 'string' },
  },
  required: [
    'city',
    'unit',
    'version',
    'days',
    'above',
    'steps',
    'cold',
    'tags',
    'when',
    'code',
    'place',
    'both',
    'pair',
    'maybe',
  ],
  additionalProperties: false,
  $defs: {
    named: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    place: {
      type: 'object',
      properties: { inside: { anyOf: [{ $ref: '#/$defs/place' }, { type: 'null' }] } },
      required: ['inside'],
    },
  },
};

describe('a sample', () => {
  test('fits a schema that uses every word it knows', () => {
    const value = sampleObject(WEATHER);
    expect(Schema.Compile(WEATHER).Check(value)).toBe(true);
    expect(value).not.toHaveProperty('left_out');
    expect(value).toMatchObject({ unit: 'celsius', version: 3, days: 1, steps: 10, cold: -3 });
    expect(value.place).toEqual({ inside: null });
  });

  test('carries the text where a string may hold anything, within its bounds', () => {
    const value = sampleObject(WEATHER, 'Reykjavik in winter');
    expect(Schema.Compile(WEATHER).Check(value)).toBe(true);
    expect(value.city).toBe('Reykjavi');
    expect(value.maybe).toBe('Reykjavik in winter');
  });

  test('is an object even when the schema says nothing or nothing finite fits', () => {
    expect(sampleObject({})).toEqual({});
    expect(sampleObject({ type: 'array' })).toEqual({});
    const endless = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] };
    expect(sampleObject({ ...endless, $ref: '#' })).toEqual({});
    expect(sampleJson({ $ref: '#/$defs/absent' })).toBe('');
  });

  test('does not grow beyond reason on a hostile schema', () => {
    expect(sampleJson({ type: 'array', minItems: 1e9, items: true })).toBeNull();
    expect(String(sampleJson({ type: 'string', minLength: 1e12 })).length).toBeLessThanOrEqual(100_000);
    const doubling: JsonObject = { $defs: {}, $ref: '#/$defs/d0' };
    const defs: JsonObject = {};
    for (let i = 0; i < 40; i++) {
      const next = { $ref: `#/$defs/d${i + 1}` };
      defs[`d${i}`] = { type: 'array', prefixItems: [next, next], minItems: 2 };
    }
    doubling.$defs = { ...defs, d40: { type: 'null' } };
    expect(sampleJson(doubling)).toBeNull();
    let deep: JsonObject = {};
    for (let i = 0; i < 5_000; i++) deep = { type: 'array', minItems: 1, items: deep };
    expect(sampleJson(deep)).toBeNull();
  });
});

describe('the text for a pattern', () => {
  const PATTERNS = [
    '^$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^(?:foo|bar)+$',
    '^[^a-z]+$',
    '^#[0-9a-fA-F]{6}$',
    '^\\w+@\\w+\\.com$',
    '^https?://[\\w.-]+/?$',
    '^v\\d+(\\.\\d+){2}$',
    '^\\p{Lu}\\p{L}*$',
    '^[\\]\\-x]{3}$',
    '^\\u0041{2}$',
    '^(?<n>a)$',
    '^[+-]?\\d+$',
    '^a{2,5}?b$',
    '^\\[\\.\\]$',
  ];
  test.each(PATTERNS)('%s is accepted by it', (pattern) => {
    expect(spellPattern(pattern)).toMatch(new RegExp(pattern, 'u'));
  });

  test('costs little for patterns that are dangerous to run, and none throws', () => {
    expect(spellPattern('^(((a+)+)+)+b$')).toBe('ab');
    expect(spellPattern('((((a{1000}){1000}){1000}){1000})').length).toBeLessThanOrEqual(10_000);
    for (const broken of ['(', '[', '\\', 'a{', '(?<', '[a-', '('.repeat(100_000), '\\u{999999}', '*'])
      expect(typeof spellPattern(broken)).toBe('string');
  });
});
