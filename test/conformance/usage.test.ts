// How providers count, what clients are told of it, and what it costs: T39 to T43, against the ledger.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { judge } from '../laws/grammar.ts';
import { type Billed, billed, CLIENTS, send } from '../support/billed.ts';
import { answerIn, data } from '../support/counted-answers.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { WireFormat } from '../support/script.ts';
import { startTeller } from '../support/teller.ts';

// USD per million, as opus-4-7 costs: 5,000, 25,000, 500 and 6,250 nanodollars a token
const PRICE = { input: 5, output: 25, cached_input: 0.5, cache_write: 6.25 };

const teller = startTeller();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: CLIENTS.map((format) => ({
      ...{ provider: `up-${format}`, format, baseUrl: teller.baseUrl, apiKey: 'made-up' },
      ...{ model: `model-${format}`, upstreamModel: 'm' },
    })),
    price: PRICE,
    credit: 100,
    sections: { billing: { minimum_charge: 0 } },
  });
});
afterAll(async () => {
  await gateway.stop();
  await teller.stop();
});

const call = (client: WireFormat, provider: WireFormat, stream: boolean): Promise<Billed> =>
  billed(gateway, client, { model: `model-${provider}`, stream });

/** Row, balance and answer say the same amount. */
function expectPaid({ row, shown, paid }: Billed, nano: bigint): void {
  expect({ row: row.amount_nano as unknown, shown: shown?.total, paid }).toEqual({
    ...{ row: nano, shown: nano, paid: nano },
  });
}

/** The last usage object of an answer. */
function usageOf(text: string, stream: boolean): JsonObject {
  const bodies = stream
    ? text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []))
    : [text];
  const usages = bodies.map((body) => asObject(JSON.parse(body)).usage).filter((usage) => usage);
  return asObject(usages.at(-1));
}

const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const chunk = (delta: object, finish_reason: string | null, usage: object = {}) =>
  data({ ...CHUNK, choices: [{ index: 0, delta, finish_reason }], ...usage });
const tokens = (input: number, output: number) => ({
  usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
});
const SAYS = chunk({ role: 'assistant', content: 'Hello' }, null);
const STOP = chunk({}, 'stop');
const COUNTS = data({ ...CHUNK, choices: [], ...tokens(10, 3) });
const DONE = 'data: [DONE]\n\n';

describe('T39 any→C', () => {
  const REPORTED: [where: string, frames: string[]][] = [
    [
      'in every chunk',
      [
        chunk({ role: 'assistant', content: 'He' }, null, tokens(10, 1)),
        chunk({ content: 'llo' }, null, tokens(10, 2)),
        chunk({}, 'stop', tokens(10, 3)),
        DONE,
      ],
    ],
    ['with choices missing', [SAYS, STOP, data({ ...CHUNK, ...tokens(10, 3) }), DONE]],
    ['in the finish chunk', [SAYS, chunk({}, 'stop', tokens(10, 3)), DONE]],
    ['behind the finish chunk', [SAYS, STOP, COUNTS, DONE]],
    ['behind [DONE]', [SAYS, STOP, DONE, COUNTS]],
  ];

  describe.each(CLIENTS)('T39 for a client of %s', (client) => {
    test.each(REPORTED)('T39 usage %s: the last count, not a sum', async (_, frames) => {
      teller.tell({ frames });
      const found = await call(client, 'openai-chat', true);
      expect(found.row).toMatchObject({ input_uncached: 10n, output: 3n, usage_source: 'reported' });
      // 10 × 5,000 + 3 × 25,000
      expectPaid(found, 125_000n);
    });

    test('T39 usage absent: an estimate that is marked as one', async () => {
      teller.tell({ frames: [SAYS, STOP, DONE] });
      const { row, text, paid } = await call(client, 'openai-chat', true);
      expect(row).toMatchObject({ usage_source: 'estimated', rule: 'finished' });
      expect(Number(row.output)).toBeWithin(2, 6);
      expect(paid).toBe(row.amount_nano as unknown as bigint);
      judge(client, text);
    });
  });

  test.each(REPORTED)('T39 usage %s: who asked for none sees no chunk without choices', async (_, frames) => {
    teller.tell({ frames });
    const body = { stream_options: null };
    const response = await send(gateway, 'openai-chat', { model: 'model-openai-chat', stream: true, body });
    const text = await response.text();
    for (const line of text.split('\n'))
      if (line.startsWith('data: {"') && line.includes('"choices"'))
        expect(asArray(JSON.parse(line.slice(6)).choices)).not.toEqual([]);
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });
});

