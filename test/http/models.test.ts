// The model list through the front door: both SDKs read it, and it shows what a key may use.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { errorOf, makeKey } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Every id that the pages of the products before this one name. */
const KNOWN = [
  'claude-opus-4.6',
  'claude-sonnet-4-20250514',
  'claude-haiku-4-5',
  'gpt-4o',
  'gpt-5',
  'gpt-5-mini',
  'gpt-5-nano',
  'google-ai-studio/gemini-2.5-pro',
  'google-ai-studio/gemini-2.5-flash',
  'anthropic/claude-sonnet-4-6',
  'groq/llama-3.3-70b-instruct',
  'qwen3.5-397b-a17b',
];
const VENDORS = ['openai', 'anthropic', 'google', 'groq', 'openrouter'];

let gateway: Gateway;
/** Answers any Chat request, and notes what it was asked for. */
const asked: string[] = [];
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { model } = (await request.json()) as { model: string };
    asked.push(`${new URL(request.url).pathname} ${model}`);
    return new Response('no', { status: 500 });
  },
});

beforeAll(async () => {
  const provider = (name: string) => ({
    api_key: 'made-up',
    base_url: `http://127.0.0.1:${upstream.port}/${name}`,
  });
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: Object.fromEntries(VENDORS.map((name) => [name, provider(name)])),
      models: {
        'house/slashed/name.1': {
          price: { input: 0, output: 0 },
          deployments: [{ provider: 'openai', model: 'x' }],
        },
      },
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
});

const get = (path: string, key = gateway.key) =>
  fetch(gateway.url + path, { headers: { authorization: `Bearer ${key}` } });

describe('the list', () => {
  test('satisfies the OpenAI library', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
    const ids: string[] = [];
    for await (const model of client.models.list()) {
      expect(model).toMatchObject({ object: 'model', owned_by: expect.any(String) });
      expect(Number.isInteger(model.created)).toBe(true);
      ids.push(model.id);
    }
    expect(ids).toEqual(expect.arrayContaining(['gpt-5', 'sandbox/echo', 'house/slashed/name.1']));
    expect(new Set(ids).size).toBe(ids.length);
    expect((await client.models.retrieve('gpt-5')).id).toBe('gpt-5');
  });

  test('satisfies the Anthropic library, whose paging ends', async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key });
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 5 })) {
      expect(model).toMatchObject({ type: 'model', display_name: expect.any(String) });
      expect(Number.isNaN(Date.parse(model.created_at))).toBe(false);
      ids.push(model.id);
    }
    expect(ids).toEqual(expect.arrayContaining(['claude-opus-4-6', 'claude-opus-4.6']));
    expect(new Set(ids).size).toBe(ids.length);
    const page = await client.models.list();
    expect(page.has_more).toBe(false);
    expect([page.first_id, page.last_id]).toEqual([ids[0] ?? '', ids.at(-1) ?? '']);
    expect((await client.models.retrieve('claude-opus-4.6')).id).toBe('claude-opus-4.6');
  });

  test('holds only what the key may use', async () => {
    const { key } = await makeKey(gateway, '--models', 'gpt-5,claude-opus-4-6');
    const { data } = (await (await get('/v1/models', key)).json()) as { data: { id: string }[] };
    expect(data.map((model) => model.id).toSorted()).toEqual(['claude-opus-4-6', 'claude-opus-4.6', 'gpt-5']);
    expect(await errorOf(await get('/v1/models/gpt-4o', key))).toMatchObject({
      status: 403,
      code: 'model_not_allowed',
    });
  });
});

describe('one model', () => {
  test.each(['house/slashed/name.1', 'house%2Fslashed%2Fname.1', 'sandbox/echo'])(
    '%s is found',
    async (id) => {
      expect(await (await get(`/v1/models/${id}`)).json()).toMatchObject({
        id: decodeURIComponent(id),
        object: 'model',
        pricing: { input: 0, output: 0 },
      });
    },
  );

  test.each(['no-such-model', 'house/no-such', '%zz', '%00', 'a%20b', '__proto__'])(
    '%s is 404',
    async (id) => {
      expect(await errorOf(await get(`/v1/models/${id}`))).toMatchObject({ status: 404, code: 'not_found' });
    },
  );
});

describe('every known id', () => {
  test.each(KNOWN)('%s can be looked up and called', async (id) => {
    expect(await (await get(`/v1/models/${id}`)).json()).toMatchObject({ id });
    asked.length = 0;
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ model: id, messages: [{ role: 'user', content: 'x' }] }),
    });
    expect(response.status).toBe(502);
    expect(asked.length).toBeGreaterThan(0);
  });
});
