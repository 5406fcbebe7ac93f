// The way to providers: authorities of one's own, proxies of the environment, deadlines that hold to the end.

import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, errorOf } from '../support/asking.ts';
import { newAuthority } from '../support/certificates.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../support/gateway.ts';
import { rawUpstream } from '../support/raw-upstream.ts';

setDefaultTimeout(30_000);

const files = mkdtempSync(join(tmpdir(), 'osiris-ca-'));
const authority = newAuthority();
const ca = join(files, 'ca.pem');
writeFileSync(ca, authority.pem);
const { pem: cert, keyPem: key } = authority.issue();
const answer = (request: Request) =>
  request.json().then(() =>
    Response.json({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi!' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }),
  );
const secure = Bun.serve({ hostname: '127.0.0.1', port: 0, tls: { cert, key }, fetch: answer });
const plain = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });

let gateway: Gateway | undefined;
afterEach(() => gateway?.stop());
afterAll(async () => {
  await Promise.all([secure.stop(true), plain.stop(true)]);
  rmSync(files, { recursive: true, force: true });
});

async function start(
  provider: { base_url: string; ca?: string },
  options: Pick<GatewayOptions, 'env' | 'server'> = {},
): Promise<Gateway> {
  gateway = await startGateway({
    ...options,
    upstreams: [],
    sections: {
      providers: { house: { format: 'openai-chat', auth: 'none', ...provider } },
      models: { m: { price: { input: 0, output: 0 }, deployments: [{ provider: 'house', model: 'm' }] } },
    },
  });
  return gateway;
}

describe('a provider with a certificate of its own authority', () => {
  const base_url = `https://127.0.0.1:${secure.port}/v1`;

  test('is not trusted, and the operator is told what to set', async () => {
    const refused = await errorOf(await ask(await start({ base_url }), 'openai-chat', { model: 'm' }));
    expect(refused).toMatchObject({ status: 502, code: 'upstream_unreachable' });
    expect(refused.message).toContain('certificate');
    expect(refused.message).toContain('providers.house.ca');
  });

  test('is trusted with `ca`, with or without a stream', async () => {
    const started = await start({ base_url, ca });
    expect((await ask(started, 'openai-chat', { model: 'm' })).status).toBe(200);
    const streamed = await ask(started, 'anthropic-messages', { model: 'm', stream: true });
    expect(await streamed.text()).toContain('Hi!');
  });

  test('is trusted with NODE_EXTRA_CA_CERTS', async () => {
    const started = await start({ base_url }, { env: { NODE_EXTRA_CA_CERTS: ca } });
    expect((await ask(started, 'openai-chat', { model: 'm' })).status).toBe(200);
  });

  test.each([
    [
      'is another host’s',
      authority.issue('elsewhere.test'),
      'is for another host',
      '`providers.house.base_url`',
    ],
    ['has expired', authority.issue(undefined, 'over'), 'has expired', 'has to renew it'],
  ])('is refused when the certificate %s, whoever signed it', async (_, other, why, advice) => {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { cert: other.pem, key: other.keyPem },
      fetch: answer,
    });
    const started = await start({ base_url: `https://127.0.0.1:${server.port}/v1`, ca });
    const refused = await errorOf(await ask(started, 'openai-chat', { model: 'm' }));
    expect(refused).toMatchObject({ status: 502, code: 'upstream_unreachable' });
    expect(refused.message).toContain(`TLS certificate ${why}`);
    expect(refused.message).toContain(advice);
    await server.stop(true);
  });
});

describe('a proxy in the environment', () => {
  test('carries calls over https in a tunnel', async () => {
    const proxy = await startProxy();
    const env = { HTTPS_PROXY: proxy.url };
    const started = await start({ base_url: `https://127.0.0.1:${secure.port}/v1`, ca }, { env });
    expect((await ask(started, 'openai-chat', { model: 'm' })).status).toBe(200);
    expect(proxy.heads).toEqual([`CONNECT 127.0.0.1:${secure.port} HTTP/1.1`]);
    proxy.stop();
  });

  test('carries calls over http, and none of those NO_PROXY names', async () => {
    const proxy = await startProxy();
    const base_url = `http://127.0.0.1:${plain.port}/v1`;
    const started = await start({ base_url }, { env: { HTTP_PROXY: proxy.url } });
    expect((await ask(started, 'openai-chat', { model: 'm' })).status).toBe(200);
    expect(proxy.heads).toEqual([`POST ${base_url}/chat/completions HTTP/1.1`]);
    await started.stop();
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' };
    expect((await ask(await start({ base_url }, { env }), 'openai-chat', { model: 'm' })).status).toBe(200);
    expect(proxy.heads).toHaveLength(1);
    proxy.stop();
  });
});

test.each([
  [200, '{"id":'],
  [500, '{"error":'],
])('a body that never ends after status %i is cut off by the deadline', async (status, beginning) => {
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n`;
  const upstream = await rawUpstream([{ pieces: [head + beginning], after: 'keep' }]);
  const started = await start({ base_url: upstream.baseUrl }, { server: { request_timeout: '1s' } });
  const refused = await errorOf(await ask(started, 'openai-chat', { model: 'm' }));
  expect(refused).toMatchObject({ status: 504, code: 'request_timeout' });
  upstream.stop();
});

/** A forward proxy that notes the first line of every request; each asks for its own connection. */
async function startProxy(): Promise<{ url: string; heads: string[]; stop(): void }> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.once('data', (first: Buffer) => {
      const [line = ''] = first.toString('latin1').split('\r\n');
      heads.push(line);
      const [method, target = ''] = line.split(' ');
      const tunnel = method === 'CONNECT';
      const { hostname, port, origin } = new URL(tunnel ? `http://${target}` : target);
      const upstream = dial(Number(port), hostname, () => {
        if (tunnel) client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        else upstream.write(Buffer.from(first.toString('latin1').replace(origin, ''), 'latin1'));
        client.pipe(upstream).pipe(client);
      });
      upstream.on('error', () => client.destroy());
      sockets.add(upstream);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    heads,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
