// Other models stand in for one that cannot answer: who is asked, who is shown, who pays what.

import { afterEach, describe, expect, test } from 'bun:test';
import { at, fails, openStreet, type Street, says, USAGE } from '../support/houses.ts';

let street: Street;
afterEach(() => street.stop());

const priced = (model: string, usd: number, more: object = {}) => ({
  ...at(model, model),
  price: { input: usd, output: usd },
  ...more,
});
/** `big` stands in for `small`, which costs a tenth. */
const open = async (
  routing: object = {},
  more: { small?: object; big?: object; billing?: object; cache?: object } = {},
) => {
  street = await openStreet(
    { small: 1, big: 1 },
    {
      models: { small: priced('small', 1, more.small), big: priced('big', 10, more.big) },
      routing: { retries: 0, fallbacks: { small: ['big'] }, ...routing },
      ...(more.billing === undefined ? {} : { billing: more.billing }),
      ...(more.cache === undefined ? {} : { cache: more.cache }),
    },
  );
  return street;
};
const house = (name: string) => street.houses[name] ?? expect.unreachable();
const keyWith = (usd: number, members: object = {}) => {
  const made = street.here.makeKey({}, { creditNano: BigInt(Math.round(usd * 1e9)), ...members });
  const purse = () => street.here.store.ledger.purse(made.stored.purse);
  return { ...made, left: () => Number(purse()?.balanceNano) / 1e9, held: () => Number(purse()?.heldNano) };
};
const TOO_LONG = fails(400, {}, { code: 'context_length_exceeded', message: 'prompt is too long: 9 > 8' });
const REFUSES = fails(400, {}, { code: 'content_policy_violation' });

describe('a model none of whose providers is set up', () => {
  const absent = { ...at('small', 'openai'), price: { input: 1, output: 1 } };

  test('is answered by the one that stands in for it, at that one’s price', async () => {
    const { call, here } = await open({}, { small: absent });
    const { key, left, held } = keyWith(1);
    expect(await call('small', {}, { key })).toMatchObject({ status: 200, provider: 'big', model: 'big' });
    expect([left(), held()]).toEqual([1 - 0.02, 0]);
    const asked = { model: 'small', messages: [{ role: 'user', content: 'hello' }] };
    const shown = await fetch(`${here.url}/admin/explain`, {
      method: 'POST',
      headers: { authorization: `Bearer ${here.adminSecret}` },
      body: JSON.stringify({ request: asked }),
    });
    expect(await shown.json()).toMatchObject({
      answered: true,
      candidates: [{ provider: 'big', model: 'big' }],
      not_set_up: [{ provider: 'openai' }],
    });
  });

  test('is refused with what to set up where nobody can stand in', async () => {
    const { call } = await open({ fallbacks: {} }, { small: absent });
    const told = await call('small');
    expect([told.status, told.code]).toEqual([503, 'no_provider']);
    expect(told.text).toContain('OPENAI_API_KEY');
  });

  test('is refused to a key that may use no model that stands in', async () => {
    const { call } = await open({}, { small: absent });
    for (const members of [{ models: ['small'] }, { requireTags: ['eu'] }]) {
      const { key, left, held } = keyWith(1, members);
      expect(await call('small', {}, { key })).toMatchObject({ status: 503, code: 'no_provider' });
      expect([left(), held()]).toEqual([1, 0]);
    }
  });
});

