// Fair turns: who floods the gateway waits by itself, and what is refused is refused honestly.

import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Fault } from '../../src/canonical/fault.ts';
import { type Turn, type TurnLimits, Turns } from '../../src/gateway/admission/turns.ts';
import { Watch } from '../../src/gateway/watch.ts';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { fakeClock } from '../support/store-fixtures.ts';

const limits = (maxInFlight: number, queue: number): TurnLimits => ({
  maxInFlight,
  queue,
  queueTimeoutMs: 60_000,
});
const codeOf = (enter: () => unknown): string => {
  try {
    enter();
    return 'entered';
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : String(thrown);
  }
};

/** Keys whose clients send their next call when one has ended; `flood` are sent at once besides. */
function play(clients: Record<string, number>, flood: { key: string; calls: number }, rounds: number) {
  const turns = new Turns();
  const open: { key: string; turn: Turn; enteredAt: number; begunAt?: number }[] = [];
  const waits: Record<string, number[]> = {};
  let served = 0;
  const send = (key: string) =>
    open.push({ key, turn: turns.enter(key, limits(4, 1024)), enteredAt: served });
  const look = () => {
    for (const call of open) {
      if (call.turn.state !== 'running' || call.begunAt !== undefined) continue;
      call.begunAt = served;
      waits[call.key] ??= [];
      waits[call.key]?.push(served - call.enteredAt);
    }
  };
  for (let i = 0; i < flood.calls; i++) if (codeOf(() => send(flood.key)) !== 'entered') break;
  for (const [key, count] of Object.entries(clients)) for (let i = 0; i < count; i++) send(key);
  look();
  for (let round = 0; round < rounds; round++) {
    const running = open.filter(({ turn }) => turn.state === 'running');
    // calls do not end in the order in which they began
    const ended = running[(round * 7) % running.length];
    if (!ended) break;
    open.splice(open.indexOf(ended), 1);
    served += 1;
    ended.turn.end();
    look();
    if (ended.key === flood.key && flood.calls > 0) codeOf(() => send(ended.key));
    else send(ended.key);
  }
  return (key: string): number => {
    const sorted = (waits[key] ?? []).toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  };
}

describe('three keys, one of which floods', () => {
  test.each([
    ['eight clients each', { a: 8, b: 8 }],
    ['one a few and one many', { a: 4, b: 12 }],
    ['twenty clients each', { a: 20, b: 20 }],
  ])('the 99th of a hundred waits of the others is at most twice as many turns: %s', (_, clients) => {
    const alone = play(clients, { key: 'c', calls: 0 }, 5_000);
    const beside = play(clients, { key: 'c', calls: 10_000 }, 5_000);
    for (const key of ['a', 'b']) {
      expect(alone(key)).toBeGreaterThan(0);
      expect(beside(key)).toBeLessThanOrEqual(2 * alone(key));
    }
    // the flood itself waits behind its own: half of the queue, every third turn
    expect(beside('c')).toBeGreaterThan(1_000);
  });

  test('a key that comes to a flood is the next to be served', () => {
    const turns = new Turns();
    const flood = Array.from({ length: 100 }, () => turns.enter('c', limits(1, 400)));
    const late = turns.enter('a', limits(1, 400));
    flood[0]?.end();
    flood[1]?.end();
    expect(late.state).toBe('running');
  });
});

