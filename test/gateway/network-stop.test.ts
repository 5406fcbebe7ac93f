// Stopping with grace: what runs may finish, what is new is refused, and a second signal ends it all.

import { expect, test } from 'bun:test';
import { ask, errorOf } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

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
  await tell(gateway, 'SIGTERM');
  expect(await kept('GET /health/ready')).toBe('');
  expect(await running.text()).toContain('[DONE]');
  await gateway.stop();
}, 30_000);

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
