// Deployments that take calls and say nothing: who waits for them, for how long, and who goes on.

import { afterEach, describe, expect, test } from 'bun:test';
import { type Act, at, fails, openStreet, type Street, says } from '../support/houses.ts';

let street: Street;
afterEach(() => street.stop());

/** Longer than any test may take: whoever goes on earlier does so for another reason. */
const FOREVER = '10m';
const never: Act = () => new Promise<Response>(() => {});
const house = (name: string) => street.houses[name] ?? expect.unreachable();
const open = async (routing: object = {}, server: object = {}) => {
  street = await openStreet(
    { one: 1, two: 1 },
    { models: { m: at('m', 'one', 'two') }, routing: { retries: 0, cooldown: '30s', ...routing } },
    {},
    { request_timeout: FOREVER, first_byte_timeout: '1s', ...server },
  );
  return street;
};

describe('a plain call at a deployment that says nothing to anybody', () => {
  test('goes on as soon as that is known, and is answered elsewhere', async () => {
    const { call } = await open();
    house('one').act = never;
    const plain = Array.from({ length: 4 }, () => call('m'));
    const streamed = Array.from({ length: 3 }, () => call('m', { stream: true }));
    const told = await Promise.all([...plain, ...streamed]);
    expect(told.map(({ status, provider, attempts }) => [status, provider, attempts])).toEqual(
      Array(7).fill([200, 'two', 2]),
    );
    expect(await call('m')).toMatchObject({ provider: 'two', attempts: 1 });
  }, 20_000);

  test('waits when the others there fail in another way: its own answer may be on its way', async () => {
    const { call } = await open();
    const answer = Promise.withResolvers<void>();
    house('one').act = (asked) =>
      asked.body.user === 'patient' ? answer.promise.then(() => says('one')(asked)) : fails(529)(asked);
    const patient = call('m', { user: 'patient' });
    // until it is left alone, and then a stream that is given up elsewhere: four ticks of the clock at least
    for (let i = 0; i < 4; i++) expect((await call('m')).provider).toBe('two');
    house('two').act = never;
    expect((await call('m', { stream: true })).status).toBe(503);
    answer.resolve();
    expect(await patient).toMatchObject({ status: 200, provider: 'one', attempts: 1 });
  }, 20_000);

  test('waits where there is nobody well to go to', async () => {
    const { call } = await open();
    const answer = Promise.withResolvers<void>();
    house('one').act = (asked) =>
      asked.stream ? never(asked) : answer.promise.then(() => says('one')(asked));
    house('two').act = fails(500);
    const patient = call('m');
    const streamed = Array.from({ length: 3 }, () => call('m', { stream: true }));
    await Promise.all(streamed);
    expect(await call('m', { stream: true })).toMatchObject({ attempts: 2 });
    answer.resolve();
    expect(await patient).toMatchObject({ status: 200, provider: 'one', attempts: 1 });
  }, 20_000);
});

test('who finds out whether a silent deployment is back waits for one cooldown, and the next one longer', async () => {
  const { call, here } = await open({ cooldown: '1s' });
  house('one').act = never;
  await Promise.all(Array.from({ length: 3 }, () => call('m', { stream: true })));
  for (let probe = 0; probe < 2; probe++) {
    here.clock.advance(10_000);
    const asked = house('one').asked.length;
    expect(await call('m')).toMatchObject({ status: 200, provider: 'two', attempts: 2 });
    expect(house('one').asked.length).toBe(asked + 1);
  }
  here.clock.advance(10_000);
  house('one').act = says('one');
  expect(await call('m')).toMatchObject({ provider: 'one', attempts: 1 });
}, 20_000);

test.each([false, true])(
  'routing.attempt_timeout bounds the silence while there is somebody else to ask (stream: %p)',
  async (stream) => {
    const { call } = await open({ attempt_timeout: '1s' }, { first_byte_timeout: FOREVER });
    house('one').act = never;
    expect(await call('m', { stream })).toMatchObject({ status: 200, provider: 'two', attempts: 2 });
  },
  20_000,
);