describe('the queue', () => {
  test('gives one flood half of its places, two a third each, and the next key still gets in', () => {
    const turns = new Turns();
    const fill = (key: string) => {
      for (let i = 0; ; i++) {
        const code = codeOf(() => turns.enter(key, limits(1, 90)));
        if (code !== 'entered') return [i, code];
      }
    };
    turns.enter('running', limits(1, 90));
    expect(fill('a')).toEqual([45, 'queue_full']);
    expect(fill('b')).toEqual([23, 'queue_full']);
    expect(fill('c')).toEqual([11, 'queue_full']);
    for (let i = 0; turns.waiting < 90; i++) turns.enter(`other-${i}`, limits(1, 90));
    expect(codeOf(() => turns.enter('last', limits(1, 90)))).toBe('overloaded');
  });

  test('a refusal tells in how many seconds there may be room, at the pace of late', () => {
    const clock = fakeClock();
    const turns = new Turns(clock);
    const running = turns.enter('a', limits(1, 8));
    const line = Array.from({ length: 4 }, () => turns.enter('a', limits(1, 8)));
    clock.advance(3_000);
    running.end();
    clock.advance(3_000);
    line[0]?.end();
    for (let i = 0; i < 2; i++) turns.enter('a', limits(1, 8));
    let refusal: unknown;
    try {
      turns.enter('a', limits(1, 8));
    } catch (thrown) {
      refusal = thrown;
    }
    expect(refusal).toMatchObject({ code: 'queue_full', retryAfterS: 12 });
  });

  test('a bound that is raised lets in those who wait', () => {
    const turns = new Turns();
    turns.enter('a', limits(1, 8));
    const waiting = turns.enter('a', limits(1, 8));
    expect(waiting.state).toBe('waiting');
    turns.enter('b', limits(9, 8));
    expect(waiting.state).toBe('running');
    expect([turns.running, turns.waiting]).toEqual([3, 0]);
  });

  test('whoever enters, ends and leaves in whatever order: never too many, none lost, none passed over', async () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), act: fc.nat(5), which: fc.nat(50) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const turns = new Turns();
        const watch = new Watch();
        const open: { turn: Turn; leave: AbortController; over: Promise<string> }[] = [];
        for (const { key, act, which } of steps) {
          const one = open[which % Math.max(1, open.length)];
          if (act < 3 || !one) {
            if (codeOf(() => open.push(newCall(turns, key, watch))) === 'overloaded')
              expect(turns.waiting).toBe(10);
          } else if (act === 3 && one.turn.state === 'running') one.turn.end();
          else if (act === 4) one.leave.abort(new Error('left'));
          const states = open.map(({ turn }) => turn.state);
          expect(turns.running).toBe(states.filter((state) => state === 'running').length);
          expect(turns.waiting).toBe(states.filter((state) => state === 'waiting').length);
          expect(turns.running).toBeLessThanOrEqual(3);
          if (turns.running < 3) expect(turns.waiting).toBe(0);
        }
        for (let rest = open.length; rest >= 0; rest--)
          for (const { turn } of open) if (turn.state === 'running') turn.end();
        expect([turns.running, turns.waiting]).toEqual([0, 0]);
        for (const { over } of open) expect(await over).toMatch(/^(begun|left)$/);
      }),
      { numRuns: 100 },
    );
  });
});

function newCall(turns: Turns, key: string, watch: Watch) {
  const turn = turns.enter(key, limits(3, 10));
  const leave = new AbortController();
  const over = turn.wait(leave.signal, watch).then(
    () => 'begun',
    (reason: Error) => reason.message,
  );
  return { turn, leave, over };
}

/** Calls stand at the upstream, in order of arrival, until they are let go. */
let standing: { text: string; go: () => void }[] = [];
let seen: string[] = [];
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { messages, stream } = (await request.json()) as {
      messages: { content: string }[];
      stream?: boolean;
    };
    const text = messages[0]?.content ?? '';
    seen.push(text);
    await new Promise<void>((go) => standing.push({ text, go }));
    if (!stream) return Response.json({ ...ANSWER, object: 'chat.completion', choices: [WHOLE] });
    const chunk = { ...ANSWER, object: 'chat.completion.chunk', choices: [PIECE] };
    const headers = { 'content-type': 'text/event-stream' };
    return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, { headers });
  },
});
const ANSWER = {
  id: 'c',
  created: 1,
  model: 'm',
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const WHOLE = {
  index: 0,
  message: { role: 'assistant', content: 'Hi', refusal: null },
  finish_reason: 'stop',
};
const PIECE = { index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' };

const untilTrue = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resume) => setImmediate(resume));
};
/** Lets the call that stands longest go, whenever one does, until `all` are answered. */
async function serve<T>(all: Promise<T>[]): Promise<T[]> {
  let isDone = false;
  const whole = Promise.all(all).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    standing.shift()?.go();
    await new Promise((resume) => setImmediate(resume));
  }
  return whole;
}

