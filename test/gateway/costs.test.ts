// What answers say they cost, and what the ledger charged for them: the same, in every format, worked by hand.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { ask, FORMATS } from '../support/asking.ts';
import { type Gateway, startGateway, upstreamOf } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';
import { type ScriptedUsage, WIRE_FORMATS } from '../support/script.ts';
import { startUpstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

/** 6,000 × $5 + 4,000 × $0.50 + 2,000 × $25, per million: 0.03 + 0.002 + 0.05. */
const PRICE = { input: 5, output: 25, cached_input: 0.5 };
const USAGE: ScriptedUsage = { input: 10_000, cached: 4_000, output: 2_000, reasoning: 0 };
const COST = {
  cost_usd_total: 0.082,
  cost_usd_request: 0.082,
  cost_usd_input: 0.03,
  cost_usd_cached_input: 0.002,
  cost_usd_output: 0.05,
};

const upstream = startUpstream();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: WIRE_FORMATS.map((format) => upstreamOf(format, baseUrlOf(upstream.origin, format))),
    price: PRICE,
    credit: 100,
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

/** The usage object of an answer; of a stream, the last one it holds. */
async function usageOf(response: Response, stream: boolean): Promise<JsonObject> {
  const text = await response.text();
  const values = stream
    ? text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
    : [JSON.parse(text)];
  const usages = values.flatMap((value) => [asObject(value).usage, asObject(asObject(value).response).usage]);
  return asObject(usages.findLast((usage) => usage !== undefined && usage !== null));
}

const lastRow = () =>
  rowsIn<JsonObject>(
    `${gateway.directory}/state`,
    "SELECT * FROM entries WHERE kind = 'charge' ORDER BY id DESC",
  )[0];

describe.each(FORMATS)('a client of %s', (client) => {
  describe.each(WIRE_FORMATS)('on a provider of %s', (format) => {
    test.each([false, true])('is shown and charged the same (stream: %p)', async (stream) => {
      upstream.play([{ text: 'An answer.', usage: USAGE }]);
      const body = { model: `model-${format}`, stream };
      const response =
        client === 'openai-chat' && stream
          ? await fetch(`${gateway.url}/v1/chat/completions`, {
              method: 'POST',
              headers: { authorization: `Bearer ${gateway.key}` },
              body: JSON.stringify({
                ...body,
                messages: [{ role: 'user', content: 'Hello' }],
                stream_options: { include_usage: true },
              }),
            })
          : await ask(gateway, client, body);
      expect(response.status).toBe(200);
      // of a stream it is only known before the headers leave when all of it has come by then
      expect(['0.082', ...(stream ? [null] : [])]).toContain(response.headers.get('x-osiris-cost-usd'));
      expect(await usageOf(response, stream)).toMatchObject(COST);
      expect(lastRow()).toMatchObject({
        amount_nano: 82_000_000n,
        cost_nano: 82_000_000n,
        input_uncached: 6_000n,
        cache_read: 4_000n,
        output: 2_000n,
        rule: 'finished',
        usage_source: 'reported',
      });
    });
  });
});

test.each([false, true])('a client of Google’s format is shown it too (stream: %p)', async (stream) => {
  upstream.play([{ text: 'An answer.', usage: USAGE }]);
  const operation = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  const response = await fetch(`${gateway.url}/v1beta/models/model-google-generate-content:${operation}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': gateway.key },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }),
  });
  const text = await response.text();
  const last = stream
    ? text
        .split('\n')
        .findLast((line) => line.startsWith('data: '))
        ?.slice(6)
    : text;
  expect(asObject(JSON.parse(last ?? '')).usageMetadata).toMatchObject(COST);
  expect(lastRow()).toMatchObject({ amount_nano: 82_000_000n, provider: 'up-google-generate-content' });
});

test('a call cheaper than the minimum shows both: what it would cost and what is charged', async () => {
  upstream.play([{ text: 'Hi', usage: { input: 100, cached: 0, output: 1, reasoning: 0 } }]);
  const response = await ask(gateway, 'openai-chat', { model: 'model-openai-chat' });
  expect(response.headers.get('x-osiris-cost-usd')).toBe('0.001');
  expect(await usageOf(response, false)).toMatchObject({ cost_usd_total: 0.001, cost_usd_request: 0.000525 });
});

test('what was charged is gone from the balance, to the nanodollar', async () => {
  const sums = rowsIn<{ sum: bigint }>(
    `${gateway.directory}/state`,
    "SELECT sum(amount_nano) AS sum FROM entries WHERE kind = 'charge'",
  );
  expect(sums).toEqual([{ sum: 26n * 82_000_000n + 1_000_000n }]);
  const listed = await gateway.command(['keys', 'list', '--json']);
  const [key] = asArray(JSON.parse(listed.stdout)).map(asObject);
  expect(key?.balance_usd).toBe(97.867);
});
