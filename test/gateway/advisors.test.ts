// Anthropic's advisor, a tool with a model of its own: which ones a key may ask, by which name, at which price.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { makeKey } from '../support/asking.ts';
import { billed, lastCharge, send } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { BIG, modelAt, OF_BIG, OF_SMALL, SMALL, startProvider } from '../support/substitutes.ts';

/** Of each answer, and of the advice. */
const COUNTS = { input_tokens: 1000, output_tokens: 100 };

beforeEach(() => {
  asked.length = 0;
});

const frame = (type: string, members: JsonObject) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

/** Asks whomever it may ask. */
function answerTo({ model, stream, tools = [] }: JsonObject): Response {
  const advisors = (tools as JsonObject[]).filter(({ type }) => String(type).startsWith('advisor_'));
  const advice = advisors.map((tool) => ({ type: 'advisor_message', model: tool.model ?? '', ...COUNTS }));
  const usage = { ...COUNTS, iterations: [{ type: 'message', ...COUNTS }, ...advice] };
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: model ?? '', stop_sequence: null };
  const message = { ...head, stop_reason: 'end_turn', content: [{ type: 'text', text: 'Done.' }], usage };
  if (stream !== true) return Response.json(message);
  const text = [
    frame('message_start', { message: { ...head, content: [], stop_reason: null, usage: COUNTS } }),
    frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Done.' } }),
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
    frame('message_stop', {}),
  ];
  return new Response(text.join(''), { headers: { 'content-type': 'text/event-stream' } });
}

function chatAnswerTo({ model, stream }: JsonObject): Response {
  const said = { role: 'assistant', content: 'Done.' };
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
  const choice = { index: 0, [stream === true ? 'delta' : 'message']: said, finish_reason: 'stop' };
  const answer = { id: 'gen-1', created: 1, model: model ?? '', choices: [choice], usage };
  if (stream !== true) return Response.json({ object: 'chat.completion', ...answer });
  const chunk = JSON.stringify({ object: 'chat.completion.chunk', ...answer });
  return new Response(`data: ${chunk}\n\ndata: [DONE]\n\n`, {
    headers: { 'content-type': 'text/event-stream' },
  });
}

const provider = startProvider((body, { url }) =>
  url.endsWith('/chat/completions') ? chatAnswerTo(body) : answerTo(body),
);
const { asked } = provider;

