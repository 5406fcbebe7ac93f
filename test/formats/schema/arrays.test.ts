// Arrays in schemas, as providers of the newer draft and OpenAI take them.

import { describe, expect, test } from 'bun:test';
import { modernArrays } from '../../../src/formats/schema/arrays.ts';
import { asArray, asObject, type JsonObject } from '../../../src/lib/json.ts';
import { encode as encodeMessages } from '../../support/messages-encoding.ts';
import { encode as encodeResponses } from '../../support/responses-encoding.ts';
import { encode as encodeChat } from '../openai-chat/target.ts';

const TUPLE = { type: 'array', items: [{ type: 'string' }, { type: 'number' }] };

describe('a schema', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['a tuple', TUPLE, { type: 'array', prefixItems: TUPLE.items, items: {} }],
    [
      'a tuple that ends',
      { ...TUPLE, additionalItems: false },
      { type: 'array', prefixItems: TUPLE.items, items: false },
    ],
    ['an array of anything', { type: 'array' }, { type: 'array', items: {} }],
    ['one that may be null', { type: ['array', 'null'] }, { type: ['array', 'null'], items: {} }],
    [
      'an array in a property, in a choice, in a definition',
      { properties: { a: { anyOf: [{ type: 'array' }] } }, $defs: { items: { type: 'array' } } },
      {
        properties: { a: { anyOf: [{ type: 'array', items: {} }] } },
        $defs: { items: { type: 'array', items: {} } },
      },
    ],
    ['a flag at a bound', { minimum: 0, exclusiveMinimum: true }, { exclusiveMinimum: 0 }],
    ['a flag that is off', { maximum: 9, exclusiveMaximum: false }, { maximum: 9 }],
  ])('has the newer words for %s', (_, schema, expected) => {
    expect(modernArrays(schema, true)).toEqual(expected);
  });

  test('stays the same object where nothing is old, whatever its properties are called', () => {
    const schema = {
      type: 'object',
      properties: { items: { type: 'string' }, exclusiveMinimum: { type: 'boolean' } },
      enum: [{ type: 'array' }],
    };
    expect(modernArrays(schema, true)).toBe(schema);
    expect(modernArrays({ type: 'array' }, false)).toEqual({ type: 'array' });
  });
});

describe('a tool with an array that says nothing of its items', () => {
  const schema = { type: 'object', properties: { list: { type: 'array' }, pair: TUPLE } };
  const request = { tools: [{ kind: 'function' as const, name: 'f', schema, at: 'tools[0]' }] };
  const first = (tools: unknown) => asObject(asArray(tools as never)[0]);

  test.each<[string, () => { parameters: unknown; losses: object[] }, JsonObject]>([
    [
      'Chat',
      () => {
        const { value, losses } = encodeChat(request);
        return { parameters: asObject(first(value.tools).function).parameters, losses };
      },
      { items: {} },
    ],
    [
      'Responses',
      () => {
        const { value, losses } = encodeResponses(request);
        return { parameters: first(value.tools).parameters, losses };
      },
      { items: {} },
    ],
    [
      'Messages',
      () => {
        const { value, losses } = encodeMessages(request);
        return { parameters: first(value.tools).input_schema, losses };
      },
      {},
    ],
  ])('is taken on %s', (_, write, items) => {
    const { parameters, losses } = write();
    const { list, pair } = asObject(asObject(parameters as never).properties);
    expect(list).toEqual({ type: 'array', ...items });
    expect(pair).toEqual({ type: 'array', prefixItems: TUPLE.items, ...items });
    expect(losses).toEqual([]);
  });
});
