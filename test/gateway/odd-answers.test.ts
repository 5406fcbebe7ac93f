// Providers whose answers arrive in a shape no standard allows: what the client gets, and who is told what to mend.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { billed } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const ANSWER = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Grüße' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
});
const json = { 'content-type': 'application/json' };

const frame = (usage: object | undefined, ...choices: object[]) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...(usage ? { usage } : {}) })}\n\n`;
const REAL = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
const ZERO = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
const SOFAR = { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200 };
const events = { 'content-type': 'text/event-stream' };

const MESSAGE = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null };
const said = (type: string, members: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

const ODD: Record<string, () => Response> = {
  marked: () => new Response(`\uFEFF${ANSWER}`, { headers: json }),
  gzip: () => new Response(ANSWER, { headers: { ...json, 'content-encoding': 'gzip' } }),
  br: () => new Response(ANSWER, { headers: { ...json, 'content-encoding': 'br' } }),
  zstd: () => new Response(ANSWER, { headers: { ...json, 'content-encoding': 'zstd' } }),
  moved: () => new Response(null, { status: 307, headers: { location: 'https://elsewhere.example/v1' } }),
  zeroed: () =>
    new Response(
      [
        frame(undefined, { index: 0, delta: { role: 'assistant', content: 'Grüße' }, finish_reason: null }),
        frame(REAL, { index: 0, delta: {}, finish_reason: 'stop' }),
        frame(ZERO),
        'data: [DONE]\n\n',
      ].join(''),
      { headers: events },
    ),
  eager: () =>
    new Response(
      [
        frame(SOFAR, { index: 0, delta: { role: 'assistant', content: 'Grüße' }, finish_reason: null }),
        frame(SOFAR, { index: 0, delta: { content: '!' }, finish_reason: null }),
        frame(undefined, { index: 0, delta: {}, finish_reason: 'stop' }),
        frame(REAL),
        'data: [DONE]\n\n',
      ].join(''),
      { headers: events },
    ),
  // nothing counts the output, neither at the start nor at the end
  uncounted: () =>
    new Response(
      [
        said('message_start', { message: { ...MESSAGE, usage: { input_tokens: 1000, output_tokens: 1 } } }),
        said('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
        ...['a', 'b', 'c'].map((text) =>
          said('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
        ),
        said('content_block_stop', { index: 0 }),
        said('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: {} }),
        said('message_stop', {}),
      ].join(''),
      { headers: events },
    ),
  lost: () => new Response('<h1>404</h1>', { status: 404, headers: { 'content-type': 'text/html' } }),
};

const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { model } = (await request.json()) as { model: string };
    return ODD[model]?.() ?? new Response(null, { status: 500 });
  },
});
let gateway: Gateway;

beforeAll(async () => {
  const models = Object.keys(ODD).map((name) => [
    name,
    {
      price: { input: 1, output: name === 'uncounted' ? 1000 : 10 },
      deployments: [{ provider: name === 'uncounted' ? 'claude' : 'up', model: name }],
    },
  ]);
  gateway = await startGateway({
    upstreams: [],
    credit: 10,
    sections: {
      routing: { retries: 0 },
      providers: {
        up: { base_url: `http://127.0.0.1:${upstream.port}/v1`, format: 'openai-chat', auth: 'none' },
        claude: {
          base_url: `http://127.0.0.1:${upstream.port}/v1`,
          format: 'anthropic-messages',
          auth: 'none',
        },
      },
      models: Object.fromEntries(models),
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
});

async function ask(model: string, stream = false, more: object = {}) {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify({ ...more, model, stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
  return { status: response.status, text: await response.text() };
}

test('an answer that begins with a byte order mark is charged and shown without it', async () => {
  const { status, text } = await ask('marked');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    choices: [{ message: { content: 'Grüße' } }],
    usage: { total_tokens: 1500, cost_usd_total: 0.006 },
  });
});

test.each(['/v1/chat/completions', '/v1/messages', '/v1/responses'])(
  'a count of nothing behind the real one is no count (%s)',
  async (path) => {
    const said =
      path === '/v1/responses'
        ? { input: 'Hi' }
        : { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 900 };
    const spent = async () => {
      const response = await fetch(`${gateway.url}/v1/key`, {
        headers: { authorization: `Bearer ${gateway.key}` },
      });
      return ((await response.json()) as { usage: { cost_usd: number } }).usage.cost_usd;
    };
    const before = await spent();
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ model: 'zeroed', stream: true, ...said }),
    });
    expect(await response.text()).toContain('"cost_usd_total":0.006');
    expect((await spent()) - before).toBeCloseTo(0.006, 9);
  },
);

test('a client that did not ask for a count is shown no cost of a part of the answer', async () => {
  const { text } = await ask('eager', true);
  expect(text).toContain('Grüße');
  expect(text).not.toContain('cost_usd');
});

test('a client that asked for a count is shown the cost of all of it last', async () => {
  const { text } = await ask('eager', true, { stream_options: { include_usage: true } });
  expect(text.match(/"cost_usd_total":[\d.]+/g)?.at(-1)).toBe('"cost_usd_total":0.006');
});

describe('an answer that is not compressed as it says', () => {
  test.each(['gzip', 'br', 'zstd'])('%s: is a bad answer, not a provider out of reach', async (model) => {
    for (const stream of [false, true]) {
      const { status, text } = await ask(model, stream);
      expect(status).toBe(502);
      expect(JSON.parse(text).error).toMatchObject({
        code: 'bad_gateway',
        message: expect.stringContaining('content-encoding'),
      });
    }
  });
});

test.each(['moved', 'lost'])('%s: the message names base_url, and no other address', async (model) => {
  const { status, text } = await ask(model);
  expect(status).toBe(502);
  expect(JSON.parse(text).error.message).toContain('`base_url`');
  expect(text).not.toContain('elsewhere.example');
});

test('a stream that is not counted costs what its client was shown', async () => {
  const { paid, shown, row } = await billed(gateway, 'anthropic-messages', {
    model: 'uncounted',
    stream: true,
  });
  expect(row).toMatchObject({ usage_source: 'partial', rule: 'finished' });
  expect(shown?.total).toBe(paid);
});
