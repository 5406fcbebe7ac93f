// What explain says of a request is what happens to it, and saying so changes nothing.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gateway, programArgv, startGateway } from '../support/gateway.ts';
import { osiris } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';

setDefaultTimeout(60_000);
removeScratchAfterEach();

type Json = Record<string, unknown>;
type Sent = { method: string; url: string; headers: Record<string, string>; body: unknown };
type Explained = {
  answered: boolean;
  refusals: { status: number; code: string; message: string }[];
  model: Json | null;
  tokens: Json;
  price: Json;
  candidates: {
    provider: string;
    asked: boolean;
    plan: string | null;
    requests: Sent[];
    losses: { path: string; action: string }[];
    fault: { code: string } | null;
  }[];
  warnings: string[];
};

const SECRETS = WIRE_FORMATS.map((format) => `upstream-secret-of-${format}`);
const HEADER_SECRET = 'tenant-secret-in-a-header';

/** A request in each format, with something in it that not every other one can say. */
const REQUESTS: Record<WireFormat, Json> = {
  'openai-chat': {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ],
    max_tokens: 64,
    logit_bias: { 7: 1 },
  },
  'openai-responses': { input: 'Hello', max_output_tokens: 64, truncation: 'auto' },
  'anthropic-messages': {
    system: 'Be brief.',
    max_tokens: 64,
    top_k: 5,
    messages: [{ role: 'user', content: 'Hello' }],
  },
  'google-generate-content': {
    contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
    generationConfig: { maxOutputTokens: 64, topK: 5 },
  },
};

let provider: Bun.Server<undefined>;
let gateway: Gateway;
const arrived: Sent[] = [];

