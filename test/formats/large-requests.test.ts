// Requests that are far larger than any client's own: all others wait while one is read, so that must not take for ever.

import { describe, expect, test } from 'bun:test';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { CODECS } from '../../src/formats/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { ANTHROPIC, COMPATIBLE, GOOGLE } from '../../src/formats/schema/dialect.ts';
import { fitArguments } from '../../src/formats/schema/fit.ts';
import { fitsStrict } from '../../src/formats/schema/strict.ts';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import { TARGET } from './openai-chat/target.ts';

const list = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));
const members = (count: number, one: (index: number) => [string, JsonValue]): JsonObject =>
  Object.fromEntries(list(count, one));

const WIDE = 30_000;
const text = { type: 'string' };
const SCHEMAS: Record<string, JsonObject> = {
  'references to an anchor that is none of many': {
    properties: members(15_000, (i) => [`p${i}`, { $ref: '#nowhere' }]),
    $defs: members(15_000, (i) => [`d${i}`, { $anchor: `a${i}`, ...text }]),
  },
  'a chain of references': {
    properties: { first: { $ref: '#/$defs/d0' } },
    $defs: members(30_000, (i) => [`d${i}`, { properties: { next: { $ref: `#/$defs/d${i + 1}` } } }]),
  },
  'references to many definitions': {
    properties: members(15_000, (i) => [`p${i}`, { $ref: `#/$defs/d${i}` }]),
    $defs: members(15_000, (i) => [`d${i}`, text]),
  },
  'references to one large definition': {
    properties: members(20_000, (i) => [`p${i}`, { $ref: '#/$defs/large' }]),
    $defs: { large: { ...text, description: 'd'.repeat(3_000_000) } },
  },
  'references into each other': {
    properties: {
      ...members(500, (i) => [`p${i}`, { $ref: `#/properties/deep${'/items'.repeat(i)}` }]),
      deep: list(500, (i) => i).reduce<JsonObject>((items) => ({ items }), {
        description: 'd'.repeat(3_000_000),
      }),
    },
  },
  'many parts at the top': {
    allOf: list(WIDE, (i) => ({ properties: { [`p${i}`]: text }, required: [`p${i}`] })),
  },
  'many parts below it': {
    properties: {
      one: { allOf: list(WIDE, (i) => ({ properties: { [`p${i}`]: text }, required: [`p${i}`] })) },
      two: {
        allOf: [{ items: { enum: list(WIDE, String) } }, ...list(WIDE, (i) => ({ items: { const: i } }))],
      },
    },
  },
  'many alternatives': {
    anyOf: [
      { properties: members(WIDE, (i) => [`p${i}`, text]), required: list(WIDE, (i) => `p${i}`) },
      ...list(20_000, () => ({ $ref: '#/$defs/wide' })),
    ],
    $defs: { wide: { properties: members(10_000, (i) => [`p${i}`, text]), required: ['p0'] } },
  },
};

describe.each(Object.keys(SCHEMAS))('a schema with %s', (name) => {
  test.each([GOOGLE, ANTHROPIC, COMPATIBLE])('is brought to a dialect (%#)', (dialect) => {
    const { schema } = fitArguments({ type: 'object', ...SCHEMAS[name] }, dialect);
    expect(JSON.stringify(schema).length).toBeLessThan(10_000_000);
  });
});

test('a schema with many properties is found strict', () => {
  const properties = members(60_000, (i) => [`p${i}`, text]);
  const closed = { type: 'object', properties, additionalProperties: false };
  expect(fitsStrict({ ...closed, required: Object.keys(properties) })).toBe(true);
  expect(fitsStrict({ ...closed, required: [] })).toBe(false);
});

