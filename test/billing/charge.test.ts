// What calls cost, against bills worked by hand.

import { describe, expect, test } from 'bun:test';
import { billOf, chargeOf, costOf, type SettleRule } from '../../src/billing/charge.ts';
import { noUsage, settleUsage, type Usage } from '../../src/canonical/usage.ts';
import type { Price } from '../../src/catalog/model.ts';
import { decodeUsage as readMessages } from '../../src/formats/anthropic-messages/usage.ts';
import { decodeUsage as readChat } from '../../src/formats/openai-chat/usage.ts';
import { readUsage as readResponses } from '../../src/formats/openai-responses/usage.ts';
import { formatUsd, parseTokenPrice, parseUsd } from '../../src/lib/money.ts';

const MINIMUM = 1_000_000n;
const M = 1_000_000;

/** A price from USD per million tokens. */
function price(usd: Partial<Record<keyof Price, number>>, more: Partial<Price> = {}): Price {
  const pico = Object.entries(usd).map(([name, value]) => [name, parseTokenPrice(value)]);
  return { input: 0, output: 0, ...Object.fromEntries(pico), source: 'test', asOf: '2026-11-25', ...more };
}

function usage(counts: Partial<Usage>): Usage {
  return settleUsage({ ...noUsage(), ...counts });
}

const wrote = (counts: Partial<Usage['cacheWrite']>): Usage['cacheWrite'] => ({
  ...noUsage().cacheWrite,
  ...counts,
});

/** The cost in USD before the minimum. */
function cost(counts: Usage | undefined, at: Price): string {
  if (counts === undefined) throw new Error('no usage was read');
  return formatUsd(chargeOf(counts, at, 0n).costNano);
}

const OPUS = price({ input: 5, output: 25, cachedInput: 0.5, cacheWrite: 6.25, cacheWrite1h: 10 });

describe('a bill worked by hand', () => {
  test('ten thousand tokens in and two thousand out on Opus are ten cents', () => {
    expect(cost(usage({ inputUncached: 10_000, output: 2000 }), OPUS)).toBe('0.10');
  });

  test('6 tokens in, 159,217 written to the cache, 2,745 out are 1.06376125 USD (T41)', () => {
    const counts = readMessages(
      {
        input_tokens: 6,
        cache_creation_input_tokens: 159_217,
        cache_creation: { ephemeral_5m_input_tokens: 159_217, ephemeral_1h_input_tokens: 0 },
        cache_read_input_tokens: 0,
        output_tokens: 2745,
      },
      'reported',
    );
    const { costNano, chargeNano, parts } = chargeOf(counts ?? noUsage(), OPUS, MINIMUM);
    expect(counts?.input).toBe(159_223);
    expect(costNano).toBe(1_063_761_250n);
    expect(chargeNano).toBe(1_063_761_250n);
    expect(parts).toEqual({
      inputNano: 995_136_250n,
      cachedInputNano: 0n,
      outputNano: 68_625_000n,
      otherNano: 0n,
    });
  });

  test('the same without the split by lifetime costs the same', () => {
    const counts = { input_tokens: 6, cache_creation_input_tokens: 159_217, output_tokens: 2745 };
    expect(cost(readMessages(counts, 'reported'), OPUS)).toBe('1.06376125');
  });

  test('the last snapshot of a stream counts: 18 in and 8,831 read, not 8,834 in (T40)', () => {
    const counts = { input_tokens: 18, cache_read_input_tokens: 8831, output_tokens: 100 };
    // 18 x 5 + 8831 x 0.5 + 100 x 25, per million
    expect(cost(readMessages(counts, 'reported'), OPUS)).toBe('0.0070055');
  });

  test('112 in of which 100 read and 7 written leave 5 at the full price (T42)', () => {
    const response = {
      usage: {
        input_tokens: 112,
        input_tokens_details: { cached_tokens: 100, cache_write_tokens: 7 },
        output_tokens: 10,
        output_tokens_details: { reasoning_tokens: 4 },
      },
    };
    const counts = readResponses(response);
    // 5 x 5 + 100 x 0.5 + 7 x 6.25 + 10 x 25
    expect(cost(counts, OPUS)).toBe('0.00036875');
    expect(counts?.inputUncached).toBe(5);
  });

  test('thoughts are output: 4 of them and 2 of text are 6 (T43)', () => {
    // promptTokenCount 40, toolUsePromptTokenCount 10, cachedContentTokenCount 20, candidates 2, thoughts 4
    const counts = usage({ inputUncached: 30, cacheRead: 20, output: 6, outputReasoning: 4 });
    // 30 x 1.25 + 20 x 0.125 + 6 x 10
    expect(cost(counts, price({ input: 1.25, output: 10, cachedInput: 0.125 }))).toBe('0.0001');
  });

  test('Chat: 1,000 in of which 400 cached, 300 out of which 200 reasoned', () => {
    const counts = readChat({
      prompt_tokens: 1000,
      prompt_tokens_details: { cached_tokens: 400 },
      completion_tokens: 300,
      completion_tokens_details: { reasoning_tokens: 200 },
      total_tokens: 1300,
    });
    // 600 x 1.25 + 400 x 0.125 + 300 x 10
    expect(cost(counts, price({ input: 1.25, output: 10, cachedInput: 0.125 }))).toBe('0.0038');
  });

  test('Chat: reasoning that a vendor left out of the completion is billed', () => {
    const counts = readChat({
      prompt_tokens: 100,
      completion_tokens: 50,
      completion_tokens_details: { reasoning_tokens: 30 },
      total_tokens: 180,
    });
    expect(cost(counts, price({ input: 1, output: 2 }))).toBe('0.00026');
  });
});

