// What calls cost by every kind of price, in every format: answer, header, ledger and balance, worked by hand.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { makeKey } from '../support/asking.ts';
import { type Billed, balanceOf, billed, CLIENTS, send } from '../support/billed.ts';
import { answerIn, type Counted } from '../support/counted-answers.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';
import type { WireFormat } from '../support/script.ts';
import { startTeller } from '../support/teller.ts';

// USD per million tokens: $10 is 10,000 nanodollars a token in, $100 is 100,000 a token out
const PLAIN = { input: 10, output: 100, cached_input: 1 };
const TARIFFS = {
  plain: PLAIN,
  stepped: {
    ...PLAIN,
    steps: [{ above: 272_000, input: 20, output: 150, cached_input: 2 }],
  },
  tiered: {
    ...PLAIN,
    tiers: {
      priority: { input: 20, output: 200 },
      flex: { input: 5, output: 50 },
      batch: { input: 4, output: 40 },
    },
  },
  searching: { ...PLAIN, per_search: 0.01 },
  asking: { ...PLAIN, per_request: 0.02 },
  painting: { ...PLAIN, per_image: 0.04 },
  sounding: { ...PLAIN, input_audio: 40, output_audio: 200, reasoning: 300 },
  cheap: { input: 1, output: 1 },
  free: { input: 0, output: 0 },
};
type Tariff = keyof typeof TARIFFS;

const teller = startTeller();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: CLIENTS.map((format) => ({
      ...{ provider: `up-${format}`, format, baseUrl: teller.baseUrl, apiKey: 'made-up' },
      ...{ model: '', upstreamModel: '' },
    })),
    credit: 1000,
    sections: {
      // a margin is no business of prices in the file
      billing: { margin: 1.15 },
      models: Object.fromEntries([
        ...CLIENTS.flatMap((format) =>
          Object.entries(TARIFFS).map(([tariff, price]) => {
            const model = `${tariff}-${format}`;
            return [model, { price, deployments: [{ provider: `up-${format}`, model }] }];
          }),
        ),
        // the catalogue's prices: $2.50 in, $15 out, and from 272,001 tokens in $5 and $22.50
        ['gpt-5.4', { deployments: [{ provider: 'up-openai-responses', model: 'gpt-5.4' }] }],
      ]),
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await teller.stop();
});

/** Tokens as a person counts them: `input` holds `cached` and `audioIn`, `output` the rest. */
type Tokens = Partial<Record<'input' | 'cached' | 'audioIn' | 'output' | 'audioOut' | 'reasoning', number>>;

/** The same tokens in each provider's words. */
function usageIn(format: WireFormat, tokens: Tokens): JsonObject {
  const { input = 0, cached = 0, audioIn = 0, output = 0, audioOut = 0, reasoning = 0 } = tokens;
  switch (format) {
    case 'openai-chat':
      return {
        prompt_tokens: input,
        completion_tokens: output,
        total_tokens: input + output,
        prompt_tokens_details: { cached_tokens: cached, audio_tokens: audioIn },
        completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: audioOut },
      };
    case 'openai-responses':
      return {
        input_tokens: input,
        input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0, audio_tokens: audioIn },
        output_tokens: output,
        output_tokens_details: { reasoning_tokens: reasoning, audio_tokens: audioOut },
        total_tokens: input + output,
      };
    case 'anthropic-messages':
      return {
        ...{ input_tokens: input - cached, cache_read_input_tokens: cached, cache_creation_input_tokens: 0 },
        ...{ output_tokens: output, output_tokens_details: { thinking_tokens: reasoning } },
      };
    case 'google-generate-content':
      return {
        ...{ promptTokenCount: input, candidatesTokenCount: output - reasoning },
        ...{ thoughtsTokenCount: reasoning, totalTokenCount: input + output },
        ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: input - audioIn },
          { modality: 'AUDIO', tokenCount: audioIn },
        ],
        candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: audioOut }],
      };
    default:
      return format satisfies never;
  }
}

/** Every client on a provider of its own format, whose bytes pass, and on one of another, which is translated. */
const PAIRS: [client: WireFormat, provider: WireFormat][] = [
  ...CLIENTS.map((format): [WireFormat, WireFormat] => [format, format]),
  ['openai-chat', 'anthropic-messages'],
  ['anthropic-messages', 'openai-responses'],
  ['openai-responses', 'google-generate-content'],
  ['google-generate-content', 'openai-chat'],
];
const WAYS = PAIRS.flatMap(([client, provider]) =>
  [false, true].map((stream): [WireFormat, WireFormat, boolean] => [client, provider, stream]),
);

type Parts = { input: bigint; cached?: bigint; output: bigint; other?: bigint; charged?: bigint };

