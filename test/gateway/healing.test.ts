// The plugin `response-healing`: broken JSON is mended and said to be, everything else keeps its bytes.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway, upstreamOf } from '../support/gateway.ts';
import { openHere } from '../support/in-process.ts';
import { rowsIn } from '../support/ledger.ts';
import { rawUpstream, SSE_HEAD } from '../support/raw-upstream.ts';
import { WIRE_FORMATS } from '../support/script.ts';
import { startUpstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const USAGE = { input: 1000, cached: 0, output: 1000, reasoning: 0 };
const BROKEN = 'Here you are:\n```json\n{"city": "Köln", "rainy": True, "days": [1, 2,';
const MENDED = { city: 'Köln', rainy: true, days: [1, 2] };
const WHOLE = ' {"city":   "Köln", "days": [1,2]}\n';

const upstream = startUpstream();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: WIRE_FORMATS.map((format) => upstreamOf(format, baseUrlOf(upstream.origin, format))),
    price: { input: 1, output: 4 },
    credit: 100,
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

const PLUGINS = [{ id: 'response-healing' }];

function ask(members: JsonObject, { url, key }: Pick<Gateway, 'url' | 'key'> = gateway): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({
      messages: [{ role: 'user', content: 'Weather as JSON, please.' }],
      response_format: { type: 'json_object' },
      ...members,
    }),
  });
}

const withoutIds = (text: string) =>
  text.replace(/chatcmpl-\w+/g, 'chatcmpl-x').replace(/"created":\d+/g, '"created":0');

const lastCharge = () =>
  rowsIn<{ amount_nano: bigint }>(
    `${gateway.directory}/state`,
    "SELECT * FROM entries WHERE kind = 'charge' ORDER BY id DESC",
  )[0];

describe.each(WIRE_FORMATS)('on a provider of %s', (format) => {
  const model = `model-${format}`;

  test('broken JSON in a whole answer is mended, named in the losses and marked', async () => {
    upstream.play([{ text: BROKEN, usage: USAGE }]);
    const response = await ask({ model, plugins: PLUGINS });
    const body = (await response.json()) as JsonObject;
    const message = asObject(asObject(asArray(body.choices)[0]).message);
    expect(JSON.parse(String(message.content))).toEqual(MENDED);
    expect(body.plugins).toEqual([{ id: 'response-healing', healed: true }]);
    expect(response.headers.get('x-osiris-losses')).toMatch(/changed=\S*choices\[0\]\.message\.content/);
    expect(upstream.breaches()).toEqual([]);
    expect(upstream.turnsTaken()[0]?.body).not.toHaveProperty('plugins');
    expect(asObject(body.usage).cost_usd_total).toBe(0.005);
    expect(lastCharge()?.amount_nano).toBe(5_000_000n);
  });

  test('broken JSON in a stream comes once, whole and mended', async () => {
    upstream.play([{ text: BROKEN, usage: USAGE }]);
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const stream = client.chat.completions.stream({
      ...{ model, messages: [{ role: 'user', content: 'Weather as JSON, please.' }] },
      ...{ response_format: { type: 'json_object' }, plugins: ['response-healing'] },
    });
    const pieces: string[] = [];
    for await (const chunk of stream) {
      const content = chunk.choices[0]?.delta.content;
      if (content) pieces.push(content);
    }
    expect(pieces).toHaveLength(1);
    expect(JSON.parse(pieces[0] ?? '')).toEqual(MENDED);
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('stop');
    expect(lastCharge()?.amount_nano).toBe(5_000_000n);
  });

  test.each([false, true])('whole JSON keeps its bytes (stream: %p)', async (stream) => {
    upstream.play([{ text: WHOLE, usage: USAGE }]);
    const plain = await ask({ model, stream });
    const expected = withoutIds(await plain.text());
    upstream.play([{ text: WHOLE, usage: USAGE }]);
    const response = await ask({ model, stream, plugins: PLUGINS });
    expect(withoutIds(await response.text())).toBe(expected);
    expect(response.headers.get('x-osiris-losses')).toBe(plain.headers.get('x-osiris-losses'));
  });

  test.each([false, true])('without a wish for JSON nothing is touched (stream: %p)', async (stream) => {
    upstream.play([{ text: BROKEN, usage: USAGE }]);
    const expected = withoutIds(
      await (await ask({ model, stream, response_format: { type: 'text' } })).text(),
    );
    upstream.play([{ text: BROKEN, usage: USAGE }]);
    const response = await ask({ model, stream, plugins: PLUGINS, response_format: { type: 'text' } });
    expect(withoutIds(await response.text())).toBe(expected);
  });

  test('a stream that breaks off before anything was shown is an honest error', async () => {
    upstream.play([
      { text: BROKEN, usage: USAGE, failAfterFrames: { frames: 6, type: 'server_error', message: 'x' } },
    ]);
    const response = await ask({ model, stream: true, plugins: PLUGINS });
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(await response.text()).not.toContain('healed');
  });
});