describe('a class of tokens', () => {
  const full = price({
    input: 1,
    cachedInput: 0.1,
    cacheWrite: 1.25,
    cacheWrite1h: 2,
    inputAudio: 40,
    inputImage: 3,
    output: 8,
    reasoning: 6,
    outputAudio: 80,
    outputImage: 30,
  });
  const cases: [what: string, counts: Partial<Usage>, usd: string, asParent: string][] = [
    ['uncached input', { inputUncached: M }, '1.00', '1.00'],
    ['cache reads', { cacheRead: M }, '0.10', '1.00'],
    ['writes for five minutes', { cacheWrite: wrote({ ttl5m: M }) }, '1.25', '1.00'],
    ['writes for thirty minutes', { cacheWrite: wrote({ ttl30m: M }) }, '1.25', '1.00'],
    ['writes for nobody knows how long', { cacheWrite: wrote({ unknown: M }) }, '1.25', '1.00'],
    ['writes for an hour', { cacheWrite: wrote({ ttl1h: M }) }, '2.00', '1.00'],
    ['writes for twelve hours', { cacheWrite: wrote({ ttl12h: M }) }, '2.00', '1.00'],
    ['audio in, a part of the input', { inputUncached: 2 * M, inputAudio: M }, '41.00', '2.00'],
    ['pictures in, a part of the input', { inputUncached: 2 * M, inputImage: M }, '4.00', '2.00'],
    ['output', { output: M }, '8.00', '8.00'],
    ['reasoning, a part of the output', { output: 2 * M, outputReasoning: M }, '14.00', '16.00'],
    ['audio out, a part of the output', { output: 2 * M, outputAudio: M }, '88.00', '16.00'],
    ['pictures out, a part of the output', { output: 2 * M, outputImage: M }, '38.00', '16.00'],
  ];
  test.each(cases)('%s has its own price, or that of its parent', (_, counts, usd, asParent) => {
    expect(cost(usage(counts), full)).toBe(usd);
    expect(cost(usage(counts), price({ input: 1, output: 8 }))).toBe(asParent);
  });

  test('written for an hour costs what other writes cost before it costs what input does', () => {
    const counts = usage({ cacheWrite: wrote({ ttl1h: M }) });
    expect(cost(counts, price({ input: 1, output: 8, cacheWrite: 1.25 }))).toBe('1.25');
  });

  test('is never billed twice: parts beyond their whole are cut', () => {
    const counts = { ...noUsage(), input: 10, inputUncached: 10, inputAudio: 99, inputImage: 99, output: 0 };
    expect(costOf({ ...counts, outputAudio: 7 }, full)).toMatchObject({ input: 4n * 10n ** 12n, output: 0n });
  });

  test('that was cached costs what the cache does, sound included', () => {
    expect(cost(usage({ inputUncached: 0, cacheRead: M, inputAudio: M }), full)).toBe('0.10');
  });
});

