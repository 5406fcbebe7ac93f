// The places a key has: how many there are, and that each comes back however a call ends.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { ask, errorOf, FORMATS, makeKey } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ upstreams: [] });
}, 120_000);
afterAll(() => gateway.stop());

/** Opens calls that stay open until they are left. */
async function hold(key: string, count: number, stream: boolean): Promise<() => void> {
  const controller = new AbortController();
  // an answer nobody refers to any more may be collected, and is then left
  const held: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const asking = {
      model: stream ? 'sandbox/drip-50' : 'sandbox/hang',
      key,
      stream,
      signal: controller.signal,
    };
    const text = 'word '.repeat(2000);
    const response = ask(gateway, 'openai-chat', { ...asking, text });
    held.push(stream ? await response : response.catch(() => {}));
  }
  return () => {
    controller.abort();
    held.length = 0;
  };
}

/** The first answer that is not refused for want of a place. */
async function untilPlace(key: string, format = FORMATS[0] ?? 'openai-chat'): Promise<Response> {
  for (;;) {
    const response = await ask(gateway, format, { model: 'sandbox/echo', key });
    if (response.status !== 429) return response;
    await response.body?.cancel();
  }
}

test('20 calls at once are the default, and the 21st is told to wait', async () => {
  const { key } = await makeKey(gateway, '--rpm', '1000000');
  const leave = await hold(key, 20, true);
  for (const format of FORMATS) {
    const refused = await ask(gateway, format, { model: 'sandbox/echo', key });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused.headers.get('x-ratelimit-limit')).toBe('1000000');
    const { status, code, message } = await errorOf(refused);
    expect([status, code]).toEqual([429, 'concurrency_limit']);
    expect(message).toContain('20 ');
    expect(message).not.toContain('1000000');
  }
  leave();
  expect((await untilPlace(key)).status).toBe(200);
}, 20_000);

test('another key is not held up by a full one', async () => {
  const { key } = await makeKey(gateway, '--concurrency', '1');
  const leave = await hold(key, 1, true);
  expect((await ask(gateway, 'openai-chat', { model: 'sandbox/echo', key })).status).toBe(429);
  expect((await ask(gateway, 'openai-chat', { model: 'sandbox/echo' })).status).toBe(200);
  leave();
});

test.each(['in a stream', 'before the first byte'])(
  'a client that leaves %s gives its place back',
  async (when) => {
    const { key } = await makeKey(gateway, '--concurrency', '1', '--rpm', '1000000');
    const leave = await hold(key, 1, when === 'in a stream');
    let refused = await ask(gateway, 'openai-chat', { model: 'sandbox/echo', key });
    while (refused.ok) refused = await ask(gateway, 'openai-chat', { model: 'sandbox/echo', key });
    leave();
    expect((await untilPlace(key)).status).toBe(200);
  },
  20_000,
);

test('after a storm of calls that end in every way, both places of a key are free', async () => {
  const { key } = await makeKey(gateway, '--concurrency', '2', '--rpm', '1000000');
  const models = [
    'echo',
    'fail-500',
    'fail-429',
    'truncate',
    'error-midstream',
    'malformed',
    'drip-50',
    'hang',
    'none',
  ];
  const one = async (turn: number): Promise<void> => {
    const controller = new AbortController();
    const model = `sandbox/${models[turn % models.length]}`;
    const stays = model.endsWith('hang') || model.endsWith('drip-50');
    const asking = { model, key, stream: turn % 2 === 0, signal: controller.signal };
    const format = FORMATS[turn % 3] ?? 'openai-chat';
    const response = ask(gateway, format, asking).catch(() => undefined);
    if (stays) setTimeout(() => controller.abort(), turn % 40);
    await (await response)?.text().catch(() => {});
  };
  for (let turn = 0; turn < 200; turn += 4) await Promise.all([0, 1, 2, 3].map((more) => one(turn + more)));
  await untilPlace(key);
  for (let i = 0; i < 5; i++) {
    const pair = await Promise.all(
      [1, 2].map(() => ask(gateway, 'openai-chat', { model: 'sandbox/slow-500', key })),
    );
    if (i > 0 || pair.every((each) => each.ok)) expect(pair.map((each) => each.status)).toEqual([200, 200]);
  }
  const third = [1, 2, 3].map(() => ask(gateway, 'openai-chat', { model: 'sandbox/slow-500', key }));
  expect((await Promise.all(third)).map((each) => each.status).toSorted()).toEqual([200, 200, 429]);
}, 60_000);
