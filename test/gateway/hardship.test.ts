// What the gateway does when a provider keeps it waiting, a client stops reading, or the server has to go.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const SECRET = 'hunter2-own-credential';
const encoder = new TextEncoder();
const chunk = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

/** The models that were asked for. */
const asked: string[] = [];

/** An upstream that does what the model's name says. */
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { model } = (await request.json()) as { model: string };
    asked.push(model);
    const sse = { headers: { 'content-type': 'text/event-stream' } };
    const gone = new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
    if (model === 'never') await gone;
    if (model === 'late') await Promise.race([gone, Bun.sleep(10_000)]);
    if (model === 'tells')
      return Response.json({ error: { type: 'invalid_request_error', message: `bad token ${SECRET}` } });
    if (model === 'untyped') return new Response(encoder.encode(chunk('fine', 'stop') + DONE));
    if (model === 'bomb') {
      const big = Bun.gzipSync(new Uint8Array(100 * 1024 * 1024));
      return new Response(big, {
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      });
    }
    if (model === 'huge') return new Response(chunk('x'.repeat(12_000_000)).repeat(4) + DONE, sse);
    if (model !== 'hold') return new Response(chunk('fine', 'stop') + DONE, sse);
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(encoder.encode(chunk('first')));
        await gone;
      },
    });
    return new Response(body, sse);
  },
});

const NAMES = ['never', 'late', 'tells', 'untyped', 'bomb', 'huge', 'hold', 'fine'];
const price = { input: 0, output: 0 };

function start(server: Record<string, unknown>): Promise<Gateway> {
  const provider = { base_url: `http://127.0.0.1:${upstream.port}/v1`, format: 'openai-chat' };
  const at = (model: string) => ({ provider: 'up', model });
  const models = Object.fromEntries(NAMES.map((name) => [name, { price, deployments: [at(name)] }]));
  return startGateway({
    upstreams: [],
    server,
    sections: {
      providers: { up: { ...provider, auth: 'bearer', api_key: SECRET } },
      models: { ...models, second: { price, deployments: [at('never'), at('fine')] } },
    },
  });
}

let gateway: Gateway;
beforeAll(async () => {
  gateway = await start({ first_byte_timeout: '2s', client_stall_timeout: '1s', drain_timeout: '1s' });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
});

function ask(at: Gateway, model: string, stream = true, key = at.key): Promise<Response> {
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] });
  return fetch(`${at.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body,
  });
}

test('a provider that keeps us waiting too long is passed over for the next', async () => {
  const response = await ask(gateway, 'second');
  expect(response.status).toBe(200);
  expect(response.headers.get('x-osiris-attempts')).toBe('2');
  expect(await response.text()).toContain('fine');
}, 15_000);

test('a client that stops reading gives its place back', async () => {
  const made = await gateway.command(['keys', 'create', '--name', 'one', '--concurrency', '1', '--json']);
  const { key } = JSON.parse(made.stdout) as { key: string };
  const { port } = new URL(gateway.url);
  const body = JSON.stringify({
    model: 'huge',
    stream: true,
    messages: [{ role: 'user', content: 'hello' }],
  });
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(port),
    socket: { data: (own) => void own.pause() },
  });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await until(() => asked.includes('huge'));
  expect((await ask(gateway, 'fine', true, key)).status).toBe(429);
  await until(async () => (await ask(gateway, 'fine', true, key)).status === 200);
  socket.terminate();
}, 30_000);

test('our own credential is in no error, wherever the provider put it', async () => {
  for (const stream of [true, false]) {
    const text = await (await ask(gateway, 'tells', stream)).text();
    expect(text).toContain('bad token');
    expect(text).not.toContain(SECRET);
  }
  expect(gateway.logs()).not.toContain(SECRET);
});

test('a stream without a content type is a stream', async () => {
  const response = await ask(gateway, 'untyped');
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(chunk('fine', 'stop') + DONE);
});

test('an answer that unpacks to more than 64 MB is refused', async () => {
  const before = gateway.rssBytes();
  expect((await ask(gateway, 'bomb', false)).status).toBe(502);
  expect(gateway.rssBytes() - before).toBeLessThan(300 * 1024 * 1024);
}, 15_000);

test('a request without a usable Host gets its answer, never a page of the runtime', async () => {
  for (const head of ['GET /health/live HTTP/1.0\r\n\r\n', 'GET /nope HTTP/1.1\r\nhost: a b\r\n\r\n']) {
    const said = Promise.withResolvers<string>();
    let text = '';
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: Number(new URL(gateway.url).port),
      socket: {
        data(_, bytes) {
          text += bytes.toString();
          if (text.includes('}')) said.resolve(text);
        },
        close: () => said.resolve(text),
      },
    });
    socket.write(head);
    expect(await said.promise).not.toContain('<html');
    expect(text).not.toContain(gateway.directory);
    socket.terminate();
  }
});

test('a stream whose provider sends nothing for ten seconds is kept company and then answered', async () => {
  const patient = await start({});
  try {
    const response = await ask(patient, 'late');
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text.startsWith(': keep-alive\n\n')).toBe(true);
    expect(text.endsWith(chunk('fine', 'stop') + DONE)).toBe(true);
  } finally {
    await patient.stop();
  }
}, 30_000);

test('a server that has to go ends open streams with an error, not with a cut', async () => {
  const going = await start({ drain_timeout: '1s' });
  const response = await ask(going, 'hold');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const stopped = going.stop();
  let text = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += new TextDecoder().decode(piece.value);
  }
  await stopped;
  expect(text).toContain('"code":"draining"');
}, 30_000);