describe('what is no token', () => {
  const units = price({ input: 1, output: 1 }, { perSearch: 1e10, perRequest: 2e9, perImage: 4e10 });

  test('searches, requests and pictures are billed each', () => {
    const counts = usage({ serverTools: { web_search: 3, image_generation: 2, web_fetch: 9 } });
    // 3 x 0.01 + 0.002 + 2 x 0.04
    expect(cost(counts, units)).toBe('0.112');
    expect(chargeOf(counts, units, 0n).parts).toMatchObject({ inputNano: 0n, otherNano: 112_000_000n });
  });

  test('ten searches as Anthropic reports them are ten cents', () => {
    const counts = readMessages(
      { output_tokens: 0, server_tool_use: { web_search_requests: 10 } },
      'reported',
    );
    expect(cost(counts, price({}, { perSearch: 1e10 }))).toBe('0.10');
  });

  test('and costs nothing where it has no price', () => {
    expect(cost(usage({ serverTools: { web_search: 3 } }), OPUS)).toBe('0.00');
  });
});

describe('a long prompt', () => {
  const stepped = price(
    { input: 2, output: 10, cachedInput: 0.2 },
    { steps: [{ aboveTokens: 272_000, input: 4 * M, output: 15 * M }] },
  );

  test('of 272,000 tokens is billed by the base, of 272,001 by the step, all of it', () => {
    expect(cost(usage({ inputUncached: 272_000, output: 1000 }), stepped)).toBe('0.554');
    expect(cost(usage({ inputUncached: 272_001, output: 1000 }), stepped)).toBe('1.103004');
  });

  test('counts what came out of the cache too, at the input price of a step without one for it', () => {
    expect(cost(usage({ inputUncached: 1, cacheRead: 272_000 }), stepped)).toBe('1.088004');
  });

  test('is billed by the highest step it reaches', () => {
    const steps = [
      { aboveTokens: 10, input: 20 * M, output: 0 },
      { aboveTokens: 20, input: 30 * M, output: 0 },
    ];
    const at = (tokens: number) => cost(usage({ inputUncached: tokens }), price({ input: 10 }, { steps }));
    expect([10, 11, 20, 21].map(at)).toEqual(['0.0001', '0.00022', '0.0004', '0.00063']);
  });
});

describe('a service tier', () => {
  const tiered = price(
    { input: 5, output: 30, cachedInput: 0.5 },
    {
      tiers: {
        flex: { input: 2.5 * M, output: 15 * M, cachedInput: 0.25 * M },
        priority: {
          input: 12.5 * M,
          output: 75 * M,
          steps: [{ aboveTokens: 1000, input: 25 * M, output: 100 * M }],
        },
      },
    },
  );
  const counts = { inputUncached: 1000, output: 100 };

  test.each([
    ['default', '0.008'],
    ['flex', '0.004'],
    ['priority', '0.02'],
    ['PRIORITY', '0.02'],
    ['scale', '0.008'],
    ['constructor', '0.008'],
  ])('%s, as answered, has its own prices or those of the model', (tier, usd) => {
    expect(cost(usage({ ...counts, tier }), tiered)).toBe(usd);
  });

  test('has steps and parents of its own', () => {
    expect(cost(usage({ inputUncached: 1001, output: 0, tier: 'priority' }), tiered)).toBe('0.025025');
    expect(cost(usage({ cacheRead: 1000, tier: 'priority' }), tiered)).toBe('0.0125');
  });

  test('is read from every format', () => {
    const chat = readChat({ prompt_tokens: 1000, completion_tokens: 100 }, 'flex');
    const response = { service_tier: 'flex', usage: { input_tokens: 1000, output_tokens: 100 } };
    const message = { input_tokens: 1000, output_tokens: 100, service_tier: 'priority' };
    expect(cost(chat, tiered)).toBe('0.004');
    expect(cost(readResponses(response), tiered)).toBe('0.004');
    expect(cost(readMessages(message, 'reported'), tiered)).toBe('0.02');
  });
});

