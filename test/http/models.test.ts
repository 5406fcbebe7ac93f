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

/** One price that is over, one in force and one that is far off. */
const PRICES = [
  { input: 9, output: 9 },
  {
    from: '2020-01-01',
    ...{ input: 1.25, output: 10, cached_input: 0.125, cache_write_1h: 2, reasoning: 8, output_audio: 80 },
    ...{ per_search: 0.01, per_request: 0.002, per_image: 0.04 },
    steps: [{ above: 272_000, input: 2.5, output: 15 }],
    tiers: { flex: { input: 0.625, output: 5 } },
    inference_geo: { us: 1.1 },
  },
  { from: '2999-01-01', input: 2, output: 12 },
];

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
        priced: { price: PRICES, deployments: [{ provider: 'openai', model: 'x' }] },
        later: {
          price: { from: '2999-01-01', input: 1, output: 1 },
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

  test('tells what each can do', async () => {
    const can = async (name: string) =>
      ((await (await get(`/v1/models/${name}`)).json()) as { capabilities: object }).capabilities;
    expect(await can('claude-opus-4-6')).toMatchObject({ tools: true, reasoning: true, tool_search: true });
    expect(await can('gpt-5')).toMatchObject({ structured_output: true, tool_search: false });
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

  test('shows every price it has, where it is from, and those to come', async () => {
    const { pricing } = (await (await get('/v1/models/priced')).json()) as { pricing: unknown };
    const none = { cached_input: null, cache_write: null, cache_write_1h: null, reasoning: null };
    const noMedia = { input_audio: null, input_image: null, output_audio: null, output_image: null };
    const noUnits = {
      ...{ per_request: null, per_search: null, per_image: null },
      ...{ per_container: null, per_code_run: null },
    };
    const origin = { source: 'osiris.yaml', as_of: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) };
    expect(pricing).toEqual({
      ...{ currency: 'USD', unit: '1M tokens', ...none, ...noMedia, ...origin },
      ...{ input: 1.25, output: 10, cached_input: 0.125, cache_write_1h: 2, reasoning: 8, output_audio: 80 },
      ...{ ...noUnits, per_search: 0.01, per_request: 0.002, per_image: 0.04 },
      steps: [{ above: 272_000, ...none, ...noMedia, input: 2.5, output: 15 }],
      tiers: { flex: { ...none, ...noMedia, input: 0.625, output: 5, steps: [] } },
      inference_geo: { us: 1.1 },
      from: '2020-01-01T00:00:00.000Z',
      coming: [
        {
          ...{ ...none, ...noMedia, ...noUnits, ...origin, input: 2, output: 12, steps: [], tiers: {} },
          inference_geo: {},
          from: '2999-01-01T00:00:00.000Z',
        },
      ],
    });
  });

  test('without a price in force is not there, and the client is not told what the operator should do', async () => {
    const { data } = (await (await get('/v1/models')).json()) as { data: { id: string }[] };
    expect(data.map((model) => model.id)).not.toContain('later');
    const error = await errorOf(await get('/v1/models/later'));
    expect(error).toMatchObject({ status: 404, code: 'not_found' });
    expect(JSON.stringify(error)).not.toMatch(/price|operator|configuration/);
  });

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