describe('when no deployment of a model answers', () => {
  test('what the next model says is not kept in its name', async () => {
    const { call } = await open({}, { cache: { ttl: '1h' } });
    const { key } = keyWith(1);
    house('small').act = fails(500);
    expect(await call('small', {}, { key })).toMatchObject({ provider: 'big', attempts: 2 });
    house('small').act = says('I am back.');
    expect(await call('small', {}, { key })).toMatchObject({ provider: 'small', attempts: 1 });
    expect(await call('small', {}, { key })).toMatchObject({ provider: 'small', attempts: 0 });
  });

  test.each([false, true])(
    'the next model does, by its own price and name, and once (stream: %p)',
    async (stream) => {
      const { call, here } = await open();
      const { key, stored, left, held } = keyWith(1);
      house('small').act = fails(500);
      const told = await call('small', { stream }, { key });
      expect(told).toMatchObject({ status: 200, provider: 'big', model: 'big', attempts: 2 });
      expect(told.text).toContain('"model":"small"');
      // 1,000 tokens each way at 10 USD a million
      expect([left(), held()]).toEqual([1 - 0.02, 0]);
      expect(here.store.ledger.tally(stored).calls).toBe(1);
      const { rows } = await here.journal.find({ limit: 9 });
      expect(rows).toMatchObject([{ modelAsked: 'small', model: 'big', provider: 'big', attempts: 2 }]);
    },
  );

  test('and the others cannot either, the call fails with what the last one said and costs nothing', async () => {
    const { call } = await open();
    const { key, left, held } = keyWith(1);
    house('small').act = fails(500);
    house('big').act = fails(529);
    expect(await call('small', {}, { key })).toMatchObject({ status: 503, code: 'upstream_overloaded' });
    expect([left(), held()]).toEqual([1, 0]);
  });

  test('none stands in that the key may not use', async () => {
    const { call } = await open();
    const { key } = keyWith(1, { models: ['small'] });
    house('small').act = fails(500);
    expect((await call('small', {}, { key })).status).toBe(502);
    expect(house('big').asked).toEqual([]);
  });

  test('none stands in for a client that named the provider', async () => {
    const { call } = await open();
    const { key } = keyWith(1);
    house('small').act = fails(500);
    expect((await call('small/small', {}, { key })).status).toBe(502);
    expect(house('big').asked).toEqual([]);
  });

  test('the next call goes to the other model at once while the first one is known to fail', async () => {
    const { call } = await open();
    const { key } = keyWith(1);
    house('small').act = fails(500);
    for (let i = 0; i < 3; i++) await call('small', {}, { key });
    expect(await call('small', {}, { key })).toMatchObject({ provider: 'big', attempts: 1 });
  });
});

describe('a dearer model', () => {
  test('does not stand in when it cannot be paid', async () => {
    const { call } = await open({}, { small: { price: { input: 0, output: 0 } } });
    const { key, left } = keyWith(0);
    house('small').act = fails(500);
    expect((await call('small', {}, { key })).status).toBe(502);
    expect([house('big').asked.length, left()]).toEqual([0, 0]);
  });

  test.each([
    [0.02, false],
    [0.2, true],
  ])('under strict holds, with %d USD, stands in: %p; never below zero', async (usd, standsIn) => {
    const { call } = await open({}, { billing: { hold: 'strict' } });
    const { key, left, held } = keyWith(usd);
    house('small').act = fails(500);
    let heldMeanwhile = 0;
    house('big').act = (asked) => {
      heldMeanwhile = held();
      return says('big')(asked);
    };
    // at most 4,000 tokens: 4 thousandths of a dollar for the small one, 4 hundredths for the big one
    const told = await call('small', { max_tokens: 4000 }, { key });
    expect(told.status).toBe(standsIn ? 200 : 502);
    expect(house('big').asked).toHaveLength(standsIn ? 1 : 0);
    if (standsIn) expect(heldMeanwhile).toBeGreaterThanOrEqual(40_000_000);
    expect(left()).toBeCloseTo(standsIn ? usd - 0.02 : usd, 9);
    expect(held()).toBe(0);
  });
});

