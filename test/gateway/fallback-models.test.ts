// `fallbacks` of Messages clients in the running program: who may take over, by which name, at which price.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { JsonObject } from '../../src/lib/json.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { makeKey } from '../support/asking.ts';
import { billed, lastCharge, send } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { chargeAfter } from '../support/ledger.ts';
import { BIG, modelAt, OF_BIG, OF_SMALL, SMALL, startProvider } from '../support/substitutes.ts';

const FASTER = { ...BIG, tiers: { fast: { input: 100, output: 1000 } } };

/** By its name at the provider; undefined: who was asked. */
let answers: string | undefined;
/** Output tokens of the model that was asked before it declined. */
let declinedAfter = 0;
/** Another model was asked for advice, by its name at the provider. */
let adviser: string | undefined;
beforeEach(() => {
  adviser = undefined;
  calls = false;
  asked.length = 0;
  answers = undefined;
  declinedAfter = 0;
});

/** A whole answer ends in a call, with numbers that no other program may write anew. */
let calls = false;
const INPUT = '"input":{"id": 12345678901234567890, "share": 1.0}';
const JSON_TYPE = { headers: { 'content-type': 'application/json' } };

const COUNTS = { input_tokens: 1000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

function usageOf(model: string, speed: unknown): JsonObject {
  const counts = { ...COUNTS, output_tokens: 100, speed: speed === 'fast' ? 'fast' : null };
  const advice = { type: 'advisor_message', model: adviser ?? '', ...COUNTS, output_tokens: 100 };
  const others = adviser === undefined ? [] : [advice];
  if (answers === undefined)
    return { ...counts, iterations: [{ type: 'message', model, ...counts }, ...others] };
  const iterations = [
    ...others,
    { type: 'message', model, ...COUNTS, output_tokens: declinedAfter },
    { type: 'fallback_message', model: answers, ...COUNTS, output_tokens: 100 },
  ];
  return { ...counts, iterations };
}

function messageOf({ model, speed }: JsonObject): JsonObject {
  const name = String(model);
  const handOver = {
    ...{ type: 'fallback', from: { model: name }, to: { model: answers ?? '' } },
    trigger: { type: 'refusal', category: null },
  };
  return {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: answers ?? name },
    content: [
      ...(answers === undefined ? [] : [handOver]),
      { type: 'text', text: 'Done.' },
      ...(calls ? [{ type: 'tool_use', id: 'toolu_1', name: 'add', input: {} }] : []),
    ],
    ...{ stop_reason: 'end_turn', stop_sequence: null, usage: usageOf(name, speed) },
  };
}

const frame = (type: string, members: JsonObject) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

