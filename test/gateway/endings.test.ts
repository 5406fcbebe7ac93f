// What calls cost by the way they end, in every format: rows of the ledger against figures worked by hand.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { balanceOf, billed, CLIENTS, lastCharge, send } from '../support/billed.ts';
import { answerIn, event } from '../support/counted-answers.ts';
import { type Gateway, startGateway, upstreamOf } from '../support/gateway.ts';
import { chargeAfter, rowsIn } from '../support/ledger.ts';
import type { WireFormat } from '../support/script.ts';
import { startTeller } from '../support/teller.ts';

// USD per million: a token in costs 10,000 nanodollars, one out 100,000
const PRICE = { input: 10, output: 100 };
const USAGE: Record<WireFormat, object> = {
  'openai-chat': { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
  'openai-responses': { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
  'anthropic-messages': { input_tokens: 1000, output_tokens: 100 },
  'google-generate-content': { promptTokenCount: 1000, candidatesTokenCount: 100, totalTokenCount: 1100 },
};
/** 1,000 × 10,000 + 100 × 100,000 */
const COST = 20_000_000n;

const teller = startTeller();
const upstreams = CLIENTS.map((format) => upstreamOf(format, teller.baseUrl));
const start = (server: Record<string, unknown>) =>
  startGateway({ upstreams, price: PRICE, credit: 100, server });
let gateway: Gateway;
beforeAll(async () => {
  gateway = await start({ request_timeout: '1s', stream_total_timeout: '1s' });
});
afterAll(async () => {
  await gateway.stop();
  await teller.stop();
});

const answer = (format: WireFormat, usage: unknown = USAGE[format]) => answerIn(format, { usage });
/** The frames up to and with the one that holds the text. */
const openingOf = (format: WireFormat): string[] => {
  const { frames } = answer(format);
  return frames.slice(0, frames.findIndex((frame) => frame.includes('An answer.')) + 1);
};

const BOTH: [WireFormat, boolean][] = CLIENTS.flatMap((client) =>
  [false, true].map((stream): [WireFormat, boolean] => [client, stream]),
);

describe.each(BOTH)('a client of %s (stream: %p)', (client, stream) => {
  test.each(['incomplete', 'failed'] as const)('on a Responses answer that is %s', async (status) => {
    const { json, frames } = answer('openai-responses');
    const reason =
      status === 'failed'
        ? { error: { code: 'server_error', message: 'it broke' } }
        : { incomplete_details: { reason: 'max_output_tokens' } };
    const response = { ...json, status, ...reason };
    const last = event({ type: `response.${status}`, sequence_number: 9, response });
    teller.tell(stream ? { frames: [...frames.slice(0, -1), last] } : { json: response });
    const { row, shown, paid } = await billed(gateway, client, { model: 'model-openai-responses', stream });
    if (status === 'incomplete') {
      expect(row).toMatchObject({ rule: 'finished', amount_nano: COST, usage_source: 'reported' });
      expect(shown?.total).toBe(COST);
      expect(paid).toBe(COST);
    } else {
      expect(row).toMatchObject({ rule: 'upstream-failed', amount_nano: 0n, cost_nano: 0n });
      expect(paid).toBe(0n);
    }
  });

  test.each(CLIENTS)('on a %s provider that answers the other way than asked', async (provider) => {
    const { json, frames } = answer(provider);
    teller.tell(stream ? { json } : { frames });
    const bill = { model: `model-${provider}`, stream };
    const { status, row, shown, header, paid } = await billed(gateway, client, bill);
    expect(status).toBe(200);
    expect(row).toMatchObject({ rule: 'finished', amount_nano: COST, usage_source: 'reported' });
    expect({ shown: shown?.total, header, paid }).toEqual({ shown: COST, header: COST, paid: COST });
  });

  test.each(CLIENTS)(
    'on a %s provider that is silent until our own deadline pays nothing',
    async (provider) => {
      teller.tell({ frames: stream ? openingOf(provider) : [], stays: true });
      const { row, paid } = await billed(gateway, client, { model: `model-${provider}`, stream });
      expect(row).toMatchObject({ rule: 'our-failure', amount_nano: 0n, cost_nano: 0n });
      expect(paid).toBe(0n);
      // what came is written down all the same
      if (stream) expect(Number(row.output)).toBeGreaterThan(0);
    },
  );
});

describe.each(CLIENTS)('a stream of a client of %s', (client) => {
  test.each(CLIENTS)('that a %s provider breaks off costs nothing', async (provider) => {
    teller.tell({ frames: openingOf(provider) });
    const { row, paid } = await billed(gateway, client, { model: `model-${provider}`, stream: true });
    expect(row).toMatchObject({ rule: 'upstream-failed', amount_nano: 0n, cost_nano: 0n });
    expect(paid).toBe(0n);
  });

  test.each(CLIENTS)(
    'on a %s provider that the client leaves behind its end is paid whole',
    async (provider) => {
      const before = await balanceOf(gateway);
      const last = lastCharge(gateway).id;
      teller.tell({ frames: answer(provider).frames, stays: provider !== 'google-generate-content' });
      const leaving = new AbortController();
      const response = await send(gateway, client, {
        ...{ model: `model-${provider}`, stream: true, signal: leaving.signal },
      });
      await untilSaid(response, END[client]);
      leaving.abort();
      const row = await chargeAfter(`${gateway.directory}/state`, BigInt(String(last)));
      expect(row).toMatchObject({ rule: 'finished', amount_nano: COST, usage_source: 'reported' });
      expect(before - (await balanceOf(gateway))).toBe(COST);
    },
  );

  test('that is asked for twice under one label is two calls', async () => {
    const before = await balanceOf(gateway);
    const first = lastCharge(gateway).id;
    teller.tell({ frames: answer(client).frames });
    const headers = { 'x-request-id': 'the-same-label' };
    const bill = { model: `model-${client}`, stream: true, headers };
    const answers = await Promise.all([send(gateway, client, bill), send(gateway, client, bill)]);
    for (const each of answers) {
      expect(each.headers.get('x-request-id')).toBe('the-same-label');
      await each.text();
    }
    const rows = rowsIn<{ id: bigint; amount_nano: bigint }>(
      `${gateway.directory}/state`,
      `SELECT id, amount_nano FROM entries WHERE kind = 'charge' AND id > ${String(first)}`,
    );
    expect(rows.map((row) => row.amount_nano)).toEqual([COST, COST]);
    expect(before - (await balanceOf(gateway))).toBe(2n * COST);
  });
});

/** What is in the last event of each format. */
const END: Record<WireFormat, string> = {
  'openai-chat': '[DONE]',
  'openai-responses': 'response.completed',
  'anthropic-messages': 'message_stop',
  'google-generate-content': '"finishReason":"STOP"',
};

// 'absurd' counts are beyond what any call can have; nobody pays for them
const FALSE_COUNTS: [what: string, counts: Partial<Record<WireFormat, object>>][] = [
  [
    'negative',
    {
      'openai-responses': { input_tokens: -5, output_tokens: -5, total_tokens: -10 },
      'anthropic-messages': { input_tokens: -5, output_tokens: -5 },
      'google-generate-content': { promptTokenCount: -5, candidatesTokenCount: -5 },
    },
  ],
  [
    'absurd',
    {
      'openai-responses': { input_tokens: 1e300, output_tokens: 5 },
      'anthropic-messages': { input_tokens: 1e300, output_tokens: 5 },
      'google-generate-content': { promptTokenCount: 1e300, candidatesTokenCount: 5 },
    },
  ],
  [
    'absurd in their output',
    {
      'openai-responses': { input_tokens: 10, output_tokens: 9_007_199_254_740_992 },
      'anthropic-messages': { input_tokens: 10, output_tokens: 9_007_199_254_740_992 },
      'google-generate-content': { promptTokenCount: 10, candidatesTokenCount: 9_007_199_254_740_992 },
    },
  ],
  [
    'absurd in their cache',
    {
      'openai-responses': {
        ...{ input_tokens: -1, output_tokens: 0 },
        input_tokens_details: { cached_tokens: 1e15, cache_write_tokens: 1e15 },
      },
      'anthropic-messages': {
        ...{ input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 1e15 },
        cache_creation: { ephemeral_1h_input_tokens: 1e15 },
      },
      'google-generate-content': {
        ...{ promptTokenCount: 10, candidatesTokenCount: 5, cachedContentTokenCount: 1e15 },
      },
    },
  ],
  [
    'no numbers',
    {
      'openai-responses': { input_tokens: 'many', output_tokens: null },
      'anthropic-messages': { input_tokens: 'many', output_tokens: null },
      'google-generate-content': { promptTokenCount: 'many', candidatesTokenCount: null },
    },
  ],
];

describe.each(BOTH)('a client of %s (stream: %p)', (client, stream) => {
  const cases = FALSE_COUNTS.flatMap(([what, counts]) =>
    (Object.keys(counts) as WireFormat[]).map((format): [string, WireFormat, unknown] => [
      ...([what, format, counts[format]] as const),
    ]),
  );
  test.each(cases)('pays an estimate where the counts are %s, in %s', async (_, provider, usage) => {
    const { json, frames } = answer(provider, usage);
    teller.tell(stream ? { frames } : { json });
    const { row, shown, paid } = await billed(gateway, client, { model: `model-${provider}`, stream });
    // a prompt of one word in some hundred bytes, an answer of ten characters
    expect(row.usage_source).not.toBe('reported');
    expect(Number(row.input_uncached)).toBeWithin(0, 60);
    expect(Number(row.output)).toBeWithin(3, 12);
    expect(paid).toBeLessThan(2_000_000n);
    if (shown !== undefined) expect(shown.total).toBe(paid);
  });

  test.each([
    ['anthropic-messages', { input_tokens: 1000, output_tokens: 100, cache_read_input_tokens: -1_000_000 }],
    [
      'anthropic-messages',
      { input_tokens: 1000, output_tokens: 100, cache_creation: { ephemeral_1h_input_tokens: -1_000_000 } },
    ],
    [
      'google-generate-content',
      {
        promptTokenCount: 1000,
        candidatesTokenCount: 100,
        thoughtsTokenCount: -90,
        cachedContentTokenCount: -900,
      },
    ],
    [
      'openai-responses',
      { input_tokens: 1000, output_tokens: 100, input_tokens_details: { cached_tokens: -1_000_000 } },
    ],
    [
      'openai-responses',
      { input_tokens: 1000, output_tokens: 100, output_tokens_details: { reasoning_tokens: 1e15 } },
    ],
  ] as [WireFormat, object][])(
    'pays no more for a part that is below nothing or above the whole (%s)',
    async (provider, usage) => {
      const { json, frames } = answer(provider, usage);
      teller.tell(stream ? { frames } : { json });
      const { row, paid } = await billed(gateway, client, { model: `model-${provider}`, stream });
      expect(row).toMatchObject({ input_uncached: 1000n, output: 100n, amount_nano: COST });
      expect(paid).toBe(COST);
    },
  );
});

describe('a stop of the program', () => {
  test.each(CLIENTS)('charges a stream of %s that ends within the drain timeout', async (client) => {
    const draining = await start({ drain_timeout: '20s' });
    const { frames } = answer(client);
    teller.tell({ frames, pausesAfter: openingOf(client).length });
    const response = await send(draining, client, { model: `model-${client}`, stream: true });
    const rest = untilEnd(response, 'An answer.');
    await rest.said;
    const gone = draining.end();
    teller.goOn();
    expect(await rest.text).toContain(END[client]);
    await gone;
    expect(lastCharge(draining)).toMatchObject({
      ...{ rule: 'finished', amount_nano: COST, usage_source: 'reported', delivery: 'complete' },
    });
    await draining.stop();
  });

  test.each(CLIENTS)('charges nothing for a stream of %s that outlasts it', async (client) => {
    const draining = await start({ drain_timeout: '200ms' });
    teller.tell({ frames: openingOf(client), stays: true });
    const response = await send(draining, client, { model: `model-${client}`, stream: true });
    const rest = untilEnd(response, 'An answer.');
    await rest.said;
    await draining.end();
    await rest.text.catch(() => '');
    expect(lastCharge(draining)).toMatchObject({ rule: 'our-failure', amount_nano: 0n, cost_nano: 0n });
    await draining.stop();
  });
});

test('after all of that the ledger holds, and what arrived is marked so', async () => {
  const { code, stdout } = await gateway.command(['ledger', 'verify', '--json']);
  expect({ code, violations: JSON.parse(stdout).violations }).toEqual({ code: 0, violations: [] });
  await gateway.end();
  const [open] = rowsIn<{ n: bigint }>(`${gateway.directory}/state`, 'SELECT count(*) AS n FROM holds');
  expect(open?.n).toBe(0n);
  const [delivered] = rowsIn<{ n: bigint }>(
    `${gateway.directory}/state`,
    "SELECT count(*) AS n FROM entries JOIN deliveries ON entry = id WHERE rule = 'finished'",
  );
  expect(Number(delivered?.n)).toBeGreaterThan(100);
}, 30_000);

/** Reads until the words have come and leaves the rest. */
async function untilSaid(response: Response, words: string): Promise<void> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  for (let said = ''; reader && !said.includes(words); ) {
    const { done, value } = await reader.read();
    if (done) break;
    said += decoder.decode(value, { stream: true });
  }
}

/** Reads everything and tells when the words have come. */
function untilEnd(response: Response, words: string): { said: Promise<void>; text: Promise<string> } {
  const said = Promise.withResolvers<void>();
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes(words)) said.resolve();
    }
    return text;
  };
  const text = read().finally(() => said.resolve());
  text.catch(() => undefined);
  return { said: said.promise, text };
}