/** The answer, its header, the row and the balance all say the amounts that were worked out. */
function expectBill(found: Billed, parts: Parts, stream: boolean, classes: object = {}): void {
  const { input, cached = 0n, output, other = 0n } = parts;
  const cost = input + cached + output + other;
  const { charged = cost } = parts;
  expect(found.status).toBe(200);
  expect(found.shown).toEqual({ total: charged, request: cost, input, cached_input: cached, output });
  // of a stream it is only known before the headers leave when all of it has come by then
  expect([charged, ...(stream ? [undefined] : [])]).toContain(found.header);
  expect(found.row).toMatchObject({
    ...{ cost_nano: cost, amount_nano: charged, rule: 'finished', usage_source: 'reported' },
    ...classes,
  });
  expect(found.price).toMatchObject({ model: String(found.row.model) });
  expect(found.paid).toBe(charged);
}

describe.each(WAYS)('a client of %s on a provider of %s (stream: %p)', (client, provider, stream) => {
  const call = (tariff: Tariff, tokens: Tokens, counted: Omit<Counted, 'usage'> = {}) => {
    const model = `${tariff}-${provider}`;
    const { json, frames } = answerIn(provider, { ...counted, usage: usageIn(provider, tokens), model });
    teller.tell(stream ? { frames } : { json });
    return billed(gateway, client, { model, stream });
  };

  test('a prompt of 272,000 tokens is below the step', async () => {
    const found = await call('stepped', { input: 272_000, output: 10 });
    expectBill(found, { input: 2_720_000_000n, output: 1_000_000n }, stream, { input_uncached: 272_000n });
  });

  test('a prompt of 272,001 tokens is above it, with every token', async () => {
    const found = await call('stepped', { input: 272_001, output: 10 });
    expectBill(found, { input: 5_440_020_000n, output: 1_500_000n }, stream, { input_uncached: 272_001n });
  });

  test('cached tokens count for the step', async () => {
    const below = await call('stepped', { input: 272_000, cached: 72_000, output: 10 });
    expectBill(below, { input: 2_000_000_000n, cached: 72_000_000n, output: 1_000_000n }, stream, {
      ...{ input_uncached: 200_000n, cache_read: 72_000n },
    });
    const above = await call('stepped', { input: 272_001, cached: 72_000, output: 10 });
    expectBill(above, { input: 4_000_020_000n, cached: 144_000_000n, output: 1_500_000n }, stream);
  });

  // each provider names its tiers in its own way, and has not all of them
  const tiers: [tier: string | undefined, input: bigint, output: bigint][] = [
    [undefined, 10_000_000n, 10_000_000n],
    ['priority', 20_000_000n, 20_000_000n],
    provider === 'anthropic-messages' ? ['batch', 4_000_000n, 4_000_000n] : ['flex', 5_000_000n, 5_000_000n],
    [provider.startsWith('openai') ? 'default' : 'standard', 10_000_000n, 10_000_000n],
    ['unheard-of', 10_000_000n, 10_000_000n],
  ];
  test.each(tiers)('the tier that answered (%p) has its price', async (tier, input, output) => {
    const found = await call('tiered', { input: 1000, output: 100 }, tier === undefined ? {} : { tier });
    expectBill(found, { input, output }, stream, {
      tier: tier === 'standard' && provider === 'google-generate-content' ? 'default' : (tier ?? null),
    });
  });

  const runs = provider === 'openai-chat' ? 0 : 3;
  test('each hosted search has its fee', async () => {
    const found = await call('searching', { input: 1000, output: 100 }, { searches: runs });
    const parts = { input: 10_000_000n, output: 10_000_000n, other: 10_000_000n * BigInt(runs) };
    expectBill(found, parts, stream, { searches: BigInt(runs) });
  });

  test('each request has its fee', async () => {
    const found = await call('asking', { input: 1000, output: 100 });
    expectBill(found, { input: 10_000_000n, output: 10_000_000n, other: 20_000_000n }, stream);
  });

  test('sound and thoughts cost what they cost, or what text costs', async () => {
    const audio = provider === 'anthropic-messages' ? {} : { audioIn: 200, audioOut: 30 };
    const tokens = { input: 1000, output: 100, reasoning: 20, ...audio };
    // 800 × 10,000 + 200 × 40,000; 30 × 200,000 + 20 × 300,000 + 50 × 100,000
    const own =
      provider === 'anthropic-messages'
        ? { input: 10_000_000n, output: 14_000_000n }
        : { input: 16_000_000n, output: 17_000_000n };
    expectBill(await call('sounding', tokens), own, stream, { output: 100n, output_reasoning: 20n });
    expectBill(await call('plain', tokens), { input: 10_000_000n, output: 10_000_000n }, stream);
  });

  test('the minimum is charged for less, and both are shown', async () => {
    const found = await call('cheap', { input: 100, output: 1 });
    expectBill(found, { input: 100_000n, output: 1_000n, charged: 1_000_000n }, stream);
  });

  test('a free model costs nothing and shows nothing', async () => {
    const found = await call('free', { input: 1000, output: 100 });
    expect(found).toMatchObject({ status: 200, shown: undefined, paid: 0n });
    expect(found.row).toMatchObject({ amount_nano: 0n, cost_nano: 0n, input_uncached: 1000n, output: 100n });
  });
});