function framesOf(body: JsonObject): string[] {
  const { usage = null, content, ...message } = messageOf(body);
  const isSticky = body.model === 'up-sticks';
  const start = {
    ...message,
    model: (isSticky && answers) || (body.model ?? null),
    content: [],
    stop_reason: null,
  };
  const blocks = (content as JsonObject[])
    .filter(({ type }) => !isSticky || type === 'text')
    .flatMap((block, index) => [
      frame('content_block_start', {
        index,
        content_block: block.type === 'text' ? { ...block, text: '' } : block,
      }),
      ...(block.type === 'text'
        ? [frame('content_block_delta', { index, delta: { type: 'text_delta', text: 'Done.' } })]
        : []),
      frame('content_block_stop', { index }),
    ]);
  return [
    frame('message_start', { message: { ...start, usage: { ...COUNTS, output_tokens: 1 } } }),
    ...blocks,
    frame('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
    frame('message_stop', {}),
  ];
}

const provider = startProvider((body) => {
  if (body.stream !== true)
    return new Response(JSON.stringify(messageOf(body)).replace('"input":{}', INPUT), JSON_TYPE);
  const frames = framesOf(body);
  const hangs = body.model === 'up-hangs' || body.model === 'up-sticks';
  const stream = new ReadableStream({
    start(controller) {
      for (const each of hangs ? frames.slice(0, -3) : frames) controller.enqueue(each);
      if (!hangs) controller.close();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
});
const { asked } = provider;

let gateway: Gateway;
let limited: string;
let poor: string;
let barely: { key: string; id: string };
beforeAll(async () => {
  const model = (price: object, name: string, at = 'claude') => modelAt(at, price, name);
  const claude = { format: 'anthropic-messages', base_url: provider.baseUrl, api_key: 'made-up' };
  gateway = await startGateway({
    upstreams: [],
    credit: 1000,
    sections: {
      providers: { claude, elsewhere: claude },
      models: {
        small: model(SMALL, 'up-small'),
        same: model(SMALL, 'same'),
        hangs: model(SMALL, 'up-hangs'),
        sticks: model(SMALL, 'up-sticks'),
        big: model(FASTER, 'up-big'),
        steady: model(BIG, 'steady'),
        free: model({ input: 0, output: 0 }, 'up-free'),
        apart: model(FASTER, 'up-apart', 'elsewhere'),
      },
    },
  });
  barely = await makeKey(gateway, '--name', 'barely', '--credit', '0.08', '--models', 'small');
  ({ key: limited } = await makeKey(
    gateway,
    '--name',
    'limited',
    '--credit',
    '100',
    '--models',
    'small,same,steady',
  ));
  ({ key: poor } = await makeKey(gateway, '--name', 'poor', '--credit', '0.08'));
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

const ENTRIES = [{ model: 'big', max_tokens: 50 }];

describe.each([false, true])('`fallbacks` (streamed: %p)', (stream) => {
  const ask = (model: string, fallbacks: unknown, more: { key?: string; body?: object } = {}) =>
    billed(gateway, 'anthropic-messages', { ...more, model, stream, body: { fallbacks, ...more.body } });

  test('reach the provider by its own names, and cost nothing as long as nobody takes over', async () => {
    const found = await ask('small', ENTRIES);
    expect(asked[0]).toMatchObject({ model: 'up-small', fallbacks: [{ model: 'up-big', max_tokens: 50 }] });
    expect([found.paid, found.row.losses]).toEqual([OF_SMALL, null]);
    expect(found.text).not.toContain('up-');
  });

  test('that take over cost what they cost, and bear the names that the client wrote', async () => {
    answers = 'up-big';
    const found = await ask('small', ENTRIES);
    expect([found.paid, found.shown?.total, found.row.losses]).toEqual([OF_BIG, OF_BIG, null]);
    expect(found.text).not.toContain('up-');
    expect(found.text).toContain('"from":{"model":"small"},"to":{"model":"big"}');
    if (!stream) expect((JSON.parse(found.text) as JsonObject).model).toBe('big');
  });

  test('or none: the turns of an answer bear the name that the client wrote', async () => {
    const found = await ask('small', null);
    expect(found.text).toContain('"iterations":[{"type":"message","model":"small"');
    expect(found.text).not.toContain('up-');
  });

  test.each([[null], [ENTRIES]])('leave the name of who gave advice as it is (%j)', async (fallbacks) => {
    adviser = 'steady';
    const found = await ask('small', fallbacks);
    expect(found.text).toContain('"type":"advisor_message","model":"steady"');
    expect(found.text).not.toContain('up-');
    expect(found.paid).toBe(OF_SMALL + OF_BIG);
  });

  test('pass as they came where the names are the same', async () => {
    answers = 'steady';
    const found = await ask('same', [{ model: 'steady' }]);
    expect(asked[0]?.fallbacks).toEqual([{ model: 'steady' }]);
    expect(found.paid).toBe(OF_BIG);
    expect(found.text).toContain('"to":{"model":"steady"}');
  });

  test('with a date behind the name are the same model', async () => {
    answers = 'up-big-20260615';
    expect((await ask('small', ENTRIES)).paid).toBe(OF_BIG);
  });

  test('are paid beside what the model had said that declined after it', async () => {
    answers = 'up-big';
    declinedAfter = 40;
    // 1,000 × 10 + 40 × 100 USD a million
    expect((await ask('small', ENTRIES)).paid).toBe(OF_BIG + 14_000_000n);
  });

  test('of a free model are not free', async () => {
    answers = 'up-big';
    const found = await ask('free', ENTRIES);
    expect([found.paid, found.shown?.total]).toEqual([OF_BIG, OF_BIG]);
  });

  test('that the key may not use are taken out, by name', async () => {
    const found = await ask('small', [{ model: 'big' }, { model: 'steady' }], { key: limited });
    expect(asked[0]?.fallbacks).toEqual([{ model: 'steady' }]);
    expect(found.row.losses).toBe('1; dropped=fallbacks[0]');
    await ask('small', [{ model: 'up-big' }], { key: limited });
    expect(asked[1]).not.toContainKey('fallbacks');
    await ask('small', 'default', { key: limited });
    expect(asked[2]).not.toContainKey('fallbacks');
    expect(lastCharge(gateway).losses).toBe('1; dropped=fallbacks');
  });

  test('that are not sold here, or not by this provider, are taken out', async () => {
    const found = await ask('small', [{ model: 'nobody-knows' }, { model: 'apart' }]);
    expect(asked[0]).not.toContainKey('fallbacks');
    expect(found.row.losses).toBe('2; dropped=fallbacks[0],fallbacks[1]');
  });

  test('are refused under strict where one would be taken out', async () => {
    const response = await send(gateway, 'anthropic-messages', {
      ...{ model: 'small', stream, body: { fallbacks: [{ model: 'apart' }] } },
      headers: { 'x-osiris-strict': '1' },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('fallbacks[0]');
    expect(asked).toEqual([]);
  });

  test('that the provider chooses are priced where they are known, and told of where not', async () => {
    answers = 'up-big';
    const known = await ask('small', 'default');
    expect(asked[0]?.fallbacks).toBe('default');
    answers = 'nobody-knows';
    const unknown = await ask('small', 'default');
    expect([unknown.paid, unknown.row.losses]).toEqual([OF_SMALL, '1; changed=usage.iterations']);
    expect(unknown.text).toContain('"to":{"model":"nobody-knows"}');
    expect(gateway.logs()).toContain('a model that has no price here answered');
    expect([known.paid, known.row.losses]).toEqual([OF_BIG, null]);
    expect(known.text).toContain('"from":{"model":"small"},"to":{"model":"big"}');
  });

  test('are asked for the speed of the request only where it has a price', async () => {
    const fast = { speed: 'fast' };
    await ask('big', [{ model: 'steady' }, { model: 'small', speed: 'fast' }], { body: fast });
    expect(asked[0]).toMatchObject({
      ...fast,
      fallbacks: [
        { model: 'steady', speed: 'standard' },
        { model: 'up-small', speed: 'standard' },
      ],
    });
    expect(lastCharge(gateway).losses).toBe('2; dropped=fallbacks[0].speed,fallbacks[1].speed');
    answers = 'up-big';
    const found = await ask('small', [{ model: 'big', speed: 'fast' }]);
    expect(asked[1]?.fallbacks).toEqual([{ model: 'up-big', speed: 'fast' }]);
    expect(found.paid).toBe(OF_BIG);
  });

  test('are put money aside for: who cannot pay the dearest is not answered', async () => {
    const body = { max_tokens: 100, system: 'one two three '.repeat(700) };
    const found = await ask('small', ENTRIES, { key: poor, body });
    expect(found.status).toBe(402);
    expect((await ask('small', null, { key: poor, body })).status).toBe(200);
  });
});

test('what stands beside the names in an answer that was taken over stays as it came', async () => {
  calls = true;
  answers = 'up-big';
  const bill = { model: 'small', stream: false, body: { fallbacks: ENTRIES } };
  const { text } = await billed(gateway, 'anthropic-messages', bill);
  expect(text).toContain(INPUT);
  expect(text).toContain('"from":{"model":"small"},"to":{"model":"big"}');
});

test('`osiris explain` puts nothing aside for those that the key may not use', async () => {
  const { key, id } = barely;
  const body = { max_tokens: 100, system: 'one two three '.repeat(700), fallbacks: ENTRIES };
  const asking = { model: 'small', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] };
  const explained = await fetch('http://osiris/admin/explain', {
    ...{ unix: join(gateway.directory, 'state', 'osiris.sock'), method: 'POST' },
    body: JSON.stringify({ request: { ...asking, ...body }, format: 'messages', key: id }),
  });
  expect(await explained.json()).toMatchObject({ refusals: [] });
  expect(
    (await billed(gateway, 'anthropic-messages', { model: 'small', stream: false, key, body })).status,
  ).toBe(200);
});

test.each([
  ['hangs', 'up-big', 50_000n],
  ['sticks', 'up-big', 50_000n],
  ['sticks', undefined, 10_000n],
])(
  'a stream of %s that its client leaves costs the price of who had taken over (%p)',
  async (model, taker, nano) => {
    answers = taker;
    const state = join(gateway.directory, 'state');
    const before = BigInt(String(lastCharge(gateway).id));
    const leaving = new AbortController();
    const { signal } = leaving;
    const response = await send(gateway, 'anthropic-messages', {
      ...{ model, stream: true, body: { fallbacks: ENTRIES }, signal },
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
    for (let text = ''; !text.includes('Done.'); ) text += String((await reader?.read())?.value);
    leaving.abort();
    const { rule, cost_nano, output } = await chargeAfter(state, before);
    expect(rule).toBe('client-left');
    expect(String(cost_nano)).toBe(String(nano * 1000n + nano * 10n * BigInt(String(output))));
  },
);

test('of `fallbacks: default`, the dearest model of the same provider is held for strictly', async () => {
  const claude = { format: 'anthropic-messages', base_url: provider.baseUrl, api_key: 'made-up' };
  const strict = await startGateway({
    upstreams: [],
    // 100 tokens out of small are 0.01, of big 0.05
    credit: 0.04,
    sections: {
      providers: { claude, elsewhere: claude },
      models: {
        small: modelAt('claude', SMALL, 'up-small'),
        big: modelAt('claude', BIG, 'up-big'),
        alone: modelAt('elsewhere', SMALL, 'up-alone'),
      },
      billing: { hold: 'strict' },
    },
  });
  const ask = async (model: string, fallbacks: unknown, key = strict.key) => {
    const body = { max_tokens: 100, fallbacks };
    return (await send(strict, 'anthropic-messages', { model, stream: false, body, key })).status;
  };
  expect(await ask('small', 'default')).toBe(402);
  expect(asked).toEqual([]);
  expect(await ask('alone', 'default')).toBe(200);
  // whoever may not use every model is not answered by another one
  const limits = ['--name', 'limited', '--credit', '0.04', '--models', 'small'];
  const { key: only } = await makeKey(strict, ...limits);
  expect(await ask('small', 'default', only)).toBe(200);
  expect(asked.at(-1)).not.toContainKey('fallbacks');
  await strict.stop();
}, 120_000);

test('every charge can be computed again from the ledger alone', () => {
  const { violations, checks } = verifyLedger(join(gateway.directory, 'state'), {
    minimumChargeNano: 1_000_000n,
  });
  expect(violations).toEqual([]);
  expect(checks.costs.checked).toBeGreaterThanOrEqual(20);
});
