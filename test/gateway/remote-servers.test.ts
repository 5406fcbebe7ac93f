// Remote MCP servers through the real program: the official clients of Messages and Responses at each other's models.

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
  gateway = await startGateway({
    upstreams: [
      {
        ...{ ...common, provider: 'claudes', format: 'anthropic-messages', model: 'claude' },
        upstreamModel: 'claude-x',
      },
      {
        ...{ ...common, provider: 'picky', format: 'anthropic-messages', model: 'claude-elsewhere' },
        ...{ upstreamModel: 'claude-y', settings: { quirks: { refuses_betas: ['mcp-client'] } } },
      },
      {
        ...{ ...common, provider: 'betas', format: 'anthropic-messages', model: 'claude-with-headers' },
        ...{ upstreamModel: 'claude-z', settings: { headers: { 'Anthropic-Beta': 'own-2025-01-01' } } },
      },
      {
        ...{ ...common, provider: 'gpts', format: 'openai-responses', model: 'gpt' },
        ...{ upstreamModel: 'gpt-x', capabilities: { tool_search: true } },
      },
      { ...{ ...common, provider: 'chats', format: 'openai-chat', model: 'chat' }, upstreamModel: 'chat-x' },
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

const URL = 'https://mcp.example.com/docs';
const TOKEN = 'canary-of-the-docs';
const QUESTION = 'What does the manual say?';

describe.each([false, true])('a Responses client at Claude (streamed: %p)', (stream) => {
  const server: OpenAI.Responses.Tool.Mcp = {
    ...{ type: 'mcp', server_label: 'docs', server_url: URL, authorization: TOKEN },
    ...{ require_approval: 'never', allowed_tools: ['search', 'read'] },
  };
  const body = { model: 'claude', input: QUESTION, tools: [server] };
  const ask = (): Promise<OpenAI.Responses.Response> =>
    stream ? openai().responses.stream(body).finalResponse() : openai().responses.create(body);

  test('has the tools of its server called, and the calls stand in the next turn', async () => {
    upstream.play(
      [
        { type: 'text', text: 'I look.' },
        { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'search', server_name: 'docs', input: { q: 'a' } },
        { type: 'mcp_tool_use', id: 'mcptoolu_2', name: 'read', server_name: 'docs', input: { page: 2 } },
        {
          ...{ type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false },
          content: [
            { type: 'text', text: 'one' },
            { type: 'text', text: 'two' },
          ],
        },
        {
          ...{ type: 'mcp_tool_result', tool_use_id: 'mcptoolu_2', is_error: true },
          content: [{ type: 'text', text: 'no such page' }],
        },
        { type: 'text', text: 'It says one and two.' },
      ],
      [{ type: 'text', text: 'Yes.' }],
    );
    const answer = await ask();
    expect(heard()).toMatchObject({
      mcp_servers: [{ type: 'url', url: URL, name: 'docs', authorization_token: TOKEN }],
      tools: [
        {
          ...{ type: 'mcp_toolset', mcp_server_name: 'docs', default_config: { enabled: false } },
          configs: { search: { enabled: true }, read: { enabled: true } },
        },
      ],
    });
    expect(upstream.heard.at(-1)?.headers.get('anthropic-beta')).toBe('mcp-client-2025-11-20');
    expect(answer.output.map(({ type }) => type)).toEqual(['message', 'mcp_call', 'mcp_call', 'message']);
    const [, search, read] = structuredClone(answer.output);
    const call = { type: 'mcp_call', server_label: 'docs', approval_request_id: null };
    expect(search).toMatchObject({
      ...{ ...call, id: expect.stringMatching(/^mcp_/), status: 'completed', name: 'search' },
      ...{ arguments: '{"q":"a"}', output: 'one\ntwo', error: null },
    });
    expect(read).toMatchObject({
      ...{ ...call, id: expect.stringMatching(/^mcp_/), status: 'failed', name: 'read', output: null },
      error: { type: 'mcp_tool_execution_error', content: [{ type: 'text', text: 'no such page' }] },
    });
    expect(answer.output_text).toBe('I look.It says one and two.');
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
    expect(answer.tools[0]).toEqual({ ...server, authorization: undefined } as object as typeof server);

    const input = [
      { role: 'user', content: QUESTION },
      { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'docs', tools: [] },
      ...answer.output,
      { role: 'user', content: 'Sure?' },
    ] as OpenAI.Responses.ResponseInput;
    const next = await openai()
      .responses.create({ ...body, input })
      .withResponse();
    expect(next.response.headers.get('x-osiris-losses')).toBeNull();
    const [, turn] = heard().messages as { content: unknown[] }[];
    const id = (count: number) => `mcptoolu_osiris__m${count}`;
    expect(turn?.content).toEqual([
      { type: 'text', text: 'I look.' },
      { type: 'mcp_tool_use', id: id(0), name: 'search', server_name: 'docs', input: { q: 'a' } },
      {
        ...{ type: 'mcp_tool_result', tool_use_id: id(0), is_error: false },
        content: [{ type: 'text', text: 'one\ntwo' }],
      },
      { type: 'mcp_tool_use', id: id(1), name: 'read', server_name: 'docs', input: { page: 2 } },
      {
        ...{ type: 'mcp_tool_result', tool_use_id: id(1), is_error: true },
        content: [{ type: 'text', text: 'no such page' }],
      },
      { type: 'text', text: 'It says one and two.' },
    ]);

    upstream.play([{ type: 'text', text: 'Yes.' }]);
    await openai().responses.create({ ...body, tools: [], input });
    expect(JSON.stringify(heard())).toContain('Called search with');
    expect(JSON.stringify(heard())).not.toContain('mcp_tool_use');
  });
});

describe.each([false, true])('a Messages client at GPT (streamed: %p)', (stream) => {
  type Body = Anthropic.Beta.Messages.MessageCreateParamsNonStreaming;
  const body: Body = {
    ...{ model: 'gpt', max_tokens: 100, betas: ['mcp-client-2025-11-20'] },
    messages: [{ role: 'user', content: QUESTION }],
    mcp_servers: [{ type: 'url', url: URL, name: 'docs', authorization_token: TOKEN }],
    tools: [
      { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
      {
        ...{ type: 'mcp_toolset', mcp_server_name: 'docs' },
        default_config: { enabled: false, defer_loading: true },
        configs: { search: { enabled: true } },
      },
    ],
  };

  test('has the tools of its server called, and the calls stand in the next turn', async () => {
    const call = { type: 'mcp_call', server_label: 'docs', approval_request_id: null };
    const failed = { type: 'http_error', code: 503, message: 'busy' };
    upstream.play(
      [
        {
          ...{ type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'docs' },
          tools: [{ name: 'search', input_schema: {}, description: null, annotations: null }],
        },
        {
          ...{ ...call, id: 'mcp_1', status: 'completed', name: 'search', arguments: '{"q":"a"}' },
          ...{ output: 'found', error: null },
        },
        {
          ...call,
          id: 'mcp_2',
          status: 'failed',
          name: 'search',
          arguments: '{}',
          output: null,
          error: failed,
        },
        said('It says so.'),
      ],
      [said('Yes.')],
    );
    const answer = stream
      ? await anthropic().beta.messages.stream(body).finalMessage()
      : await anthropic().beta.messages.create(body);
    expect(heard().tools).toEqual([
      { type: 'tool_search' },
      {
        ...{ type: 'mcp', server_label: 'docs', server_url: URL, authorization: TOKEN },
        ...{ allowed_tools: ['search'], require_approval: 'never', defer_loading: true },
      },
    ]);
    expect(upstream.heard.at(-1)?.headers.get('anthropic-beta')).toBeNull();
    const id = (count: number) => expect.stringMatching(new RegExp(`^mcptoolu_osiris_\\w+_m${count}$`));
    expect(structuredClone(answer.content)).toMatchObject([
      { type: 'mcp_tool_use', id: id(0), name: 'search', server_name: 'docs', input: { q: 'a' } },
      {
        ...{ type: 'mcp_tool_result', tool_use_id: id(0), is_error: false },
        content: [{ type: 'text', text: 'found' }],
      },
      { type: 'mcp_tool_use', id: id(1), name: 'search', server_name: 'docs', input: {} },
      {
        ...{ type: 'mcp_tool_result', tool_use_id: id(1), is_error: true },
        content: [{ type: 'text', text: 'busy' }],
      },
      { type: 'text', text: 'It says so.' },
    ]);
    expect(answer.stop_reason).toBe('end_turn');

    const content = answer.content as Anthropic.Beta.BetaContentBlockParam[];
    const messages: Anthropic.Beta.BetaMessageParam[] = [
      ...body.messages,
      { role: 'assistant', content },
      { role: 'user', content: 'Sure?' },
    ];
    await anthropic().beta.messages.create({ ...body, messages });
    const items = heard().input as unknown[];
    expect(structuredClone(items.slice(1, -1))).toMatchObject([
      { ...call, id: expect.stringMatching(/^mcp_/), status: 'completed', output: 'found', error: null },
      {
        ...{ ...call, id: expect.stringMatching(/^mcp_/), status: 'failed', output: null },
        error: { type: 'mcp_tool_execution_error', content: [{ type: 'text', text: 'busy' }] },
      },
      { type: 'message', content: [{ type: 'output_text', text: 'It says so.' }] },
    ]);
  });
});

describe('what only one provider can do is refused in words', () => {
  const base = { type: 'mcp', server_label: 'docs', server_url: URL, require_approval: 'never' };
  const refusalOf = async (model: string, tool: object): Promise<InstanceType<typeof OpenAI.APIError>> => {
    const tools = [{ ...base, ...tool }] as OpenAI.Responses.Tool[];
    try {
      await openai().responses.create({ model, input: QUESTION, tools });
    } catch (thrown) {
      if (thrown instanceof OpenAI.APIError) return thrown;
    }
    throw new Error('it was not refused');
  };

  test.each([
    [{ require_approval: 'always' }, 'tools[0].require_approval', 'set it to "never"'],
    [{ require_approval: undefined }, 'tools[0].require_approval', 'set it to "never"'],
    [{ require_approval: { never: { tool_names: ['a'] } } }, 'tools[0].require_approval', 'approvals'],
    [{ server_url: undefined, connector_id: 'connector_gmail' }, 'tools[0].server_url', 'address'],
    [{ allowed_tools: { read_only: true } }, 'tools[0].allowed_tools.read_only', 'names of tools'],
    [{ headers: { 'x-own': TOKEN } }, 'tools[0].headers', '`authorization`'],
    [{ headers: { Authorization: `Bearer ${TOKEN}` }, authorization: 'other' }, 'tools[0].headers', 'bearer'],
  ])('%j at Claude', async (tool, param, words) => {
    const { status, error, message } = await refusalOf('claude', tool);
    expect([status, (error as { param: string }).param]).toEqual([400, param]);
    expect(message).toContain(words);
    expect(message).not.toContain(TOKEN);
  });

  test.each(['chat', 'claude-elsewhere'])('any server at %s', async (model) => {
    const { status, message } = await refusalOf(model, {});
    expect(status).toBe(400);
    expect(message).toContain('call its tools yourself');
  });

  test('approvals of other tools than the allowed ones, and a token as a header, are fine', async () => {
    upstream.play([{ type: 'text', text: 'Fine.' }]);
    const tool = {
      ...{ ...base, allowed_tools: { tool_names: ['a'] }, headers: { Authorization: `Bearer ${TOKEN}` } },
      require_approval: { never: { tool_names: ['a', 'b'] } },
    } as OpenAI.Responses.Tool;
    const answer = await openai().responses.create({ model: 'claude', input: QUESTION, tools: [tool] });
    expect(heard().mcp_servers).toMatchObject([{ authorization_token: TOKEN }]);
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  test('a list of tools to leave out at GPT, unless what the server has is known', async () => {
    const toolset = { type: 'mcp_toolset', mcp_server_name: 'docs', configs: { write: { enabled: false } } };
    const ask = async (members: object) =>
      await anthropic().beta.messages.create({
        ...{ model: 'gpt', max_tokens: 9, messages: [{ role: 'user', content: QUESTION }] },
        mcp_servers: [{ type: 'url', url: URL, name: 'docs' }],
        tools: [{ ...toolset, ...members } as Anthropic.Beta.BetaMCPToolset],
      });
    await expect(ask({})).rejects.toThrow('no list of those it may not');
    upstream.play([said('Fine.')]);
    await ask({ tools: ['write', 'read'].map((name) => ({ name, input_schema: {} })) });
    expect(heard().tools).toMatchObject([{ type: 'mcp', allowed_tools: ['read'] }]);
  });

  test('a toolset without its server, and a server without its address', async () => {
    const ask = async (members: object) =>
      await anthropic().beta.messages.create({
        ...{ model: 'gpt', max_tokens: 9, messages: [{ role: 'user', content: QUESTION }] },
        ...members,
      });
    const tools = [{ type: 'mcp_toolset', mcp_server_name: 'docs' }];
    await expect(ask({ tools })).rejects.toThrow('tools[0].mcp_server_name');
    await expect(ask({ mcp_servers: [{ type: 'url', name: 'docs' }] })).rejects.toThrow('mcp_servers[0].url');
  });
});

test.each([false, true])(
  'an answer that Anthropic pauses goes on with its servers (streamed: %p)',
  async (stream) => {
    const result = { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false };
    upstream.play(
      [
        { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'search', server_name: 'docs', input: { q: 'a' } },
        { ...result, content: [{ type: 'text', text: 'one' }] },
      ],
      [{ type: 'text', text: 'It says one.' }],
    );
    const tool: OpenAI.Responses.Tool = {
      ...{ type: 'mcp', server_label: 'docs', server_url: URL, require_approval: 'never' },
    };
    const body = { model: 'claude', input: QUESTION, tools: [tool] };
    const answer = stream
      ? await openai().responses.stream(body).finalResponse()
      : await openai().responses.create(body);
    expect(answer.output.map(({ type }) => type)).toEqual(['mcp_call', 'message']);
    const asked = upstream.heard.slice(-2);
    expect(asked.map(({ headers }) => headers.get('anthropic-beta'))).toEqual([
      'mcp-client-2025-11-20',
      'mcp-client-2025-11-20',
    ]);
    expect(asked[1]?.body.mcp_servers).toEqual(asked[0]?.body.mcp_servers);
  },
);

test('the operator’s own betas stay beside the one that is needed', async () => {
  upstream.play([{ type: 'text', text: 'Fine.' }]);
  const tool: OpenAI.Responses.Tool = {
    ...{ type: 'mcp', server_label: 'docs', server_url: URL, require_approval: 'never' },
  };
  await openai().responses.create({ model: 'claude-with-headers', input: QUESTION, tools: [tool] });
  expect(upstream.heard.at(-1)?.headers.get('anthropic-beta')).toBe('own-2025-01-01,mcp-client-2025-11-20');
});

test('what signs a client in at its servers reaches neither log nor journal', async () => {
  const key = await keyWithBodies();
  upstream.play([{ type: 'text', text: 'Fine.' }], [said('Fine.')]);
  const send = (path: string, body: object) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const responses = await send('/v1/responses', {
    ...{ model: 'claude', input: QUESTION },
    tools: [
      {
        ...{ type: 'mcp', server_label: 'docs', server_url: URL, require_approval: 'never' },
        headers: { Authorization: `Bearer ${TOKEN}` },
      },
    ],
  });
  const refused = await send('/v1/responses', {
    ...{ model: 'claude', input: QUESTION },
    tools: [
      {
        type: 'mcp',
        server_label: 'd',
        server_url: URL,
        headers: { 'X-Own-Thing': TOKEN },
        authorization: TOKEN,
      },
    ],
  });
  const messages = await send('/v1/messages', {
    ...{ model: 'gpt', max_tokens: 9, messages: [{ role: 'user', content: QUESTION }] },
    mcp_servers: [{ type: 'url', url: URL, name: 'docs', authorization_token: TOKEN }],
  });
  expect([responses.status, refused.status, messages.status]).toEqual([200, 400, 200]);
  expect(await refused.text()).not.toContain(TOKEN);
  for (const answer of [responses, refused, messages]) {
    const id = answer.headers.get('x-request-id') ?? '';
    const shown = await gateway.command(['logs', '--id', id, '--json']);
    expect(shown.stdout).toContain(QUESTION);
    expect(shown.stdout).toContain('mcp.example.com');
    expect(shown.stdout).not.toContain(TOKEN);
  }
  expect(gateway.logs()).not.toContain(TOKEN);
});

async function keyWithBodies(): Promise<string> {
  const made = await gateway.command([
    'keys',
    'create',
    '--name',
    'kept',
    '--credit',
    '1',
    '--log-bodies',
    '--json',
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  return (JSON.parse(made.stdout) as { key: string }).key;
}
