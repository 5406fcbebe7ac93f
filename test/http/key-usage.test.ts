// `GET /v1/key/usage`: the holder's own cost by day and model, the holder's own errors, and nobody else's.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type InProcess, openHere } from '../support/in-process.ts';
import { fail, spend } from '../support/spending.ts';

let here: InProcess;
let mine: ReturnType<InProcess['makeKey']>;
beforeAll(async () => {
  here = await openHere({});
  mine = here.makeKey({}, { creditNano: 9_000_000_000n });
  const other = here.makeKey({}, { name: 'other' });
  await spend(here, [
    { key: mine.stored, daysAgo: 0, model: 'a', nano: 1_500_000_001n },
    { key: mine.stored, daysAgo: 2, model: 'a', nano: 2_000_000n },
    { key: mine.stored, daysAgo: 2, model: 'b', nano: 3_000_000n },
    { key: mine.stored, daysAgo: 40, model: 'a', nano: 70_000_000n },
    { key: other.stored, daysAgo: 0, model: 'secret-model', nano: 5_000_000n },
  ]);
  fail(here, mine.stored, { status: 429, code: 'rate_limit_exceeded', message: 'Wait.', provider: 'up' });
  fail(here, mine.stored, { status: 499, code: 'client_closed' });
  fail(here, mine.stored, { status: 200 });
  fail(here, other.stored, { code: 'upstream_error', message: 'of another key' });
});
afterAll(() => here.stop());

const ask = (query = '', key = mine.key) =>
  fetch(`${here.url}/v1/key/usage${query}`, { headers: { 'x-api-key': key } });

describe('GET /v1/key/usage', () => {
  test('sums calls, tokens and cost by day and model', async () => {
    const one = { calls: 1, failed: 0, input_tokens: 10, output_tokens: 5 };
    expect(await (await ask()).json()).toMatchObject({
      object: 'key.usage',
      from: '2025-12-17',
      to: '2026-01-15',
      data: [
        { day: '2026-01-13', model: 'b', ...one, cost_usd: 0.003 },
        { day: '2026-01-13', model: 'a', ...one, cost_usd: 0.002 },
        { day: '2026-01-15', model: 'a', ...one, cost_usd: 1.500000001 },
      ],
      total: { calls: 3, failed: 0, input_tokens: 30, output_tokens: 15, cost_usd: 1.505000001 },
    });
  });

  test('goes as many days back as asked for, today included', async () => {
    const totalOf = async (days: number) => {
      const body = (await (await ask(`?days=${days}`)).json()) as { total: { cost_usd: number } };
      return body.total.cost_usd;
    };
    expect(await totalOf(1)).toBe(1.500000001);
    expect(await totalOf(40)).toBe(1.505000001);
    expect(await totalOf(41)).toBe(1.575000001);
  });

  test('tells the last failures, without clients that left, other keys or who the provider is', async () => {
    const text = await (await ask()).text();
    expect(JSON.parse(text).errors).toEqual([
      {
        id: expect.stringMatching(/^call_/),
        request_id: 'req-scripted',
        at: '2026-01-15T00:00:00.000Z',
        status: 429,
        code: 'rate_limit_exceeded',
        message: 'Wait.',
        model: 'm',
      },
    ]);
    expect(text).not.toContain('another');
    expect(text).not.toContain('secret-model');
    expect(text).not.toContain('provider');
  });

  test.each(['0', '367', '-1', '1.5', 'all'])('days=%s is a 400 that says what fits', async (days) => {
    const response = await ask(`?days=${days}`);
    const { error } = (await response.json()) as { error: { param: string; message: string } };
    expect([response.status, error.param]).toEqual([400, 'days']);
    expect(error.message).toContain('1 to 366');
  });

  test('is 401 without a key and for the admin secret', async () => {
    expect((await fetch(`${here.url}/v1/key/usage`)).status).toBe(401);
    expect((await ask('', here.adminSecret)).status).toBe(401);
  });

  test('is held to 600 a minute and takes nothing from the limit of calls', async () => {
    const { key } = here.makeKey({ requestsPerMinute: 1 });
    const first = await ask('', key);
    expect(first.headers.get('x-ratelimit-limit')).toBe('600');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('599');
    const own = await fetch(`${here.url}/v1/key`, { headers: { 'x-api-key': key } });
    expect(((await own.json()) as { rate: { remaining: number } }).rate.remaining).toBe(1);
  });
});
