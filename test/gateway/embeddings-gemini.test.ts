// Embeddings of Gemini models for clients of OpenAI's format.

import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';

let sent: { path: string; text: string }[] = [];
/** What the provider answers next. */
let answer: () => Response;
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    sent.push({ path: new URL(request.url).pathname, text: await request.text() });
    return answer();
  },
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: [],
    credit: 10,
    sections: {
      providers: {
        'far-off': {
          base_url: `${provider.url.origin}/v1beta`,
          format: 'google-generate-content',
          auth: 'none',
        },
        claude: { base_url: `${provider.url.origin}/v1`, format: 'anthropic-messages', auth: 'none' },
      },
      models: {
        far: { price: { input: 1, output: 0 }, deployments: [{ provider: 'far-off', model: 'g-embed' }] },
        both: {
          price: { input: 1, output: 0 },
          deployments: [
            { provider: 'claude', model: 'm' },
            { provider: 'far-off', model: 'g-embed' },
          ],
        },
      },
      routing: { retries: 0 },
      cache: { ttl: '10m', default: false },
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});
beforeEach(() => {
  sent = [];
});

async function ask(body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

/** The entries, oldest first. */
const rows = () =>
  rowsIn<Record<string, unknown>>(join(gateway.directory, 'state'), 'SELECT * FROM entries ORDER BY id');

const PATH = '/v1beta/models/g-embed:batchEmbedContents';
const made = (values: number[][], more: object = {}) =>
  Response.json({ embeddings: values.map((each) => ({ values: each })), ...more });
const wanted = (text: string, more: object = {}) => ({
  model: 'models/g-embed',
  content: { parts: [{ text }] },
  ...more,
});
const body = () => JSON.parse(sent[0]?.text ?? '') as unknown;

test('a Gemini model is asked for all texts at once, and its vectors have the length that OpenAI’s have', async () => {
  answer = () =>
    made(
      [
        [3, 4],
        [0.6, -0.8],
      ],
      { usageMetadata: { promptTokenCount: 2000 } },
    );
  const { status, json, headers } = await ask({ model: 'far', input: ['one', 'two'], dimensions: 2 });
  expect([status, sent[0]?.path]).toEqual([200, PATH]);
  const outputDimensionality = 2;
  expect(body()).toEqual({
    requests: [wanted('one', { outputDimensionality }), wanted('two', { outputDimensionality })],
  });
  expect(json).toEqual({
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: [0.6, 0.8] },
      { object: 'embedding', index: 1, embedding: [0.6, -0.8] },
    ],
    model: 'far',
    usage: expect.objectContaining({ prompt_tokens: 2000, total_tokens: 2000, cost_usd_total: 0.002 }),
  });
  expect(headers.get('x-osiris-losses')).toBeNull();
  expect(headers.get('x-osiris-cost-usd')).toBe('0.002');
});

test('a Gemini model answers in base64 too, and what it does not count is estimated', async () => {
  answer = () => made([[0, 1]]);
  const input = 'word '.repeat(4000);
  const { json, headers } = await ask({ model: 'far', input, encoding_format: 'base64' });
  expect(body()).toEqual({ requests: [wanted(input)] });
  expect(json.data).toEqual([{ object: 'embedding', index: 0, embedding: 'AAAAAAAAgD8=' }]);
  const row = rows().at(-1);
  expect(row).toMatchObject({
    rule: 'finished',
    usage_source: 'estimated',
    input_uncached: BigInt(json.usage.prompt_tokens),
  });
  expect(json.usage.prompt_tokens).toBeGreaterThan(2000);
  expect(headers.get('x-osiris-cost-usd')).toBe(String(json.usage.cost_usd_total));
});

test('a Gemini model has its count of tokens in an answer from the cache too', async () => {
  answer = () => made([[0, 1]]);
  const on = { 'x-osiris-cache': 'on' };
  const body = { model: 'far', input: 'kept' };
  const miss = await ask(body, on);
  const hit = await ask(body, on);
  expect(hit.headers.get('x-osiris-cache')).toBe('hit');
  expect(hit.json.usage).toMatchObject({
    prompt_tokens: miss.json.usage.prompt_tokens,
    total_tokens: miss.json.usage.prompt_tokens,
  });
});

test('a Gemini model is not told what it does not know, which is named', async () => {
  answer = () => made([[0, 1]]);
  const { headers } = await ask({ model: 'far', input: 'x', user: 'ana', x_new: 1, dimensions: null });
  expect(body()).toEqual({ requests: [wanted('x')] });
  expect(headers.get('x-osiris-losses')).toStartWith('2');
  expect(headers.get('x-osiris-losses')).toContain('x_new');
  const strict = await ask({ model: 'far', input: 'x', x_new: 1 }, { 'x-osiris-strict': '1' });
  expect(strict.status).toBe(400);
});

test('a Gemini model may make vectors larger than what a function takes', async () => {
  answer = () => made([Array(2_000_000).fill(1)]);
  const { status, json } = await ask({ model: 'far', input: 'x', encoding_format: 'base64' });
  expect(status).toBe(200);
  const bytes = Buffer.from(json.data[0].embedding, 'base64');
  expect(bytes.length).toBe(4 * 2_000_000);
  expect(bytes.readFloatLE(0)).toBeCloseTo(1 / Math.sqrt(2_000_000), 9);
});

test('a Gemini model takes no tokens', async () => {
  const { status, json } = await ask({ model: 'far', input: [[1, 2]] });
  expect([status, json.error.code, json.error.param]).toEqual([400, 'unsupported_parameter', 'input']);
  expect(sent).toEqual([]);
});

test('a Gemini model is asked where another deployment makes none', async () => {
  answer = () => made([[0, 1]]);
  const { status, headers } = await ask({ model: 'both', input: 'x' });
  expect([status, headers.get('x-osiris-provider'), sent.length]).toEqual([200, 'far-off', 1]);
});

test.each([
  '{}',
  '{"embeddings":[]}',
  '{"embeddings":[{"values":[1]},{}]}',
  '{"embeddings":[{"values":[]}]}',
  '{"embeddings":[{"values":["NaN",1]}]}',
  '{"error":{"code":500,"message":"no"}}',
])('a Gemini model that answers %s has failed', async (wrong) => {
  answer = () => new Response(wrong, { headers: { 'content-type': 'application/json' } });
  expect((await ask({ model: 'far', input: 'x' })).status).toBeGreaterThanOrEqual(500);
  expect(rows().at(-1)?.amount_nano).toBe(0n);
});
