// A call goes on from a deployment that fails to one that answers, and comes back when it is well again.

import { afterEach, describe, expect, test } from 'bun:test';
import { at, fails, inTurn, openStreet, type Street, says } from '../support/houses.ts';

let street: Street;
afterEach(() => street.stop());

const open = async (sections: Partial<Parameters<typeof openStreet>[1]> = {}, names = { one: 1, two: 1 }) => {
  street = await openStreet(names, { models: { m: at('m', ...Object.keys(names)) }, ...sections });
  return street;
};
const house = (name: string) => {
  const found = street.houses[name];
  if (!found) throw new Error(`there is no ${name}`);
  return found;
};

describe('a retry', () => {
  test.each([429, 500, 502, 503, 504, 529])('asks the same deployment again after %i', async (status) => {
    const { call } = await open({ routing: {} });
    house('one').act = inTurn(fails(status, { 'retry-after': '0' }), says('one'));
    const told = await call('m');
    expect([told.status, told.provider, told.attempts]).toEqual([200, 'one', 2]);
    expect(house('two').asked).toEqual([]);
  });

  test('is made as often as the configuration says, then the next deployment is asked', async () => {
    const { call } = await open({ routing: { retries: 1 } });
    house('one').act = fails(500);
    const told = await call('m');
    expect([told.status, told.provider, told.attempts, house('one').asked.length]).toEqual([
      200,
      'two',
      3,
      2,
    ]);
  });

  test.each([401, 402, 403, 404, 405])(
    'is not made after %i: the next deployment is asked at once',
    async (status) => {
      const { call } = await open({ routing: {} });
      house('one').act = fails(status);
      const told = await call('m');
      expect([told.status, told.provider, told.attempts]).toEqual([200, 'two', 2]);
    },
  );

  test('is not made when the provider asks for more patience than five seconds', async () => {
    const { call } = await open({ routing: {} });
    house('one').act = fails(429, { 'retry-after': '6' });
    expect(await call('m')).toMatchObject({ status: 200, provider: 'two', attempts: 2 });
  });

  test('is not made of a request that the provider refuses, by anybody', async () => {
    const { call } = await open({ routing: {} });
    house('one').act = fails(400);
    expect((await call('m')).status).toBe(400);
    expect(house('two').asked).toEqual([]);
  });

  test('is made of a stream that breaks before it has said anything', async () => {
    const { call } = await open({ routing: {} });
    const head = { headers: { 'content-type': 'text/event-stream' } };
    house('one').act = inTurn(() => new Response(': hello\n\n', head), says('one'));
    const told = await call('m', { stream: true });
    expect([told.status, told.provider, told.attempts]).toEqual([200, 'one', 2]);
  });

  test('is never made of an answer that has begun', async () => {
    const { call } = await open({ routing: {} });
    const whole = await (await says('half')({ model: 'm', credential: '', stream: true, body: {} })).text();
    const head = { headers: { 'content-type': 'text/event-stream' } };
    house('one').act = () => new Response(whole.slice(0, whole.indexOf('\n\n') + 2), head);
    const told = await call('m', { stream: true });
    expect(told.text).toContain('upstream_truncated');
    expect([house('one').asked.length, house('two').asked.length]).toEqual([1, 0]);
  });
});

test('the journal tells of every attempt', async () => {
  const { call, here } = await open({ routing: { retries: 1 } });
  house('one').act = inTurn(fails(500), fails(429, { 'retry-after': '9' }));
  await call('m');
  const { rows } = await here.journal.find({ limit: 1 });
  expect(rows).toMatchObject([{ status: 200, provider: 'two', attempts: 3, upstreamStatus: 200 }]);
  expect(rows[0]?.failedAttempts).toMatch(
    /^one\/m 500 bad_gateway \d+ms; one\/m 429 upstream_rate_limited \d+ms$/,
  );
});