describe('a prompt that is too long', () => {
  test('goes to a model with more room', async () => {
    const { call } = await open({}, { small: { context: 8_000 }, big: { context: 200_000 } });
    const { key } = keyWith(1);
    house('small').act = TOO_LONG;
    expect(await call('small', {}, { key })).toMatchObject({ status: 200, model: 'big', attempts: 2 });
    // it was the request, not the deployment
    house('small').act = says('small');
    expect(await call('small', {}, { key })).toMatchObject({ model: 'small', attempts: 1 });
  });

  test('goes to none that has no more room, nor anywhere when the configuration says so', async () => {
    const { call } = await open({}, { small: { context: 8_000 }, big: { context: 8_000 } });
    const { key } = keyWith(1);
    house('small').act = TOO_LONG;
    const told = await call('small', {}, { key });
    expect(told).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    expect(told.text).toContain('prompt is too long');
    await street.stop();
    await open({ fallback_on: ['refusal'] });
    house('small').act = TOO_LONG;
    expect((await street.call('small', {}, { key: keyWith(1).key })).status).toBe(400);
    expect(house('big').asked).toEqual([]);
  });

  test('is told in the words of the model that was asked for when the others fail too', async () => {
    const { call } = await open();
    const { key } = keyWith(1);
    house('small').act = TOO_LONG;
    house('big').act = fails(500);
    expect(await call('small', {}, { key })).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });
});

test('a refusal goes to another model where the configuration wants that, and only there', async () => {
  const { call } = await open({ fallback_on: ['refusal'] });
  house('small').act = REFUSES;
  expect(await call('small', {}, { key: keyWith(1).key })).toMatchObject({ status: 200, model: 'big' });
  await street.stop();
  await open();
  house('small').act = REFUSES;
  const told = await street.call('small', {}, { key: keyWith(1).key });
  expect(told).toMatchObject({ status: 400, code: 'content_policy_violation' });
});

test.each([false, true])(
  'an answer that is nothing but a refusal is one too (stream: %p)',
  async (stream) => {
    const { call } = await open({ fallback_on: ['refusal'] });
    const { key, left } = keyWith(1);
    const whole = { id: 'c', object: 'chat.completion', created: 1, model: 'small', usage: USAGE };
    house('small').act = () => {
      if (!stream) {
        const message = { role: 'assistant', content: null, refusal: 'I will not.' };
        return Response.json({ ...whole, choices: [{ index: 0, message, finish_reason: 'content_filter' }] });
      }
      const chunk = (delta: object, finish_reason: string | null) =>
        `data: ${JSON.stringify({ ...whole, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
      const body = `${chunk({ role: 'assistant', content: '' }, null)}${chunk({}, 'content_filter')}data: [DONE]\n\n`;
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    expect(await call('small', { stream }, { key })).toMatchObject({
      status: 200,
      model: 'big',
      attempts: 2,
    });
    expect(left()).toBe(1 - 0.02);
  },
);

describe('tags that a key requires', () => {
  const tagged = async () => {
    street = await openStreet(
      { us: 1, eu: 1 },
      {
        models: {
          m: {
            price: { input: 0, output: 0 },
            deployments: [
              { provider: 'us', model: 'm' },
              { provider: 'eu', model: 'm', tags: ['no-training'] },
            ],
          },
          'only-us': at('only-us', 'us'),
        },
        routing: { retries: 0, fallbacks: { m: ['only-us'] } },
      },
      { eu: { tags: ['eu'] } },
    );
    return street.here.makeKey({}, { requireTags: ['eu', 'no-training'] }).key;
  };

  test('keep its calls at deployments that have them all, also when those fail', async () => {
    const key = await tagged();
    expect(await street.call('m', {}, { key })).toMatchObject({ status: 200, provider: 'eu', attempts: 1 });
    house('eu').act = fails(500);
    expect((await street.call('m', {}, { key })).status).toBe(502);
    expect(house('us').asked).toEqual([]);
    expect(await street.call('m')).toMatchObject({ provider: 'us' });
  });

  test('refuse a model that has none such, and leave it out of the list', async () => {
    const key = await tagged();
    const told = await street.call('only-us', {}, { key });
    expect(told).toMatchObject({ status: 403, code: 'model_not_allowed' });
    expect(told.text).toContain('eu, no-training');
    const response = await fetch(`${street.here.url}/v1/models`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { data } = (await response.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['m']);
  });
});
