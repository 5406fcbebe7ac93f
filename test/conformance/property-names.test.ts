// Tools whose arguments have names that Anthropic refuses, from clients of every other format.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { type FormatsHere, framesOf, openFormats } from '../support/formats-here.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
const here: FormatsHere = await openFormats(upstream.origin);

afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

beforeEach(() => upstream.play([{ text: 'fine' }]));

const SCHEMA = {
  type: 'object',
  properties: {
    $filter: { type: 'string', description: 'OData filter' },
    'filter[name]': { $ref: '#/properties/$filter' },
    path: { type: 'string' },
    item: { $ref: '#/$defs/item' },
  },
  required: ['$filter', 'path'],
  $defs: {
    item: {
      anyOf: [
        { type: 'object', properties: { '@odata.type': { const: '#user' } }, required: ['@odata.type'] },
        { type: 'array', items: { type: 'object', properties: { $filter: { type: 'string' } } } },
      ],
      default: { '@odata.type': '#user' },
    },
  },
};
const ARGS = {
  $filter: 'a eq "$filter": 1',
  path: '$filter',
  'filter[name]': '\\"@odata.type": ',
  item: { '@odata.type': '#user', $filter: [{ $filter: '@odata.type' }] },
};

type Properties = Record<string, Json>;

function sentTools(): Json[] {
  return (upstream.received.at(-1)?.body.tools ?? []) as Json[];
}

/** The schema that the provider got, which has no name it would refuse. */
function sentSchema(): Json {
  expect(upstream.breaches()).toEqual([]);
  return sentTools()[0]?.input_schema as Json;
}

/** What stands there for a name of the client. */
function names(): { filter: string; bracket: string; type: string } {
  const [filter = '', bracket = ''] = Object.keys(sentSchema().properties as Properties);
  const { item } = sentSchema().$defs as Properties;
  const [odata] = (item?.anyOf ?? []) as { properties: Properties }[];
  return { filter, bracket, type: Object.keys(odata?.properties ?? {})[0] ?? '' };
}

/** The same arguments as the model writes them. */
function asSent({ filter, bracket, type }: ReturnType<typeof names>): Json {
  return {
    [filter]: ARGS.$filter,
    path: ARGS.path,
    [bracket]: ARGS['filter[name]'],
    item: { [type]: '#user', [filter]: [{ [filter]: '@odata.type' }] },
  };
}

const user = { role: 'user', content: 'go' };
const chatTool = { type: 'function', function: { name: 'list.users', parameters: SCHEMA } };
const CHAT = { messages: [user], tools: [chatTool] };
const RESPONSES = {
  input: 'go',
  tools: [
    {
      type: 'namespace',
      name: 'graph',
      description: 'Graph',
      tools: [{ type: 'function', name: 'users', parameters: SCHEMA, strict: false }],
    },
  ],
};

describe('the schema', () => {
  test('has plain names at every depth, each property one, and all else as it was', async () => {
    await here.ask('openai-chat', 'anthropic-messages', CHAT);
    const { filter, bracket, type } = names();
    expect(new Set([filter, bracket, type]).size).toBe(3);
    expect(filter).toMatch(/^_filter_\w+$/);
    expect(sentSchema()).toEqual({
      type: 'object',
      properties: {
        [filter]: SCHEMA.properties.$filter,
        [bracket]: { $ref: `#/properties/${filter}` },
        path: { type: 'string' },
        item: { $ref: '#/$defs/item' },
      },
      required: [filter, 'path'],
      $defs: {
        item: {
          anyOf: [
            { type: 'object', properties: { [type]: { const: '#user' } }, required: [type] },
            { type: 'array', items: { type: 'object', properties: { [filter]: { type: 'string' } } } },
          ],
          default: { [type]: '#user' },
        },
      },
    });
  });

  test('is the same in every turn, and nothing is told as lost', async () => {
    upstream.play([{ text: 'one' }, { text: 'two' }]);
    const first = await here.ask('openai-chat', 'anthropic-messages', CHAT);
    const before = names();
    expect(first.headers.get('x-osiris-losses')).toBeNull();
    await here.ask('openai-chat', 'anthropic-messages', { ...CHAT, messages: [user, user] });
    expect(names()).toEqual(before);
  });

  test('goes to other providers as it came', async () => {
    await here.ask('openai-responses', 'openai-chat', {
      input: 'go',
      tools: [{ type: 'function', name: 'users', parameters: SCHEMA, strict: false }],
    });
    expect(sentTools()).toMatchObject([{ function: { name: 'users', parameters: SCHEMA } }]);
  });
});

