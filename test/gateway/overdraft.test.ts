// However many calls a key makes at once, a strict balance never falls below zero, and an expected one only by its excess.

import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Turn } from '../support/script.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const TIMEOUT_MS = 60_000;
const CALLS = 200;
const CAP_TOKENS = 1_000;
/** USD per million tokens: a thousandth of these are nanodollars per token. */
const PRICE = { input: 1, output: 2 };
const INPUT_NANO = 1_000n;
const OUTPUT_NANO = 2_000n;
const NANO_PER_USD = 1e9;
/** Calls wait so long for others to give back what they hold. */
const PATIENCE_MS = 5_000;

let gateway: Gateway | undefined;
let upstream: Upstream | undefined;

afterEach(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const bodyOf = (stream: boolean) =>
  JSON.stringify({
    model: 'house',
    stream,
    max_tokens: CAP_TOKENS,
    messages: [{ role: 'user', content: 'Say as much as you may. '.repeat(20) }],
  });

type Setting = { billing: Record<string, unknown>; creditNano: bigint };

async function start({ billing, creditNano }: Setting): Promise<{ gateway: Gateway; upstream: Upstream }> {
  const up = startUpstream();
  upstream = up;
  const made = await startGateway({
    upstreams: [
      {
        provider: 'house',
        format: 'openai-chat',
        baseUrl: up.baseUrl,
        apiKey: 'none',
        model: 'house',
        upstreamModel: 'house-1',
      },
    ],
    price: PRICE,
    credit: Number(creditNano) / NANO_PER_USD,
    sections: { billing },
  });
  gateway = made;
  return { gateway: made, upstream: up };
}

/** Turns that use every token there may be. */
function fullTurns(count: number, inputTokens: number, delayMs: (index: number) => number): Turn[] {
  const usage = { input: inputTokens, cached: 0, output: CAP_TOKENS, reasoning: 0 };
  return Array.from({ length: count }, (_, index) => ({ text: 'all', usage, delayMs: delayMs(index) }));
}

type Ended = { status: number; code: string | undefined };

async function ask({ url, key }: Gateway, body: string): Promise<Ended> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    keepalive: false,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  if (response.ok) return { status: response.status, code: undefined };
  const { error } = JSON.parse(text) as { error: { code: string } };
  return { status: response.status, code: error.code };
}

const askAll = (to: Gateway, body: string) => Promise.all(Array.from({ length: CALLS }, () => ask(to, body)));

/** Of the one key, as it is on disk. */
function moneyOf({ directory }: Gateway): { balance: bigint; holds: bigint; charges: bigint } {
  const database = new Database(join(directory, 'state', 'osiris.db'), {
    readonly: true,
    safeIntegers: true,
  });
  try {
    const row = database
      .query<{ balance: bigint; holds: bigint; charges: bigint }, []>(
        `SELECT balance_nano AS balance, (SELECT count(*) FROM holds) AS holds,
           (SELECT count(*) FROM entries WHERE kind = 'charge' AND amount_nano > 0) AS charges
         FROM purses WHERE id >= 100`,
      )
      .get();
    if (row === null) throw new Error('there is no purse');
    return row;
  } finally {
    database.close();
  }
}

function countOf(ends: readonly Ended[], status: number, code?: string): number {
  return ends.filter((end) => end.status === status && end.code === code).length;
}

describe(`hold: strict, ${CALLS} calls at once on a balance of exactly 50 worst cases`, () => {
  const PAID = 50;

  /** Two bytes a token is the densest a body can be. */
  const worstOf = (body: string) => {
    const inputTokens = Math.ceil(body.length / 2);
    return { inputTokens, nano: BigInt(inputTokens) * INPUT_NANO + BigInt(CAP_TOKENS) * OUTPUT_NANO };
  };

  for (const stream of [false, true])
    test(
      `50 ${stream ? 'streams' : 'answers'} come and are paid, the rest is told that the balance is empty`,
      async () => {
        const body = bodyOf(stream);
        const worst = worstOf(body);
        const { gateway, upstream } = await start({
          billing: { hold: 'strict' },
          creditNano: BigInt(PAID) * worst.nano,
        });
        upstream.play(fullTurns(PAID, worst.inputTokens, () => 500));
        const ends = await askAll(gateway, body);
        expect(countOf(ends, 200)).toBe(PAID);
        const held = countOf(ends, 429, 'balance_held');
        expect(held + countOf(ends, 402, 'insufficient_quota')).toBe(CALLS - PAID);
        expect(upstream.turnsTaken()).toHaveLength(PAID);
        expect(moneyOf(gateway)).toEqual({ balance: 0n, holds: 0n, charges: BigInt(PAID) });
        // an open hold in memory would be a 429
        expect(await ask(gateway, body)).toEqual({ status: 402, code: 'insufficient_quota' });
      },
      TIMEOUT_MS,
    );

  test(
    'who waits in vain while others hold the rest is told so, and nothing stays held',
    async () => {
      const body = bodyOf(false);
      const worst = worstOf(body);
      const { gateway, upstream } = await start({
        billing: { hold: 'strict' },
        creditNano: BigInt(PAID) * worst.nano,
      });
      // the last five take longer than anybody waits
      upstream.play(
        fullTurns(PAID, worst.inputTokens, (index) => (index < PAID - 5 ? 100 : PATIENCE_MS + 1_500)),
      );
      const ends = await askAll(gateway, body);
      expect(countOf(ends, 200)).toBe(PAID);
      expect(countOf(ends, 429, 'balance_held')).toBe(CALLS - PAID);
      expect(moneyOf(gateway)).toEqual({ balance: 0n, holds: 0n, charges: BigInt(PAID) });
      expect(await ask(gateway, body)).toEqual({ status: 402, code: 'insufficient_quota' });
    },
    TIMEOUT_MS,
  );
});

describe('hold: expected, on a balance of exactly 20 expectations', () => {
  const ADMITTED = 20;
  const EXPECTED_OUTPUT = 600;
  /** Characters a token has in an estimate, as documented for holds. */
  const CHARS_PER_TOKEN = 3.6;

  test(
    'what the calls in flight exceed their expectation by is what the balance falls below zero, and no more',
    async () => {
      const body = bodyOf(false);
      const inputTokens = Math.ceil(body.length / CHARS_PER_TOKEN);
      const expectedNano = BigInt(inputTokens) * INPUT_NANO + BigInt(EXPECTED_OUTPUT) * OUTPUT_NANO;
      const actualNano = BigInt(inputTokens) * INPUT_NANO + BigInt(CAP_TOKENS) * OUTPUT_NANO;
      const { gateway, upstream } = await start({
        billing: { hold: 'expected', expected_output: EXPECTED_OUTPUT },
        creditNano: BigInt(ADMITTED) * expectedNano,
      });
      upstream.play(fullTurns(ADMITTED, inputTokens, () => 1_500));
      const ends = await askAll(gateway, body);
      expect(countOf(ends, 200)).toBe(ADMITTED);
      expect(countOf(ends, 429, 'balance_held') + countOf(ends, 402, 'insufficient_quota')).toBe(
        CALLS - ADMITTED,
      );
      const { balance, holds } = moneyOf(gateway);
      expect(balance).toBe(-BigInt(ADMITTED) * (actualNano - expectedNano));
      expect(holds).toBe(0n);
      expect(await ask(gateway, body)).toEqual({ status: 402, code: 'insufficient_quota' });
    },
    TIMEOUT_MS,
  );
});
