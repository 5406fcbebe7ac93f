// Dearer service tiers in the running program: what a provider is asked for, what an answer costs, what is told of it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { Meter } from '../../src/gateway/meter.ts';
import { asString, type JsonObject } from '../../src/lib/json.ts';
import { billed, CLIENTS, send } from '../support/billed.ts';
import { answerIn } from '../support/counted-answers.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { WireFormat } from '../support/script.ts';

// USD per million tokens; every answer is 1,000 tokens in and 100 out
const PLAIN = { input: 10, output: 100 };
const STANDARD = 1000n * 10_000n + 100n * 100_000n;
const PRIORITY = { input: 20, output: 200 };
const DOUBLE = 1000n * 20_000n + 100n * 200_000n;
const FAST = { input: 60, output: 600 };
const SIXFOLD = 1000n * 60_000n + 100n * 600_000n;
const PRICES = {
  plain: PLAIN,
  priority: { ...PLAIN, tiers: { priority: PRIORITY } },
  fast: { ...PLAIN, tiers: { fast: FAST } },
  free: { input: 0, output: 0 },
};

let asked: { path: string; betas: string | null; body: JsonObject }[] = [];
/** What the provider serves in whatever is asked for; `silent` names no tier. */
let serves: { tier?: string; silent?: boolean; header?: string } = {};
beforeEach(() => {
  asked = [];
  serves = {};
});

function formatOf(path: string): WireFormat {
  if (path.endsWith('/chat/completions')) return 'openai-chat';
  if (path.endsWith('/responses')) return 'openai-responses';
  return path.endsWith('/messages') ? 'anthropic-messages' : 'google-generate-content';
}