describe.each([false, true])('C→A (stream: %p)', (stream) => {
  test('T40 the delta’s 18 uncached and 8,831 read replace the start’s 8,834', async () => {
    const usage = { input_tokens: 18, cache_read_input_tokens: 8831, output_tokens: 5 };
    const { json, frames } = answerIn('anthropic-messages', { usage });
    const start = (frames[0] ?? '').replace(
      /"usage":\{[^}]*\}/,
      '"usage":{"input_tokens":8834,"output_tokens":1}',
    );
    expect(start).toContain('8834');
    teller.tell(stream ? { frames: [start, ...frames.slice(1)] } : { json });
    const found = await call('openai-chat', 'anthropic-messages', stream);
    expect(usageOf(found.text, stream)).toMatchObject({
      ...{ prompt_tokens: 8849, completion_tokens: 5, total_tokens: 8854 },
      prompt_tokens_details: { cached_tokens: 8831 },
    });
    expect(found.row).toMatchObject({ input_uncached: 18n, cache_read: 8831n });
    // 18 × 5,000 + 8,831 × 500 + 5 × 25,000
    expectPaid(found, 4_630_500n);
  });

  test('T41 6 in, 159,217 written to the cache and 2,745 out cost $1.06376125', async () => {
    const usage = { input_tokens: 6, cache_creation_input_tokens: 159_217, output_tokens: 2745 };
    const { json, frames } = answerIn('anthropic-messages', { usage });
    teller.tell(stream ? { frames } : { json });
    const found = await call('openai-chat', 'anthropic-messages', stream);
    expect(usageOf(found.text, stream)).toMatchObject({
      ...{ prompt_tokens: 159_223, completion_tokens: 2745, cost_usd_total: 1.06376125 },
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 159_217 },
    });
    expectPaid(found, 1_063_761_250n);
  });
});

describe.each([false, true])('A→R (stream: %p)', (stream) => {
  test.each([
    // 5 × 5,000 + 100 × 500 + 7 × 6,250 + 10 × 25,000
    ['100 read and 7 written', { cached_tokens: 100, cache_write_tokens: 7 }, [5, 100, 7], 368_750n],
    ['more read than there is', { cached_tokens: 500, cache_write_tokens: 7 }, [0, 112, 0], 306_000n],
    ['less than nothing read', { cached_tokens: -3, cache_write_tokens: -9 }, [112, 0, 0], 810_000n],
  ])('T42 112 in with %s', async (_, input_tokens_details, classes, nano) => {
    const usage = { input_tokens: 112, input_tokens_details, output_tokens: 10, total_tokens: 122 };
    const { json, frames } = answerIn('openai-responses', { usage });
    teller.tell(stream ? { frames } : { json });
    const found = await call('anthropic-messages', 'openai-responses', stream);
    const [input_tokens, cache_read_input_tokens, cache_creation_input_tokens] = classes;
    expect(usageOf(found.text, stream)).toMatchObject({
      ...{ input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens: 10 },
    } as object);
    const { input_uncached, cache_read, cache_write_other } = found.row;
    expect([input_uncached, cache_read, cache_write_other].map(Number)).toEqual(classes);
    expectPaid(found, nano);
  });
});

describe.each([false, true])('C→G (stream: %p)', (stream) => {
  test('T43 thoughts are output, what tools read is prompt', async () => {
    const usage = {
      ...{ promptTokenCount: 20, toolUsePromptTokenCount: 30, cachedContentTokenCount: 8 },
      ...{ candidatesTokenCount: 2, thoughtsTokenCount: 4, totalTokenCount: 56 },
    };
    const { json, frames } = answerIn('google-generate-content', { usage });
    teller.tell(stream ? { frames } : { json });
    const found = await call('openai-chat', 'google-generate-content', stream);
    expect(usageOf(found.text, stream)).toMatchObject({
      ...{ prompt_tokens: 50, completion_tokens: 6, total_tokens: 56 },
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 4 },
    });
    expect(found.row).toMatchObject({
      input_uncached: 42n,
      cache_read: 8n,
      output: 6n,
      output_reasoning: 4n,
    });
    // 42 × 5,000 + 8 × 500 + 6 × 25,000
    expectPaid(found, 364_000n);
  });
});
