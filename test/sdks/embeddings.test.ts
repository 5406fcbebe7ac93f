// Embeddings as the libraries ask for them, over providers that write numbers and providers that write base64.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createOpenAI } from '@ai-sdk/openai';
import { OpenAIEmbeddings } from '@langchain/openai';
import { embed, embedMany } from 'ai';
import OpenAI from 'openai';
import { type Gateway, startGateway } from '../support/gateway.ts';

const VECTORS = [
  [0.5, -0.25, 3],
  [1, 0, -2],
];
const packed = (vector: number[]) => Buffer.from(new Float32Array(vector).buffer).toString('base64');

/** `/obeys` writes what is asked for, `/floats` and `/packed` one form whatever that is. */
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const { input, encoding_format } = (await request.json()) as {
      input: string | string[];
      encoding_format?: string;
    };
    const isPacked =
      pathname.startsWith('/packed') || (pathname.startsWith('/obeys') && encoding_format === 'base64');
    const count = Array.isArray(input) ? input.length : 1;
    const data = VECTORS.slice(0, count).map((vector, index) => ({
      ...{ object: 'embedding', index },
      embedding: isPacked ? packed(vector) : vector,
    }));
    return Response.json({ object: 'list', data, model: 'up', usage: { prompt_tokens: 7, total_tokens: 7 } });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: ['obeys', 'floats', 'packed'].map((name) => ({
      ...{ provider: name, format: 'openai-chat', apiKey: 'made-up', model: name, upstreamModel: 'up' },
      baseUrl: `${provider.url.origin}/${name}`,
    })),
    price: { input: 1, output: 1 },
    credit: 1,
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

const here = () => ({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });

describe.each(['obeys', 'floats', 'packed'])('a provider that %s', (model) => {
  test('the OpenAI library, which asks for base64 unless told otherwise', async () => {
    const openai = new OpenAI({ ...here(), maxRetries: 0 });
    const usual = await openai.embeddings.create({ model, input: ['one', 'two'] });
    expect(usual.data.map(({ embedding }) => embedding)).toEqual(VECTORS);
    expect(usual.usage).toMatchObject({ prompt_tokens: 7, total_tokens: 7, cost_usd_total: 0.001 });
    expect(usual.model).toBe(model);
    const floats = await openai.embeddings.create({ model, input: 'one', encoding_format: 'float' });
    expect(floats.data[0]?.embedding).toEqual(VECTORS[0] ?? []);
    const base64 = await openai.embeddings.create({ model, input: 'one', encoding_format: 'base64' });
    expect(base64.data[0]?.embedding as unknown).toBe(packed(VECTORS[0] ?? []));
  });

  test('LangChain', async () => {
    const { baseURL, apiKey } = here();
    const embeddings = new OpenAIEmbeddings({ model, apiKey, configuration: { baseURL }, maxRetries: 0 });
    expect(await embeddings.embedQuery('one')).toEqual(VECTORS[0] ?? []);
    expect(await embeddings.embedDocuments(['one', 'two'])).toEqual(VECTORS);
  });

  test('the AI SDK', async () => {
    const openai = createOpenAI(here());
    const one = await embed({ model: openai.embedding(model), value: 'one', maxRetries: 0 });
    expect(one.embedding).toEqual(VECTORS[0] ?? []);
    expect(one.usage.tokens).toBe(7);
    const many = await embedMany({ model: openai.embedding(model), values: ['one', 'two'], maxRetries: 0 });
    expect(many.embeddings).toEqual(VECTORS);
  });
});

test('the sandbox answers without any provider', async () => {
  const openai = new OpenAI({ ...here(), maxRetries: 0 });
  const { data } = await openai.embeddings.create({ model: 'sandbox/embed', input: 'hello', dimensions: 16 });
  expect(data[0]?.embedding.length).toBe(16);
});
