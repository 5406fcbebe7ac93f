// `osiris admin pause | resume`: with a running server, over its restart, and while none runs.

import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { osiris, type Serving, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

async function setUp(): Promise<{ cwd: string; start: () => Promise<Serving>; key: () => Promise<string> }> {
  const cwd = scratchDir();
  writeFileSync(join(cwd, 'osiris.yaml'), 'data_dir: state\n');
  const key = async () => {
    const made = await osiris(['keys', 'create', '--name', 'x', '--json'], { cwd });
    return (JSON.parse(made.stdout) as { key: string }).key;
  };
  return { cwd, start: () => serve(['--port', '0'], { cwd }), key };
}

function call({ url }: Serving, key: string, model = 'sandbox/echo', stream = false): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'word '.repeat(2000) }] }),
  });
}

test('pauses a running server, which stays paused over restarts until it is resumed', async () => {
  const { cwd, start, key } = await setUp();
  const first = await start();
  const secret = await key();
  expect((await call(first, secret)).status).toBe(200);
  const paused = await osiris(['admin', 'pause', '--reason', 'a bill'], { cwd });
  expect({ ...paused }).toMatchObject({ code: 0, stdout: expect.stringContaining('all calls (a bill)') });
  expect((await call(first, secret)).status).toBe(503);
  const ready = await fetch(`${first.url}/health/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.text()).toContain('paused this server (a bill)');
  const secretOf = /osiris-admin-[0-9a-f]{32}/.exec(first.stdout)?.[0] ?? '';
  const health = await fetch(`${first.url}/admin/health`, { headers: { 'x-api-key': secretOf } });
  expect(await health.json()).toMatchObject({
    ...{ paused: true, pauses: [{ scope: 'server', reason: 'a bill' }], daily_cap: null },
    alerts: { open: [{ event: 'paused', subject: 'all calls' }] },
  });
  const ended = await first.stop();
  expect(ended.stderr).toContain('paused by the operator');

  const second = await start();
  expect(second.stdout).toContain('answers at');
  expect((await call(second, secret)).status).toBe(503);
  const resumed = await osiris(['admin', 'resume', '--json'], { cwd });
  expect(JSON.parse(resumed.stdout)).toMatchObject({ paused: false, resumed: [{ reason: 'a bill' }] });
  expect((await call(second, secret)).status).toBe(200);
  const { stdout, stderr } = await second.stop();
  expect(stdout + stderr).toContain('paused this server (a bill) since');
}, 30_000);

test('cuts off what is under way with --now', async () => {
  const { cwd, start, key } = await setUp();
  const server = await start();
  const stream = await call(server, await key(), 'sandbox/drip-50', true);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? '';
  const paused = await osiris(['admin', 'pause', '--now'], { cwd });
  expect(paused.stdout).toContain('1 call is cut off');
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
    text += piece.value;
  expect(text).toContain('paused this server');
  await server.stop();
}, 30_000);

test('pauses before the first call while no server runs, and says what is wrong with a name', async () => {
  const { cwd, start, key } = await setUp();
  await (await start()).stop();
  const wrong = await osiris(['admin', 'pause', '--provider', 'sandbix'], { cwd });
  expect({ ...wrong }).toMatchObject({ code: 1, stderr: expect.stringContaining('`sandbox`') });
  const paused = await osiris(['admin', 'pause', '--provider', 'sandbox'], { cwd });
  const goOn = 'osiris admin resume --provider sandbox';
  expect({ ...paused }).toMatchObject({ code: 0, stdout: expect.stringContaining(goOn) });
  const misdirected = await osiris(['admin', 'resume'], { cwd });
  expect(misdirected.stdout).toMatch(/Nothing to resume\.\nStill paused: provider sandbox, since .+/);
  expect(misdirected.stdout).toContain(goOn);
  const server = await start();
  const refused = await call(server, await key());
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain('provider sandbox');
  await server.stop();
}, 30_000);

test('obeys also when the configuration file has become wrong', async () => {
  const { cwd, start, key } = await setUp();
  const server = await start();
  const secret = await key();
  writeFileSync(join(cwd, 'osiris.yaml'), 'data_dir: state\nnonsense: 1\n');
  expect((await osiris(['admin', 'pause'], { cwd })).code).toBe(0);
  expect((await call(server, secret)).status).toBe(503);
  await server.stop();
}, 30_000);