let gateway: Gateway;
let limited: string;
beforeAll(async () => {
  const model = (price: object, name: string, at = 'anthropic') => modelAt(at, price, name);
  const claude = { format: 'anthropic-messages', base_url: provider.baseUrl, api_key: 'made-up' };
  gateway = await startGateway({
    upstreams: [],
    credit: 1000,
    sections: {
      providers: {
        anthropic: { base_url: provider.baseUrl, api_key: 'made-up' },
        elsewhere: claude,
        chat: { ...claude, format: 'openai-chat' },
        openrouter: { base_url: provider.baseUrl, api_key: 'x', format: 'anthropic-messages' },
      },
      models: {
        small: model(SMALL, 'up-small'),
        same: model(SMALL, 'same'),
        big: model(BIG, 'up-big'),
        steady: model(BIG, 'steady'),
        apart: model(BIG, 'up-apart', 'elsewhere'),
        other: model(SMALL, 'other', 'chat'),
        routed: model(SMALL, 'v/routed', 'openrouter'),
      },
    },
  });
  const flags = ['--name', 'limited', '--credit', '100', '--models', 'small,same,steady'];
  limited = (await makeKey(gateway, ...flags)).key;
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

const advisor = (model: string) => ({ type: 'advisor_20260301', name: 'advisor', model });
const own = { name: 'f', input_schema: { type: 'object' } };

describe.each([false, true])('an advisor (streamed: %p)', (stream) => {
  const ask = (model: string, tools: object[], more: { key?: string; body?: object } = {}) =>
    billed(gateway, 'anthropic-messages', { ...more, model, stream, body: { tools, ...more.body } });

  test('is asked for by the name its model has at the provider, and shown and paid by its own', async () => {
    const found = await ask('small', [own, { ...advisor('big'), max_uses: 2 }]);
    expect(asked[0]).toMatchObject({
      model: 'up-small',
      tools: [own, { ...advisor('up-big'), max_uses: 2 }],
    });
    expect([found.paid, found.shown?.total, found.row.losses]).toEqual([
      OF_SMALL + OF_BIG,
      OF_SMALL + OF_BIG,
      null,
    ]);
    expect(found.text).toContain('"model":"big"');
    expect(found.text).not.toContain('up-');
  });

  test('passes as it came where the names are the same', async () => {
    const found = await ask('same', [advisor('steady')]);
    expect(asked[0]?.tools).toEqual([advisor('steady')]);
    expect([found.paid, found.row.losses]).toEqual([OF_SMALL + OF_BIG, null]);
  });

  test('that the key may not use is left out, with a choice that names it', async () => {
    const tool_choice = { type: 'tool', name: 'advisor' };
    const found = await ask('small', [own, advisor('big')], { key: limited, body: { tool_choice } });
    expect(asked[0]?.tools).toEqual([own]);
    expect(asked[0]).not.toContainKey('tool_choice');
    expect([found.paid, found.row.losses]).toEqual([OF_SMALL, '2; dropped=tools[1],tool_choice']);
    await ask('small', [own, advisor('up-big')], { key: limited, body: { tool_choice: { type: 'auto' } } });
    expect(asked[1]).toMatchObject({ tools: [own], tool_choice: { type: 'auto' } });
    await ask('small', [advisor('steady')], { key: limited });
    expect(asked[2]?.tools).toEqual([advisor('steady')]);
  });

  test('that is not sold here, or not by this provider, is left out', async () => {
    await ask('small', [advisor('nobody-knows'), advisor('apart')]);
    expect(asked[0]).not.toContainKey('tools');
    expect(lastCharge(gateway).losses).toBe('2; dropped=tools[0],tools[1]');
  });

  test('is refused under strict where it would be left out', async () => {
    const response = await send(gateway, 'anthropic-messages', {
      ...{ model: 'small', stream, key: limited, body: { tools: [advisor('big')] } },
      headers: { 'x-osiris-strict': '1' },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('tools[0]');
    expect(asked).toEqual([]);
  });

  test('is left out for models of other formats', async () => {
    const found = await ask('other', [own, advisor('big')], { body: { max_tokens: 10 } });
    expect(found.status).toBe(200);
    expect(JSON.stringify(asked[0])).not.toContain('advisor');
    expect(found.row.losses).toContain('tools[1]');
    const tool_choice = { type: 'tool', name: 'advisor' };
    await ask('other', [advisor('big')], { body: { max_tokens: 10, tool_choice } });
    expect(asked[1]).not.toContainAnyKeys(['tools', 'tool_choice']);
    expect(lastCharge(gateway).losses).toContain('tools[0],tool_choice');
  });

  test('of OpenRouter is left out of Messages too, and so are its `models`', async () => {
    const tools = [own, { type: 'openrouter:advisor', parameters: { model: 'v/dear' } }];
    const plugins = [{ id: 'web' }, { id: 'fusion', analysis_models: ['v/dear'] }];
    const found = await ask('routed', tools, {
      body: { models: ['v/dear'], route: 'fallback', preset: 'p', plugins },
    });
    expect(asked[0]).toMatchObject({ tools: [own], plugins: [{ id: 'web' }] });
    expect(asked[0]).not.toContainAnyKeys(['models', 'route', 'preset']);
    expect(found.row.losses).toBe('5; dropped=tools[1],models,route,preset,plugins[1]');
  });
});

test('that comes with a question to count is checked as well', async () => {
  const response = await fetch(`${gateway.url}/v1/messages/count_tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${limited}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model: 'small', messages: [{ role: 'user', content: 'Hello' }], tools: [advisor('big')] },
    }),
  });
  expect(response.status).toBe(200);
  expect(asked).toEqual([{ model: 'up-small', messages: [{ role: 'user', content: 'Hello' }] }]);
});
