// JSON schemas as each family of providers takes them, and what is told of the rest.

import { describe, expect, test } from 'bun:test';
import { ANTHROPIC, COMPATIBLE, GOOGLE } from '../../../src/formats/schema/dialect.ts';
import { fitArguments, fitSchema } from '../../../src/formats/schema/fit.ts';
import { lookUp } from '../../../src/formats/schema/references.ts';
import { objectRoot } from '../../../src/formats/schema/root.ts';
import { fitsStrict } from '../../../src/formats/schema/strict.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const TREE: JsonObject = {
  type: 'object',
  properties: { root: { $ref: '#/$defs/Node' } },
  $defs: {
    Node: {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/$defs/Node' } } },
    },
  },
};

describe('Anthropic', () => {
  const fit = (schema: JsonObject) => fitSchema(schema, ANTHROPIC);

  test('objects are closed, limits move into the description, one-of becomes any-of', () => {
    const { schema, changed, unsayable } = fit({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 2, pattern: '^x', description: 'who' },
        size: { oneOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
        tags: { type: 'array', items: { type: 'string' }, minItems: 3, uniqueItems: true },
        list: { type: 'array', items: { type: 'string' }, minItems: 1 },
      },
      required: ['name'],
    });
    expect(schema).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', description: 'who (minLength: 2, pattern: "^x")' },
        size: { anyOf: [{ type: 'integer', description: '(minimum: 1)' }, { type: 'null' }] },
        tags: { type: 'array', items: { type: 'string' }, description: '(minItems: 3, uniqueItems: true)' },
        list: { type: 'array', items: { type: 'string' }, minItems: 1 },
      },
      required: ['name'],
      additionalProperties: false,
    });
    expect(changed.sort()).toEqual(['minItems', 'minLength', 'minimum', 'pattern', 'uniqueItems']);
    expect(unsayable).toBeUndefined();
  });

  test('references stay, in one place, and one that is the whole schema is written out', () => {
    const { schema } = fit({
      $ref: '#/definitions/Order',
      definitions: {
        Order: { type: 'object', properties: { from: { $ref: '#/definitions/Place', description: 'a' } } },
        Place: { type: 'object', properties: { city: { type: 'string' } } },
      },
    });
    expect(schema).toEqual({
      type: 'object',
      properties: { from: { $ref: '#/$defs/Place', description: 'a' } },
      additionalProperties: false,
      $defs: {
        Place: { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false },
      },
    });
  });

  test('parts of an all-of become one object, which is closed once', () => {
    const { schema } = fit({
      allOf: [
        { $ref: '#/$defs/Base' },
        { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
      ],
      $defs: { Base: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
    });
    expect(schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
      additionalProperties: false,
    });
  });

  test('a schema that contains itself, and one of free names, cannot be said', () => {
    expect(fit(TREE).unsayable).toBe('recursion');
    expect(fit({ type: 'object', properties: { a: { $ref: '#' } } }).unsayable).toBe('recursion');
    const map = { type: 'object', additionalProperties: { type: 'number' } };
    expect(fit({ type: 'object', properties: { scores: map } }).unsayable).toBe('open map');
    expect(fit({ type: 'object', properties: {}, additionalProperties: false }).unsayable).toBeUndefined();
  });

  test('a nullable of OpenAPI becomes a type that may be null', () => {
    const { schema } = fit({ type: 'string', nullable: true, enum: ['a'] });
    expect(schema).toEqual({ type: ['string', 'null'], enum: ['a', null] });
  });
});

describe('Google', () => {
  test('properties called like keywords are kept, keywords it does not know are told', () => {
    const { schema, changed } = fitSchema(
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: {
          $id: { const: 7 },
          not: { type: 'string', not: { enum: ['x'] } },
          $ref: { type: 'null' },
        },
        required: ['$id', 'gone'],
      },
      GOOGLE,
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        $id: { enum: [7] },
        not: { type: 'string', description: '(not: {"enum":["x"]})' },
        $ref: { type: 'null' },
      },
      required: ['$id'],
    });
    expect(changed.sort()).toEqual(['not', 'required']);
  });

  test('references are written out but for those that lead into themselves', () => {
    const { schema, unsayable } = fitSchema(TREE, GOOGLE);
    expect(unsayable).toBeUndefined();
    expect(JSON.stringify(schema.properties)).toContain('"children"');
    expect(Object.keys(schema.$defs as JsonObject)).toEqual(['Node']);
  });

  test('two definitions of one name in two places stay two', () => {
    const node = (inner: string): JsonObject => ({
      type: 'object',
      properties: { [inner]: { $ref: '#/a/Node' } },
    });
    const other: JsonObject = { type: 'object', properties: { y: { $ref: '#/b/Node' } } };
    const { schema } = fitSchema(
      {
        type: 'object',
        properties: { one: { $ref: '#/a/Node' }, two: { $ref: '#/b/Node' } },
        a: { Node: node('x') },
        b: { Node: other },
      },
      GOOGLE,
    );
    expect(Object.keys(schema.$defs as JsonObject)).toHaveLength(2);
  });
});

