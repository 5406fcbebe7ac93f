// Who pays what when providers count badly or calls break: the ledger's rows against figures worked by hand.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { ask, FORMATS } from '../support/asking.ts';
import { type Gateway, startGateway, upstreamOf } from '../support/gateway.ts';
import { chargeAfter, rowsIn } from '../support/ledger.ts';
import type { BodyFormat, WireFormat } from '../support/script.ts';
import { startTeller } from '../support/teller.ts';

// USD per million: a token in costs 10,000 nanodollars, one out 100,000, and no call reaches the minimum by chance
const PRICE = { input: 10, output: 100, cached_input: 1, cache_write: 20, cache_write_1h: 40 };
const IN = 10_000n;
const OUT = 100_000n;

const teller = startTeller();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: FORMATS.map((format) => upstreamOf(format, teller.baseUrl)),
    price: PRICE,
    credit: 1000,
    sections: { billing: { minimum_charge: 0 } },
  });
});
afterAll(async () => {
  await gateway.stop();
  await teller.stop();
});

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: { type: string }): string => `event: ${value.type}\n${data(value)}`;
const CHAT = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const says = (content: string, usage?: unknown): string =>
  data({
    ...CHAT,
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
    ...(usage === undefined ? {} : { usage }),
  });
const STOP = data({ ...CHAT, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const DONE = 'data: [DONE]\n\n';
const counts = (usage: unknown): string => data({ ...CHAT, choices: [], usage });
const tokens = (input: unknown, output: unknown, more: object = {}): JsonObject =>
  ({ prompt_tokens: input, completion_tokens: output, ...more }) as JsonObject;

const begins = (usage: object): string =>
  event({
    type: 'message_start',
    message: {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] },
      ...{ stop_reason: null, stop_sequence: null, usage },
    },
  } as { type: string });
const OPENS = event({
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'text', text: '' },
} as { type: string });
const text = (said: string): string =>
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: said } } as {
    type: string;
  });
const CLOSES = event({ type: 'content_block_stop', index: 0 } as { type: string });
const ends = (usage: object): string =>
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage } as { type: string });
const STOPS = event({ type: 'message_stop' });

const lastRow = (): JsonObject =>
  rowsIn<JsonObject>(
    `${gateway.directory}/state`,
    "SELECT * FROM entries WHERE kind IN ('charge', 'release') ORDER BY id DESC LIMIT 1",
  )[0] ?? {};
const lastId = (): bigint => BigInt(String(lastRow().id ?? 0));

/** The row of a call whose client does not wait for it. */
const nextRow = (before: bigint): Promise<JsonObject> => chargeAfter(`${gateway.directory}/state`, before);

/** Every cost the client was shown, the last one last, in nanodollars. */
function shownIn(answer: string): bigint[] {
  return [...answer.matchAll(/"cost_usd_total":([\d.e-]+)/g)].map(([, usd]) =>
    BigInt(Math.round(Number(usd) * 1e9)),
  );
}

async function streamed(
  client: BodyFormat,
  format: WireFormat,
): Promise<{ shown: bigint[]; row: JsonObject }> {
  const response = await ask(gateway, client, { model: `model-${format}`, stream: true });
  const shown = shownIn(await response.text());
  return { shown, row: lastRow() };
}

