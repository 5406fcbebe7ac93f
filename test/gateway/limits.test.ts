// What a key may do a minute and at once, through the front door of the real server.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { ask, errorOf } from '../support/asking.ts';
import { openHere } from '../support/in-process.ts';

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const USAGE = { prompt_tokens: 200, completion_tokens: 50, total_tokens: 250 };
const used = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: USAGE })}\n\n`;
const begun = chunk({ role: 'assistant', content: 'Hi' });
const whole = `${begun}${chunk({}, 'stop')}${used}data: [DONE]\n\n`;
const completion = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, finish_reason: 'stop' },
  ],
  usage: USAGE,
};

/** Calls that wait at the upstream, how many at once at most, and what lets them go. */
let waiting = 0;
let mostWaiting = 0;
let open = Promise.withResolvers<void>();

const sse = { headers: { 'content-type': 'text/event-stream' } };
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { model, stream } = (await request.json()) as { model: string; stream?: boolean };
    const gone = new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
    waiting += 1;
    mostWaiting = Math.max(mostWaiting, waiting);
    try {
      if (model === 'hold') await Promise.race([open.promise, gone]);
      if (model === 'fails') return Response.json({ error: { message: 'no' } }, { status: 500 });
      if (model === 'refuses') return Response.json({ error: { message: 'no' } }, { status: 400 });
      if (model === 'cut') return new Response(begun, sse);
      if (model === 'hangs') return new Response(hangingBody(gone), sse);
      if (stream) return new Response(whole, sse);
      return Response.json(completion);
    } finally {
      waiting -= 1;
    }
  },
});

function hangingBody(gone: Promise<void>): ReadableStream {
  let turn = 0;
  return new ReadableStream({
    async pull(controller) {
      turn += 1;
      if (turn === 1) controller.enqueue(new TextEncoder().encode(begun));
      else await gone;
    },
  });
}

const models = ['fine', 'hold', 'fails', 'refuses', 'cut', 'hangs'];
const baseUrl = `http://127.0.0.1:${upstream.port}/v1`;
const server = await openHere({ baseUrl, models });
const hasty = await openHere({
  baseUrl,
  models,
  server: { request_timeout: '1s', stream_idle_timeout: '1s' },
});
afterAll(async () => {
  await Promise.all([server.stop(), hasty.stop()]);
  await upstream.stop(true);
});
beforeEach(() => {
  open = Promise.withResolvers<void>();
  mostWaiting = 0;
});

const limitsIn = ({ headers }: Response) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
const untilTrue = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resume) => setImmediate(resume));
};

describe('500 calls at once on a key of 40 a minute and 20 at once', () => {
  const { key, stored } = server.makeKey({ requestsPerMinute: 40, concurrent: 20 });

  /** Sends 500, lets those that are under way end once all others are refused, and gives all answers back. */
  async function wave(): Promise<{ passed: Response[]; refused: Response[] }> {
    const refused: Response[] = [];
    const passed: Response[] = [];
    const all = Array.from({ length: 500 }, async (_, i) => {
      const format = i % 2 === 0 ? 'openai-chat' : 'anthropic-messages';
      const response = await ask(server, format, { model: 'hold', key, stream: i % 3 === 0 });
      await response.clone().text();
      (response.ok ? passed : refused).push(response);
    });
    await untilTrue(() => refused.length + waiting === 500);
    open.resolve();
    await Promise.all(all);
    return { passed, refused };
  }

  test('never pass more than there are, in the minute, at once and after a while', async () => {
    const first = await wave();
    expect(first.passed.map(limitsIn).toSorted(([, a = 0], [, b = 0]) => b - a)).toEqual(
      Array.from({ length: 20 }, (_, taken) => [40, 39 - taken, 2]),
    );
    for (const response of first.refused) {
      expect([response.status, ...limitsIn(response)]).toEqual([429, 40, 20, 2]);
      expect(response.headers.get('retry-after')).toBe('1');
      const { error } = (await response.json()) as { error: { code: string } };
      expect(error.code).toBe('concurrency_limit');
    }
    open = Promise.withResolvers<void>();
    const second = await wave();
    expect(second.passed.map((response) => limitsIn(response)[1]).toSorted((a = 0, b = 0) => b - a)).toEqual(
      Array.from({ length: 20 }, (_, taken) => 19 - taken),
    );
    for (const response of second.refused) {
      expect([response.status, ...limitsIn(response)]).toEqual([429, 40, 0, 2]);
      expect(response.headers.get('retry-after')).toBe('2');
      const { error } = (await response.json()) as {
        error: { code: string; details: { limit_kind: string } };
      };
      expect([error.code, error.details.limit_kind]).toEqual(['rate_limit_exceeded', 'requests']);
    }
    server.clock.advance(15_000);
    open = Promise.withResolvers<void>();
    const third = await wave();
    expect(third.passed.length).toBe(10);
    expect(mostWaiting).toBe(20);
    await untilTrue(
      () => server.limiter.standing(stored.id, { requestsPerMinute: 40, concurrent: 20 }).open === 0,
    );
  }, 60_000);
});