describe('rounding', () => {
  test('goes up, once, at the total', () => {
    // 1 picodollar each: three parts of a nanodollar are one nanodollar, not three
    const tiny = price({}, { input: 1, output: 1, cachedInput: 1, perSearch: 1 });
    const counts = usage({ inputUncached: 1, cacheRead: 1, output: 1, serverTools: { web_search: 1 } });
    const { costNano, parts } = chargeOf(counts, tiny, 0n);
    expect(costNano).toBe(1n);
    expect(parts).toEqual({ inputNano: 1n, cachedInputNano: 0n, outputNano: 0n, otherNano: 0n });
  });

  test('leaves what is exact alone', () => {
    // 0.0125 USD per million is 12.5 nanodollars for a thousand tokens
    expect(chargeOf(usage({ cacheRead: 2000 }), price({ cachedInput: 0.0125 }), 0n).costNano).toBe(25_000n);
    expect(chargeOf(usage({ cacheRead: 1 }), price({ cachedInput: 0.0125 }), 0n).costNano).toBe(13n);
  });

  test('keeps the parts within a nanodollar of what they are', () => {
    const odd = price({}, { input: 333, output: 777, cachedInput: 111 });
    const { costNano, parts } = chargeOf(usage({ inputUncached: 5, cacheRead: 7, output: 11 }), odd, 0n);
    // 1,665 + 777 + 8,547 picodollars
    expect(costNano).toBe(11n);
    expect(parts).toEqual({ inputNano: 2n, cachedInputNano: 1n, outputNano: 8n, otherNano: 0n });
  });

  test('is exact beyond what a float can hold', () => {
    const vast = price({}, { input: Number.MAX_SAFE_INTEGER, output: 0 });
    const counts = { ...noUsage(), input: Number.MAX_SAFE_INTEGER, inputUncached: Number.MAX_SAFE_INTEGER };
    expect(costOf(counts, vast).input).toBe(81129638414606663681390495662081_0000n);
  });
});

test('a report that makes no sense is no reason to fail', () => {
  const broken = {
    ...noUsage(),
    inputUncached: Number.NaN,
    cacheRead: -5,
    output: 1.5,
    outputAudio: Infinity,
  };
  expect(cost(broken, OPUS)).toBe('0.000025');
});

describe('the minimum', () => {
  test('is charged where the cost is below it; the cost stays what it is', () => {
    const charge = chargeOf(usage({ inputUncached: 100 }), OPUS, MINIMUM);
    expect([charge.costNano, charge.chargeNano]).toEqual([500_000n, MINIMUM]);
    expect(charge.parts.inputNano).toBe(500_000n);
  });

  test('is charged for a finished call without tokens', () => {
    expect(chargeOf(noUsage(), OPUS, MINIMUM).chargeNano).toBe(MINIMUM);
  });

  test('is not added to a cost that reaches it', () => {
    expect(chargeOf(usage({ inputUncached: 200 }), OPUS, MINIMUM).chargeNano).toBe(MINIMUM);
    expect(chargeOf(usage({ inputUncached: 201 }), OPUS, MINIMUM).chargeNano).toBe(1_005_000n);
  });

  test('does not apply to a model whose every price is zero', () => {
    expect(chargeOf(usage({ inputUncached: M, output: M }), price({}), MINIMUM).chargeNano).toBe(0n);
    const tiers = { flex: { input: 0, output: 0, steps: [{ aboveTokens: 5, input: 0, output: 0 }] } };
    expect(chargeOf(noUsage(), price({}, { tiers, perSearch: 0 }), MINIMUM).chargeNano).toBe(0n);
  });

  test.each<[string, Partial<Price>]>([
    ['searches', { perSearch: 1 }],
    ['requests', { perRequest: 1 }],
    ['pictures', { perImage: 1 }],
    ['a class', { reasoning: 1 }],
    ['long prompts', { steps: [{ aboveTokens: 10, input: 0, output: 1 }] }],
    ['a tier', { tiers: { priority: { input: 1, output: 0 } } }],
  ])('applies to a model that only charges for %s', (_, more) => {
    expect(chargeOf(noUsage(), price({}, more), MINIMUM).chargeNano).toBe(MINIMUM);
  });
});

