// The kill switch: what is paused asks nobody for anything, and says so.

import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { Pauses } from '../../src/gateway/health/pauses.ts';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { rowsIn } from '../support/ledger.ts';

/** Calls stand at the provider whose name the path says until they are let go. */
const standing: (() => void)[] = [];
let asked: string[] = [];
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { messages, stream } = (await request.json()) as {
      messages: { content: string }[];
      stream?: boolean;
    };
    asked.push(new URL(request.url).pathname.split('/')[1] ?? '');
    const gone = new Promise<void>((go) => request.signal.addEventListener('abort', () => go()));
    if (messages[0]?.content === 'stand' && !stream)
      await Promise.race([gone, new Promise<void>((go) => standing.push(go))]);
    if (messages[0]?.content === 'fail') return new Response('no', { status: 500 });
    const base = { id: 'c', created: 1, model: 'm' };
    if (!stream)
      return Response.json({
        ...{ ...base, object: 'chat.completion' },
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'Hi', refusal: null },
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
      });
    const piece = {
      ...{ ...base, object: 'chat.completion.chunk' },
      choices: [{ index: 0, delta: { role: 'assistant', content: 'begun' }, finish_reason: null }],
    };
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(piece)}\n\n`));
        await gone;
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  },
});
afterAll(() => upstream.stop(true));

const servers: InProcess[] = [];
afterEach(async () => {
  for (const go of standing.splice(0)) go();
  asked = [];
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** Providers `one` and `two` both have `both`; `one` alone has `single`, for which `both` stands in, and `alone`. */
async function open(server: Record<string, unknown> = {}): Promise<InProcess & { key: string }> {
  const at = (name: string) => ({
    base_url: `http://127.0.0.1:${upstream.port}/${name}`,
    format: 'openai-chat',
    auth: 'none',
  });
  const price = { input: 1, output: 1 };
  const deployed = (...providers: string[]) => ({
    price,
    deployments: providers.map((provider) => ({ provider, model: 'm' })),
  });
  const gateway = await openHere({
    server,
    sections: {
      providers: { one: at('one'), two: at('two') },
      models: { both: deployed('one', 'two'), single: deployed('one'), alone: deployed('one') },
      routing: { retries: 1, fallbacks: { single: ['both'] } },
    },
  });
  servers.push(gateway);
  const limits = { requestsPerMinute: 1000, concurrent: 100 };
  return { ...gateway, key: gateway.makeKey(limits, { creditNano: 1_000_000_000n }).key };
}

async function admin(
  { url, adminSecret }: InProcess,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/admin/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': adminSecret },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const untilTrue = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resume) => setImmediate(resume));
};

describe('a server that is paused', () => {
  test.each(FORMATS)(
    'tells clients of %s why, and not to try again; it asks nobody and takes nothing',
    async (format) => {
      const gateway = await open();
      const { stored, key } = gateway.makeKey({}, { creditNano: 1_000_000_000n });
      const before = gateway.limiter.standing(stored.id, { requestsPerMinute: 40, concurrent: 20 });
      const paused = await admin(gateway, 'pause', { reason: 'a bill' });
      expect(paused).toMatchObject({ status: 200, body: { paused: true, cut: 0 } });
      const refused = await ask(gateway, format, { model: 'both', key });
      expect(refused.headers.get('x-should-retry')).toBe('false');
      expect(refused.headers.get('retry-after')).toBe('2');
      const { status, code, message } = await errorOf(refused);
      expect({ status, code }).toEqual({ status: 503, code: 'paused' });
      expect(message).toContain('paused this server (a bill)');
      expect(asked).toEqual([]);
      expect(rowsIn(gateway.dataDir, "SELECT * FROM entries WHERE kind = 'charge'")).toEqual([]);
      expect(gateway.limiter.standing(stored.id, { requestsPerMinute: 40, concurrent: 20 })).toEqual(before);
      const resumed = await admin(gateway, 'resume', {});
      expect(resumed.body).toMatchObject({ paused: false, data: [], resumed: [{ scope: 'server' }] });
      expect((await ask(gateway, format, { model: 'both', key })).status).toBe(200);
    },
  );

  test('counts no tokens either, and a wrong key is still told that it is wrong', async () => {
    const gateway = await open();
    await admin(gateway, 'pause', {});
    const path = '/v1/messages/count_tokens';
    expect((await ask(gateway, 'anthropic-messages', { model: 'both', path })).status).toBe(503);
    const key = `sk-osiris-${'0'.repeat(32)}`;
    expect((await ask(gateway, 'openai-chat', { model: 'both', key })).status).toBe(401);
  });

  test('lets calls under way end, and sends none of those that wait for their turn', async () => {
    const gateway = await open({ max_in_flight: 1 });
    const running = ask(gateway, 'openai-chat', { model: 'both', text: 'stand' });
    await untilTrue(() => standing.length === 1);
    const waiting = ask(gateway, 'openai-chat', { model: 'both' });
    await untilTrue(() => gateway.turns.waiting === 1);
    await admin(gateway, 'pause', {});
    standing.shift()?.();
    expect((await running).status).toBe(200);
    expect(await errorOf(await waiting)).toMatchObject({ status: 503, code: 'paused' });
    expect(asked).toEqual(['one']);
  });

  test('cuts off what is under way when it has to be now: told why, charged nothing', async () => {
    const gateway = await open();
    const whole = ask(gateway, 'openai-chat', { model: 'both', text: 'stand' });
    await untilTrue(() => standing.length === 1);
    const streams = await Promise.all(
      FORMATS.map((format) => ask(gateway, format, { model: 'both', stream: true })),
    );
    const { body } = await admin(gateway, 'pause', { now: true, reason: 'leak' });
    expect(body).toMatchObject({ cut: 4, under_way: 0 });
    expect(await errorOf(await whole)).toMatchObject({ status: 503, code: 'paused' });
    for (const stream of streams) {
      const text = await stream.text();
      expect(text).toContain('begun');
      expect(text).toContain('paused this server (leak)');
      expect(text).not.toContain('[DONE]');
    }
    const charges = "SELECT rule, amount_nano FROM entries WHERE kind = 'charge'";
    expect(rowsIn(gateway.dataDir, charges)).toEqual(
      Array.from({ length: 4 }, () => ({ rule: 'our-failure', amount_nano: 0n })),
    );
  });

  test('stays so when it is started again', async () => {
    const gateway = await open();
    await admin(gateway, 'pause', { reason: 'still' });
    expect(new Pauses(gateway.directory).ofServer).toMatchObject({ scope: 'server', reason: 'still' });
  });
});

