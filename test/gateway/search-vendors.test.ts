// Searches of vendors that have their own way of asking for one: OpenRouter's server tool, xAI's Responses.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';

const TEXT = 'In Köln it rains today.';
const PAGE = { url: 'https://weather.example/koeln', title: 'Weather in Köln' };

let asked: { path: string; body: JsonObject }[] = [];
beforeEach(() => {
  asked = [];
});

/** Answers in the shapes that openrouter.ai/docs and docs.x.ai publish, and refuses what those say is refused. */
const vendors = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const path = new URL(request.url).pathname;
    const body = (await request.json()) as JsonObject;
    asked.push({ path, body });
    if (path === '/xai/responses') return 'instructions' in body ? refusal(400) : xaiAnswer(body);
    const isRouter = path === '/openrouter/chat/completions';
    if (!isRouter) return refusal('web_search_options' in body ? 410 : 404);
    return 'web_search_options' in body || 'web_search' in body ? refusal(400) : routerAnswer(body);
  },
});

function refusal(status: number): Response {
  return Response.json({ error: { message: 'no', type: 'invalid_request_error' } }, { status });
}

function routerAnswer({ model = '', stream }: JsonObject): Response {
  const annotations = [{ type: 'url_citation', url_citation: { ...PAGE, start_index: 0, end_index: 7 } }];
  const usage = {
    ...{ prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
    server_tool_use: { web_search_requests: 2 },
  };
  const head = { id: 'gen-1', created: 1, model };
  if (stream !== true) {
    const message = { role: 'assistant', content: TEXT, annotations };
    const choices = [{ index: 0, finish_reason: 'stop', message }];
    return Response.json({ ...head, object: 'chat.completion', choices, usage });
  }
  const chunk = (delta: JsonObject, finish_reason: string | null = null) =>
    frame({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason }],
    });
  const last = frame({ ...head, object: 'chat.completion.chunk', choices: [], usage });
  return events([
    ': OPENROUTER PROCESSING\n\n',
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: TEXT }),
    chunk({ content: '', annotations }),
    chunk({}, 'stop'),
    last,
    'data: [DONE]\n\n',
  ]);
}

function xaiAnswer({ model = '', stream }: JsonObject): Response {
  const annotations = [{ type: 'url_citation', ...PAGE, start_index: 0, end_index: 7 }];
  const call = {
    ...{ id: 'ws_1', type: 'web_search_call', status: 'completed' },
    action: { type: 'search', query: 'weather Köln', sources: [] },
  };
  const visit = { ...call, id: 'ws_2', action: { type: 'open_page', url: PAGE.url } };
  const part = { type: 'output_text', text: TEXT, annotations, logprobs: [] };
  const message = {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' },
    content: [part],
  };
  const response = {
    ...{ id: 'r-1', object: 'response', created_at: 1, model, status: 'completed', error: null },
    output: [call, visit, message],
    usage: {
      ...{ input_tokens: 1000, output_tokens: 1000, total_tokens: 2000 },
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
      num_server_side_tools_used: 2,
      // what was opened counts as well there
      server_side_tool_usage_details: { web_search_calls: 2, x_search_calls: 0 },
    },
  };
  if (stream !== true) return Response.json(response);
  let number = 0;
  const event = (type: string, members: JsonObject) =>
    `event: ${type}\n${frame({ type, sequence_number: number++, ...members })}`;
  const begun = { ...response, status: 'in_progress', output: [], usage: null };
  const at = { output_index: 2, content_index: 0, item_id: 'msg_1' };
  return events([
    event('response.created', { response: begun }),
    ...[call, visit].flatMap((item, output_index) => [
      event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } }),
      event('response.output_item.done', { output_index, item }),
    ]),
    event('response.output_item.added', {
      output_index: 2,
      item: { ...message, status: 'in_progress', content: [] },
    }),
    event('response.output_text.delta', { ...at, delta: TEXT }),
    event('response.output_text.annotation.added', {
      ...{ ...at, annotation_index: 0, annotation: annotations[0] as JsonObject },
    }),
    event('response.output_text.done', { ...at, text: TEXT }),
    event('response.output_item.done', { output_index: 2, item: message }),
    event('response.completed', { response }),
  ]);
}

function frame(value: JsonObject): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function events(frames: string[]): Response {
  return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
}

let gateway: Gateway;
beforeAll(async () => {
  const origin = `http://127.0.0.1:${vendors.port}`;
  const price = { input: 1, output: 4, per_search: 0.01 };
  const at = (provider: string, model: string, capabilities = {}) => ({
    ...{ price, capabilities, deployments: [{ provider, model }] },
  });
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: {
        openrouter: { base_url: `${origin}/openrouter`, api_key: 'made-up' },
        xai: { base_url: `${origin}/xai`, api_key: 'made-up' },
      },
      models: {
        'claude-opus-4-8': at('openrouter', 'anthropic/claude-opus-4.8'),
        'qwen3.5-397b-a17b': at('openrouter', 'qwen/qwen3.5-397b-a17b'),
        'grok-4.7': at('xai', 'grok-4.7'),
      },
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await vendors.stop(true);
});

function send(path: string, body: JsonObject): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify(body),
  });
}

const chat = (members: JsonObject) =>
  send('/v1/chat/completions', {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
    ],
    ...members,
  });