describe('a deployment that failed three times in a row', () => {
  test('is left alone for the cooldown, probed by one call, and taken back', async () => {
    const { call, here } = await open({ routing: { retries: 0, cooldown: '30s' } });
    house('one').act = fails(500);
    for (let i = 0; i < 10; i++) expect((await call('m')).provider).toBe('two');
    expect(house('one').asked).toHaveLength(3);
    const shown = await fetch(`${here.url}/admin/health`, {
      headers: { authorization: `Bearer ${here.adminSecret}` },
    });
    expect(await shown.json()).toMatchObject({ data: [{ provider: 'one', model: 'm', why: 'failing' }] });
    here.clock.advance(30_000);
    const probed = await Promise.all(Array.from({ length: 10 }, () => call('m')));
    expect(probed.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(house('one').asked).toHaveLength(4);
    house('one').act = says('one');
    expect((await call('m')).provider).toBe('two');
    here.clock.advance(30_000);
    expect((await call('m')).provider).toBe('one');
    expect((await call('m')).provider).toBe('one');
  });

  test('is asked all the same when there is no other, once a call', async () => {
    const { call } = await open({ routing: {} }, { one: 1 } as never);
    house('one').act = fails(500);
    expect(await call('m')).toMatchObject({ status: 502 });
    expect(house('one').asked).toHaveLength(3);
    expect((await call('m')).status).toBe(502);
    expect(house('one').asked).toHaveLength(4);
    house('one').act = says('one');
    expect(await call('m')).toMatchObject({ status: 200, attempts: 1 });
    house('one').act = inTurn(fails(500), says('one'));
    // it is trusted again, with all its retries
    expect(await call('m')).toMatchObject({ status: 200, attempts: 2 });
  });

  test('stays left alone when another configuration comes that has it too', async () => {
    const { call, here } = await open({ routing: { retries: 0 } });
    house('one').act = fails(500);
    for (let i = 0; i < 3; i++) await call('m');
    here.reconfigure();
    expect(await call('m')).toMatchObject({ provider: 'two', attempts: 1 });
  });
});

describe('of several credentials', () => {
  const pool = { one: 3 } as never;
  test.each([401, 402, 403, 429])(
    'one that is answered with %i is left alone and another one used at once',
    async (status) => {
      const { call } = await open({ routing: { retries: 0 } }, pool);
      house('one').act = (asked) =>
        asked.credential === 'one-2' ? fails(status)(asked) : says('one')(asked);
      const answers = [];
      for (let i = 0; i < 12; i++) answers.push(await call('m'));
      expect(answers.map((told) => told.status)).toEqual(Array(12).fill(200));
      expect(answers.reduce((sum, told) => sum + told.attempts, 0)).toBe(13);
      expect(house('one').asked.filter(({ credential }) => credential === 'one-2')).toHaveLength(1);
    },
  );

  test('all are tried before the call fails, and still when all are left alone', async () => {
    const { call } = await open({ routing: { retries: 0 } }, pool);
    house('one').act = fails(401);
    expect(await call('m')).toMatchObject({ status: 502, code: 'upstream_auth' });
    expect(new Set(house('one').asked.map(({ credential }) => credential)).size).toBe(3);
    house('one').act = says('one');
    expect(await call('m')).toMatchObject({ status: 200, attempts: 1 });
  });

  test('one that hit a rate limit comes back when the provider said', async () => {
    const { call, here } = await open({ routing: { retries: 0 } }, pool);
    house('one').act = (asked) =>
      asked.credential === 'one-1' ? fails(429, { 'retry-after': '7' })(asked) : says('one')(asked);
    const used = async () => {
      house('one').asked.length = 0;
      for (let i = 0; i < 6; i++) await call('m');
      return new Set(house('one').asked.map(({ credential }) => credential));
    };
    expect((await used()).size).toBe(3);
    expect(await used()).toEqual(new Set(['one-2', 'one-3']));
    here.clock.advance(7_000);
    house('one').act = says('one');
    expect((await used()).size).toBe(3);
  });

  test('a conversation keeps the one that answered it, and its sub-agents have their own', async () => {
    const { call } = await open({ routing: {} }, pool);
    const turn = async (system: string, turns: number) => {
      const talk = Array.from({ length: turns }, (_, index) => ({
        role: index % 2 === 0 ? 'user' : 'assistant',
        content: `turn ${index}`,
      }));
      const messages = [{ role: 'system', content: system }, ...talk];
      await call('m', { messages }, { headers: { 'x-claude-code-session-id': 'session' } });
      return house('one').asked.at(-1)?.credential;
    };
    const main = await turn('You lead.', 1);
    const helper = await turn('You search.', 1);
    expect(helper).not.toBe(main);
    for (const turns of [3, 5, 7]) {
      expect(await turn('You lead.', turns)).toBe(main);
      expect(await turn('You search.', turns)).toBe(helper);
    }
  });
});