function usageOf(format: WireFormat, speed: string | undefined): JsonObject {
  switch (format) {
    case 'openai-chat':
      return { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
    case 'openai-responses':
      return { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 };
    case 'anthropic-messages':
      return { input_tokens: 1000, output_tokens: 100, ...(speed === undefined ? {} : { speed }) };
    case 'google-generate-content':
      return { promptTokenCount: 1000, candidatesTokenCount: 100, totalTokenCount: 1100 };
    default:
      return format satisfies never;
  }
}

/** A provider that serves every request in the tier it asks for. */
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    const body = (await request.json()) as JsonObject;
    asked.push({ path: pathname, betas: request.headers.get('anthropic-beta'), body });
    const format = formatOf(pathname);
    const wanted = asString(body.service_tier) ?? asString(body.serviceTier);
    const isMessages = format === 'anthropic-messages';
    const tier = serves.silent ? undefined : (serves.tier ?? (isMessages ? 'standard' : wanted));
    const usage = usageOf(format, serves.silent ? undefined : asString(body.speed));
    const { json, frames } = answerIn(format, { usage, ...(tier === undefined ? {} : { tier }) });
    const headers = serves.header === undefined ? {} : { 'x-gemini-service-tier': serves.header };
    const isStream = body.stream === true || search.includes('alt=sse');
    if (!isStream) return Response.json(json, { headers });
    return new Response(frames.join(''), { headers: { ...headers, 'content-type': 'text/event-stream' } });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: CLIENTS.flatMap((format) => {
      const common = { format, baseUrl: `${provider.url.origin}/v1`, apiKey: 'made-up' };
      const quirks = { refuses: ['service_tier', 'serviceTier'], refuses_betas: ['fast-mode'] };
      return [
        { ...common, provider: `up-${format}`, model: '', upstreamModel: '' },
        { ...common, provider: `picky-${format}`, model: '', upstreamModel: '', settings: { quirks } },
      ];
    }),
    credit: 1000,
    sections: {
      models: Object.fromEntries(
        CLIENTS.flatMap((format) =>
          Object.entries(PRICES).flatMap(([name, price]) =>
            ['up', 'picky'].map((kind) => {
              const model = `${kind === 'up' ? '' : `${kind}-`}${name}-${format}`;
              return [model, { price, deployments: [{ provider: `${kind}-${format}`, model }] }];
            }),
          ),
        ),
      ),
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

type Wish = [client: WireFormat, member: string, tier: 'priority' | 'fast', price: bigint];
const WISHES: Wish[] = [
  ['openai-chat', 'service_tier', 'priority', DOUBLE],
  ['openai-responses', 'service_tier', 'priority', DOUBLE],
  ['openai-responses', 'service_tier', 'fast', SIXFOLD],
  ['anthropic-messages', 'speed', 'fast', SIXFOLD],
  ['google-generate-content', 'serviceTier', 'priority', DOUBLE],
];
const WAYS = WISHES.flatMap((wish) => [false, true].map((stream): [...Wish, boolean] => [...wish, stream]));

describe.each(WAYS)(
  '%s with `%s: %s` (%p nanodollars, streamed: %p)',
  (client, member, tier, price, stream) => {
    const ask = (model: string, headers = {}) =>
      billed(gateway, client, { model: `${model}-${client}`, stream, body: { [member]: tier }, headers });

    test('is served and charged at the price of the tier', async () => {
      const found = await ask(tier);
      expect(asked.map(({ body }) => body[member])).toEqual([tier]);
      expect(found.paid).toBe(price);
      expect(found.shown?.total).toBe(price);
      expect(found.row).toMatchObject({ tier, losses: null });
    });

    test('without a price the wish is left out, named, and the answer costs what the model does', async () => {
      const found = await ask('plain');
      expect(found.status).toBe(200);
      expect(asked.map(({ body }) => member in body)).toEqual([false]);
      expect(found.paid).toBe(STANDARD);
      expect(found.row.losses).toBe(`1; dropped=${member}`);
    });

    test('where the provider refuses it the answer costs what the model does', async () => {
      serves = { silent: true };
      const found = await ask(`picky-${tier}`);
      expect(asked.map(({ body }) => member in body)).toEqual([false]);
      expect([found.paid, found.row.tier]).toEqual([STANDARD, null]);
      expect(found.row.losses).toBe(`1; dropped=${member}`);
    });

    test('strict refuses it and nobody is asked', async () => {
      const response = await send(gateway, client, {
        ...{ model: `plain-${client}`, stream, body: { [member]: tier } },
        headers: { 'x-osiris-strict': '1' },
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(`tiers.${tier}`);
      expect(asked).toEqual([]);
    });

    test('of a free model it goes through', async () => {
      const found = await ask('free');
      expect(asked.map(({ body }) => body[member])).toEqual([tier]);
      expect([found.paid, found.row.losses]).toEqual([0n, null]);
    });
  },
);

describe.each([false, true])('an answer (streamed: %p)', (stream) => {
  const ask = (client: WireFormat, price: string, body = {}) =>
    billed(gateway, client, { model: `${price}-${client}`, stream, body });

  test('in OpenAI’s other name for the tier costs what that costs', async () => {
    serves = { tier: 'fast' };
    const other = await ask('openai-chat', 'priority', { service_tier: 'priority' });
    expect([other.paid, other.row.tier]).toEqual([DOUBLE, 'priority']);
    serves = { tier: 'priority' };
    const one = await ask('openai-responses', 'fast', { service_tier: 'fast' });
    expect([one.paid, one.row.tier]).toEqual([SIXFOLD, 'fast']);
  });

  test('in a cheaper tier than was asked for costs what that costs', async () => {
    serves = { tier: 'default' };
    expect((await ask('openai-chat', 'priority', { service_tier: 'priority' })).paid).toBe(STANDARD);
    serves = { silent: true, header: 'standard' };
    const busy = await ask('google-generate-content', 'priority', { serviceTier: 'priority' });
    expect([busy.paid, busy.row.tier]).toEqual([STANDARD, 'standard']);
  });

  test('of Gemini’s own hands its header on to clients of the format, and to no others', async () => {
    serves = { silent: true, header: 'standard' };
    const ask = (client: WireFormat) =>
      send(gateway, client, { model: 'plain-google-generate-content', stream });
    const own = await ask('google-generate-content');
    const other = await ask('openai-chat');
    expect([own, other].map(({ headers }) => headers.get('x-gemini-service-tier'))).toEqual([
      'standard',
      null,
    ]);
    await Promise.all([own.text(), other.text()]);
    serves = {};
    const silent = await ask('google-generate-content');
    expect(silent.headers.has('x-gemini-service-tier')).toBe(false);
    await silent.text();
  });

  test('that names no tier is taken to be served as it was asked for', async () => {
    serves = { silent: true };
    expect((await ask('openai-chat', 'priority', { service_tier: 'priority' })).paid).toBe(DOUBLE);
    expect((await ask('google-generate-content', 'priority', { serviceTier: 'priority' })).paid).toBe(DOUBLE);
    expect((await ask('anthropic-messages', 'fast', { speed: 'fast' })).paid).toBe(SIXFOLD);
    expect((await ask('openai-chat', 'priority')).paid).toBe(STANDARD);
  });

  test('in a dearer tier that nobody asked for and that has no price is told of', async () => {
    serves = { tier: 'priority' };
    const found = await ask('openai-responses', 'plain');
    expect(found.paid).toBe(STANDARD);
    expect(found.row).toMatchObject({ tier: 'priority', losses: '1; changed=usage.service_tier' });
    await ask('openai-responses', 'plain');
    const told = gateway.logs().match(/a dearer service tier answered that has no price/g) ?? [];
    expect(told.length).toBe(1);
    expect((await ask('openai-responses', 'free')).row.losses).toBeNull();
  });

  test('of capacity that was bought at Anthropic costs no more', async () => {
    serves = { tier: 'priority' };
    const found = await ask('anthropic-messages', 'fast');
    expect([found.paid, found.row.losses]).toEqual([STANDARD, null]);
  });
});

describe.each([false, true])('`fast` of a client of another format at Claude (streamed: %p)', (stream) => {
  test.each(['openai-chat', 'openai-responses'] as const)('from %s', async (client) => {
    const body = { service_tier: 'fast' };
    const found = await billed(gateway, client, { model: 'fast-anthropic-messages', stream, body });
    expect(asked[0]?.body.speed).toBe('fast');
    expect(asked[0]?.betas).toBe('fast-mode-2026-02-01');
    expect([found.paid, found.row.tier, found.row.losses]).toEqual([SIXFOLD, 'fast', null]);
    expect(found.text).toContain('"service_tier":"fast"');
    const plain = await billed(gateway, client, { model: 'plain-anthropic-messages', stream, body });
    expect(asked[1]?.body).not.toContainKey('speed');
    expect(asked[1]?.betas).toBeNull();
    expect([plain.paid, plain.row.losses]).toEqual([STANDARD, '1; dropped=service_tier']);
    expect(plain.text).not.toContain('"service_tier":"fast"');
  });
});

test('an answer that breaks off costs what it was made by', () => {
  const meter = new Meter(1000);
  meter.hear({ type: 'start', serviceTier: 'priority' });
  meter.hear({ type: 'part-delta', index: 0, delta: { kind: 'text', text: 'x'.repeat(360) } });
  expect(meter.usage()).toMatchObject({ input: 1000, output: 100, tier: 'priority', source: 'estimated' });
  meter.forget();
  expect(meter.usage().tier).toBeUndefined();
});
