// Calls of remote servers and searches among tools where their two halves lie apart, or where a choice leaves them out.

import { describe, expect, test } from 'bun:test';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';
import { responsesGrammar } from '../laws/grammar-responses.ts';
import { adaptive } from '../support/messages-encoding.ts';
import { messageEvents } from '../support/stand-in.ts';

function translated(from: Codec, to: Codec, body: JsonObject) {
  const target = { ...adaptive, toolSearch: true };
  const decoded = from.decodeRequest(body);
  const fitted = fitRequest(decoded.value, target, to);
  const { value, losses } = to.encodeRequest(fitted.request, target);
  return { value, losses: [...decoded.losses, ...fitted.losses, ...losses] };
}

const CALL = {
  type: 'mcp_tool_use',
  id: 'mcptoolu_1',
  name: 'read',
  server_name: 'docs',
  input: { page: 1 },
};
const text = (words: string) => ({ type: 'text', text: words });
const outcome = (content: JsonObject[] | string, members: JsonObject = {}) => ({
  ...{ type: 'mcp_tool_result', tool_use_id: CALL.id, is_error: false, content },
  ...members,
});

describe('a conversation with Claude goes on at GPT', () => {
  const history = (...turns: JsonObject[][]) =>
    translated(anthropicMessages, openaiResponses, {
      ...{ model: 'm', max_tokens: 100 },
      mcp_servers: [{ type: 'url', name: 'docs', url: 'https://mcp.example.com' }],
      tools: [{ type: 'mcp_toolset', mcp_server_name: 'docs' }],
      messages: [
        { role: 'user', content: 'Go.' },
        ...turns.map((content) => ({ role: 'assistant', content })),
        { role: 'user', content: 'On.' },
      ],
    });

  test('with what came of a call in the turn behind a pause', () => {
    const { value, losses } = history([CALL], [outcome([text('page one')]), text('Read.')]);
    expect(value.input).toMatchObject([
      { role: 'user' },
      { type: 'mcp_call', status: 'completed', arguments: '{"page":1}', output: 'page one' },
      { role: 'assistant' },
      { role: 'user' },
    ]);
    expect(losses).toEqual([]);
  });

  test('with calls that share an id', () => {
    const { value } = history([CALL, outcome([text('one')])], [CALL, outcome([text('two')]), text('Read.')]);
    expect(value.input).toMatchObject([
      {},
      { type: 'mcp_call', id: 'mcp_1', output: 'one' },
      { type: 'mcp_call', id: 'mcp_1_2', output: 'two' },
      { role: 'assistant' },
      {},
    ]);
  });

  test('without cache marks and what is no text, which are named', () => {
    const cache_control = { type: 'ephemeral' };
    const picture = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const marked = history([CALL, outcome([text('page one')], { cache_control }), text('Read.')]);
    expect(marked.losses.map(({ path }) => path)).toEqual(['messages[1].content[1]']);
    const inside = history([CALL, outcome([{ ...text('page one'), cache_control }]), text('Read.')]);
    expect(inside.losses.map(({ path }) => path)).toEqual(['messages[1].content[1]']);
    const seen = history([CALL, outcome([picture, text('page one')]), text('Read.')]);
    expect(seen.losses.map(({ path }) => path)).toEqual(['messages[1].content[1]']);
  });
});

describe('what came of a call behind other words of Claude', () => {
  const content = [CALL, text('Meanwhile.'), outcome('page one'), text('Read.')];
  const dress = { id: 'resp_1', model: 'm', createdS: 1, request: {}, requestId: 'r', includeUsage: true };
  const expected = [
    { type: 'mcp_call', status: 'incomplete', arguments: '{"page":1}', output: null },
    { type: 'message', content: [{ text: 'Meanwhile.' }] },
    { type: 'mcp_call', status: 'completed', name: 'read', arguments: '{"page":1}', output: 'page one' },
    { type: 'message', content: [{ text: 'Read.' }] },
  ];

  test('stands in an item of its own, and not among the words', () => {
    const response = anthropicMessages.decodeResponse({
      ...{ id: 'msg_1', type: 'message', role: 'assistant', content, stop_reason: 'end_turn' },
    });
    const { output } = openaiResponses.encodeResponse(response, dress);
    expect(output).toMatchObject(expected);
    expect(new Set(asArray(output).map((item) => asObject(item).id)).size).toBe(4);
  });

  test('so it does in a stream', () => {
    const decoder = anthropicMessages.streamDecoder();
    const encoder = openaiResponses.streamEncoder(dress);
    const stream = messageEvents(content)
      .flatMap((event) => decoder.push({ event: String(event.type), data: JSON.stringify(event) }))
      .map((event) => encoder.push(event))
      .join('');
    const frames = parseFrames(Buffer.from(stream));
    const grammar = responsesGrammar();
    for (const { event, data } of frames) grammar.read({ event, value: asObject(JSON.parse(data)) });
    grammar.end();
    const last = asObject(JSON.parse(frames.at(-1)?.data ?? ''));
    expect(asObject(last.response).output).toMatchObject(expected);
  });
});