describe('a provider that is paused', () => {
  test('is passed over where another one has the model, and a fallback stands in where none has', async () => {
    const gateway = await open();
    await admin(gateway, 'pause', { provider: 'one' });
    expect((await ask(gateway, 'openai-chat', { model: 'both' })).headers.get('x-osiris-provider')).toBe(
      'two',
    );
    expect((await ask(gateway, 'openai-chat', { model: 'single' })).headers.get('x-osiris-model')).toBe(
      'both',
    );
    const refused = await errorOf(await ask(gateway, 'openai-chat', { model: 'alone' }));
    expect(refused).toMatchObject({ status: 503, code: 'paused' });
    expect(refused.message).toContain('provider one');
    expect((await ask(gateway, 'openai-chat', { model: 'one/both' })).status).toBe(503);
    expect(asked).toEqual(['two', 'two']);
  });

  test('is not asked again by a call that failed there before', async () => {
    const gateway = await open();
    const failing = ask(gateway, 'openai-chat', { model: 'alone', text: 'fail' });
    await untilTrue(() => asked.length > 0);
    gateway.pauses.begin({ scope: 'provider', name: 'one', reason: undefined, sinceMs: 0 });
    expect((await failing).status).not.toBe(200);
    expect(asked).toEqual(['one']);
  });

  test('has only its own calls cut off', async () => {
    const gateway = await open();
    const streams = await Promise.all(
      ['one/both', 'two/both'].map((model) => ask(gateway, 'openai-chat', { model, stream: true })),
    );
    const { body } = await admin(gateway, 'pause', { provider: 'two', now: true });
    expect(body).toMatchObject({ cut: 1, under_way: 1 });
    expect(await streams[1]?.text()).toContain('paused provider two');
    await streams[0]?.body?.cancel();
  });
});

test('a model that is paused is refused by every name it has, and others go on', async () => {
  const gateway = await open();
  await admin(gateway, 'pause', { model: 'alone', reason: 'dear' });
  for (const model of ['alone', 'one/alone'])
    expect(await errorOf(await ask(gateway, 'openai-chat', { model }))).toMatchObject({ code: 'paused' });
  expect((await ask(gateway, 'openai-chat', { model: 'both' })).status).toBe(200);
  expect((await admin(gateway, 'pause')).body).toMatchObject({
    ...{ paused: false },
    data: [{ scope: 'model', name: 'alone', reason: 'dear' }],
  });
});

test.each([
  ['a member that does not exist', { providers: 'one' }, 400, 'providers'],
  ['a provider that does not exist', { provider: 'oen' }, 404, '`one`'],
  ['a model that does not exist', { model: 'bothh' }, 400, '`both`'],
  ['a provider and a model', { provider: 'one', model: 'both' }, 400, 'not both'],
  ['a reason of two lines', { reason: 'a\nb' }, 400, 'one line'],
  ['a word for a flag', { now: 'yes' }, 400, 'true or false'],
] as const)('%s pauses nothing, and is told', async (_, body, status, says) => {
  const gateway = await open();
  const answer = await admin(gateway, 'pause', body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toContain(says);
  expect(gateway.pauses.isEmpty).toBe(true);
});

test('who resumes what is not paused is told what is', async () => {
  const gateway = await open();
  await admin(gateway, 'pause', { model: 'alone' });
  expect((await admin(gateway, 'resume', {})).body).toMatchObject({ resumed: [], data: [{ name: 'alone' }] });
  expect((await admin(gateway, 'resume', { all: true })).body).toMatchObject({
    ...{ resumed: [{ name: 'alone' }], data: [] },
  });
});

test('explain names the pause, and who is passed over because of one', async () => {
  const gateway = await open();
  const explain = async (model: string) =>
    (await admin(gateway, 'explain', { model, prompt: 'Hi' })).body as {
      refusals: object[];
      candidates: { provider: string; obstacle: string | null }[];
      server: object;
    };
  await admin(gateway, 'pause', { provider: 'one', reason: 'a bill' });
  const passed = await explain('both');
  expect(passed.refusals).toEqual([]);
  expect(passed.candidates).toMatchObject([
    { provider: 'two', obstacle: null },
    { provider: 'one', obstacle: 'the operator has paused it' },
  ]);
  expect(passed.server).toMatchObject({ paused: [{ scope: 'provider', name: 'one', reason: 'a bill' }] });
  expect((await explain('alone')).refusals).toMatchObject([{ status: 503, code: 'paused' }]);
  expect(asked).toEqual([]);
});