const servers: InProcess[] = [];
async function open(server: Record<string, unknown>): Promise<InProcess> {
  const opened = await openHere({ baseUrl: `http://127.0.0.1:${upstream.port}/v1`, models: ['m'], server });
  servers.push(opened);
  return opened;
}
afterEach(async () => {
  for (const { go } of standing) go();
  standing = [];
  seen = [];
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(() => upstream.stop(true));

describe('through the front door', () => {
  test('keys take turns at the provider, whoever came first', async () => {
    const gateway = await open({ max_in_flight: 1 });
    const keys = { a: gateway.makeKey({}), b: gateway.makeKey({}), c: gateway.makeKey({}) };
    const calls: Promise<Response>[] = [];
    for (const text of ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'a0', 'b0', 'a1', 'b1']) {
      const { key } = keys[text[0] as keyof typeof keys];
      calls.push(ask(gateway, 'openai-chat', { model: 'm', key, text }));
      await untilTrue(() => gateway.turns.running + gateway.turns.waiting === calls.length);
    }
    const answers = await serve(calls);
    expect(answers.map(({ status }) => status)).toEqual(calls.map(() => 200));
    expect(seen).toEqual(['c0', 'c1', 'a0', 'b0', 'c2', 'a1', 'b1', 'c3', 'c4', 'c5']);
  });

  test.each(FORMATS)(
    '%s: a full server says 503, a full line of a key 429, with Retry-After',
    async (format) => {
      const gateway = await open({ max_in_flight: 1, queue: 2 });
      const other = gateway.makeKey({}).key;
      const send = (key?: string) =>
        ask(gateway, format, { model: 'm', ...(key === undefined ? {} : { key }) });
      const waiting: Promise<Response>[] = [];
      const enter = async (key?: string) => {
        waiting.push(send(key));
        await untilTrue(() => gateway.turns.running + gateway.turns.waiting === waiting.length);
      };
      await enter();
      await enter();
      let refused = await send();
      const full = await errorOf(refused);
      expect(full).toMatchObject({ status: 429, code: 'queue_full' });
      expect(full.message).toContain('waiting for their turn');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      await enter(other);
      refused = await send(gateway.makeKey({}).key);
      const overloaded = await errorOf(refused);
      expect(overloaded).toMatchObject({ status: 503, code: 'overloaded' });
      expect(overloaded.type).toBe(format === 'anthropic-messages' ? 'overloaded_error' : 'server_error');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect((await serve(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
    },
  );

  test('who waits too long is told so, pays nothing, and its place goes to the next', async () => {
    const gateway = await open({ max_in_flight: 1, queue_timeout: '300ms' });
    const running = ask(gateway, 'openai-chat', { model: 'm' });
    await untilTrue(() => standing.length === 1);
    const late = await ask(gateway, 'anthropic-messages', { model: 'm' });
    const { status, code, message } = await errorOf(late);
    expect([status, code]).toEqual([503, 'overloaded']);
    expect(message).toContain('has waited');
    await gateway.journal.finish();
    const { rows } = await gateway.journal.find({ limit: 1 });
    expect(rows[0]).toMatchObject({ status: 503, code: 'overloaded', rule: 'our-failure', attempts: 0 });
    // a client that leaves frees its place in the line
    const leaving = new AbortController();
    const left = ask(gateway, 'openai-chat', { model: 'm', signal: leaving.signal }).catch(() => 'left');
    await untilTrue(() => gateway.turns.waiting === 1);
    leaving.abort();
    await untilTrue(() => gateway.turns.waiting === 0);
    expect(await left).toBe('left');
    expect((await serve([running])).map((answer) => answer.status)).toEqual([200]);
    expect((await serve([ask(gateway, 'openai-chat', { model: 'm' })])).map((one) => one.status)).toEqual([
      200,
    ]);
    expect(seen).toHaveLength(2);
  });

  test.each([false, true])(
    'who waits does not begin once its key is revoked; as a stream: %p',
    async (stream) => {
      const gateway = await open({ max_in_flight: 1 });
      const running = ask(gateway, 'openai-chat', { model: 'm' });
      await untilTrue(() => standing.length === 1);
      const { key, stored } = gateway.makeKey({});
      const waiting = ask(gateway, 'openai-chat', { model: 'm', key, stream });
      await untilTrue(() => gateway.turns.waiting === 1);
      gateway.directory.revoke(stored.id);
      const [, refused] = await serve([running, waiting]);
      expect(refused && (await errorOf(refused))).toMatchObject({ status: 401, code: 'revoked_api_key' });
      expect(seen).toHaveLength(1);
      expect(gateway.store.ledger.purse(stored.purse)?.heldNano).toBe(0n);
    },
  );

  test('a stream that waits is kept alive with comments, and is whole in the end', async () => {
    const gateway = await open({ max_in_flight: 1 });
    const running = ask(gateway, 'openai-chat', { model: 'm' });
    await untilTrue(() => standing.length === 1);
    const stream = await ask(gateway, 'openai-chat', { model: 'm', stream: true });
    expect(stream.status).toBe(200);
    expect(seen).toHaveLength(1);
    const [text] = await serve([stream.text(), running.then(() => '')]);
    expect(text).toStartWith(': ');
    expect(text?.trimEnd()).toEndWith('data: [DONE]');
  }, 20_000);

  test('explain tells who would wait and who would be refused, and takes no place itself', async () => {
    const gateway = await open({ max_in_flight: 1, queue: 1 });
    const explain = async () => {
      const response = await fetch(`${gateway.url}/admin/explain`, {
        method: 'POST',
        headers: { 'x-api-key': gateway.adminSecret },
        body: JSON.stringify({ model: 'm', prompt: 'Hi' }),
      });
      return (await response.json()) as { refusals: object[]; warnings: string[]; server: { queue: object } };
    };
    const waits = ({ warnings }: { warnings: string[] }) =>
      warnings.some((warning) => warning.includes('would wait for its turn'));
    expect(waits(await explain())).toBe(false);
    const running = ask(gateway, 'openai-chat', { model: 'm' });
    await untilTrue(() => standing.length === 1);
    const behind = await explain();
    expect(waits(behind)).toBe(true);
    expect(behind.refusals).toEqual([]);
    expect(behind.server.queue).toEqual({ running: 1, max_in_flight: 1, waiting: 0, places: 1 });
    const waiting = ask(gateway, 'openai-chat', { model: 'm' });
    await untilTrue(() => gateway.turns.waiting === 1);
    expect((await explain()).refusals).toMatchObject([{ status: 503, code: 'overloaded' }]);
    expect(gateway.turns.waiting).toBe(1);
    await serve([running, waiting]);
  });

  test('counting tokens needs no turn', async () => {
    const gateway = await open({ max_in_flight: 1, queue: 0 });
    const running = ask(gateway, 'openai-chat', { model: 'm' });
    await untilTrue(() => standing.length === 1);
    const counted = await ask(gateway, 'anthropic-messages', {
      model: 'm',
      path: '/v1/messages/count_tokens',
    });
    expect(counted.status).toBe(200);
    expect((await ask(gateway, 'openai-chat', { model: 'm' })).status).toBe(503);
    await serve([running]);
  });
});