test('a call that gave nothing has no empty text, which Anthropic refuses when it is sent back', () => {
  const item = { type: 'mcp_call', id: 'mcp_1', server_label: 'docs', name: 'read', arguments: '{}' };
  const input = [
    { role: 'user', content: 'Go.' },
    { ...item, output: '', error: null, status: 'completed' },
    { role: 'user', content: 'On.' },
  ];
  const tools = [
    { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.com', require_approval: 'never' },
  ];
  const { value } = translated(openaiResponses, anthropicMessages, { model: 'm', input, tools });
  expect(value.messages).toMatchObject([{}, { content: [{ type: 'mcp_tool_use' }, { content: [] }] }, {}]);
});

describe('a Responses client that allows some tools only has Claude', () => {
  const fn = (name: string, members: JsonObject = {}) => ({
    ...{ type: 'function', name, parameters: { type: 'object', properties: {} } },
    ...members,
  });
  const allowed = (name: string) => ({
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name }] },
  });
  const server = {
    ...{ type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.com' },
    require_approval: 'never',
  };
  const ask = (members: JsonObject) =>
    translated(openaiResponses, anthropicMessages, { model: 'm', input: 'Go.', ...members });

  test('search among the allowed ones that are deferred', () => {
    const tools = [{ type: 'tool_search' }, fn('a', { defer_loading: true }), fn('b')];
    const { value, losses } = ask({ tools, ...allowed('a') });
    expect(value.tools).toMatchObject([
      { name: 'tool_search_tool_bm25' },
      { name: 'a', defer_loading: true },
    ]);
    expect(losses.map(({ path }) => path)).toEqual(['tool_choice', 'tools[2]']);
    expect(ask({ tools, ...allowed('b') }).value.tools).toMatchObject([{ name: 'b' }]);
  });

  test('know of no tool that it may not call, though it was found', () => {
    const run = { execution: 'server', call_id: null, status: 'completed' };
    const input = [
      { role: 'user', content: 'Go.' },
      { type: 'tool_search_call', id: 'tsc_1', ...run, arguments: { query: 'a' } },
      { type: 'tool_search_output', id: 'tso_1', ...run, tools: [fn('a'), fn('c')] },
      { role: 'user', content: 'On.' },
    ];
    const deferred = { defer_loading: true };
    const tools = [{ type: 'tool_search' }, fn('a', deferred), fn('b'), fn('c', deferred)];
    const { value } = ask({ input, tools, ...allowed('a') });
    expect(value.tools).toMatchObject([{ name: 'tool_search_tool_bm25' }, { name: 'a' }]);
    expect(JSON.stringify(value.messages).match(/"tool_name":"\w+"/g)).toEqual(['"tool_name":"a"']);
  });

  test('know the server of calls it has made, with its tools switched off', () => {
    const call = { type: 'mcp_call', id: 'mcp_1', server_label: 'docs', name: 'read', arguments: '{}' };
    const input = [
      { role: 'user', content: 'Go.' },
      { ...call, output: 'page one' },
      { role: 'user', content: 'On.' },
    ];
    const tools = [server, fn('b')];
    const { value, losses } = ask({ input, tools, ...allowed('b') });
    expect(value.mcp_servers).toMatchObject([{ name: 'docs' }]);
    expect(value.tools).toMatchObject([{ default_config: { enabled: false }, configs: {} }, { name: 'b' }]);
    expect(losses.map(({ path }) => path)).toEqual(['tool_choice', 'tools[0]']);
    expect(ask({ tools, ...allowed('b') }).value.mcp_servers).toBeUndefined();
  });
});

test.each([
  [
    openaiResponses,
    anthropicMessages,
    { input: 'Go.', tools: [{ type: 'tool_search' }], tool_choice: { type: 'tool_search' } },
  ],
  [
    anthropicMessages,
    openaiResponses,
    {
      ...{ max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] },
      tools: [{ type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' }],
      tool_choice: { type: 'tool', name: 'tool_search_tool_regex' },
    },
  ],
])('%#: the search of another provider cannot be forced, which is named', (from, to, body) => {
  const { value, losses } = translated(from, to, { model: 'm', ...body } as JsonObject);
  expect(value.tools).toHaveLength(1);
  expect(value.tool_choice).toBeUndefined();
  expect(losses.find(({ path }) => path === 'tool_choice')?.reason).toBe(
    'a search among tools cannot be forced there',
  );
});