describe('a call comes with the client’s own names', () => {
  async function namesOf(ask: () => Promise<unknown>): Promise<ReturnType<typeof names>> {
    await ask();
    return names();
  }

  test.each([false, true])('C, streamed: %p', async (stream) => {
    const ask = () => here.ask('openai-chat', 'anthropic-messages', { ...CHAT, stream });
    const plain = await namesOf(ask);
    const [tool] = sentTools();
    const args = JSON.stringify(asSent(plain));
    const call = { id: 'toolu_1', name: String(tool?.name), args };
    upstream.play([{ calls: [call, { ...call, id: 'toolu_2' }] }]);
    const answer = await ask();
    const [choice] = (stream ? [] : answer.json().choices) as { message: { tool_calls: Json[] } }[];
    const told = stream
      ? framesOf(answer.text).flatMap(({ choices }) =>
          (choices as { delta: { tool_calls?: Json[] } }[]).flatMap(({ delta }) => delta.tool_calls ?? []),
        )
      : (choice?.message.tool_calls ?? []).map((each, index): Json => ({ index, ...each }));
    for (const index of [0, 1]) {
      const functions = told
        .filter((each) => each.index === index)
        .map((each) => each.function as { name?: string; arguments?: string });
      expect(functions[0]?.name).toBe('list.users');
      expect(functions.map((each) => each.arguments ?? '').join('')).toBe(JSON.stringify(ARGS));
    }
  });

  test.each([false, true])('R in a namespace, streamed: %p', async (stream) => {
    const ask = () => here.ask('openai-responses', 'anthropic-messages', { ...RESPONSES, stream });
    const args = JSON.stringify(asSent(await namesOf(ask)));
    upstream.play([{ calls: [{ id: 'toolu_1', name: 'graph__users', args }] }]);
    const answer = await ask();
    const body = stream ? (framesOf(answer.text).at(-1)?.response as Json) : answer.json();
    expect(body.output).toMatchObject([
      { type: 'function_call', name: 'users', namespace: 'graph', arguments: JSON.stringify(ARGS) },
    ]);
  });

  test.each([false, true])('G, streamed: %p', async (stream) => {
    const tools = [{ functionDeclarations: [{ name: 'users', parametersJsonSchema: SCHEMA }] }];
    const body = { contents: [{ role: 'user', parts: [{ text: 'go' }] }], tools };
    const ask = () => here.askAsGoogle('anthropic-messages', body, { stream });
    const args = JSON.stringify(asSent(await namesOf(ask)));
    upstream.play([{ calls: [{ id: 'toolu_1', name: 'users', args }] }]);
    const answer = await ask();
    const bodies = stream ? framesOf(answer.text) : [answer.json()];
    const parts = bodies.flatMap(
      ({ candidates }) => (candidates as { content?: { parts?: Json[] } }[])[0]?.content?.parts ?? [],
    );
    expect(parts.find((part) => part.functionCall)).toMatchObject({ functionCall: { args: ARGS } });
  });

  test('also in the part of it that a cut answer still has', async () => {
    const ask = () => here.ask('openai-chat', 'anthropic-messages', CHAT);
    const { filter, bracket } = await namesOf(ask);
    const [tool] = sentTools();
    const args = `{"${filter}": "x", "${bracket}": "half`;
    upstream.play([{ calls: [{ id: 'toolu_1', name: String(tool?.name), args }], finish: 'length' }]);
    const answer = await here.ask('openai-chat', 'anthropic-messages', { ...CHAT, stream: true });
    expect(answer.text).toContain(JSON.stringify('{"$filter": "x", "filter[name]": "half').slice(1, -1));
    expect(answer.text).not.toContain(filter);
  });
});

test('calls in the history have the names of the schema, in whatever way they are written', async () => {
  const args = '{ "\\u0024filter" : "\\"$filter\\": 1", "id": 12345678901234567890, "path": "$filter" }';
  const call = { id: 'call_1', type: 'function', function: { name: 'list.users', arguments: args } };
  const messages = [
    user,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: '{"$filter": 1}' },
  ];
  await here.ask('openai-chat', 'anthropic-messages', { ...CHAT, messages });
  const { filter } = names();
  const raw = new TextDecoder().decode(upstream.received.at(-1)?.raw);
  expect(raw).toContain(`"${filter}":"\\"$filter\\": 1","id":12345678901234567890,"path":"$filter"`);
  expect(raw).toContain('{\\"$filter\\": 1}');
});

test('a form of the answer that is asked for as a call keeps the client’s names', async () => {
  // a schema with free names cannot be had otherwise
  const schema = { type: 'object', properties: { $top: { type: 'object' } }, required: ['$top'] };
  const format = { type: 'json_schema', json_schema: { name: 'page', schema } };
  const ask = () =>
    here.ask('openai-chat', 'anthropic-messages', { messages: [user], response_format: format });
  await ask();
  const [top = ''] = Object.keys(sentSchema().properties as Properties);
  upstream.play([{ calls: [{ id: 'toolu_1', name: 'page', args: JSON.stringify({ [top]: { $top: 1 } }) }] }]);
  const answer = await ask();
  expect(answer.json().choices).toMatchObject([{ message: { content: '{"$top":{"$top":1}}' } }]);
});

test('A→A: a schema passes as it came, and the provider’s refusal of it too', async () => {
  const tools = [{ name: 'users', input_schema: SCHEMA }];
  const answer = await here.ask('anthropic-messages', 'anthropic-messages', {
    max_tokens: 100,
    messages: [user],
    tools,
  });
  expect(sentTools()).toEqual(tools);
  expect(answer.status).toBe(400);
  expect(answer.json().error).toMatchObject({ type: 'invalid_request_error' });
});
