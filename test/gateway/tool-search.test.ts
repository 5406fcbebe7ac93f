// Deferred tools through the real program: the official clients of Messages and Responses at each other's models.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type StandIn, said, startStandIn } from '../support/stand-in.ts';

let upstream: StandIn;
let gateway: Gateway;
beforeAll(async () => {
  upstream = startStandIn();
  const common = { baseUrl: `${upstream.origin}/v1`, apiKey: 'made-up' };
  const able = { tool_search: true };
  gateway = await startGateway({
    upstreams: [
      {
        ...{ ...common, provider: 'claudes', format: 'anthropic-messages', model: 'claude' },
        ...{ upstreamModel: 'claude-x', capabilities: able },
      },
      {
        ...{ ...common, provider: 'gpts', format: 'openai-responses', model: 'gpt' },
        ...{ upstreamModel: 'gpt-x', capabilities: able },
      },
      {
        ...{ ...common, provider: 'older', format: 'openai-responses', model: 'gpt-old' },
        ...{ upstreamModel: 'gpt-y' },
      },
    ],
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
const heard = () => upstream.heard.at(-1)?.body ?? {};

const SCHEMA = { type: 'object' as const, properties: { city: { type: 'string' } } };
const QUESTION = 'How warm is it in Bern?';

describe.each([false, true])('a Responses client at Claude (streamed: %p)', (stream) => {
  const tools: OpenAI.Responses.Tool[] = [
    { type: 'tool_search' },
    {
      ...{ type: 'namespace', name: 'sky', description: 'The weather.' },
      tools: [
        { type: 'function', name: 'warmth', parameters: SCHEMA, defer_loading: true },
        { type: 'function', name: 'wind', parameters: SCHEMA, defer_loading: true },
      ],
    },
    { type: 'function', name: 'clock', parameters: SCHEMA, strict: false, defer_loading: true },
  ];

  test('finds tools with the search of Anthropic, and they stay found', async () => {
    upstream.play(
      [
        {
          ...{ type: 'server_tool_use', id: 'srvtoolu_01', name: 'tool_search_tool_bm25' },
          ...{ input: { query: 'temperature' }, caller: { type: 'direct' } },
        },
        {
          ...{ type: 'tool_search_tool_result', tool_use_id: 'srvtoolu_01' },
          content: {
            type: 'tool_search_tool_search_result',
            tool_references: ['sky__warmth', 'sky__wind', 'clock'].map((tool_name) => ({
              ...{ type: 'tool_reference', tool_name },
            })),
          },
        },
        { type: 'tool_use', id: 'toolu_01', name: 'sky__warmth', input: { city: 'Bern' } },
      ],
      [{ type: 'text', text: '20 degrees.' }],
    );
    const body = { model: 'claude', input: QUESTION, tools };
    const answer = stream
      ? await openai().responses.stream(body).finalResponse()
      : await openai().responses.create(body);
    expect(heard().tools).toEqual([
      { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
      { name: 'sky__warmth', input_schema: SCHEMA, defer_loading: true },
      { name: 'sky__wind', input_schema: SCHEMA, defer_loading: true },
      { name: 'clock', input_schema: SCHEMA, strict: false, defer_loading: true },
    ]);
    // the matchers below would stay in what they match
    const [search, found, call] = structuredClone(answer.output);
    expect(search).toMatchObject({
      ...{ type: 'tool_search_call', execution: 'server', call_id: null, status: 'completed' },
      ...{ arguments: { query: 'temperature' }, id: expect.stringMatching(/^tsc_/) },
    });
    const [, namespace, clock] = tools;
    expect(found).toMatchObject({
      ...{ type: 'tool_search_output', execution: 'server', call_id: null },
      id: expect.stringMatching(/^tso_/),
    });
    expect(found && 'tools' in found ? found.tools : []).toEqual([namespace, clock] as typeof tools);
    expect(call).toMatchObject({ type: 'function_call', namespace: 'sky', name: 'warmth' });

    const input = [
      { role: 'user', content: QUESTION },
      ...answer.output,
      { type: 'function_call_output', call_id: 'toolu_01', output: '20' },
    ] as OpenAI.Responses.ResponseInput;
    const { response } = await openai()
      .responses.create({ ...body, input })
      .withResponse();
    expect(response.headers.get('x-osiris-losses')).toBe('1; dropped=tools[1].description');
    const [, turn] = heard().messages as { content: unknown[] }[];
    expect(turn?.content).toEqual([
      {
        ...{ type: 'server_tool_use', id: 'srvtoolu_osiris__t0', name: 'tool_search_tool_bm25' },
        ...{ input: { query: 'temperature' }, caller: { type: 'direct' } },
      },
      {
        ...{ type: 'tool_search_tool_result', tool_use_id: 'srvtoolu_osiris__t0' },
        content: {
          type: 'tool_search_tool_search_result',
          tool_references: ['sky__warmth', 'sky__wind', 'clock'].map((tool_name) => ({
            ...{ type: 'tool_reference', tool_name },
          })),
        },
      },
      { type: 'tool_use', id: 'toolu_01', name: 'sky__warmth', input: { city: 'Bern' } },
    ]);
  });

  test('runs the search itself, and Claude is referred to what it found', async () => {
    const own: OpenAI.Responses.Tool[] = [
      {
        ...{ type: 'tool_search', execution: 'client', description: 'Finds tools.' },
        parameters: { type: 'object', properties: { need: { type: 'string' } } },
      },
    ];
    upstream.play(
      [{ type: 'tool_use', id: 'toolu_02', name: 'tool_search', input: { need: 'warmth' } }],
      [{ type: 'tool_use', id: 'toolu_03', name: 'sky__warmth', input: { city: 'Bern' } }],
    );
    const body = { model: 'claude', input: QUESTION, tools: own };
    const first = stream
      ? await openai().responses.stream(body).finalResponse()
      : await openai().responses.create(body);
    expect(heard().tools).toEqual([
      {
        ...{ name: 'tool_search', description: 'Finds tools.' },
        input_schema: { type: 'object', properties: { need: { type: 'string' } } },
      },
    ]);
    expect(first.output[0]).toMatchObject({
      ...{ type: 'tool_search_call', execution: 'client', call_id: 'toolu_02' },
      arguments: { need: 'warmth' },
    });
    const input = [
      { role: 'user', content: QUESTION },
      ...first.output,
      {
        ...{ type: 'tool_search_output', execution: 'client', call_id: 'toolu_02' },
        tools: [tools[1]],
      },
    ] as OpenAI.Responses.ResponseInput;
    const second = await openai().responses.create({ ...body, input });
    expect(heard()).toMatchObject({
      tools: [
        { name: 'tool_search' },
        { name: 'sky__warmth', defer_loading: true },
        { name: 'sky__wind', defer_loading: true },
      ],
      messages: [
        {},
        { content: [{ type: 'tool_use', id: 'toolu_02', name: 'tool_search', input: { need: 'warmth' } }] },
        {
          content: [
            {
              ...{ type: 'tool_result', tool_use_id: 'toolu_02' },
              content: [
                { type: 'tool_reference', tool_name: 'sky__warmth' },
                { type: 'tool_reference', tool_name: 'sky__wind' },
              ],
            },
          ],
        },
      ],
    });
    expect(second.output[0]).toMatchObject({ type: 'function_call', namespace: 'sky', name: 'warmth' });
  });
});

describe.each([false, true])('a Messages client at GPT (streamed: %p)', (stream) => {
  const deferred = (name: string): Anthropic.Tool => ({ name, input_schema: SCHEMA, defer_loading: true });
  const tools: Anthropic.ToolUnion[] = [
    { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
    deferred('warmth'),
    deferred('wind'),
  ];
  const definition = {
    ...{ type: 'function', name: 'warmth', parameters: SCHEMA, strict: false, defer_loading: true },
  };

  test('finds tools with the search of OpenAI, and they stay found', async () => {
    upstream.play(
      [
        {
          ...{
            type: 'tool_search_call',
            id: 'tsc_1',
            call_id: null,
            execution: 'server',
            status: 'completed',
          },
          arguments: { paths: ['warmth'] },
        },
        {
          ...{ type: 'tool_search_output', id: 'tso_1', call_id: null, execution: 'server' },
          ...{ status: 'completed', tools: [definition] },
        },
        {
          ...{ type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'warmth', status: 'completed' },
          arguments: '{"city":"Bern"}',
        },
      ],
      [said('20 degrees.')],
    );
    const body = {
      ...{ model: 'gpt', max_tokens: 100, tools },
      messages: [{ role: 'user' as const, content: QUESTION }] as Anthropic.MessageParam[],
    };
    const answer = stream
      ? await anthropic().messages.stream(body).finalMessage()
      : await anthropic().messages.create(body);
    expect(heard().tools).toEqual([{ type: 'tool_search' }, definition, { ...definition, name: 'wind' }]);
    const id = expect.stringMatching(/^srvtoolu_osiris_\w+_t0$/);
    expect(structuredClone(answer.content)).toMatchObject([
      {
        ...{ type: 'server_tool_use', id, name: 'tool_search_tool_regex', input: { pattern: 'warmth' } },
      },
      {
        ...{ type: 'tool_search_tool_result', tool_use_id: id },
        content: {
          type: 'tool_search_tool_search_result',
          tool_references: [{ type: 'tool_reference', tool_name: 'warmth' }],
        },
      },
      { type: 'tool_use', id: 'call_1', name: 'warmth', input: { city: 'Bern' } },
    ]);
    expect(answer.stop_reason).toBe('tool_use');
    body.messages.push(
      { role: 'assistant', content: answer.content as Anthropic.ContentBlockParam[] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: '20' }] },
    );
    const next = await anthropic().messages.create(body).withResponse();
    expect(next.response.headers.get('x-osiris-losses')).toBe('1; changed=tools[0]');
    expect(heard().input).toMatchObject([
      { role: 'user' },
      {
        ...{ type: 'tool_search_call', execution: 'server', call_id: null, status: 'completed' },
        arguments: { query: 'warmth' },
      },
      {
        ...{ type: 'tool_search_output', execution: 'server', call_id: null, status: 'completed' },
        tools: [definition],
      },
      { type: 'function_call', call_id: 'call_1' },
      { type: 'function_call_output', call_id: 'call_1' },
    ]);
  });

  test('runs the search itself: a model is shown a tool once it has been found', async () => {
    upstream.play([said('fine')], [said('fine')]);
    const find: Anthropic.Tool = { name: 'find', input_schema: SCHEMA };
    const begun: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }];
    const body = {
      model: 'gpt',
      max_tokens: 100,
      stream,
      tools: [find, deferred('warmth'), deferred('wind')],
    };
    const first = await anthropic()
      .messages.create({ ...body, messages: begun })
      .withResponse();
    expect(first.response.headers.get('x-osiris-losses')).toBe('2; dropped=tools[1],tools[2]');
    expect(heard().tools).toMatchObject([{ name: 'find' }]);
    const reference = { type: 'tool_reference' as const, tool_name: 'warmth' };
    const messages: Anthropic.MessageParam[] = [
      ...begun,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_2', name: 'find', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_2', content: [reference] }] },
    ];
    await anthropic().messages.create({ ...body, messages });
    const { tools: shown, input } = heard();
    expect(shown).toEqual([
      { type: 'function', name: 'find', parameters: SCHEMA, strict: false },
      { type: 'function', name: 'warmth', parameters: SCHEMA, strict: false },
    ]);
    expect(JSON.stringify(input)).toContain('warmth');
  });

  test('gets all tools shown at once by a model without a search, which is told', async () => {
    upstream.play([said('fine')]);
    const body = { model: 'gpt-old', max_tokens: 100, stream, tools };
    const { response } = await anthropic()
      .messages.create({ ...body, messages: [{ role: 'user', content: QUESTION }] })
      .withResponse();
    expect(response.headers.get('x-osiris-losses')).toBe(
      '3; dropped=tools[0],tools[1].defer_loading,tools[2].defer_loading',
    );
    const shown = heard().tools;
    expect(shown).toMatchObject([{ name: 'warmth' }, { name: 'wind' }]);
    expect(JSON.stringify(shown)).not.toContain('defer_loading');
  });
});
