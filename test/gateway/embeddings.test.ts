// Embeddings through the front door: what goes out, what comes back, what it costs, who is refused.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';

type Sent = { path: string; text: string; key: string | null };
let sent: Sent[] = [];
/** What the provider answers next. */
let answer: () => Response;
const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    sent.push({ path: pathname, text: await request.text(), key: request.headers.get('authorization') });
    return answer();
  },
});
const FLOATS = '[0.25,-1]';
const BASE64 = 'AACAPgAAgL8=';
const listed = (embedding: string, usage = ',"usage":{"prompt_tokens":1000000,"total_tokens":1000000}') =>
  new Response(
    `{"object":"list","data":[{"object":"embedding","index":0,"embedding":${embedding}}],"model":"up-small"${usage}}`,
    { headers: { 'content-type': 'application/json' } },
  );
const refused = (status: number, message: string) => Response.json({ error: { message } }, { status });

let gateway: Gateway;
beforeAll(async () => {
  const base_url = `${provider.url.origin}/v1`;
  gateway = await startGateway({
    upstreams: [],
    credit: 10,
    sections: {
      providers: {
        chat: { base_url, format: 'openai-chat', api_key: 'made-up' },
        spare: { base_url: `${provider.url.origin}/spare`, format: 'openai-chat', auth: 'none' },
        claude: { base_url, format: 'anthropic-messages', auth: 'none' },
      },
      models: {
        small: {
          price: { input: 0.02, output: 0 },
          capabilities: { embeddings: true },
          deployments: [{ provider: 'chat', model: 'up-small' }],
        },
        twice: {
          price: { input: 0.02, output: 0 },
          deployments: [
            { provider: 'chat', model: 'up-small' },
            { provider: 'spare', model: 'up-small' },
          ],
        },
        talker: { price: { input: 1, output: 1 }, deployments: [{ provider: 'claude', model: 'm' }] },
      },
      routing: { retries: 0, fallbacks: { small: ['twice'] } },
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
  answer = () => listed(FLOATS);
});

async function ask(body: string | object, path = '/v1/embeddings', headers: Record<string, string> = {}) {
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

/** The entries, oldest first. */
const rows = () =>
  rowsIn<Record<string, unknown>>(join(gateway.directory, 'state'), 'SELECT * FROM entries ORDER BY id');

const COSTS =
  ',"cost_usd_total":0.02,"cost_usd_request":0.02,"cost_usd_input":0.02,"cost_usd_cached_input":0,"cost_usd_output":0';

describe('what is asked for', () => {
  test.each(['/v1/embeddings', '/embeddings', '/v1/v1/embeddings'])(
    '%s goes out as it came, but for the model',
    async (path) => {
      const { status, headers, text } = await ask(
        '{ "input":["h\\u00e9", "b"] ,"model":"small","x_new":1.0}',
        path,
      );
      expect(status).toBe(200);
      expect(sent).toEqual([
        {
          path: '/v1/embeddings',
          text: '{ "input":["h\\u00e9", "b"] ,"model":"up-small","x_new":1.0}',
          key: 'Bearer made-up',
        },
      ]);
      expect(text).toBe(
        `{"object":"list","data":[{"object":"embedding","index":0,"embedding":${FLOATS}}],"model":"small","usage":{"prompt_tokens":1000000,"total_tokens":1000000${COSTS}}}`,
      );
      expect(headers.get('x-osiris-cost-usd')).toBe('0.02');
      expect([headers.get('x-osiris-provider'), headers.get('x-osiris-losses')]).toEqual(['chat', null]);
    },
  );

  test.each([
    ['base64', FLOATS, BASE64],
    ['base64', `"${BASE64}"`, BASE64],
    ['float', `"${BASE64}"`, [0.25, -1]],
    [undefined, `"${BASE64}"`, [0.25, -1]],
  ])('comes as %p whatever the provider writes (%s)', async (encoding_format, written, expected) => {
    answer = () => listed(written);
    const { json } = await ask({ model: 'small', input: 'x', encoding_format });
    expect(json.data[0].embedding).toEqual(expected);
    expect(json.usage.cost_usd_total).toBe(0.02);
  });

  test('comes in the other form with all that stands around it as it was', async () => {
    const more = '"n":9007199254740993,"x":1.0';
    answer = () =>
      new Response(
        `{ "data":[{"object":"embedding",${more},"embedding":${FLOATS}}],"model":"up-small","usage":{"prompt_tokens":1000000,${more}}}`,
        { headers: { 'content-type': 'application/json' } },
      );
    const { text } = await ask({ model: 'small', input: 'x', encoding_format: 'base64' });
    expect(text).toBe(
      `{ "data":[{"object":"embedding",${more},"embedding":"${BASE64}"}],"model":"small","usage":{"prompt_tokens":1000000,${more}${COSTS}}}`,
    );
  });

  test('tokens in place of texts pass', async () => {
    await ask({ model: 'small', input: [[1, 2], [3]], dimensions: 2 });
    expect(JSON.parse(sent[0]?.text ?? '')).toEqual({
      model: 'up-small',
      input: [[1, 2], [3]],
      dimensions: 2,
    });
  });
});

describe('the charge', () => {
  test('stands in the ledger with its tokens', async () => {
    await ask({ model: 'small', input: 'x' });
    const entries = rows();
    expect(entries.at(-1)).toMatchObject({
      model: 'small',
      rule: 'finished',
      input_uncached: 1_000_000n,
      output: 0n,
      amount_nano: 20_000_000n,
      usage_source: 'reported',
    });
  });

  test('is of the total where that alone is told', async () => {
    answer = () => listed(FLOATS, ',"usage":{"total_tokens":3000000}');
    const { headers, json } = await ask({ model: 'small', input: 'x' });
    expect([headers.get('x-osiris-cost-usd'), json.usage.cost_usd_total]).toEqual(['0.06', 0.06]);
    const counted = { input_uncached: 3_000_000n, output: 0n, usage_source: 'reported' };
    expect(rows().at(-1)).toMatchObject({ ...counted, amount_nano: 60_000_000n });
  });

  test('is an estimate where the provider counts nothing, and marked', async () => {
    answer = () => listed(FLOATS, '');
    const { status, headers } = await ask({ model: 'small', input: 'word '.repeat(2000) });
    expect([status, headers.get('x-osiris-cost-usd')]).toEqual([200, '0.001']);
    const row = rows().at(-1);
    expect(row).toMatchObject({ rule: 'finished', output: 0n, usage_source: 'estimated' });
    expect(Number(row?.input_uncached)).toBeGreaterThan(1_000);
  });

  test('is not less for a text without spaces whose numbers are wanted as base64', async () => {
    answer = () => listed(FLOATS, '');
    await ask({ model: 'small', input: '\\u4e2d'.repeat(10_000), encoding_format: 'base64' });
    expect(Number(rows().at(-1)?.input_uncached)).toBeGreaterThan(10_000);
  });

  test('is none for an answer without embeddings', async () => {
    for (const wrong of ['{"object":"list","data":[]}', '{}', '<html>', '{"error":{"message":"no"}}']) {
      answer = () => new Response(wrong, { headers: { 'content-type': 'application/json' } });
      const { status, headers } = await ask({ model: 'small', input: 'x' });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(headers.get('x-osiris-cost-usd')).toBeNull();
      expect(rows().at(-1)?.amount_nano).toBe(0n);
    }
  });
});

test('another deployment is asked when one fails', async () => {
  answer = () => (sent.length === 1 ? refused(500, 'down') : listed(FLOATS));
  const { status, headers } = await ask({ model: 'twice', input: 'x' });
  expect([status, headers.get('x-osiris-attempts')]).toEqual([200, '2']);
  expect(sent.map(({ path }) => path).toSorted()).toEqual(['/spare/embeddings', '/v1/embeddings']);
});

test.each([404, 403])(
  'another deployment is asked where one does not have the model (%d)',
  async (status) => {
    answer = () =>
      sent.length === 1 ? refused(status, 'You may not make embeddings with it') : listed(FLOATS);
    const { status: answered, headers } = await ask({ model: 'twice', input: 'x' });
    expect([answered, headers.get('x-osiris-attempts'), sent.length]).toEqual([200, '2', 2]);
  },
);

test('no other model is asked, though one stands in for answers', async () => {
  answer = () => refused(500, 'down');
  const { status, headers } = await ask({ model: 'small', input: 'x' });
  expect([status, headers.get('x-osiris-attempts')]).toEqual([502, '1']);
  expect(sent.length).toBe(1);
});

test('the same question is answered from the cache, in either form', async () => {
  const on = { 'x-osiris-cache': 'on' };
  const body = { model: 'small', input: 'again', encoding_format: 'base64' };
  const miss = await ask(body, undefined, on);
  const hit = await ask({ ...body, user: 'somebody else' }, undefined, on);
  expect([miss, hit].map(({ headers }) => headers.get('x-osiris-cache'))).toEqual(['miss', 'hit']);
  expect(sent.length).toBe(1);
  expect(hit.json).toMatchObject({ object: 'list', model: 'small', data: [{ index: 0, embedding: BASE64 }] });
  expect(hit.json.usage).toMatchObject({ prompt_tokens: 1_000_000, cost_usd_total: 0 });
  for (const other of [{ input: 'again!' }, { dimensions: 2 }, { encoding_format: 'float' }])
    expect((await ask({ ...body, ...other }, undefined, on)).headers.get('x-osiris-cache')).toBe('miss');
});

describe('refused with words that help', () => {
  test.each([
    [{ model: 'small' }, 'missing_field', 'input'],
    [{ model: 'small', input: [] }, 'invalid_value', 'input'],
    [{ model: 'small', input: '' }, 'invalid_value', 'input'],
    [{ model: 'small', input: [1.5] }, 'invalid_value', 'input[0]'],
    [{ model: 'small', input: 'x', encoding_format: 'hex' }, 'invalid_value', 'encoding_format'],
    [{ model: 'small', input: 'x', dimensions: 0 }, 'invalid_value', 'dimensions'],
    [{ model: 'small', input: 'x', stream: true }, 'invalid_value', 'stream'],
    [{ model: 'nobody', input: 'x' }, 'model_not_found', 'model'],
  ])('%j', async (body, code, param) => {
    const { status, json } = await ask(body);
    expect([status, json.error.code, json.error.param]).toEqual([400, code, param]);
    expect(sent).toEqual([]);
  });

  test('a chat body says where it belongs', async () => {
    const { json } = await ask({ model: 'small', messages: [] });
    expect(json.error.message).toContain('/v1/chat/completions');
  });

  test('a model whose providers speak other formats only', async () => {
    const { status, json } = await ask({ model: 'talker', input: 'x' });
    expect([status, json.error.code, json.error.param]).toEqual([400, 'unsupported_parameter', 'model']);
    expect(sent).toEqual([]);
  });

  test.each(['/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1/messages/count_tokens'])(
    'a model that makes embeddings, asked for an answer at %s',
    async (path) => {
      const body = { model: 'small', max_tokens: 9, input: 'x', messages: [{ role: 'user', content: 'x' }] };
      const { status, text } = await ask(body, path);
      expect(status).toBe(400);
      expect(text).toContain('/v1/embeddings');
      expect(sent).toEqual([]);
    },
  );

  test.each([
    [404, 'Not Found'],
    [403, 'You are not allowed to generate embeddings from this model'],
  ])('a model that makes none at its provider (%d), whose credential stays good', async (status, message) => {
    answer = () => refused(status, message);
    const { json } = await ask({ model: 'small', input: 'x' });
    expect([json.error.code, json.error.param]).toEqual(['unsupported_parameter', 'model']);
    answer = () => listed(FLOATS);
    expect((await ask({ model: 'small', input: 'x' })).status).toBe(200);
  });

  test('a credential that is refused is no matter of the model', async () => {
    answer = () => refused(401, 'wrong key');
    expect((await ask({ model: 'twice', input: 'x' })).json.error.code).toBe('upstream_auth');
  });
});

test('the list of models tells which make embeddings', async () => {
  const response = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': gateway.key } });
  const { data } = (await response.json()) as {
    data: { id: string; capabilities: { embeddings: boolean } }[];
  };
  const makers = data.filter(({ capabilities }) => capabilities.embeddings).map(({ id }) => id);
  expect(makers).toContain('small');
  expect(makers).toContain('sandbox/embed');
  expect(makers).not.toContain('talker');
});
