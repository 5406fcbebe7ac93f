// `osiris serve`: where it listens, what it starts with, and how it ends.

import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { until } from '../support/until.ts';

removeScratchAfterEach();

describe('serve', () => {
  test('answers at the address it prints, and ends with 0 when it is told to stop', async () => {
    const cwd = scratchDir();
    const server = await serve(['--port', '0'], { cwd });
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect(existsSync(join(cwd, 'osiris-data/osiris.db'))).toBe(true);
    expect((await server.stop()).code).toBe(0);
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends in peace at a %s the moment its address stands',
    async (signal) => {
      const server = await serve(['--port', '0'], { cwd: scratchDir() });
      const { code, stderr } = await server.stop(signal);
      expect([code, stderr]).toEqual([0, expect.stringContaining('stopping: new calls are refused')]);
    },
  );

  test('outlives a SIGHUP the moment its address stands', async () => {
    const server = await serve(['--port', '0'], { cwd: scratchDir() });
    process.kill(server.pid, 'SIGHUP');
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect((await server.stop()).code).toBe(0);
  });

  test('is found by commands again after its socket was deleted', async () => {
    const cwd = scratchDir();
    const server = await serve(['--port', '0'], { cwd });
    const socket = join(cwd, 'osiris-data/osiris.sock');
    rmSync(socket);
    const modeOf = () => statSync(socket, { throwIfNoEntry: false })?.mode ?? 0;
    await until(() => (modeOf() & 0o777) === 0o600);
    expect(await osiris(['keys', 'credit', 'demo', '1'], { cwd })).toMatchObject({ code: 0 });
    expect((await server.stop()).stderr).toContain('the socket for commands was deleted');
  });

  test('takes flags over the environment over the file', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'osiris.yaml'), 'server: { port: 1, host: 127.0.0.9 }\ndata_dir: from-file\n');
    const env = { OSIRIS_PORT: '2', OSIRIS_DATA_DIR: 'from-environment', OSIRIS_HOST: '127.0.0.8' };
    const server = await serve(['--port', '0', '--host', '127.0.0.7'], { cwd, env });
    expect(server.url).toStartWith('http://127.0.0.7:');
    expect(existsSync(join(cwd, 'from-environment/osiris.db'))).toBe(true);
    expect(existsSync(join(cwd, 'from-file'))).toBe(false);
    await server.stop();
  });

  test('says which port is taken and which to try', async () => {
    const taken = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('mine') });
    const port = taken.port ?? 0;
    const outcome = await osiris(['serve', '--port', String(port)], { cwd: scratchDir() });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`Port ${port}`);
    expect(outcome.stderr).toContain(`--port ${port + 1}`);
    await taken.stop(true);
  });

  test.skipIf(process.platform !== 'linux')(
    'has room for more upstream connections than Bun gives, keeps freed memory for a second and compiled code for good',
    async () => {
      const cwd = scratchDir();
      const settingsOf = (pid: number) => {
        const read = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        const settings = new Map(read.map((line) => line.split('=', 2) as [string, string]));
        return ['BUN_CONFIG_MAX_HTTP_REQUESTS', 'MIMALLOC_PURGE_DELAY', 'BUN_JSC_forceCodeBlockLiveness'].map(
          (name) => settings.get(name),
        );
      };
      const usual = await serve(['--port', '0'], { cwd });
      expect(settingsOf(usual.pid)).toEqual(['20000', '1000', 'true']);
      await usual.stop();
      const chosen = await serve(['--port', '0'], { cwd, env: { BUN_CONFIG_MAX_HTTP_REQUESTS: '300' } });
      expect(settingsOf(chosen.pid)).toEqual(['300', '1000', 'true']);
      await chosen.stop();
    },
  );
});

describe('a running server', () => {
  test('takes a key made on the command line at once, and refuses it once revoked', async () => {
    const cwd = scratchDir();
    const server = await serve(['--port', '0'], { cwd });
    const made = await osiris(['keys', 'create', '--name', 'x', '--credit', '5', '--json'], { cwd });
    const { key, id } = JSON.parse(made.stdout);
    const models = () => fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await models()).status).toBe(200);
    await osiris(['keys', 'revoke', id], { cwd });
    expect((await models()).status).toBe(401);
    await server.stop();
  });

  test('obeys the new admin secret after a reset, and no longer the old one', async () => {
    const cwd = scratchDir();
    const server = await serve(['--port', '0'], { cwd });
    const old = /osiris-admin-[0-9a-f]{32}/.exec(server.stdout)?.[0] ?? '';
    const keys = (secret: string) => fetch(`${server.url}/admin/keys`, { headers: { 'x-api-key': secret } });
    expect((await keys(old)).status).toBe(200);
    const reset = await osiris(['admin', 'reset', '--json'], { cwd });
    expect((await keys(old)).status).toBe(401);
    expect((await keys(JSON.parse(reset.stdout).admin_secret)).status).toBe(200);
    await server.stop();
  });

  test('keeps a second one off its data directory', async () => {
    const cwd = scratchDir();
    const server = await serve(['--port', '0'], { cwd });
    const second = await osiris(['serve', '--port', '0'], { cwd });
    expect({ ...second }).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('--data-dir'),
    });
    expect((await osiris(['keys', 'list'], { cwd })).code).toBe(0);
    await server.stop();
  });

  test('that was killed leaves a socket behind which stops nobody', async () => {
    const cwd = scratchDir();
    const killed = await serve(['--port', '0'], { cwd });
    await killed.stop('SIGKILL');
    expect(existsSync(join(cwd, 'osiris-data/osiris.sock'))).toBe(true);
    const made = await osiris(['keys', 'create', '--name', 'x', '--json'], { cwd });
    expect({ ...made }).toMatchObject({ code: 0, stderr: '' });
    const again = await serve(['--port', '0'], { cwd });
    const listed = await osiris(['keys', 'list'], { cwd });
    expect(listed.stdout).toContain(JSON.parse(made.stdout).id);
    await again.stop();
  });
});