const lastCharge = () =>
  rowsIn<{ amount_nano: bigint; searches: bigint }>(
    `${gateway.directory}/state`,
    "SELECT * FROM entries WHERE kind = 'charge' ORDER BY id DESC",
  )[0];

/** 1,000 × $1 + 1,000 × $4, per million, and two searches for $0.01. */
const CHARGE = { amount_nano: 25_000_000n, searches: 2n };

describe('OpenRouter', () => {
  test.each([false, true])('searches by its own tool for `web_search` (stream: %p)', async (stream) => {
    const tool = { type: 'function', function: { name: 'now', parameters: { type: 'object' } } };
    const response = await chat({
      ...{ model: 'claude-opus-4-8', web_search: true, stream, tools: [tool] },
      provider: { sort: 'price' },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(PAGE.url);
    const body = asObject(asked[0]?.body);
    const search = { type: 'openrouter:web_search', parameters: { engine: 'native' } };
    expect(body.tools).toEqual([tool, search]);
    // what is the vendor's own goes through
    expect(body.provider).toEqual({ sort: 'price' });
    expect(lastCharge()).toMatchObject(CHARGE);
  });

  test('takes what a client of Chat says of the search', async () => {
    const place = { city: 'Bern', country: 'CH' };
    const response = await chat({
      model: 'claude-opus-4-8',
      web_search_options: {
        ...{ search_context_size: 'low', user_location: { type: 'approximate', approximate: place } },
      },
    });
    expect(response.status).toBe(200);
    expect(asked[0]?.body.tools).toEqual([
      {
        type: 'openrouter:web_search',
        parameters: {
          ...{ engine: 'native', search_context_size: 'low' },
          user_location: { type: 'approximate', ...place },
        },
      },
    ]);
  });

  test.each([false, true])('searches for a client of Messages (stream: %p)', async (stream) => {
    const response = await send('/v1/messages', {
      ...{ model: 'claude-opus-4-8', max_tokens: 100, stream },
      messages: [{ role: 'user', content: 'Weather?' }],
      tools: [
        {
          ...{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
          blocked_domains: ['spam.example'],
        },
      ],
    });
    expect(response.headers.get('x-osiris-losses')).toBeNull();
    expect(await response.text()).toContain(PAGE.url);
    expect(asked[0]?.body.tools).toEqual([
      {
        type: 'openrouter:web_search',
        parameters: { engine: 'native', excluded_domains: ['spam.example'], max_uses: 3 },
      },
    ]);
    expect(lastCharge()).toMatchObject(CHARGE);
  });

  test('says that domains to leave out are lost beside domains to keep to', async () => {
    const response = await send('/v1/responses', {
      ...{ model: 'claude-opus-4-8', input: 'Weather?' },
      tools: [
        { type: 'web_search', filters: { allowed_domains: ['a.example'], blocked_domains: ['b.example'] } },
      ],
    });
    expect(response.headers.get('x-osiris-losses')).toContain('tools[0].filters.blocked_domains');
    const [tool] = asArray(asked[0]?.body.tools);
    expect(asObject(tool).parameters).toEqual({ engine: 'native', allowed_domains: ['a.example'] });
  });

  test('of a model without a search of its own is not asked', async () => {
    const response = await chat({ model: 'qwen3.5-397b-a17b', web_search: true });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('claude-opus-4-8');
    expect(asked).toEqual([]);
  });
});

describe('xAI', () => {
  test.each([false, true])('is asked on Responses for `web_search` (stream: %p)', async (stream) => {
    const response = await chat({ model: 'grok-4.7', web_search: true, stream });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain(PAGE.url);
    const [{ path, body } = { path: '', body: {} as JsonObject }] = asked;
    expect(path).toBe('/xai/responses');
    expect(body.tools).toEqual([{ type: 'web_search' }]);
    expect(asObject(asArray(body.input)[0])).toMatchObject({ role: 'system' });
    expect(lastCharge()).toMatchObject(CHARGE);
  });

  test('searches for clients of Responses and Messages, and keeps to its names for domains', async () => {
    const input = [{ role: 'user', content: 'Weather?' }];
    const filters = { blocked_domains: ['spam.example'] };
    await send('/v1/responses', {
      ...{ model: 'grok-4.7', instructions: 'Be brief.', input },
      tools: [{ type: 'web_search', filters }],
    });
    await send('/v1/messages', {
      ...{ model: 'grok-4.7', max_tokens: 100, messages: input },
      tools: [
        { type: 'web_search_20250305', name: 'web_search', max_uses: 2, blocked_domains: ['spam.example'] },
      ],
    });
    const search = { type: 'web_search', filters: { excluded_domains: ['spam.example'] } };
    expect(asked.map(({ path }) => path)).toEqual(['/xai/responses', '/xai/responses']);
    for (const { body } of asked) expect(body.tools).toEqual([search]);
    expect(lastCharge()).toMatchObject(CHARGE);
  });

  test('is asked on Chat for everything else', async () => {
    await chat({ model: 'grok-4.7' });
    await send('/v1/responses', { model: 'grok-4.7', input: 'Hello' });
    expect(asked.map(({ path }) => path)).toEqual(['/xai/chat/completions', '/xai/chat/completions']);
  });
});
