// What becomes of providers that fail, refuse a key or want to be paid: the operator is told, in whatever words they say it.

import { afterEach, describe, expect, test } from 'bun:test';
import { type Act, at, fails, openStreet, type Street, says } from '../support/houses.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let street: Street;
let receiver: Receiver;
afterEach(async () => {
  await street.stop();
  await receiver.stop();
});

const open = async (names: Record<string, number> = { one: 2, two: 1 }, models = ['m']) => {
  receiver = startReceiver();
  const deployments = Object.fromEntries(models.map((model) => [model, at(model, ...Object.keys(names))]));
  street = await openStreet(names, {
    models: deployments,
    routing: { retries: 0, cooldown: '30s' },
    alerts: { webhooks: [{ url: receiver.url }], remind: '6h' },
  });
  return street;
};
const house = (name: string) => street.houses[name] ?? expect.unreachable();
const pass = (ms: number) => {
  street.here.clock.advance(ms);
  street.here.tickAlerts();
};
const health = async () => {
  const { here } = street;
  const headers = { authorization: `Bearer ${here.adminSecret}` };
  return (await (await fetch(`${here.url}/admin/health`, { headers })).json()) as {
    alerts: { open: object[]; recent: object[]; webhooks: object[] };
  };
};
const only =
  (credential: string, act: Act): Act =>
  (asked) =>
    asked.credential === credential ? act(asked) : says('one')(asked);