test('schemas of one request share what may be written out in place of references', () => {
  const parameters = {
    properties: members(40, (i) => [`p${i}`, { $ref: '#/$defs/d0' }]),
    $defs: members(30, (i) => [
      `d${i}`,
      { properties: { a: { $ref: `#/$defs/d${i + 1}` }, b: { $ref: `#/$defs/d${i + 1}` } } },
    ]),
  };
  const body = {
    messages: [{ role: 'user', content: 'Hi' }],
    tools: list(1_500, (i) => ({ type: 'function', function: { name: `f${i}`, parameters } })),
  };
  const request = openaiChat.decodeRequest({ model: 'm', ...body }).value;
  const { value, losses } = googleGenerateContent.encodeRequest(request, TARGET);
  expect(JSON.stringify(value).length).toBeLessThan(50_000_000);
  expect(losses.some(({ reason }) => reason.includes('$ref'))).toBe(true);
});

describe.each(CODECS.map((codec) => [codec.id, codec] as const))('for %s', (_id, codec) => {
  test('thousands of allowed tools, and of searches among as many, are found', () => {
    const count = 20_000;
    const tool = (i: number) => ({ type: 'function', name: `f${i}`, parameters: {} });
    const searches = list(count, (i) => [
      { type: 'tool_search_call', call_id: `t${i}`, arguments: {}, execution: 'client' },
      { type: 'tool_search_output', call_id: `t${i}`, tools: [tool(i)], execution: 'client' },
    ]);
    const allowed = list(count, (i) => ({ type: 'function', name: `f${i}` }));
    const request = openaiResponses.decodeRequest({
      model: 'm',
      input: [...searches.flat(), { role: 'user', content: 'Hi' }],
      tools: [{ type: 'tool_search', execution: 'client' }, ...list(count, tool)],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: allowed },
    }).value;
    const { value } = codec.encodeRequest(request, TARGET);
    expect(JSON.stringify(value)).toContain(`"f${count - 1}"`);
  });
});

describe.each(CODECS.map((codec) => [codec.id, codec] as const))('for %s', (_id, codec) => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'Done.' });
  const conversations = {
    'of one id in as many turns': list(6_000, () => [
      { role: 'assistant', content: null, tool_calls: [call('c')] },
      result('c'),
    ]).flat(),
    'of one id in one turn': [
      { role: 'assistant', content: null, tool_calls: list(20_000, () => call('c')) },
      ...list(20_000, () => result('c')),
    ],
    'of one turn': [
      { role: 'assistant', content: null, tool_calls: list(30_000, (i) => call(`c${i}`)) },
      ...list(30_000, (i) => result(`c${i}`)),
    ],
    'that nobody made': list(30_000, () => result('c')),
  };
  test.each(Object.entries(conversations))('results of thousands of calls %s find these', (_, turns) => {
    const messages = [{ role: 'user', content: 'Hi' }, ...turns];
    const request = openaiChat.decodeRequest({ model: 'm', messages }).value;
    const { value } = codec.encodeRequest(request, TARGET);
    expect(JSON.stringify(value)).toContain('Done.');
  });
});

test('an answer that Gemini’s clients send back in pieces is one turn, and its calls get their results', () => {
  const count = 100_000;
  const call = (i: number) => ({ functionCall: { name: `f${i}`, args: {} } });
  const result = (i: number) => ({ functionResponse: { name: `f${count - 1 - i}`, response: {} } });
  const { messages } = googleGenerateContent.decodeRequest(
    {
      contents: [
        ...list(count, (i) => ({ role: 'model', parts: [call(i)] })),
        { role: 'user', parts: list(count, result) },
      ],
    },
    { model: 'm', stream: false },
  ).value;
  expect(messages.map(({ role, parts }) => [role, parts.length])).toEqual([
    ['assistant', count],
    ['tool', count],
  ]);
  const calls = messages[0]?.parts.map((part) => part.kind === 'tool-call' && part.id);
  const results = messages[1]?.parts.map((part) => part.kind === 'tool-result' && part.callId);
  expect(results?.reverse()).toEqual(calls ?? []);
});
