// Wishes that only one provider knows, sent by clients of other formats to the running program.

import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let asked: { path: string; body: JsonObject }[] = [];
beforeEach(() => {
  asked = [];
});

const GEMINI = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Done.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5 },
};
const GPT = {
  ...{ id: 'resp_1', object: 'response', status: 'completed', model: 'gpt', service_tier: 'default' },
  output: [
    {
      ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
      content: [{ type: 'output_text', text: 'Done.', annotations: [] }],
    },
  ],
  usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
};

const providers = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const path = new URL(request.url).pathname;
    asked.push({ path, body: (await request.json()) as JsonObject });
    return Response.json(path.endsWith('/responses') ? GPT : GEMINI);
  },
});

let gateway: Gateway;
beforeAll(async () => {
  const at = (format: string, path: string) => ({
    ...{ format, base_url: `${providers.url.origin}${path}`, api_key: 'made-up' },
  });
  const price = { input: 1, output: 1 };
  const gpt = [{ provider: 'at-gpt', model: 'gpt' }];
  gateway = await startGateway({
    upstreams: [],
    credit: 10,
    sections: {
      providers: {
        'at-gemini': at('google-generate-content', '/v1beta'),
        'at-gpt': at('openai-responses', '/v1'),
      },
      models: {
        gemini: { price, deployments: [{ provider: 'at-gemini', model: 'gemini-3.6-flash' }] },
        gpt: { price, capabilities: { web_search: true }, deployments: gpt },
        'gpt-fast': { price: { ...price, tiers: { fast: { input: 2, output: 2 } } }, deployments: gpt },
      },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await providers.stop(true);
});

const messages = [{ role: 'user', content: 'Go.' }];
const send = (path: string, body: JsonObject) =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages, max_tokens: 100, ...body }),
  });

test('a Chat client’s `extra_body.google` reaches Gemini, and a cached prompt no other model', async () => {
  const extra_body = { google: { cached_content: 'cachedContents/1' } };
  expect((await send('/v1/chat/completions', { model: 'gemini', extra_body })).status).toBe(200);
  expect(asked[0]?.body.cachedContent).toBe('cachedContents/1');
  const refused = await send('/v1/chat/completions', { model: 'gpt', extra_body });
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('extra_body.google.cached_content');
  expect(asked.length).toBe(1);
});

test('a Messages client’s `speed` is asked for where it has a price, and named where it is left out', async () => {
  const fast = await send('/v1/messages', { model: 'gpt-fast', speed: 'fast' });
  expect(fast.headers.get('x-osiris-losses')).toBeNull();
  const plain = await send('/v1/messages', { model: 'gpt', speed: 'fast' });
  expect(plain.headers.get('x-osiris-losses')).toContain('dropped=speed');
  expect(asked.map(({ body }) => body.service_tier)).toEqual(['fast', undefined]);
});

test('a Messages client’s choice of a search is one at Responses', async () => {
  const { status } = await send('/v1/messages', {
    model: 'gpt',
    tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    tool_choice: { type: 'tool', name: 'web_search' },
  });
  expect(status).toBe(200);
  expect(asked[0]?.body).toMatchObject({
    tools: [{ type: 'web_search' }],
    tool_choice: { type: 'web_search' },
  });
});
