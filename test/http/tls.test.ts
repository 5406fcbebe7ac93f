// HTTPS of the gateway's own: `server.tls` with a certificate and its key.

import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