describe('a credential whose rest is over', () => {
  test('is tried by one call, and by all others once that has been answered', async () => {
    street = await openStreet(
      { one: 2 },
      { models: { m: at('m', 'one') }, routing: { retries: 0, cooldown: '30s' } },
    );
    const { call, here } = street;
    const answer = Promise.withResolvers<void>();
    house('one').act = (asked) => (asked.credential === 'one-1' ? fails(429)(asked) : says('one')(asked));
    for (let i = 0; i < 4; i++) expect((await call('m')).status).toBe(200);
    const tried = () => house('one').asked.filter(({ credential }) => credential === 'one-1').length;
    expect(tried()).toBe(1);
    const arrived = Promise.withResolvers<void>();
    house('one').act = async (asked) => {
      if (asked.credential === 'one-1') {
        arrived.resolve();
        await answer.promise;
      }
      return says('one')(asked);
    };
    here.clock.advance(30_000);
    const first = Array.from({ length: 6 }, () => call('m'));
    await arrived.promise;
    for (let i = 0; i < 6; i++) expect((await call('m')).status).toBe(200);
    expect(tried()).toBe(2);
    answer.resolve();
    await Promise.all(first);
    for (let i = 0; i < 6; i++) await call('m');
    expect(tried()).toBe(5);
  });

  test('is tried by one call when the provider has no other, while somebody else answers', async () => {
    const { call, here } = await open();
    house('one').act = fails(402);
    expect(await call('m')).toMatchObject({ provider: 'two', attempts: 2 });
    here.clock.advance(300_000);
    const told = await Promise.all(Array.from({ length: 10 }, () => call('m')));
    expect(told.map(({ provider }) => provider)).toEqual(Array(10).fill('two'));
    expect(house('one').asked).toHaveLength(2);
    here.clock.advance(300_000);
    house('one').act = says('one');
    expect(await call('m')).toMatchObject({ provider: 'one', attempts: 1 });
    expect(await call('m')).toMatchObject({ provider: 'one', attempts: 1 });
  });

  test('works again for a request that the provider finds fault with', async () => {
    const { call, here } = await open();
    house('one').act = fails(429);
    await call('m');
    here.clock.advance(30_000);
    house('one').act = fails(400);
    expect((await call('m')).status).toBe(400);
    house('one').act = says('one');
    expect(await call('m')).toMatchObject({ provider: 'one', attempts: 1 });
  });
});

describe('a deployment that has answered quickly of late', () => {
  const warm = async () => {
    const opened = await open({}, { connect_timeout: '1s', first_byte_timeout: FOREVER });
    for (let i = 0; i < 10; i++) expect((await opened.call('m')).provider).toBe('one');
    return opened;
  };
  const arrivals = (count: number, then: Act = never) => {
    const all = Promise.withResolvers<void>();
    let left = count;
    house('one').act = (asked) => {
      left -= 1;
      if (left === 0) all.resolve();
      return then(asked);
    };
    return all.promise;
  };

  test('and now says nothing to anybody is left by plain calls, though none of them is over time', async () => {
    const { call, here } = await warm();
    const arrived = arrivals(3);
    const waiting = Array.from({ length: 3 }, () => call('m'));
    await arrived;
    here.clock.advance(60_000);
    for (const told of await Promise.all(waiting))
      expect(told).toMatchObject({ status: 200, provider: 'two', attempts: 2 });
    expect(await call('m')).toMatchObject({ provider: 'two', attempts: 1 });
  }, 20_000);

  test('is waited for while it answers others', async () => {
    const { call, here } = await warm();
    const answer = Promise.withResolvers<void>();
    const slow: Act = (asked) =>
      asked.body.user === 'quick' ? says('one')(asked) : answer.promise.then(() => says('one')(asked));
    const arrived = arrivals(3, slow);
    const waiting = Array.from({ length: 3 }, () => call('m'));
    await arrived;
    here.clock.advance(60_000);
    expect((await call('m', { user: 'quick' })).provider).toBe('one');
    // five ticks of the clock go by
    house('two').act = never;
    const begun = performance.now();
    while (performance.now() - begun < 1300)
      expect((await call('m', { user: 'quick' })).provider).toBe('one');
    answer.resolve();
    for (const told of await Promise.all(waiting))
      expect(told).toMatchObject({ status: 200, provider: 'one', attempts: 1 });
  }, 20_000);
});
