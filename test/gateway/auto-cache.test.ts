// Keys whose operator pays for Anthropic's prompt cache: what is asked of it, what that costs and what is put aside.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { makeKey } from '../support/asking.ts';
import { type Bill, billed, CLIENTS, send } from '../support/billed.ts';
import { answerIn } from '../support/counted-answers.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

// USD per million tokens
const PRICE = { input: 10, output: 100, cached_input: 1, cache_write: 12.5, cache_write_1h: 20 };
const OTHERS = CLIENTS.filter((format) => format !== 'anthropic-messages');
const EPHEMERAL = { type: 'ephemeral' };
const HOUR = { type: 'ephemeral', ttl: '1h' };

/** 1,000 tokens in all, 900 of them written to the cache. */
const WRITTEN = (lifetime: '5m' | '1h') => ({
  input_tokens: 100,
  output_tokens: 10,
  cache_creation_input_tokens: 900,
  cache_read_input_tokens: 0,
  cache_creation: {
    ephemeral_5m_input_tokens: lifetime === '5m' ? 900 : 0,
    ephemeral_1h_input_tokens: lifetime === '1h' ? 900 : 0,
  },
});

const asked: JsonObject[] = [];
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const body = asObject(await request.json());
    asked.push(body);
    const usage = WRITTEN(asObject(body.cache_control).ttl === '1h' ? '1h' : '5m');
    const { json, frames } = answerIn('anthropic-messages', { usage });
    if (body.stream !== true) return Response.json(json);
    return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
  },
});

let gateway: Gateway;
let key: string;
beforeAll(async () => {
  const own = {
    format: 'anthropic-messages',
    base_url: `http://127.0.0.1:${upstream.port}/v1`,
    auth: 'none',
  };
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: { claude: own, picky: { ...own, quirks: { refuses: ['cache_control'] } } },
      models: {
        house: { price: PRICE, max_output: 1000, deployments: [{ provider: 'claude', model: 'house' }] },
        picky: { price: PRICE, max_output: 1000, deployments: [{ provider: 'picky', model: 'picky' }] },
      },
    },
  });
  ({ key } = await makeKey(gateway, '--credit', '100', '--auto-cache', 'on'));
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
});

async function askedWith(client: (typeof CLIENTS)[number], bill: Partial<Bill>) {
  const response = await send(gateway, client, { model: 'house', stream: false, key, ...bill });
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  return { body: asked.at(-1) ?? {}, losses: response.headers.get('x-osiris-losses') ?? '' };
}

describe('a key with auto_cache', () => {
  test.each(OTHERS)('asks Anthropic to cache the prompt of a client of %s', async (client) => {
    for (const stream of [false, true]) {
      const { body, losses } = await askedWith(client, { stream });
      expect(body.cache_control).toEqual(EPHEMERAL);
      expect(losses).not.toContain('cache');
    }
  });

  test('leaves clients of Anthropic’s own format alone, which ask themselves', async () => {
    expect((await askedWith('anthropic-messages', {})).body).not.toHaveProperty('cache_control');
  });

  test('adds nothing to the marks a client has set', async () => {
    const part = { type: 'text', text: 'Hello', cache_control: EPHEMERAL };
    const { body } = await askedWith('openai-chat', {
      body: { messages: [{ role: 'user', content: [part] }] },
    });
    expect(body).not.toHaveProperty('cache_control');
    expect(body.messages).toEqual([{ role: 'user', content: [part] }]);
  });

  test('asks nothing of a provider that refuses it', async () => {
    expect((await askedWith('openai-chat', { model: 'picky' })).body).not.toHaveProperty('cache_control');
  });

  test('pays the price of what is written, for minutes or for an hour', async () => {
    // 100 at 10, 900 at 12.5, 10 out at 100
    const short = await billed(gateway, 'openai-chat', { model: 'house', stream: false, key });
    expect(short.paid).toBe(1_000_000n + 11_250_000n + 1_000_000n);
    const day = { body: { prompt_cache_retention: '24h' } };
    const long = await billed(gateway, 'openai-chat', { model: 'house', stream: false, key, ...day });
    expect(long.paid).toBe(1_000_000n + 18_000_000n + 1_000_000n);
    expect(asked.at(-1)?.cache_control).toEqual(HOUR);
  });

  test('needs the price of writing to begin', async () => {
    // some 10,000 tokens: $0.10 to read, $0.125 to write, $0.20 for an hour
    const body = { messages: [{ role: 'user', content: 'word '.repeat(10_000) }], max_tokens: 1 };
    const needed = async (flags: string[], more: object = {}) => {
      const { key: poor } = await makeKey(gateway, '--credit', '0.01', ...flags);
      const bill = { model: 'house', stream: false, key: poor, body: { ...body, ...more } };
      const response = await send(gateway, 'openai-chat', bill);
      const { error } = (await response.json()) as { error: { details: { needed_usd: string } } };
      return Number(error.details.needed_usd);
    };
    const day = { prompt_cache_retention: '24h' };
    expect(await needed(['--auto-cache', 'on'])).toBeCloseTo((await needed([])) * 1.25, 6);
    const plain = await needed(['--auto-cache', 'off'], day);
    expect(plain).toBeGreaterThan(0.09);
    expect(await needed(['--auto-cache', 'on'], day)).toBeCloseTo(plain * 2, 6);
  });
});

test('without the operator’s word nothing is cached, and a retention is a loss', async () => {
  const day = { prompt_cache_retention: '24h' };
  const { body, losses } = await askedWith('openai-chat', { key: gateway.key, body: day });
  expect(body).not.toHaveProperty('cache_control');
  expect(losses).toContain('prompt_cache_retention');
});
