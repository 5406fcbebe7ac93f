// Whether a provider accepts connections, as far as we are able to try.

import { expect, test } from 'bun:test';
import { isReachable } from '../../src/gateway/health/reach.ts';

test('an address is reachable where somebody listens', async () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const url = `http://127.0.0.1:${server.port}/v1`;
  expect(await isReachable(url, 5_000)).toBe(true);
  server.stop(true);
  expect(await isReachable(url, 5_000)).toBe(false);
});

test('that we have no room for another connection is not laid to the provider', async () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const program = `
    import { openSync } from 'node:fs';
    import { isReachable } from './src/gateway/health/reach.ts';
    try { for (;;) openSync('/dev/null', 'r'); } catch {}
    console.log(await isReachable('http://127.0.0.1:${server.port}', 5000));
    process.exit();
  `;
  const child = Bun.spawn(['sh', '-c', 'ulimit -n 100; exec "$0" -e "$1"', process.execPath, program], {
    cwd: `${import.meta.dir}/../..`,
    stdout: 'pipe',
  });
  expect(await new Response(child.stdout).text()).toBe('true\n');
  server.stop(true);
});
