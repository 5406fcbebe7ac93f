// What users of the official libraries see of the cost, plain and streamed, and what a retry of theirs costs.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { asObject } from '../../src/lib/json.ts';
import { balanceOf, CLIENTS } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';
import type { ScriptedUsage, WireFormat } from '../support/script.ts';
import { startUpstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

/** 6,000 × $5 + 4,000 × $0.50 + 2,000 × $25, per million. */
const PRICE = { input: 5, output: 25, cached_input: 0.5 };
const USAGE: ScriptedUsage = { input: 10_000, cached: 4_000, output: 2_000, reasoning: 0 };
const COST_NANO = 82_000_000n;
const COST = {
  ...{ cost_usd_total: 0.082, cost_usd_request: 0.082 },
  ...{ cost_usd_input: 0.03, cost_usd_cached_input: 0.002, cost_usd_output: 0.05 },
};
const TEXT = 'An answer.';
const PROMPT = { role: 'user', content: 'Hello' } as const;

type Seen = { text: string | null | undefined; usage: unknown };
type Way = { name: string; read(model: string, retries: number): Promise<Seen> };

const upstream = startUpstream();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: CLIENTS.map((format) => ({
      ...{ provider: `up-${format}`, format, baseUrl: baseUrlOf(upstream.origin, format), apiKey: 'made-up' },
      ...{ model: `model-${format}`, upstreamModel: 'm' },
    })),
    price: PRICE,
    credit: 1000,
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const openai = (maxRetries: number) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries });
const anthropic = (maxRetries: number) =>
  new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries });
const google = (attempts: number) =>
  new GoogleGenAI({
    apiKey: gateway.key,
    httpOptions: { baseUrl: gateway.url, ...(attempts > 0 ? { retryOptions: { attempts } } : {}) },
  });

const WAYS: Way[] = [
  {
    name: 'openai chat.completions.create()',
    async read(model, retries) {
      const { choices, usage } = await openai(retries).chat.completions.create({ model, messages: [PROMPT] });
      return { text: choices[0]?.message.content, usage };
    },
  },
  {
    name: 'openai chat.completions.stream()',
    async read(model, retries) {
      const stream_options = { include_usage: true };
      const helper = openai(retries).chat.completions.stream({ model, messages: [PROMPT], stream_options });
      const { choices, usage } = await helper.finalChatCompletion();
      return { text: choices[0]?.message.content, usage };
    },
  },
  {
    name: 'openai responses.create()',
    async read(model, retries) {
      const { output_text: text, usage } = await openai(retries).responses.create({ model, input: 'Hello' });
      return { text, usage };
    },
  },
  {
    name: 'openai responses.stream()',
    async read(model, retries) {
      const helper = openai(retries).responses.stream({ model, input: 'Hello' });
      const { output_text: text, usage } = await helper.finalResponse();
      return { text, usage };
    },
  },
  {
    name: 'anthropic messages.create()',
    async read(model, retries) {
      const body = { model, max_tokens: 4_000, messages: [PROMPT] };
      const { content, usage } = await anthropic(retries).messages.create(body);
      return { text: content.find((block) => block.type === 'text')?.text, usage };
    },
  },
  {
    // the helper's own sum keeps only the counts it knows, so the cost is read where it arrives
    name: 'anthropic messages.stream()',
    async read(model, retries) {
      let usage: unknown;
      const body = { model, max_tokens: 4_000, messages: [PROMPT] };
      const helper = anthropic(retries).messages.stream(body);
      helper.on('streamEvent', (event) => {
        if (event.type === 'message_delta') usage = event.usage;
      });
      return { text: await helper.finalText(), usage };
    },
  },
  {
    name: 'google models.generateContent()',
    async read(model, retries) {
      const { text, usageMetadata: usage } = await google(retries && retries + 1).models.generateContent({
        model,
        contents: 'Hello',
      });
      return { text, usage };
    },
  },
  {
    name: 'google models.generateContentStream()',
    async read(model, retries) {
      const stream = await google(retries && retries + 1).models.generateContentStream({
        model,
        contents: 'Hello',
      });
      let text = '';
      let usage: unknown;
      for await (const chunk of stream) {
        text += chunk.text ?? '';
        usage = chunk.usageMetadata ?? usage;
      }
      return { text, usage };
    },
  },
];

/** Every row of a call since the one with this id. */
function rowsSince(id: bigint): { amount_nano: bigint; rule: string }[] {
  const sql = `SELECT id, amount_nano, rule FROM entries WHERE key IS NOT NULL AND id > ${id} ORDER BY id`;
  return rowsIn<{ amount_nano: bigint; rule: string }>(`${gateway.directory}/state`, sql);
}

function lastId(): bigint {
  const [row] = rowsIn<{ id: bigint }>(`${gateway.directory}/state`, 'SELECT max(id) AS id FROM entries');
  return row?.id ?? 0n;
}

describe.each(WAYS)('$name', ({ read }) => {
  test.each(CLIENTS)('reads the cost of an answer of %s', async (format) => {
    upstream.play([{ text: TEXT, usage: USAGE }]);
    const [before, paidFrom] = [lastId(), await balanceOf(gateway)];
    const { text, usage } = await read(`model-${format}`, 0);
    expect(text).toBe(TEXT);
    expect(asObject(usage)).toMatchObject(COST);
    expect(rowsSince(before)).toMatchObject([{ amount_nano: COST_NANO, rule: 'finished' }]);
    expect(paidFrom - (await balanceOf(gateway))).toBe(COST_NANO);
  });
});

const FAILURES: [status: number, type: string][] = [
  [429, 'rate_limit_error'],
  [500, 'api_error'],
];
/** A retry waits a second each: one format that passes for some clients, one that passes for others. */
const RETRIED_ON: WireFormat[] = ['openai-chat', 'anthropic-messages'];
const RETRIED: [failure: (typeof FAILURES)[number], format: WireFormat][] = FAILURES.flatMap((failure) =>
  RETRIED_ON.map((format): [(typeof FAILURES)[number], WireFormat] => [failure, format]),
);

describe.each(WAYS)('$name that tries again by itself', ({ read }) => {
  test.each(RETRIED)('is charged once after %p of %s', async ([status, type], format) => {
    const error = { status, type, message: 'not now', headers: { 'retry-after': '1' } };
    upstream.play([{ error }, { text: TEXT, usage: USAGE }]);
    const [before, paidFrom] = [lastId(), await balanceOf(gateway)];
    const { text, usage } = await read(`model-${format}`, 1);
    expect(text).toBe(TEXT);
    expect(asObject(usage)).toMatchObject(COST);
    expect(upstream.turnsTaken()).toHaveLength(2);
    const charged = rowsSince(before).filter((row) => row.amount_nano !== 0n);
    expect(charged).toMatchObject([{ amount_nano: COST_NANO, rule: 'finished' }]);
    expect(paidFrom - (await balanceOf(gateway))).toBe(COST_NANO);
  });
});