beforeAll(async () => {
  provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      arrived.push({
        method: request.method,
        url: request.url,
        headers: request.headers.toJSON(),
        body: await request.json(),
      });
      return Response.json({ error: { message: 'not today' } }, { status: 400 });
    },
  });
  gateway = await startGateway({
    upstreams: [
      ...WIRE_FORMATS.map((format, index) => ({
        provider: `up-${format}`,
        format,
        baseUrl: `http://127.0.0.1:${provider.port}/v1`,
        apiKey: SECRETS[index] ?? '',
        model: `model-${format}`,
        upstreamModel: `theirs-${format}`,
        settings: { headers: { 'x-tenant': HEADER_SECRET } },
      })),
      {
        provider: 'pool',
        format: 'openai-chat',
        baseUrl: `http://127.0.0.1:${provider.port}/v1`,
        apiKey: '',
        model: 'model-pool',
        upstreamModel: 'theirs',
        settings: { api_key: undefined, api_keys: ['pool-secret-one', 'pool-secret-two'] },
      },
    ],
    price: { input: 1, output: 10 },
    credit: 10,
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

async function admin(method: string, path: string, body?: Json): Promise<{ status: number; body: Json }> {
  const response = await fetch(`http://osiris/admin/${path}`, {
    unix: join(gateway.directory, 'state', 'osiris.sock'),
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

async function explain(asked: Json): Promise<Explained> {
  const { status, body } = await admin('POST', 'explain', asked);
  expect(body).toMatchObject({ object: 'explanation' });
  expect(status).toBe(200);
  return body as unknown as Explained;
}

function send(format: WireFormat, model: string, body: Json, key = gateway.key): Promise<Response> {
  const paths: Record<WireFormat, string> = {
    'openai-chat': '/v1/chat/completions',
    'openai-responses': '/v1/responses',
    'anthropic-messages': '/v1/messages',
    'google-generate-content': `/v1beta/models/${model}:generateContent`,
  };
  const named = format === 'google-generate-content' ? body : { ...body, model };
  return fetch(gateway.url + paths[format], {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(named),
  });
}

describe('the upstream request of an explanation', () => {
  for (const from of WIRE_FORMATS) {
    for (const to of WIRE_FORMATS) {
      test(`${from} to ${to} is the one that goes out, secrets covered`, async () => {
        const model = `model-${to}`;
        const explained = await explain({ format: from, key: 'harness', model, request: REQUESTS[from] });
        expect(explained).toMatchObject({ answered: true, refusals: [] });
        const [candidate] = explained.candidates;
        expect(candidate?.plan).toBe(from === to ? 'pass' : 'transcode');
        arrived.length = 0;
        const answer = await send(from, model, REQUESTS[from]);
        expect(answer.status).toBe(400);
        const [real] = arrived;
        const [told] = candidate?.requests ?? [];
        expect(told?.method).toBe('POST');
        expect(told?.url).toBe(real?.url ?? '');
        expect(told?.body).toEqual(real?.body);
        for (const [name, value] of Object.entries(told?.headers ?? {})) {
          if (value.includes('[redacted]')) expect(real?.headers[name]).toMatch(/secret/);
          else expect(real?.headers[name]).toBe(value);
        }
        expect(told?.headers['x-tenant']).toBe('[redacted]');
        const text = JSON.stringify(explained);
        for (const secret of [...SECRETS, HEADER_SECRET, gateway.key]) expect(text).not.toContain(secret);
      });
    }
  }

  test('names what is lost on the way, and a strict request is refused for it', async () => {
    const asked = {
      format: 'openai-chat',
      model: 'model-google-generate-content',
      request: REQUESTS['openai-chat'],
    };
    const explained = await explain(asked);
    expect(explained.candidates[0]?.losses).toMatchObject([{ path: 'logit_bias', action: 'dropped' }]);
    const strict = await explain({ ...asked, headers: { 'x-osiris-strict': '1' } });
    expect(strict.answered).toBe(false);
    expect(strict.candidates[0]).toMatchObject({ asked: false, fault: { code: 'unsupported_parameter' } });
    expect(strict.refusals).toMatchObject([{ status: 400, code: 'unsupported_parameter' }]);
  });
});

describe('an explanation', () => {
  test('calls nobody, takes nothing, notes nothing', async () => {
    const { body: made } = await admin('POST', 'keys', {
      name: 'still',
      credit_usd: '1.00',
    });
    const states = async () => ({
      key: await (
        await fetch(`${gateway.url}/v1/key`, { headers: { 'x-api-key': String(made.key) } })
      ).json(),
      logs: (await admin('GET', 'logs')).body.data,
      ledger: (await admin('GET', 'ledger')).body.data,
    });
    arrived.length = 0;
    const before = await states();
    for (let each = 0; each < 60; each++) {
      const told = await explain({
        key: String(made.id),
        model: 'model-openai-chat',
        prompt: `question ${each}`,
      });
      expect(told.answered).toBe(true);
    }
    expect(await states()).toEqual(before);
    expect(arrived).toEqual([]);
  });

  test('leaves the turns of a pool of credentials as they are', async () => {
    arrived.length = 0;
    for (let each = 0; each < 2; each++) {
      await send('openai-chat', 'model-pool', REQUESTS['openai-chat']);
      const told = await explain({ model: 'model-pool', prompt: 'x', format: 'chat' });
      expect(JSON.stringify(told)).not.toContain('pool-secret');
    }
    expect(arrived.map(({ headers }) => headers.authorization).sort()).toEqual([
      'Bearer pool-secret-one',
      'Bearer pool-secret-two',
    ]);
  });

  test('says how the name was found, the tokens and the range of the price', async () => {
    const told = await explain({
      model: 'up-openai-chat/model-openai-chat',
      prompt: 'Hello there',
      format: 'chat',
    });
    expect(told.model).toMatchObject({ id: 'model-openai-chat', found_by: 'provider/model' });
    expect(told.tokens).toMatchObject({ input_estimate: 6, output_cap: 8192, output_cap_from: 'default' });
    // 6 tokens at 1 USD a million, 8,192 at 10; the minimum is 0.001
    expect(told.price).toMatchObject({ from_usd: '0.001', expected_usd: '0.020006', up_to_usd: '0.081926' });
    const capped = await explain({ model: 'model-openai-chat', request: { ...REQUESTS['openai-chat'] } });
    expect(capped.tokens).toMatchObject({ output_cap: 64, output_cap_from: 'request' });
    const free = await explain({ model: 'sandbox/echo', prompt: 'x' });
    expect(free.price).toEqual({ free: true });
    expect(JSON.stringify(free)).toContain('"url":"/chat/completions (inside the process)"');
  });

  test('names everything that would refuse the key, in the order a client meets it', async () => {
    const { body: key } = await admin('POST', 'keys', {
      name: 'poor',
      models: ['sandbox/*'],
      requests_per_minute: 1,
      usd_per_minute: '0.01',
      max_body: '1KB',
      budget: '0.0005/day',
    });
    const secret = String(key.key);
    expect((await send('openai-chat', 'sandbox/echo', REQUESTS['openai-chat'], secret)).status).toBe(200);
    const long = { messages: [{ role: 'user', content: 'long '.repeat(400) }] };
    const told = await explain({ key: 'poor', model: 'model-openai-chat', request: long });
    expect(told.answered).toBe(false);
    expect(told.refusals.map(({ status, code }) => [status, code])).toEqual([
      [413, 'request_too_large'],
      [403, 'model_not_allowed'],
      [429, 'rate_limit_exceeded'],
      [402, 'insufficient_quota'],
      [402, 'insufficient_quota'],
    ]);
    expect(told.refusals.map(({ message }) => message).join()).toMatch(/balance is \$0\.00.*daily budget/);
    const met = await send('openai-chat', 'model-openai-chat', long, secret);
    expect(met.status).toBe(413);
    await admin('POST', `keys/${key.id}/revoke`);
    expect(
      (await explain({ key: String(key.id), model: 'model-openai-chat', prompt: 'x' })).refusals[0],
    ).toMatchObject({
      status: 401,
      code: 'revoked_api_key',
    });
  });

  test('tells what is wrong with a request in the words its client would read', async () => {
    const unknown = await explain({ model: 'model-openai-chad', prompt: 'x' });
    expect(unknown.refusals).toMatchObject([{ status: 400, code: 'model_not_found' }]);
    expect(unknown.refusals[0]?.message).toContain('`model-openai-chat`');
    const bad = await explain({ request: '{"model": "sandbox/echo", "messages": 7}' });
    expect(bad.refusals).toMatchObject([{ status: 400, code: 'invalid_value' }]);
    expect((await explain({ request: '{"model": ' })).refusals).toMatchObject([{ code: 'invalid_json' }]);
    for (const question of [{}, { format: 'soap', prompt: 'x' }, { prompt: 'x', headers: { 'a b': 'c' } }])
      expect((await admin('POST', 'explain', question)).status).toBe(400);
    expect((await admin('POST', 'explain', { key: 'nobody', prompt: 'x', model: 'm' })).status).toBe(404);
    expect((await fetch(`${gateway.url}/admin/explain`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test('guesses the format by members that only one of them has', async () => {
    for (const format of WIRE_FORMATS) {
      const request = { ...REQUESTS[format], model: `model-${format}` };
      expect(await explain({ request })).toMatchObject({ format, format_guessed: true, answered: true });
    }
  });
});

test.each(['embeddings', '/v1/embeddings'])('a request for embeddings is explained as %s', async (format) => {
  const ask = (model: string) => explain({ format, request: { model, input: ['one', 'two'] } });
  const chat = await ask('model-openai-chat');
  expect(chat).toMatchObject({ answered: true, tokens: { output_cap: 0, output_cap_from: 'kind' } });
  expect(chat.candidates[0]).toMatchObject({
    plan: 'pass',
    requests: [{ url: `${provider.url}v1/embeddings`, body: { model: 'theirs-openai-chat' } }],
  });
  const google = await ask('model-google-generate-content');
  // nothing of them is left for another request
  expect(google.candidates[0]).toMatchObject({
    plan: 'transcode',
    requests: [{ url: expect.stringContaining(':batchEmbedContents') }],
    further_requests: 0,
  });
  const claude = await ask('model-anthropic-messages');
  expect(claude).toMatchObject({ answered: false, refusals: [{ code: 'unsupported_parameter' }] });
  const { stdout } = await gateway.command([
    ...['explain', '--format', format, '--model', 'model-openai-chat', '--prompt', 'x'],
  ]);
  expect(stdout).toContain('up to 0 out (there are no words in it)');
});

describe('osiris explain', () => {
  test('reads a file, stdin or a prompt, and shows short sections', async () => {
    const file = join(gateway.directory, 'request.json');
    writeFileSync(file, JSON.stringify({ ...REQUESTS['openai-chat'], model: 'model-anthropic-messages' }));
    const { code, stdout } = await gateway.command(['explain', file, '--key', 'harness']);
    expect(code).toBe(0);
    expect(stdout).toStartWith('This request from key key_');
    expect(stdout).toContain('would be sent to up-anthropic-messages.');
    for (const words of [
      'Model\n',
      'Price\n',
      'Where it goes\n',
      'POST http://127.0.0.1:',
      'logit_bias (dropped',
    ])
      expect(stdout).toContain(words);
    expect(stdout).not.toContain('upstream-secret');
    const refused = await gateway.command(['explain', '--model', 'nothing-like-it', '--prompt', 'x']);
    expect(refused.stdout).toContain('would be refused:\n  400 model_not_found');
    expect((await gateway.command(['explain', '--prompt', 'x'])).code).toBe(2);
    expect((await gateway.command(['explain'])).code).toBe(2);
  });

  test('works before there is any database, and makes none', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'osiris.yaml'), 'providers: { anthropic: { api_key: ant-hidden-secret } }\n');
    const program = await programArgv();
    const ask = (...words: string[]) => osiris(['explain', ...words], { cwd, program });
    const told = await ask('--model', 'claude-opus-4.6', '--prompt', 'Hello', '--json');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(told.stdout)).toMatchObject({
      answered: true,
      candidates: [{ provider: 'anthropic', plan: 'transcode' }],
    });
    expect(told.stdout).not.toContain('ant-hidden-secret');
    expect((await ask('--model', 'sandbox/echo', '--prompt', 'x', '--key', 'k')).code).toBe(1);
    expect(readdirSync(cwd)).toEqual(['osiris.yaml']);
  });
});
