// The executable as it is shipped: one file, in an empty directory, that minds nothing it was not told to mind.

import { beforeAll, expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const ROOT = join(import.meta.dir, '../..');
const BUILT = join(ROOT, 'dist', process.platform === 'win32' ? 'osiris.exe' : 'osiris');

beforeAll(async () => {
  if (existsSync(BUILT)) return;
  const build = Bun.spawn([process.execPath, 'scripts/build.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await build.exited).toBe(0);
}, 60_000);

/** The executable alone in a directory of its own. */
function installed() {
  const cwd = scratchDir();
  const path = join(cwd, 'osiris');
  copyFileSync(BUILT, path);
  return { cwd, program: [path] };
}

test('knows its version without the sources', async () => {
  const { version } = await Bun.file(join(ROOT, 'package.json')).json();
  expect((await osiris(['--version'], installed())).stdout).toBe(`${version}\n`);
});

test('brings its migrations along', async () => {
  const place = installed();
  expect(await osiris(['init'], place)).toMatchObject({ code: 0, stderr: '' });
  const made = await osiris(['keys', 'create', '--name', 'x', '--json'], place);
  expect(JSON.parse(made.stdout).key).toMatch(/^sk-osiris-[0-9a-f]{32}$/);
});

test('serves: the line a first start prints works when pasted', async () => {
  const place = installed();
  const server = await serve(['--port', '0'], place);
  expect(pasteCurl(server.stdout)).toMatchObject({ object: 'chat.completion' });
  expect((await server.stop()).code).toBe(0);
});

test('brings the thread of the journal along: calls are logged, with the server and after it', async () => {
  const place = installed();
  const server = await serve(['--port', '0'], place);
  pasteCurl(server.stdout);
  const running = JSON.parse((await osiris(['logs', '--json'], place)).stdout);
  expect(running).toMatchObject([{ status: 200, client: 'curl', model: 'sandbox/echo', key_name: 'demo' }]);
  const ready = await fetch(`${server.url}/health/ready`);
  expect(await ready.json()).toEqual({ status: 'ready', checks: {} });
  expect((await server.stop()).code).toBe(0);
  expect(JSON.parse((await osiris(['logs', '--json'], place)).stdout)).toEqual(running);
});

test('serves without a journal where there can be none, and says so', async () => {
  const place = installed();
  mkdirSync(join(place.cwd, 'osiris-data', 'journal.db'), { recursive: true });
  const server = await serve(['--port', '0'], place);
  expect(pasteCurl(server.stdout)).toMatchObject({ object: 'chat.completion' });
  const logs = await osiris(['logs', '--json'], place);
  expect({ ...logs }).toMatchObject({ code: 1, stderr: expect.stringContaining('journal') });
  const ready = await fetch(`${server.url}/health/ready`);
  const checks = await ready.json();
  expect([ready.status, checks]).toMatchObject([
    200,
    { status: 'ready', checks: { journal: expect.any(String) } },
  ]);
  expect((await server.stop()).code).toBe(0);
});

/** Runs the line a first start prints, and what it answers. */
function pasteCurl(printed: string): unknown {
  const curl = printed.split('\n').find((line) => line.startsWith('curl ')) ?? '';
  const pasted = Bun.spawnSync(['bash', '-c', `${curl} --silent --max-time 20`]);
  return JSON.parse(pasted.stdout.toString());
}

test('runs nothing and reads nothing that lies in the directory it starts in', async () => {
  const place = installed();
  writeFileSync(join(place.cwd, '.env'), 'OSIRIS_CONFIG=elsewhere.yaml\n');
  writeFileSync(join(place.cwd, 'bunfig.toml'), 'preload = ["./evil.ts"]\n');
  writeFileSync(join(place.cwd, 'evil.ts'), "require('node:fs').writeFileSync('evil.txt', '');");
  const outcome = await osiris(['check'], place);
  expect(outcome.stdout).not.toContain('elsewhere.yaml');
  expect(outcome.code).toBe(0);
  expect(existsSync(join(place.cwd, 'evil.txt'))).toBe(false);
});
