// `models` of Chat clients in the running program: who may answer in place of the model, by which name, at which price.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { JsonObject } from '../../src/lib/json.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { makeKey } from '../support/asking.ts';
import { billed, lastCharge, send } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { chargeAfter } from '../support/ledger.ts';
import { BIG, modelAt, OF_BIG, OF_SMALL, SMALL, startProvider } from '../support/substitutes.ts';

const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

/** By its name at the provider; undefined: who was asked. */
let answers: string | undefined;
beforeEach(() => {
  asked.length = 0;
  answers = undefined;
});

function bodyOf(model: string): JsonObject {
  const message = { role: 'assistant', content: 'Done.' };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { id: 'gen-1', object: 'chat.completion', created: 1, model, choices, usage: USAGE };
}

function framesOf(model: string): string[] {
  const head = { id: 'gen-1', object: 'chat.completion.chunk', created: 1, model };
  const choice = (delta: object, finish: string | null) => ({
    ...{ ...head, choices: [{ index: 0, delta, finish_reason: finish }] },
  });
  return [
    choice({ role: 'assistant', content: '' }, null),
    choice({ content: 'Done.' }, null),
    choice({}, 'stop'),
    { ...head, choices: [], usage: USAGE },
  ].map((value) => `data: ${JSON.stringify(value)}\n\n`);
}