describe('who pays when it breaks', () => {
  const some = usage({ inputUncached: 10_000, output: 2000 });
  const none = usage({ inputUncached: 10_000, output: 0 });

  test.each<[rule: SettleRule, answered: bigint, unanswered: bigint]>([
    ['finished', 100_000_000n, 50_000_000n],
    ['client-left', 100_000_000n, 0n],
    ['upstream-failed', 0n, 0n],
    ['our-failure', 0n, 0n],
    ['crashed', 0n, 0n],
  ])('%s', (rule, answered, unanswered) => {
    expect(billOf(rule, some, OPUS, MINIMUM).chargeNano).toBe(answered);
    expect(billOf(rule, none, OPUS, MINIMUM).chargeNano).toBe(unanswered);
  });

  test('a client that left pays at least the minimum for what it got', () => {
    expect(billOf('client-left', usage({ output: 1 }), OPUS, MINIMUM).chargeNano).toBe(MINIMUM);
  });

  test('what is not charged has no cost either', () => {
    expect(billOf('upstream-failed', some, OPUS, MINIMUM)).toEqual({
      costNano: 0n,
      chargeNano: 0n,
      parts: { inputNano: 0n, cachedInputNano: 0n, outputNano: 0n, otherNano: 0n },
    });
  });
});

describe('an answer out of the cache', () => {
  const bill = (counts: Partial<Usage>, share: number) =>
    billOf('cache', usage(counts), OPUS, MINIMUM, share);

  test('costs its part of what the call would cost; the cost stays what it is', () => {
    const tenCents = { inputUncached: 10_000, output: 2000 };
    expect(bill(tenCents, 10_000)).toEqual(chargeOf(usage(tenCents), OPUS, MINIMUM));
    expect(bill(tenCents, 1000)).toMatchObject({ costNano: 100_000_000n, chargeNano: 10_000_000n });
    expect(bill(tenCents, 0).chargeNano).toBe(0n);
  });

  test('costs its part of the minimum where the call would cost that', () => {
    expect(bill({ inputUncached: 1 }, 2500)).toMatchObject({ costNano: 5000n, chargeNano: 250_000n });
  });

  test('of a free model is free', () => {
    expect(billOf('cache', usage({ output: 9 }), price({}), MINIMUM, 10_000).chargeNano).toBe(0n);
  });

  test('is rounded up once, at its own charge', () => {
    const odd = price({}, { input: 1_000_001 });
    // 1,001,000,001 nanodollars and 0.001 of one: a third of it, not of what it would be rounded to
    const charge = billOf('cache', usage({ inputUncached: 1_001_000 }), odd, 0n, 3333);
    expect(charge).toMatchObject({ costNano: 1_001_001_001n, chargeNano: 333_633_634n });
    const third = price({}, { input: 1 });
    expect(billOf('cache', usage({ inputUncached: 1 }), third, 0n, 1)).toMatchObject({
      costNano: 1n,
      chargeNano: 1n,
    });
    // 3,000 picodollars and one, a third of them: 1,001, where that of the rounded 4 nanodollars would be 2
    expect(billOf('cache', usage({ inputUncached: 3001 }), third, 0n, 3332).chargeNano).toBe(1n);
  });
});

test('the minimum of the configuration is an amount like any other', () => {
  expect(parseUsd('0.001')).toBe(MINIMUM);
});