describe.each(FORMATS)(
  'a client of %s on Chat providers that count in their own way',
  (client: BodyFormat) => {
    const HI = [says('Hello'), says(' there')];
    test.each([
      [
        'in every chunk, cumulative',
        [says('a', tokens(10, 1)), says('b', tokens(10, 2)), STOP, counts(tokens(10, 2)), DONE],
        10n,
        2n,
      ],
      [
        'in the finish chunk',
        [
          ...HI,
          data({ ...CHAT, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: tokens(10, 3) }),
          DONE,
        ],
        10n,
        3n,
      ],
      ['after the finish chunk', [...HI, STOP, counts(tokens(10, 3)), DONE], 10n, 3n],
      ['without choices', [...HI, STOP, data({ ...CHAT, usage: tokens(10, 3) }), DONE], 10n, 3n],
      ['twice', [...HI, STOP, counts(tokens(10, 3)), counts(tokens(10, 3)), DONE, DONE], 10n, 3n],
      ['behind the last word', [...HI, STOP, DONE, counts(tokens(10, 3))], 10n, 3n],
      ['behind two last words', [...HI, STOP, DONE, DONE, ': beat\n\n', counts(tokens(10, 3))], 10n, 3n],
      ['again behind the end', [...HI, STOP, counts(tokens(10, 3)), DONE, counts(tokens(999, 999))], 10n, 3n],
      [
        'zeros behind the real figure',
        [...HI, STOP, counts(tokens(10, 3)), counts(tokens(0, 0)), DONE],
        10n,
        3n,
      ],
      ['in fractions', [...HI, STOP, counts(tokens(10.9, 3.9)), DONE], 10n, 3n],
      [
        'with fewer than no cached tokens',
        [...HI, STOP, counts(tokens(10, 3, { prompt_tokens_details: { cached_tokens: -1_000_000 } })), DONE],
        10n,
        3n,
      ],
    ])('usage %s is billed once and as reported', async (_, frames, input, output) => {
      teller.tell({ frames });
      const { shown, row } = await streamed(client, 'openai-chat');
      const amount = input * IN + output * OUT;
      expect(row).toMatchObject({
        amount_nano: amount,
        input_uncached: input,
        output,
        rule: 'finished',
        usage_source: 'reported',
      });
      if (shown.length > 0) expect(shown.at(-1)).toBe(amount);
    });

    test.each([
      ['missing', []],
      ['an empty object', [counts({})]],
      ['all zeros', [counts(tokens(0, 0))]],
      ['no numbers', [counts(tokens('NaN', null))]],
      ['beyond all measure', [counts(tokens(1e300, 5))]],
      ['beyond 2^53', [counts(tokens(10, 9_007_199_254_740_992))]],
      ['negative', [counts(tokens(-5, -5))]],
    ])('usage that is %s is estimated, small and above zero', async (_, reports) => {
      teller.tell({ frames: [...HI, STOP, ...reports, DONE] });
      const { shown, row } = await streamed(client, 'openai-chat');
      expect(row).toMatchObject({ rule: 'finished', usage_source: 'estimated' });
      const amount = row.amount_nano as unknown as bigint;
      expect(amount).toBe(
        (row.input_uncached as unknown as bigint) * IN + (row.output as unknown as bigint) * OUT,
      );
      expect(row.output as unknown as bigint).toBeGreaterThanOrEqual(2n);
      expect(amount).toBeLessThan(5_000_000n);
      if (shown.length > 0) expect(shown.at(-1)).toBe(amount);
    });

    test('a provider that keeps its connection open behind its last word is not waited for', async () => {
      teller.tell({ frames: [...HI, STOP, DONE], stays: true });
      const { row } = await streamed(client, 'openai-chat');
      expect(row).toMatchObject({ rule: 'finished', usage_source: 'estimated' });
    });

    test('a whole answer with a report that cannot be true is estimated in answer, header and row', async () => {
      const message = { role: 'assistant', content: 'A sentence of thirty-six characters.' };
      teller.tell({
        json: {
          ...CHAT,
          object: 'chat.completion',
          choices: [{ index: 0, message, finish_reason: 'stop' }],
          usage: tokens(1e300, 1e300),
        },
      });
      const response = await ask(gateway, client, { model: 'model-openai-chat' });
      const shown = shownIn(await response.text());
      const row = lastRow();
      expect(row).toMatchObject({ output: 10n, usage_source: 'estimated', rule: 'finished' });
      expect(shown).toEqual([row.amount_nano as unknown as bigint]);
      expect(BigInt(Math.round(Number(response.headers.get('x-osiris-cost-usd')) * 1e9))).toBe(
        shown[0] ?? 0n,
      );
    });
  },
);

describe.each(FORMATS)('a client of %s on a Messages provider', (client: BodyFormat) => {
  test('the delta replaces what the start said of the prompt', async () => {
    const delta = { input_tokens: 18, cache_read_input_tokens: 8831, output_tokens: 5 };
    teller.tell({
      frames: [
        begins({ input_tokens: 8834, output_tokens: 1 }),
        OPENS,
        text('Hello'),
        CLOSES,
        ends(delta),
        STOPS,
      ],
    });
    const { shown, row } = await streamed(client, 'anthropic-messages');
    // 18 × 10,000 + 8,831 × 1,000 + 5 × 100,000
    expect(row).toMatchObject({
      amount_nano: 9_511_000n,
      input_uncached: 18n,
      cache_read: 8831n,
      output: 5n,
      usage_source: 'reported',
    });
    if (shown.length > 0) expect(shown.at(-1)).toBe(9_511_000n);
  });

  test('cache writes of five minutes and of an hour have prices of their own', async () => {
    const usage = {
      ...{ input_tokens: 6, output_tokens: 1, cache_read_input_tokens: 40, cache_creation_input_tokens: 300 },
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
    };
    teller.tell({ frames: [begins(usage), OPENS, text('Hello'), CLOSES, ends({ output_tokens: 9 }), STOPS] });
    const { row } = await streamed(client, 'anthropic-messages');
    // 6 × 10,000 + 40 × 1,000 + 200 × 20,000 + 100 × 40,000 + 9 × 100,000
    expect(row).toMatchObject({
      amount_nano: 9_000_000n,
      cache_write_5m: 200n,
      cache_write_1h: 100n,
      output: 9n,
    });
  });

  test('an answer whose output was never counted is billed by what it said', async () => {
    const said = 'Seventy-two characters, twice thirty-six of them, to be counted by hand.';
    expect(said).toHaveLength(72);
    teller.tell({
      frames: [begins({ input_tokens: 10, output_tokens: 1 }), OPENS, text(said), CLOSES, STOPS],
    });
    const { shown, row } = await streamed(client, 'anthropic-messages');
    expect(row).toMatchObject({
      amount_nano: 10n * IN + 20n * OUT,
      output: 20n,
      rule: 'finished',
      usage_source: 'partial',
    });
    if (shown.length > 0) expect(shown.at(-1)).toBe(2_100_000n);
  });
});