test('a stream whose content is held is kept alive with comments', async () => {
  upstream.play([{ text: BROKEN, usage: USAGE, silentAfterFrames: 4 }]);
  const response = await ask({ model: 'model-openai-chat', stream: true, plugins: PLUGINS });
  expect(response.status).toBe(200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let seen = '';
  while (!seen.includes(': keep-alive')) {
    const { value, done } = await reader.read();
    if (done) break;
    seen += new TextDecoder().decode(value);
  }
  await reader.cancel();
  expect(seen).toContain(': keep-alive');
  expect(seen).not.toContain('Here');
}, 60_000);

test('a provider that keeps its connection open behind an answer it never counts is not waited for', async () => {
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const pieces = [
    SSE_HEAD,
    chunk({ role: 'assistant', content: BROKEN }, null),
    chunk({}, 'stop'),
    'data: [DONE]\n\n',
  ];
  const silent = await rawUpstream([{ pieces, after: 'keep' }]);
  const up = { base_url: silent.baseUrl, format: 'openai-chat', auth: 'none' };
  const m = { price: { input: 0, output: 0 }, deployments: [{ provider: 'up', model: 'm' }] };
  const here = await openHere({ sections: { providers: { up }, models: { m } } });
  try {
    const text = await (await ask({ model: 'm', stream: true, plugins: PLUGINS }, here)).text();
    expect(text).toContain('Köln');
    expect(text).toEndWith('data: [DONE]\n\n');
  } finally {
    await here.stop();
    silent.stop();
  }
}, 30_000);

test('an answer that passes through without the plugin keeps its broken JSON', async () => {
  upstream.play([{ text: BROKEN, usage: USAGE }]);
  const body = (await (await ask({ model: 'model-openai-chat' })).json()) as JsonObject;
  expect(asObject(asObject(asArray(body.choices)[0]).message).content).toBe(BROKEN);
});

test.each([[['web']], [[{ id: 'web' }]], [['response-healing', { id: 'file-parser' }]]])(
  'an unknown plugin is refused with those that exist: %j',
  async (plugins) => {
    const response = await ask({ model: 'model-openai-chat', plugins });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string; param: string } };
    expect(error.message).toContain('{"id": "response-healing"}');
    expect(error.message).not.toMatch(/web|file-parser/);
    expect(error.param).toMatch(/^plugins\[\d\]$/);
  },
);

test('a plugin that is switched off does nothing', async () => {
  upstream.play([{ text: BROKEN, usage: USAGE }]);
  const plugins = [{ id: 'response-healing', enabled: false }];
  const body = (await (await ask({ model: 'model-openai-chat', plugins })).json()) as JsonObject;
  expect(asObject(asObject(asArray(body.choices)[0]).message).content).toBe(BROKEN);
  expect(upstream.turnsTaken()[0]?.body).not.toHaveProperty('plugins');
});