describe('compatible vendors', () => {
  test('get limits and const as they are, references written out', () => {
    const { schema, changed } = fitSchema(
      {
        $schema: 'x',
        type: 'object',
        properties: { a: { $ref: '#/$defs/A' }, b: { const: 'k' }, c: { oneOf: [{ type: 'string' }] } },
        patternProperties: { '^x': {} },
        $defs: { A: { type: 'integer', maximum: 3 } },
      },
      COMPATIBLE,
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        a: { type: 'integer', maximum: 3 },
        b: { const: 'k' },
        c: { anyOf: [{ type: 'string' }] },
      },
      description: '(patternProperties: {"^x":{}})',
    });
    expect(changed).toEqual(['patternProperties']);
  });
});

describe('the arguments of a function', () => {
  test('are one object: alternatives at the top are brought together and told', () => {
    const { schema, changed } = objectRoot({
      anyOf: [
        {
          type: 'object',
          properties: { id: { type: 'string' }, n: { type: 'number' } },
          required: ['id', 'n'],
        },
        {
          type: 'object',
          properties: { id: { type: 'string' }, q: { type: 'string' } },
          required: ['id', 'q'],
        },
      ],
    });
    expect(schema).toEqual({
      type: 'object',
      properties: { id: { type: 'string' }, n: { type: 'number' }, q: { type: 'string' } },
      required: ['id'],
      description: '(Give one of these sets: id, n; or id, q.)',
    });
    expect(changed).toEqual(['anyOf']);
  });

  test('may stand behind a reference', () => {
    const { schema } = fitArguments(
      { $ref: '#/$defs/In', $defs: { In: { type: 'object', properties: { a: { type: 'string' } } } } },
      GOOGLE,
    );
    expect(schema).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
  });
});

describe('strict', () => {
  const closed = (members: JsonObject): JsonObject => ({
    type: 'object',
    properties: members,
    required: Object.keys(members),
    additionalProperties: false,
  });

  test.each([
    ['a closed object with all of its properties required', closed({ a: { type: 'string' } }), true],
    ['an optional property', { ...closed({ a: { type: 'string' } }), required: [] }, false],
    ['an open object inside of a list', closed({ a: { type: 'array', items: { type: 'object' } } }), false],
    ['a one-of', closed({ a: { oneOf: [{ type: 'string' }] } }), false],
    ['a pattern that looks around', closed({ a: { type: 'string', pattern: '(?=x)' } }), false],
    ['a format it does not know', closed({ a: { type: 'string', format: 'uri-template' } }), false],
    ['an open definition', { ...closed({}), $defs: { A: { type: 'object' } } }, false],
    ['a property called oneOf', closed({ oneOf: { type: 'string' } }), true],
  ])('%s', (_, schema, fits) => {
    expect(fitsStrict(schema)).toBe(fits);
  });
});

describe('references', () => {
  test('are found by path, by anchor, with escapes, and only inside of the document', () => {
    const root: JsonObject = {
      $defs: { 'a/b': { type: 'string' }, ä: { type: 'null' }, c: { $anchor: 'here', type: 'number' } },
    };
    expect(lookUp(root, '#/$defs/a~1b')).toEqual({ type: 'string' });
    expect(lookUp(root, '#/$defs/%C3%A4')).toEqual({ type: 'null' });
    expect(lookUp(root, '#here')).toMatchObject({ type: 'number' });
    expect(lookUp(root, 'https://example.com/schema')).toBeUndefined();
    expect(lookUp(root, '#/$defs/__proto__')).toBeUndefined();
  });
});
