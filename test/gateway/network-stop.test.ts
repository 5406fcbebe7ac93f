// Stopping with grace: what runs may finish, what is new is refused, and a second signal ends it all.

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';

const asking = {
  model: 'sandbox/drip-50',
  stream: true,
  text: 'one two three four five six seven eight nine ten',
};

/** Sends the signal and resolves when the gateway refuses new connections. */
async function tell(gateway: Gateway, signal: NodeJS.Signals): Promise<void> {
  process.kill(gateway.pid, signal);
  for (;;) {
    const refused = await ask(gateway, 'openai-chat', {
      model: 'sandbox/echo',
      headers: { connection: 'close' },
    }).then(
      async (response) => {
        if (response.ok) return response.text().then(() => false);
        expect(await errorOf(response)).toMatchObject({ status: 503, code: 'draining' });
        return true;
      },
      () => true,
    );
    if (refused) return;
  }
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets a running stream end, then the program ends',
  async (signal) => {
    const gateway = await startGateway({ upstreams: [] });
    const running = await ask(gateway, 'openai-chat', asking);
    expect(running.status).toBe(200);
    await tell(gateway, signal);
    const text = await running.text();
    expect(text).toContain('ten');
    expect(text.trimEnd()).toEndWith('data: [DONE]');
    await gateway.stop();
    expect(gateway.logs()).toContain('stopping');
  },
  30_000,
);

test('a second signal cuts off what still runs', async () => {
  const gateway = await startGateway({ upstreams: [] });
  const running = await ask(gateway, 'openai-chat', { ...asking, text: 'word '.repeat(2000) });
  await tell(gateway, 'SIGTERM');
  expect(isGone(gateway.pid)).toBe(false);
  process.kill(gateway.pid, 'SIGTERM');
  const text = await running.text().catch(() => '');
  // it would have gone on for its two thousand words
  expect(text).not.toContain('[DONE]');
  await gateway.stop();
}, 30_000);

test('an idle connection is closed at once, so that its next request goes elsewhere', async () => {
  const gateway = await startGateway({ upstreams: [] });
  const running = await ask(gateway, 'openai-chat', asking);
  const kept = await keptConnection(gateway);
  expect(await kept('GET /health/ready')).toContain('HTTP/1.1 200');
  await tell(gateway, 'SIGINT');
  let last: string;
  do last = await kept('GET /health/ready');
  while (last.includes('draining'));
  expect(last).toBe('');
  expect(await running.text()).toContain('[DONE]');
  await gateway.stop();
}, 30_000);

const DELAY = { drain_delay: '10m' };
const CLOSE = { connection: 'close' };
/** Words that cost something, one each 50 ms. */
const DEAR = {
  models: {
    dear: { price: { input: 1, output: 1 }, deployments: [{ provider: 'sandbox', model: 'drip-50' }] },
  },
};

/** Resolves when the answer has begun, to a promise of all that came. */
async function begun(response: Response): Promise<{ text: Promise<string> }> {
  const first = Promise.withResolvers<void>();
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes('word')) first.resolve();
    }
    return text;
  };
  const text = read();
  await Promise.race([first.promise, text]);
  return { text };
}

/** Resolves when a new connection is told that the server is not ready. */
async function untilNotReady({ url }: Gateway): Promise<unknown> {
  for (;;) {
    const response = await fetch(`${url}/health/ready`, { headers: CLOSE });
    const body = await response.json();
    if (response.status === 503) return body;
  }
}

test('at SIGTERM it is not ready first: it still listens, refuses new calls, and goes on with old ones', async () => {
  const gateway = await startGateway({ upstreams: [], server: DELAY });
  const running = await ask(gateway, 'openai-chat', asking);
  process.kill(gateway.pid, 'SIGTERM');
  expect(await untilNotReady(gateway)).toMatchObject({ status: 'not ready', checks: { drain: 'draining' } });
  expect((await fetch(`${gateway.url}/health/live`, { headers: CLOSE })).status).toBe(200);
  for (const format of FORMATS) {
    const refused = await ask(gateway, format, { model: 'sandbox/echo', headers: CLOSE });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await errorOf(refused)).toMatchObject({ status: 503, code: 'draining' });
  }
  expect(await running.text()).toContain('[DONE]');
  // the data directory is taken until the very end
  const second = await gateway.command(['serve', '--port', '0']);
  expect({ ...second }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('runs on this data directory'),
  });
  process.kill(gateway.pid, 'SIGTERM');
  expect(await gateway.exited).toBe(1);
  await gateway.stop();
}, 30_000);

test('it listens no more after drain_delay, and ends with 0', async () => {
  const gateway = await startGateway({ upstreams: [], server: { drain_delay: '100ms' } });
  const running = await ask(gateway, 'openai-chat', asking);
  process.kill(gateway.pid, 'SIGTERM');
  await untilNotReady(gateway);
  await expect(
    (async () => {
      for (;;) await (await fetch(`${gateway.url}/health/live`, { headers: CLOSE })).text();
    })(),
  ).rejects.toThrow();
  expect(await running.text()).toContain('[DONE]');
  expect(await gateway.exited).toBe(0);
  await gateway.stop();
}, 30_000);

test('who stops it by hand does not wait for load balancers', async () => {
  const gateway = await startGateway({ upstreams: [], server: DELAY });
  process.kill(gateway.pid, 'SIGINT');
  expect(await gateway.exited).toBe(0);
  await gateway.stop();
}, 30_000);

test.each(FORMATS)(
  'a second signal tells a client of %s, charges nothing and leaves nothing behind',
  async (format) => {
    const gateway = await startGateway({ upstreams: [], server: DELAY, sections: DEAR, credit: 1 });
    const running = await ask(gateway, format, { ...asking, model: 'dear', text: 'word '.repeat(2000) });
    const { text } = await begun(running);
    process.kill(gateway.pid, 'SIGTERM');
    await untilNotReady(gateway);
    process.kill(gateway.pid, 'SIGTERM');
    const said = await text;
    expect(said).toContain('shutting down');
    expect(said).not.toContain('[DONE]');
    expect(await gateway.exited).toBe(1);
    expect(gateway.logs()).toContain('calls are cut off');
    const state = join(gateway.directory, 'state');
    expect(rowsIn(state, "SELECT rule, amount_nano FROM entries WHERE kind = 'charge'")).toEqual([
      { rule: 'our-failure', amount_nano: 0n },
    ]);
    expect(rowsIn(state, 'SELECT * FROM holds')).toEqual([]);
    expect((await gateway.command(['ledger', 'verify'])).code).toBe(0);
    await gateway.stop();
  },
  30_000,
);

/** Sends requests one after the other over one connection; the answer is empty when it was closed. */
async function keptConnection({ url }: Gateway): Promise<(line: string) => Promise<string>> {
  let heard = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(new URL(url).port),
    socket: {
      data: (_, bytes) => heard.resolve(Buffer.from(bytes).toString('latin1')),
      close: () => heard.resolve(''),
      error: () => heard.resolve(''),
    },
  });
  return (line) => {
    heard = Promise.withResolvers<string>();
    if (socket.readyState !== 1) return Promise.resolve('');
    socket.write(`${line} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n`);
    return heard.promise;
  };
}
