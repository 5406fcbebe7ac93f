// Whom the client believes to be the server it was sent to, and that it tells nobody else anything.

import { afterAll, afterEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { HttpClient } from '../../src/lib/http-client/client.ts';
import { type Certificate, newAuthority } from '../support/certificates.ts';
import { rawServer } from '../support/raw-server.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const ours = newAuthority();
const other = newAuthority();
const client = new HttpClient();
const servers: { stop(force: boolean): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop(true);
});
afterAll(() => client.close());

/** What it was told stands in `told`. */
function serve({ pem: cert, keyPem: key }: Certificate): { port: number; told: string[] } {
  const told: string[] = [];
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    socket: {
      data(socket, bytes) {
        told.push(bytes.toString('latin1'));
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      },
      error() {},
    },
  });
  servers.push(server);
  return { port: server.port, told };
}

async function call(port: number, ca?: string, host = '127.0.0.1'): Promise<string> {
  const url = `https://${host}:${port}/`;
  try {
    const { body } = await client.send({ method: 'POST', url, headers: { secret: 'x' }, ca });
    return Buffer.from((await body.read()).value ?? []).toString();
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

test('an authority that is named is believed, for an address and for a name', async () => {
  const { port, told } = serve(ours.issue());
  expect(await call(port, ours.pem)).toBe('ok');
  expect(await call(port, ours.pem, 'localhost')).toBe('ok');
  expect(told[0]).toStartWith('POST / HTTP/1.1\r\nhost: 127.0.0.1:');
});

test.each([
  ['of an authority nobody knows', ours.issue(), undefined, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
  ['of another authority than the named one', other.issue(), ours.pem, /CERT_SIGNATURE_FAILURE|UNABLE_TO/],
  ['that signed itself', selfSigned(), undefined, /CERT|UNABLE_TO/],
  ['that is over', ours.issue(undefined, 'over'), ours.pem, /CERT_HAS_EXPIRED/],
  ['for another name', ours.issue('elsewhere.test'), ours.pem, /ALTNAME_INVALID/],
  ['for another address', ours.issue('127.0.0.2'), ours.pem, /ALTNAME_INVALID/],
])('a certificate %s is refused before a byte of the request is sent', async (_, certificate, ca, code) => {
  const { port, told } = serve(certificate);
  expect(await call(port, ca)).toMatch(code);
  expect(await call(port, ca, 'localhost')).toMatch(code);
  expect(told).toEqual([]);
});

test('what was trusted with one authority is not used for a request without it', async () => {
  const { port, told } = serve(ours.issue());
  expect(await call(port, ours.pem)).toBe('ok');
  expect(await call(port)).toMatch(/UNABLE_TO/);
  expect(await call(port, other.pem)).toMatch(/CERT_SIGNATURE_FAILURE|UNABLE_TO/);
  expect(await call(port, ours.pem)).toBe('ok');
  expect(told).toHaveLength(2);
});

test('NODE_EXTRA_CA_CERTS adds to the usual authorities', async () => {
  const { port } = serve(ours.issue());
  const file = join(scratchDir(), 'ca.pem');
  writeFileSync(file, ours.pem);
  const program = `
    import { HttpClient } from './src/lib/http-client/client.ts';
    const url = 'https://127.0.0.1:${port}/';
    const { status } = await new HttpClient().send({ method: 'POST', url, headers: {} });
    console.log(status);
  `;
  expect(await told(program, { NODE_EXTRA_CA_CERTS: file })).toBe('200\n');
});

test('NODE_TLS_REJECT_UNAUTHORIZED does not make it believe anybody', async () => {
  const { port, told: requests } = serve(ours.issue());
  const program = `
    import { HttpClient } from './src/lib/http-client/client.ts';
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = 'https://' + host + ':${port}/';
      await new HttpClient().send({ method: 'POST', url, headers: {} }).catch(({ code }) => console.log(code));
    }
  `;
  expect(await told(program, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toMatch(
    /^UNABLE_TO\w+\nUNABLE_TO\w+\n$/,
  );
  expect(requests).toEqual([]);
});

test('a server that does not speak TLS is told so', async () => {
  const server = await rawServer(() => {});
  const plain = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')));
  await new Promise<void>((ready) => plain.listen(0, '127.0.0.1', ready));
  const address = plain.address();
  expect(await call(typeof address === 'object' && address ? address.port : 0)).toBe('EPROTO');
  plain.close();
  server.stop();
});

test.each([
  ['localhost', true],
  ['127.0.0.1', false],
])('%s: only a name is told before anything is encrypted (RFC 6066 3)', async (host, isTold) => {
  const { promise, resolve } = Promise.withResolvers<Buffer | string>();
  const server = createServer((socket) => socket.once('data', (hello) => socket.end(() => resolve(hello))));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  await call(typeof address === 'object' && address ? address.port : 0, undefined, host);
  expect((await promise).includes(host)).toBe(isTold);
  server.close();
});

test('a large answer and a large request pass whole', async () => {
  const { pem: cert, keyPem: key } = ours.issue();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    maxRequestBodySize: 100_000_000,
    fetch: async (request) => new Response(await request.bytes()),
  });
  servers.push(server);
  const body = Buffer.alloc(20_000_000, 'abcdefghij');
  const url = `https://127.0.0.1:${server.port}/`;
  const answer = await client.send({ method: 'POST', url, headers: {}, body, ca: ours.pem });
  const pieces: Uint8Array[] = [];
  for (let { value } = await answer.body.read(); value; { value } = await answer.body.read())
    pieces.push(value);
  expect(Bun.hash(Buffer.concat(pieces))).toBe(Bun.hash(body));
});

/** What a program prints with these variables in its environment. */
function told(program: string, more: Record<string, string>): Promise<string> {
  const cwd = join(import.meta.dir, '../..');
  const env = { ...process.env, ...more };
  const child = Bun.spawn([process.execPath, '-e', program], { cwd, env, stdout: 'pipe' });
  return new Response(child.stdout).text();
}

/** Its own key signs it, and it calls itself by the name of the host. */
function selfSigned(): Certificate {
  return newAuthority().issue();
}