describe('a client that leaves', () => {
  test('before anything was said pays nothing, though the provider announced the prompt', async () => {
    const before = lastId();
    teller.tell({
      frames: [begins({ input_tokens: 5000, output_tokens: 3 }), event({ type: 'ping' })],
      stays: true,
    });
    const leaving = new AbortController();
    const asked = ask(gateway, 'anthropic-messages', {
      model: 'model-anthropic-messages',
      stream: true,
      signal: leaving.signal,
    });
    await teller.asked;
    leaving.abort();
    await asked.catch(() => undefined);
    await teller.left;
    expect(await nextRow(before)).toMatchObject({ amount_nano: 0n, output: 0n, rule: 'client-left' });
  });

  test.each(FORMATS)(
    'of %s pays what the last cumulative count says, and the provider is stopped',
    async (client) => {
      const before = lastId();
      teller.tell({ frames: [says('a', tokens(10, 4)), says('b', tokens(10, 9))], stays: true });
      const leaving = new AbortController();
      const response = await ask(gateway, client, {
        model: 'model-openai-chat',
        stream: true,
        signal: leaving.signal,
      });
      await untilSaid(response, 'b');
      leaving.abort();
      await teller.left;
      expect(await nextRow(before)).toMatchObject({
        ...{ amount_nano: 10n * IN + 9n * OUT, input_uncached: 10n, output: 9n },
        ...{ rule: 'client-left', usage_source: 'partial', delivery: 'unknown' },
      });
    },
  );

  test('between the final count and the last event pays that count', async () => {
    const before = lastId();
    const frames = [
      begins({ input_tokens: 10, output_tokens: 1 }),
      OPENS,
      text('Hello'),
      CLOSES,
      ends({ output_tokens: 7 }),
    ];
    teller.tell({ frames, stays: true });
    const leaving = new AbortController();
    const response = await ask(gateway, 'anthropic-messages', {
      model: 'model-anthropic-messages',
      stream: true,
      signal: leaving.signal,
    });
    await untilSaid(response, 'message_delta');
    leaving.abort();
    expect(await nextRow(before)).toMatchObject({
      amount_nano: 10n * IN + 7n * OUT,
      output: 7n,
      rule: 'client-left',
    });
  });
});

describe.each(FORMATS)('a client of %s whose provider fails pays nothing', (client: BodyFormat) => {
  const SAID = [says('a', tokens(10, 4)), says('b', tokens(10, 9))];
  test.each([
    ['in an error event', [...SAID, data({ error: { message: 'overloaded', type: 'server_error' } })]],
    ['in the middle', SAID],
  ])('%s, and the row has its last count', async (_, frames) => {
    teller.tell({ frames });
    const { row } = await streamed(client, 'openai-chat');
    expect(row).toMatchObject({ amount_nano: 0n, rule: 'upstream-failed', input_uncached: 10n, output: 9n });
  });
});

test('every nanodollar that left the balance stands in a row', async () => {
  const [sum] = rowsIn<{ sum: bigint }>(
    `${gateway.directory}/state`,
    "SELECT sum(amount_nano) AS sum FROM entries WHERE kind = 'charge'",
  );
  const listed = JSON.parse((await gateway.command(['keys', 'list', '--json'])).stdout) as JsonObject[];
  expect(BigInt(Math.round(Number(asObject(listed[0]).balance_usd) * 1e9))).toBe(
    1_000_000_000_000n - (sum?.sum ?? 0n),
  );
});

/** Reads until the words have come and leaves the rest. */
async function untilSaid(response: Response, words: string): Promise<void> {
  const decoder = new TextDecoder();
  let said = '';
  const reader = response.body?.getReader();
  while (reader && !said.includes(words)) {
    const { done, value } = await reader.read();
    if (done) break;
    said += decoder.decode(value, { stream: true });
  }
}