describe.each(CLIENTS)('a client of %s without any money', (format) => {
  test.each([false, true])('gets a free answer, byte for byte (stream: %p)', async (stream) => {
    const model = `free-${format}`;
    const { key } = await makeKey(gateway, '--credit', '0');
    const answer = answerIn(format, { usage: usageIn(format, { input: 1000, output: 100 }), model });
    teller.tell(stream ? { frames: answer.frames } : { json: answer.json });
    const { status, text, paid } = await billed(gateway, format, { model, stream, key });
    expect(status).toBe(200);
    expect(text).toBe(stream ? answer.frames.join('') : JSON.stringify(answer.json));
    expect(paid).toBe(0n);
  });

  test('is refused what costs something, before the provider is asked', async () => {
    const { key } = await makeKey(gateway, '--credit', '0');
    teller.tell({ json: {} });
    expect((await send(gateway, format, { model: `plain-${format}`, stream: false, key })).status).toBe(402);
    expect(teller.requests).toBe(0);
    expect(await balanceOf(gateway, key)).toBe(0n);
  });
});

describe.each([false, true])('of a Responses provider (stream: %p)', (stream) => {
  const call = (model: string, counted: Counted) => {
    const { json, frames } = answerIn('openai-responses', { ...counted, model });
    teller.tell(stream ? { frames } : { json });
    return billed(gateway, 'openai-responses', { model, stream });
  };

  test('each picture made has its fee', async () => {
    const usage = usageIn('openai-responses', { input: 1000, output: 100 });
    const found = await call('painting-openai-responses', { usage, pictures: 2 });
    expectBill(found, { input: 10_000_000n, output: 10_000_000n, other: 80_000_000n }, stream);
  });

  test('a page that is opened is no search, and a picture that failed none', async () => {
    const usage = usageIn('openai-responses', { input: 1000, output: 100 });
    const parts = { input: 10_000_000n, output: 10_000_000n };
    const counted = { usage, searches: 1, pictures: 1, idle: true };
    const searched = await call('searching-openai-responses', counted);
    expectBill(searched, { ...parts, other: 10_000_000n }, stream, { searches: 1n });
    expectBill(await call('painting-openai-responses', counted), { ...parts, other: 40_000_000n }, stream);
  });

  test('the catalogue’s price is sold with the margin, on both sides of its step', async () => {
    // 2.50 × 1.15 = 2.875 and 15 × 1.15 = 17.25; above 5.75 and 25.875; a search 0.0115
    const below = usageIn('openai-responses', { input: 272_000, output: 1000 });
    const one = await call('gpt-5.4', { usage: below, searches: 1 });
    expectBill(one, { input: 782_000_000n, output: 17_250_000n, other: 11_500_000n }, stream);
    const above = usageIn('openai-responses', { input: 272_001, output: 1000 });
    const two = await call('gpt-5.4', { usage: above, searches: 1 });
    expectBill(two, { input: 1_564_005_750n, output: 25_875_000n, other: 11_500_000n }, stream);
    expect(one.price.source).toMatch(/with the operator's margin$/);
    expect(two.row.price).toBe(one.row.price ?? null);
  });
});

test.each([false, true])('two answers to one question are billed as counted (stream: %p)', async (stream) => {
  const usage = usageIn('openai-chat', { input: 1000, output: 100 });
  const model = 'plain-openai-chat';
  const { json, frames } = answerIn('openai-chat', { usage, model, answers: 2 });
  teller.tell(stream ? { frames } : { json });
  const found = await billed(gateway, 'openai-chat', { model, stream, body: { n: 2 } });
  expectBill(found, { input: 10_000_000n, output: 10_000_000n }, stream, { output: 100n });
});

test('every call named the one version of its price, and the ledger holds', async () => {
  const named = rowsIn<{ model: string; versions: bigint }>(
    `${gateway.directory}/state`,
    "SELECT model, count(DISTINCT price) AS versions FROM entries WHERE kind = 'charge' GROUP BY model",
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ versions }) => versions !== 1n)).toEqual([]);
  const { code, stdout } = await gateway.command(['ledger', 'verify', '--json']);
  expect({ code, violations: JSON.parse(stdout).violations }).toEqual({ code: 0, violations: [] });
}, 30_000);
