// HTTPS of the gateway's own: `server.tls` with a certificate and its key.

import { expect, setDefaultTimeout, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { newAuthority } from '../support/certificates.ts';
import { programArgv } from '../support/gateway.ts';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();
setDefaultTimeout(60_000);

const authority = newAuthority();

/** A directory with a configuration that names these two files. */
function place(cert: string, key: string): string {
  const cwd = scratchDir();
  writeFileSync(join(cwd, 'cert.pem'), cert);
  writeFileSync(join(cwd, 'key.pem'), key);
  writeFileSync(join(cwd, 'osiris.yaml'), 'server: { port: 0, tls: { cert: cert.pem, key: key.pem } }\n');
  return cwd;
}

test('the gateway speaks HTTPS, says so in its address, and nothing else on that port', async () => {
  const { pem, keyPem } = authority.issue();
  const server = await serve([], { cwd: place(pem, keyPem), program: await programArgv() });
  expect(server.url).toStartWith('https://127.0.0.1:');
  const response = await fetch(`${server.url}/health/ready`, { tls: { ca: authority.pem } });
  expect(await response.json()).toMatchObject({ status: 'ready' });
  expect(fetch(`${server.url}/health/ready`)).rejects.toThrow();
  const plain = await fetch(server.url.replace('https', 'http')).catch(() => undefined);
  expect(plain?.ok ?? false).toBe(false);
  expect((await server.stop()).code).toBe(0);
});

test('a certificate or key that does not do is told with its line, and nothing starts', async () => {
  const { pem, keyPem } = authority.issue();
  const other = authority.issue();
  const program = await programArgv();
  for (const [cert, key, words] of [
    ['not a certificate', keyPem, 'server.tls.cert'],
    [pem, 'not a key', 'server.tls.key'],
    [pem, other.keyPem, 'another certificate'],
  ] as const) {
    const outcome = await osiris(['serve'], { cwd: place(cert, key), program });
    expect([outcome.code, outcome.stdout]).toEqual([1, '']);
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).toContain('osiris.yaml:1:');
    expect(outcome.stderr).not.toContain('    at ');
  }
});

/** Who the server says it is, over a connection of its own. */
function certificateOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: authority.pem }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

async function untilShown(url: string, pem: string): Promise<void> {
  const wanted = new X509Certificate(pem).serialNumber;
  while ((await certificateOf(url).catch(() => '')) !== wanted) await Bun.sleep(50);
}

test('a renewed certificate is shown to new connections without a restart, and running calls end well', async () => {
  const [first, second] = [authority.issue(), authority.issue()];
  const cwd = place(first.pem, first.keyPem);
  const program = await programArgv();
  const server = await serve([], { cwd, program });
  const before = await certificateOf(server.url);
  const [key = ''] = /sk-osiris-[0-9a-f]+/.exec(
    (await osiris(['keys', 'create', '--name', 'tls', '--json'], { cwd, program })).stdout,
  ) ?? [''];
  const call = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    tls: { ca: authority.pem },
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: 'sandbox/echo',
      stream: true,
      messages: [{ role: 'user', content: 'a long answer, word by word '.repeat(40) }],
    }),
  });
  expect(call.status).toBe(200);
  // the key comes after its certificate: what does not fit together is not taken over
  writeFileSync(join(cwd, 'cert.pem'), second.pem);
  const torn = await osiris(['config', 'reload', '--json'], { cwd, program });
  expect(JSON.parse(torn.stdout)).toMatchObject({ ok: false });
  expect(await certificateOf(server.url)).toBe(before);
  writeFileSync(join(cwd, 'key.pem'), second.keyPem);
  const whole = await osiris(['config', 'reload', '--json'], { cwd, program });
  expect(JSON.parse(whole.stdout)).toEqual({ ok: true, needs_restart: [], problems: [] });
  await untilShown(server.url, second.pem);
  expect(await call.text()).toEndWith('data: [DONE]\n\n');
  // found by itself as well, as certificate tools replace the files
  const third = authority.issue();
  writeFileSync(join(cwd, 'key.pem'), third.keyPem);
  writeFileSync(join(cwd, 'cert.pem'), third.pem);
  await untilShown(server.url, third.pem);
  expect((await server.stop()).code).toBe(0);
});

test('a second program on the same port is told so, also over HTTPS', async () => {
  const { pem, keyPem } = authority.issue();
  const cwd = place(pem, keyPem);
  const program = await programArgv();
  const server = await serve([], { cwd, program });
  const second = await osiris(['serve', '--port', new URL(server.url).port, '--data-dir', 'other'], {
    cwd,
    program,
  });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain('in use by another program');
  await server.stop();
});