describe('the only place of a key is free again', () => {
  const limits = { requestsPerMinute: 1_000_000, concurrent: 1 };
  const openCalls = (id: string) => server.limiter.standing(id, limits).open;

  test.each([
    ['an answer', 'fine', false, 200],
    ['a stream', 'fine', true, 200],
    ['a failing provider', 'fails', false, 502],
    ['a failing provider of a stream', 'fails', true, 502],
    ['a provider’s refusal', 'refuses', false, 400],
    ['a stream that is cut off', 'cut', true, 200],
  ])('after %s', async (_, model, stream, status) => {
    for (const format of ['openai-chat', 'openai-responses'] as const) {
      const { key, stored } = server.makeKey(limits);
      const response = await ask(server, format, { model, key, stream });
      expect(response.status).toBe(status);
      await response.text();
      await untilTrue(() => openCalls(stored.id) === 0);
      expect((await ask(server, format, { model: 'fine', key })).status).toBe(200);
    }
  });

  test.each([
    ['an answer', 'hold', false, 504],
    ['a silent stream', 'hangs', true, 200],
  ])('after the deadline of %s', async (_, model, stream, status) => {
    const { key, stored } = hasty.makeKey(limits);
    const response = await ask(hasty, 'openai-chat', { model, key, stream });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('timeout');
    await untilTrue(() => hasty.limiter.standing(stored.id, limits).open === 0);
  });

  test.each([
    ['before the headers', 'hold', false],
    ['before the headers of a stream', 'hold', true],
    ['in the middle of a stream', 'hangs', true],
  ])('after its client left %s', async (_, model, stream) => {
    const { key, stored } = server.makeKey(limits);
    const controller = new AbortController();
    const pending = ask(server, 'openai-chat', { model, key, stream, signal: controller.signal });
    await untilTrue(() => openCalls(stored.id) === 1);
    expect((await ask(server, 'openai-chat', { model: 'fine', key })).status).toBe(429);
    if (model === 'hangs') await (await pending).body?.getReader().read();
    controller.abort();
    await pending.catch(() => {});
    await untilTrue(() => openCalls(stored.id) === 0);
    expect((await ask(server, 'openai-chat', { model: 'fine', key })).status).toBe(200);
  });

  test('after a refusal for lack of money', async () => {
    const { key, stored } = server.makeKey(limits, { expiresAtMs: 1 });
    const refused = await errorOf(await ask(server, 'openai-chat', { model: 'fine', key }));
    expect(refused).toMatchObject({ status: 402, code: 'key_expired' });
    expect(server.limiter.standing(stored.id, limits)).toMatchObject({ open: 0 });
  });
});

describe('tokens a minute', () => {
  test.each([false, true])('are taken when a call has ended (stream: %p)', async (stream) => {
    const { key } = server.makeKey({ tokensPerMinute: 100 });
    for (let minute = 0; minute < 3; minute++) {
      const passed = await ask(server, 'openai-chat', { model: 'fine', key, stream });
      expect(passed.status).toBe(200);
      await passed.text();
      const refused = await ask(server, 'openai-chat', { model: 'fine', key, stream });
      const retryAfterS = Number(refused.headers.get('retry-after'));
      const [limit, remaining] = limitsIn(refused);
      expect([refused.status, limit]).toEqual([429, 40]);
      expect(remaining).toBeGreaterThan(0);
      const { error } = (await refused.json()) as { error: { code: string; message: string } };
      expect(error).toMatchObject({ code: 'rate_limit_exceeded', details: { limit_kind: 'tokens' } });
      expect(error.message).toContain('100 tokens');
      server.clock.advance((retryAfterS - 1) * 1000);
      expect((await ask(server, 'openai-chat', { model: 'fine', key })).status).toBe(429);
      server.clock.advance(1000);
    }
  });
});

test('tokens a minute count what calls under way are expected to use', async () => {
  // 2,000 tokens of output are expected of each, and a few of input
  const { key } = server.makeKey({ tokensPerMinute: 4500 });
  const running = [1, 2, 3].map(() => ask(server, 'openai-chat', { model: 'hold', key }));
  await untilTrue(() => waiting === 3);
  const refused = await ask(server, 'openai-chat', { model: 'fine', key });
  expect(refused.status).toBe(429);
  expect(((await refused.json()) as { error: { message: string } }).error.message).toContain('running');
  open.resolve();
  for (const call of running) expect((await call).status).toBe(200);
  // 250 each is what they have used
  expect((await ask(server, 'openai-chat', { model: 'fine', key })).status).toBe(200);
});

describe('requests that cost nothing', () => {
  const get = (path: string, key: string) =>
    fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
  const count = (key: string) =>
    ask(server, 'anthropic-messages', { model: 'fine', key, path: '/v1/messages/count_tokens' });

  test('share 600 a minute of a key, and leave its calls alone', async () => {
    const { key } = server.makeKey({ requestsPerMinute: 1, concurrent: 1 });
    expect(limitsIn(await get('/v1/models', key))).toEqual([600, 599, 1]);
    expect(limitsIn(await get('/v1/models/fine', key))).toEqual([600, 598, 1]);
    expect(limitsIn(await count(key))).toEqual([600, 597, 1]);
    for (let taken = 3; taken < 600; taken++) await (await get('/models', key)).body?.cancel();
    for (const refused of [
      await get('/v1/models', key),
      await get('/v1/models/fine', key),
      await count(key),
    ]) {
      expect([refused.status, ...limitsIn(refused)]).toEqual([429, 600, 0, 1]);
      expect(refused.headers.get('retry-after')).toBe('1');
      // not of calls, of which this key may make one
      expect(await errorOf(refused)).toMatchObject({
        code: 'rate_limit_exceeded',
        message: expect.stringContaining(
          '600 free requests (token counts, model lists, its own page) a minute',
        ),
      });
    }
    expect((await get('/v1/models/nothing', key)).status).toBe(404);
    expect((await ask(server, 'openai-chat', { model: 'fine', key })).status).toBe(200);
    server.clock.advance(100);
    expect((await get('/v1/models', key)).status).toBe(200);
  });
});
