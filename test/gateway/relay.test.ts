// Streams under bad conditions: silent upstreams, stalled and leaving readers, a thousand at once.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Gateway, startGateway } from '../support/gateway.ts';

type Open = { path: string; aborted: Promise<void> };

/** An upstream that streams what the model's name says: `flood`, `hold`, `never`. */
function startFlood() {
  const opened: Open[] = [];
  const encoder = new TextEncoder();
  const chunk = (content: string) =>
    encoder.encode(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`,
    );
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { model, stream } = (await request.json()) as { model: string; stream?: boolean };
      const gone = Promise.withResolvers<void>();
      opened.push({ path: model, aborted: gone.promise });
      request.signal.addEventListener('abort', () => gone.resolve());
      if (model === 'never') await gone.promise;
      let sent = 0;
      const big = chunk('x'.repeat(64 * 1024));
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (model === 'hold' && sent > 0) return void (await gone.promise);
          controller.enqueue(model === 'hold' ? chunk('first') : big);
          sent += big.length;
          if (sent < 300 * 1024 * 1024) return;
          controller.enqueue(encoder.encode('data: [DONE]\n\n'));
          controller.close();
        },
        cancel: () => gone.resolve(),
      });
      const type = stream ? 'text/event-stream' : 'application/json';
      return new Response(body, { headers: { 'content-type': type } });
    },
  });
  return { server, opened, baseUrl: `http://127.0.0.1:${server.port}/v1` };
}

let flood: ReturnType<typeof startFlood>;
let gateway: Gateway;

beforeAll(async () => {
  flood = startFlood();
  const upstream = { provider: 'flood', format: 'openai-chat' as const, baseUrl: flood.baseUrl, apiKey: 'k' };
  gateway = await startGateway({
    upstreams: ['flood', 'hold', 'never'].map((model) => ({ ...upstream, model, upstreamModel: model })),
    server: { first_byte_timeout: '2s', request_timeout: '2s' },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await flood.server.stop(true);
});

const PATHS = { chat: '/v1/chat/completions', messages: '/v1/messages', responses: '/v1/responses' };

function ask(
  route: keyof typeof PATHS,
  model: string,
  init: RequestInit & { stream?: boolean } = {},
): Promise<Response> {
  const stream = init.stream ?? true;
  const messages = [{ role: 'user', content: 'hello' }];
  const body =
    route === 'responses' ? { model, stream, input: 'hello' } : { model, stream, messages, max_tokens: 100 };
  const headers = { authorization: `Bearer ${gateway.key}` };
  return fetch(gateway.url + PATHS[route], { method: 'POST', headers, body: JSON.stringify(body), ...init });
}

for (const route of ['chat', 'messages'] as const) {
  test(`300 MB for a reader that stalls stay at the upstream (${route})`, async () => {
    await (await ask('chat', 'sandbox/echo', { stream: false })).text();
    const before = gateway.rssBytes();
    const response = await ask(route, 'flood');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    let peak = 0;
    for (let i = 0; i < 30; i++) {
      await Bun.sleep(100);
      peak = Math.max(peak, gateway.rssBytes() - before);
    }
    await reader.cancel();
    // what is garbage already may still stand in memory; holding the answer back would take all of it
    expect(peak).toBeLessThan(150 * 1024 * 1024);
  }, 30_000);
}

test('a client that leaves takes its upstream call with it', async () => {
  for (const route of ['chat', 'responses'] as const) {
    const abort = new AbortController();
    const response = await ask(route, 'hold', { signal: abort.signal });
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    abort.abort();
    // it never ends by itself
    await flood.opened.at(-1)?.aborted;
  }
});

test('a client that leaves before the first byte takes its upstream call with it too', async () => {
  const before = flood.opened.length;
  const abort = new AbortController();
  const pending = ask('chat', 'never', { signal: abort.signal }).catch(() => undefined);
  while (flood.opened.length === before) await Bun.sleep(5);
  abort.abort();
  await pending;
  await flood.opened.at(-1)?.aborted;
  // and not because its time was up
  expect(await firstOutcome()).toEqual({ status: 499, code: 'client_closed' });
});

/** How the first call of `never` ended, once the journal has it. */
async function firstOutcome(): Promise<{ status: number; code: string | null }> {
  for (;;) {
    const headers = { authorization: `Bearer ${gateway.adminSecret}` };
    const page = await fetch(`${gateway.url}/admin/logs?model=never`, { headers });
    const row = ((await page.json()) as { data: { status: number; code: string | null }[] }).data.at(-1);
    if (row) return { status: row.status, code: row.code };
  }
}

test('an upstream that never answers is a 504 within its deadline', async () => {
  for (const stream of [true, false]) {
    const response = await ask('chat', 'never', { stream });
    expect(response.status).toBe(504);
    expect((await response.json()).error.message).toContain('2 s');
  }
}, 15_000);

test('a plain answer that never ends is a 504 too', async () => {
  const response = await ask('chat', 'hold', { stream: false });
  expect(response.status).toBe(504);
}, 15_000);

test('a thousand slow streams are all open at once', async () => {
  const { baseUrl } = flood;
  const upstream = {
    provider: 'flood',
    format: 'openai-chat' as const,
    baseUrl,
    model: 'hold',
    upstreamModel: 'hold',
  };
  // with the usual deadlines: on a busy machine the last one takes longer than those of the other tests allow
  const patient = await startGateway({ upstreams: [{ ...upstream, apiKey: 'k' }] });
  try {
    // none of them ends by itself, so a thousandth that waited for another one would never begin
    const slowest = await startStreams(1000, patient);
    console.log(`1,000 streams: the last one started after ${Math.round(slowest)} ms`);
  } finally {
    await patient.stop();
  }
}, 60_000);

/** How long it takes until the last of so many streams has begun. */
async function startStreams(count: number, { url, key }: Gateway): Promise<number> {
  const body = JSON.stringify({
    model: 'hold',
    stream: true,
    messages: [{ role: 'user', content: 'hello' }],
  });
  // one connection each, opened beforehand: the gateway is measured, not this process's own connection limit
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(url)));
  const begun = performance.now();
  const starts = sockets.map((socket) => {
    socket.write(
      `POST ${PATHS.chat} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    return socket.data.first.promise.then(() => performance.now() - begun);
  });
  const slowest = Math.max(...(await Promise.all(starts)));
  for (const socket of sockets) socket.terminate();
  return slowest;
}

type Waiting = { first: PromiseWithResolvers<void> };

function openSocket(url: string): Promise<Bun.Socket<Waiting>> {
  const { hostname, port } = new URL(url);
  return Bun.connect<Waiting>({
    hostname,
    port: Number(port),
    data: { first: Promise.withResolvers<void>() },
    socket: {
      data(socket, bytes) {
        if (bytes.includes('data: ')) socket.data.first.resolve();
      },
    },
  });
}

test('a stream that is silent for half a minute survives, with signs of life', async () => {
  const begun = performance.now();
  const response = await ask('chat', 'sandbox/silent');
  const text = await response.text();
  expect(performance.now() - begun).toBeGreaterThan(29_000);
  expect(response.status).toBe(200);
  expect(text.match(/^: keep-alive$/gm)?.length ?? 0).toBeGreaterThanOrEqual(2);
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
}, 60_000);
