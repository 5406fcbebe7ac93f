// Schemas and thinking as each generation of Gemini takes them.

import { describe, expect, test } from 'bun:test';
import type { ReasoningControl } from '../../../src/canonical/request.ts';
import type { Target } from '../../../src/formats/codec.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { OLD, write } from './target.ts';

describe('a schema', () => {
  const fitted = (schema: JsonObject) => {
    const { value, losses } = write({ tools: [{ kind: 'function', name: 'f', schema, at: 'tools[0]' }] });
    const [tool] = asArray(value.tools);
    const [declared] = asArray(asObject(tool).functionDeclarations);
    return { schema: asObject(declared).parametersJsonSchema, losses };
  };

  test('loses keywords Google does not know, keeps properties that are called like them, and tells', () => {
    const { schema, losses } = fitted({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'x',
      type: 'object',
      additionalProperties: false,
      patternProperties: { '^x': {} },
      properties: {
        $id: { type: 'string', contentEncoding: 'base64' },
        pattern: { const: 5 },
        not: { oneOf: [{ type: 'integer', enum: [1, 2] }, { type: 'null' }] },
      },
      required: ['$id'],
    });
    expect(schema).toEqual({
      type: 'object',
      description: '(patternProperties: {"^x":{}})',
      additionalProperties: false,
      properties: {
        $id: { type: 'string' },
        pattern: { enum: [5] },
        not: { anyOf: [{ type: 'integer', enum: [1, 2] }, { type: 'null' }] },
      },
      required: ['$id'],
    });
    expect(losses).toMatchObject([{ path: 'tools[0]', action: 'changed' }]);
    expect(losses[0]?.reason).toContain('$id, patternProperties, contentEncoding');
  });

  test('has its references written out, and only what holds itself stays one', () => {
    const plain = fitted({
      type: 'object',
      properties: { a: { $ref: '#/$defs/Place', description: 'where' }, b: { $ref: '#/definitions/Name' } },
      $defs: { Place: { type: 'object', properties: { name: { $ref: '#/definitions/Name' } } } },
      definitions: { Name: { type: 'string' } },
    });
    expect(plain).toEqual({
      schema: {
        type: 'object',
        properties: {
          a: { type: 'object', properties: { name: { type: 'string' } }, description: 'where' },
          b: { type: 'string' },
        },
      },
      losses: [],
    });
    const recursive = fitted({
      type: 'object',
      properties: { tree: { $ref: '#/$defs/Node' } },
      $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
    });
    expect(recursive.schema).toEqual({
      type: 'object',
      properties: { tree: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
      $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
    });
  });

  test('that multiplies itself is not written out for ever', () => {
    const $defs: JsonObject = { d0: { type: 'string' } };
    for (let i = 1; i < 40; i++)
      $defs[`d${i}`] = {
        type: 'object',
        properties: { a: { $ref: `#/$defs/d${i - 1}` }, b: { $ref: `#/$defs/d${i - 1}` } },
      };
    const { schema } = fitted({ type: 'object', properties: { x: { $ref: '#/$defs/d39' } }, $defs });
    expect(JSON.stringify(schema).length).toBeLessThan(2_000_000);
  });

  test('made of several says what all of them say', () => {
    const { schema } = fitted({
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'string' } }, required: ['b'] },
      ],
      description: 'both',
    });
    expect(schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
      description: 'both',
    });
  });
});

describe('thinking', () => {
  const cases: [ReasoningControl, Partial<Target>, JsonObject | undefined, string[]][] = [
    [{ effort: 'high', summary: 'auto' }, {}, { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    [{ effort: 'xhigh' }, {}, { thinkingLevel: 'HIGH' }, ['clamped']],
    [{ effort: 'minimal' }, {}, { thinkingLevel: 'LOW' }, ['clamped']],
    [{ mode: 'on', budgetTokens: 8000 }, {}, { thinkingLevel: 'MEDIUM', includeThoughts: true }, ['changed']],
    [{ mode: 'off' }, {}, { thinkingLevel: 'LOW' }, ['changed']],
    [{ mode: 'auto', summary: 'none' }, {}, { includeThoughts: false }, []],
    [{ mode: 'off' }, OLD, { thinkingBudget: 0 }, []],
    [{ mode: 'off' }, { model: 'gemini-2.5-pro' }, { thinkingBudget: 128 }, ['changed']],
    [{ effort: 'high' }, OLD, { thinkingBudget: 16_384 }, []],
    [
      { mode: 'on', budgetTokens: 90_000, summary: 'none' },
      OLD,
      { thinkingBudget: 24_576, includeThoughts: false },
      ['clamped'],
    ],
    [
      { mode: 'on', budgetTokens: 100 },
      { model: 'gemini-2.5-flash-lite' },
      { thinkingBudget: 512, includeThoughts: true },
      ['clamped'],
    ],
    [{ mode: 'auto' }, OLD, { thinkingBudget: -1 }, []],
    [{ effort: 'high' }, { thinking: 'none' }, undefined, ['dropped']],
  ];
  test.each(cases)('%j at %j is %j', (reasoning, target, thinkingConfig, actions) => {
    const { value, losses } = write({ reasoning }, target);
    expect(asObject(value.generationConfig).thinkingConfig).toEqual(thinkingConfig as never);
    expect(losses.map((loss) => loss.action)).toEqual(actions as never);
  });
});