const provider = startProvider((body) => {
  const model = answers ?? String(body.model);
  if (body.stream !== true) return Response.json(bodyOf(model));
  const hangs = body.model === 'v/up-hangs';
  const frames = hangs ? framesOf(model).slice(0, 2) : [...framesOf(model), 'data: [DONE]\n\n'];
  const stream = new ReadableStream({
    start(controller) {
      for (const each of frames) controller.enqueue(each);
      if (!hangs) controller.close();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
});
const { asked } = provider;

let gateway: Gateway;
let limited: string;
let poor: string;
beforeAll(async () => {
  const model = (price: object, name: string, at = 'openrouter') => modelAt(at, price, name);
  const chat = { base_url: provider.baseUrl, api_key: 'made-up' };
  gateway = await startGateway({
    upstreams: [],
    credit: 1000,
    sections: {
      billing: { hold: 'strict' },
      providers: { openrouter: chat, elsewhere: { ...chat, format: 'openai-chat' } },
      models: {
        small: model(SMALL, 'v/up-small'),
        same: model(SMALL, 'same'),
        hangs: model(SMALL, 'v/up-hangs'),
        big: model(BIG, 'v/up-big-4.6'),
        steady: model(BIG, 'steady'),
        free: model({ input: 0, output: 0 }, 'v/up-free'),
        plain: { ...model(SMALL, 'v/plain'), capabilities: { structured_output: false } },
        apart: model(BIG, 'v/up-apart', 'elsewhere'),
      },
    },
  });
  const flags = ['--name', 'limited', '--credit', '100', '--models', 'small,same,steady'];
  limited = (await makeKey(gateway, ...flags)).key;
  poor = (await makeKey(gateway, '--name', 'poor', '--credit', '0.1')).key;
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

describe.each([false, true])('`models` (streamed: %p)', (stream) => {
  const ask = (model: string, body: object, key?: string) =>
    billed(gateway, 'openai-chat', { model, stream, body, ...(key === undefined ? {} : { key }) });

  test('reach the provider by its own names, and cost nothing as long as the model itself answers', async () => {
    const found = await ask('small', { models: ['big', 'v/up-big-4.6', 'small'], route: 'fallback' });
    const models = ['v/up-big-4.6', 'v/up-big-4.6', 'v/up-small'];
    expect(asked[0]).toMatchObject({ model: 'v/up-small', models, route: 'fallback' });
    expect([found.paid, found.row.losses]).toEqual([OF_SMALL, null]);
    expect(found.text).toContain('"model":"small"');
    expect(found.text).not.toContain('up-');
  });

  test.each(['v/up-big-4.6', 'v/up-big-4.6-20260205', 'v/4.6-big-up-20260205'])(
    'that answer, as %s, cost what they cost and bear the name the client wrote',
    async (name) => {
      answers = name;
      const found = await ask('small', { models: ['big'] });
      expect([found.paid, found.shown?.total, found.row.losses]).toEqual([OF_BIG, OF_BIG, null]);
      expect(found.text).toContain('"model":"big"');
      expect(found.text).not.toContain('up-');
    },
  );

  test('pass as they came where the names are the same', async () => {
    answers = 'steady';
    const found = await ask('same', { models: ['steady'] });
    expect(asked[0]?.models).toEqual(['steady']);
    expect(found.paid).toBe(OF_BIG);
  });

  test('of a free model are not free', async () => {
    answers = 'v/up-big-4.6';
    const found = await ask('free', { models: ['big'] });
    expect([found.paid, found.shown?.total]).toEqual([OF_BIG, OF_BIG]);
  });

  test('that the key may not use, by whatever name, are taken out', async () => {
    const found = await ask('small', { models: ['big', 'steady'] }, limited);
    expect(asked[0]?.models).toEqual(['steady']);
    expect(found.row.losses).toBe('1; dropped=models[0]');
    await ask('small', { models: ['v/up-big-4.6'], route: 'fallback' }, limited);
    expect(asked[1]).not.toContainAnyKeys(['models', 'route']);
    expect(lastCharge(gateway).losses).toBe('2; dropped=models[0],route');
  });

  test('that are not sold here, not by this provider, or no names are taken out', async () => {
    const found = await ask('small', { models: ['v/nobody', 'apart', 'big:nitro', { model: 'v/x' }] });
    expect(asked[0]).not.toContainKey('models');
    expect(found.row.losses).toBe('4; dropped=models[0],models[1],models[2],models[3]');
    await ask('small', { models: 'v/up-big-4.6' });
    expect(asked[1]).not.toContainKey('models');
  });

  test('are refused under strict where one would be taken out', async () => {
    const response = await send(gateway, 'openai-chat', {
      ...{ model: 'small', stream, body: { models: ['apart'] } },
      headers: { 'x-osiris-strict': '1' },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('models[0]');
    expect(asked).toEqual([]);
  });

  test('that nobody knows cost what the model costs, which the ledger and the log say', async () => {
    answers = 'v/nobody';
    const found = await ask('small', { models: ['big'] });
    expect([found.paid, found.row.losses]).toEqual([OF_SMALL, '1; changed=answer.model']);
    expect(gateway.logs()).toContain('a model that has no price here answered');
  });

  test('are put money aside for as if the dearest answered, and only once', async () => {
    const body = { max_tokens: 100 };
    // 100 tokens of output: 5 cents of the big one, 11 of both of them and the small one
    const models = ['big', 'steady'];
    expect((await ask('small', { ...body, models }, poor)).status).toBe(200);
    expect((await ask('small', { max_tokens: 200, models }, poor)).status).toBe(402);
    expect((await ask('small', { max_tokens: 200 }, poor)).status).toBe(200);
  });

  test('stay out of what else would choose: `route` alone, presets and tools that ask others', async () => {
    const tools = [
      { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
      { type: 'openrouter:advisor', parameters: { model: 'v/dear' } },
      { type: 'openrouter:web_search', parameters: { engine: 'native' } },
    ];
    const found = await ask('small', { route: 'fallback', preset: 'p', tools });
    expect(asked[0]).not.toContainAnyKeys(['route', 'preset']);
    expect(asked[0]).toMatchObject({ tools: [tools[0], tools[2]] });
    expect(found.row.losses).toBe('3; dropped=route,tools[1],preset');
  });
});

test('requests that are written anew for the same format let nobody else answer either', async () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const body = {
    models: ['big'],
    tools: [{ type: 'openrouter:advisor', parameters: { model: 'v/dear' } }],
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
  };
  const found = await billed(gateway, 'openai-chat', { model: 'plain', stream: false, body });
  expect(asked[0]?.response_format).toEqual({ type: 'json_object' });
  expect(asked[0]).not.toContainAnyKeys(['models', 'tools']);
  expect(found.row.losses).toContain('dropped=');
  expect(found.row.losses).toContain('models');
  expect(found.row.losses).toContain('tools[0]');
});

test('a stream that its client leaves costs the price of who had answered', async () => {
  answers = 'v/up-big-4.6';
  const before = BigInt(String(lastCharge(gateway).id));
  const leaving = new AbortController();
  const { signal } = leaving;
  const body = { models: ['big'] };
  const response = await send(gateway, 'openai-chat', { model: 'hangs', stream: true, body, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
  for (let text = ''; !text.includes('Done.'); ) text += String((await reader?.read())?.value);
  leaving.abort();
  const {
    rule,
    cost_nano,
    input_uncached: input,
    output,
  } = await chargeAfter(join(gateway.directory, 'state'), before);
  expect(rule).toBe('client-left');
  expect(String(cost_nano)).toBe(String(BigInt(String(input)) * 50_000n + BigInt(String(output)) * 500_000n));
});

test.each(['anthropic-messages', 'openai-responses'] as const)(
  'clients of %s do not get past it',
  async (client) => {
    const found = await billed(gateway, client, { model: 'small', stream: false, body: { models: ['v/x'] } });
    expect(found.status).toBe(200);
    expect(asked[0]).not.toContainKey('models');
    expect(String(found.row.losses)).toContain('dropped=models');
  },
);

test('every charge can be computed again from the ledger alone', () => {
  const { violations, checks } = verifyLedger(join(gateway.directory, 'state'), {
    minimumChargeNano: 1_000_000n,
  });
  expect(violations).toEqual([]);
  expect(checks.costs.checked).toBeGreaterThanOrEqual(20);
});
