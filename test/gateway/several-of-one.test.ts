// Several answers from a provider that speaks the client's format but gives one a request: each is asked for by itself.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { type InProcess, openHere } from '../support/in-process.ts';

const ONE = {
  ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
};

let asked: JsonObject[] = [];
const groq = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    asked.push((await request.json()) as JsonObject);
    return Response.json(ONE);
  },
});

let here: InProcess;
beforeAll(async () => {
  here = await openHere({
    sandbox: true,
    sections: {
      providers: { groq: { base_url: `${groq.url.origin}/v1`, api_key: 'made-up' } },
      models: {
        fast: { price: { input: 10, output: 100 }, deployments: [{ provider: 'groq', model: 'm' }] },
      },
    },
  });
});
afterAll(async () => {
  await here.stop();
  await groq.stop(true);
});

async function post(path: string, body: object) {
  const { key } = here.makeKey({}, { creditNano: 10_000_000_000n });
  const response = await fetch(here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return { text: await response.text(), losses: response.headers.get('x-osiris-losses') };
}

const chat = (model: string, more: object) =>
  post('/v1/chat/completions', { model, n: 3, messages: [{ role: 'user', content: 'one two' }], ...more });

describe('the sandbox', () => {
  test('gives as many choices as a Chat client asks for, and counts them all', async () => {
    const several = await chat('sandbox/echo', {});
    expect(several.losses).toBe('1; changed=n');
    const { choices, usage } = JSON.parse(several.text);
    const said = choices.map(({ index, message }: JsonObject) => [index, asObject(message).content]);
    expect(said).toEqual([0, 1, 2].map((index) => [index, 'one two']));
    const one = JSON.parse((await chat('sandbox/echo', { n: 1 })).text).usage;
    expect(usage.completion_tokens).toBe(3 * one.completion_tokens);
  });

  test('streams them side by side', async () => {
    const { text } = await chat('sandbox/echo', { stream: true });
    const finished = text.match(/"index":\d,"delta":\{\},[^}]*"finish_reason":"stop"/g) ?? [];
    expect(finished.map((frame) => frame.slice(0, 9)).sort()).toEqual([
      '"index":0',
      '"index":1',
      '"index":2',
    ]);
    expect(text).toEndWith('data: [DONE]\n\n');
  });

  test('gives as many candidates as a Gemini client asks for', async () => {
    const body = {
      contents: [{ role: 'user', parts: [{ text: 'one' }] }],
      generationConfig: { candidateCount: 2 },
    };
    const { text } = await post('/v1beta/models/sandbox/echo:generateContent', body);
    const { candidates } = JSON.parse(text);
    expect(candidates).toHaveLength(2);
  });
});

test('a vendor that refuses `n` is asked once for each choice, which are paid for together', async () => {
  asked = [];
  const { choices, usage } = JSON.parse((await chat('fast', {})).text);
  expect(choices).toHaveLength(3);
  expect(asked.map(({ n }) => n)).toEqual([undefined, undefined, undefined]);
  expect(usage).toMatchObject({ prompt_tokens: 3000, completion_tokens: 300, cost_usd_total: 0.06 });
});