describe('an account that is empty', () => {
  test.each([
    ['402', fails(402)],
    ['OpenAI', fails(429, {}, { code: 'insufficient_quota', type: 'insufficient_quota' })],
    [
      'Anthropic',
      fails(
        400,
        {},
        { message: 'Your credit balance is too low to access the Anthropic API. Please go to …' },
      ),
    ],
    ['DeepSeek', fails(402, {}, { message: 'Insufficient Balance', code: 'invalid_request_error' })],
    [
      'Moonshot',
      fails(429, {}, { type: 'exceeded_current_quota_error', message: 'please check your account balance' }),
    ],
    [
      'xAI',
      fails(
        403,
        {},
        { message: 'Your team has either used all available credits or reached its monthly spending limit.' },
      ),
    ],
    [
      'Alibaba',
      fails(
        400,
        {},
        { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' },
      ),
    ],
    [
      'xAI in other words',
      () =>
        Response.json(
          {
            code: 'personal-team-blocked:spending-limit',
            error: 'You have run out of credits or need a subscription.',
          },
          { status: 403 },
        ),
    ],
    [
      'Fireworks',
      fails(
        412,
        {},
        {
          code: 'PRECONDITION_FAILED',
          message:
            'Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.',
        },
      ),
    ],
    [
      'Z.ai',
      fails(
        429,
        {},
        { code: '1113', message: 'Insufficient balance or no resource package. Please recharge.' },
      ),
    ],
  ])('is told in the words of %s, once, with the key’s place and not the key', async (_, act) => {
    const { call } = await open();
    house('one').act = only('one-2', act);
    for (let i = 0; i < 6; i++) expect((await call('m')).status).toBe(200);
    const [letter] = await receiver.received(1);
    expect(letter?.json).toMatchObject({
      event: 'account_empty',
      state: 'raised',
      subject: 'key 2 of one',
      details: { provider: 'one', key: 2, model: 'm' },
    });
    expect(receiver.letters).toHaveLength(1);
    expect(letter?.text).not.toContain('one-2');
    expect((await health()).alerts).toMatchObject({
      open: [{ event: 'account_empty' }],
      recent: [{ state: 'raised' }],
      webhooks: [{ receiver: receiver.host, sent: 1, waiting: 0, trouble: null }],
    });
    expect(JSON.stringify(await health())).not.toContain('tell-nobody');
  });

  test('is told again while it lasts, and when it is paid', async () => {
    const { call } = await open();
    house('one').act = only('one-1', fails(402));
    for (let i = 0; i < 3; i++) await call('m');
    await receiver.received(1);
    pass(6 * 3_600_000);
    await receiver.received(2);
    house('one').act = says('one');
    for (let i = 0; i < 3; i++) await call('m');
    pass(60_000);
    const letters = await receiver.received(3);
    expect(letters.map(({ json }) => json.state)).toEqual(['raised', 'reminder', 'cleared']);
    expect((await health()).alerts.open).toEqual([]);
  });

  test('is not told of a rate limit', async () => {
    const { call } = await open();
    house('one').act = fails(429, { 'retry-after': '5' }, { code: 'rate_limit_exceeded' });
    await call('m');
    expect((await health()).alerts.recent).toEqual([]);
  });
});

test.each([401, 403])('a key that is answered with %i is told of', async (status) => {
  const { call } = await open({ one: 1, two: 1 });
  house('one').act = fails(status);
  expect((await call('m')).provider).toBe('two');
  const [letter] = await receiver.received(1);
  expect(letter?.json).toMatchObject({
    event: 'credential_refused',
    subject: 'the key of one',
    details: { provider: 'one', key: 1, status },
  });
  house('one').act = says('one');
  pass(300_000);
  expect((await call('m')).provider).toBe('one');
  pass(60_000);
  const letters = await receiver.received(2);
  expect(letters[1]?.json).toMatchObject({ state: 'cleared', event: 'credential_refused' });
});

describe('a provider that fails', () => {
  test('is one trouble, whatever it runs, until all of it answers again', async () => {
    const models = ['a', 'b'];
    const { call } = await open({ one: 1, two: 1 }, models);
    house('one').act = fails(500);
    for (const model of models) for (let i = 0; i < 3; i++) await call(model);
    const [letter] = await receiver.received(1);
    expect(letter?.json).toMatchObject({ event: 'breaker_open', subject: 'one', state: 'raised' });
    expect((await health()).alerts.open).toMatchObject([
      { event: 'breaker_open', details: { models, code: 'bad_gateway', status: 500 }, times: 2 },
    ]);
    house('one').act = says('one');
    pass(30_000);
    await call('a');
    pass(120_000);
    expect(receiver.letters).toHaveLength(1);
    await call('b');
    pass(60_000);
    const letters = await receiver.received(2);
    expect(letters[1]?.json).toMatchObject({ state: 'cleared', message: 'Provider one answers again.' });
  });

  test('is trouble no longer when the configuration has no such provider any more', async () => {
    const { call, here } = await open({ one: 1, two: 1 });
    house('one').act = fails(500);
    for (let i = 0; i < 3; i++) await call('m');
    await receiver.received(1);
    here.reconfigure({ models: { m: at('m', 'two') } });
    pass(60_000);
    const letters = await receiver.received(2);
    expect(letters[1]?.json).toMatchObject({ state: 'cleared' });
  });
});

test('calls go on at their pace while the receiver hangs, and what is told waits', async () => {
  const { call } = await open({ one: 1, two: 1 });
  receiver.answer = () => new Promise<Response>(() => {});
  house('one').act = fails(500);
  for (let i = 0; i < 3; i++) expect((await call('m')).status).toBe(200);
  await receiver.received(1);
  house('one').act = fails(401);
  pass(30_000);
  for (let i = 0; i < 10; i++) expect((await call('m')).status).toBe(200);
  expect((await health()).alerts.webhooks).toMatchObject([{ sent: 0, waiting: 2 }]);
});

test('a test alert goes to every receiver, whatever it wants to know, and its answer is shown', async () => {
  const { here } = await open();
  receiver.answer = () => new Response('not here', { status: 404 });
  const answer = await fetch(`${here.url}/admin/alerts/test`, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.adminSecret}` },
  });
  expect(await answer.json()).toMatchObject({
    data: [{ receiver: receiver.host, format: 'json', ok: false, status: 404, answer: 'not here' }],
  });
  expect(receiver.letters[0]?.json).toMatchObject({ event: 'test', state: 'test' });
  const refused = await fetch(`${here.url}/admin/alerts/test`, { method: 'POST' });
  expect(refused.status).toBe(401);
});
