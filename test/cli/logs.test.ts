// `osiris logs` as an operator types it, beside a running server and without one.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../support/command-line.ts';
import { type Serving, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const CANARY = 'canary-prompt-of-this-test';
const cwd = mkdtempSync(join(tmpdir(), 'osiris-logs-'));
let server: Serving | undefined;
let key = '';

async function chat(model: string, label: string): Promise<void> {
  const response = await fetch(`${server?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'user-agent': 'claude-cli/2.1.197', 'x-request-id': label },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: CANARY }] }),
  });
  await response.text();
}

const logs = (...words: string[]) => command(['logs', ...words], cwd);
const json = async (...words: string[]): Promise<Record<string, unknown>[]> =>
  JSON.parse((await logs(...words, '--json')).stdout);
const labels = (calls: Record<string, unknown>[]) => calls.map((call) => call.request_id);

beforeAll(async () => {
  server = await serve(['--port', '0'], { cwd });
  key = /sk-osiris-[0-9a-f]{32}/.exec(server.stdout)?.[0] ?? '';
  await chat('sandbox/echo', 'first');
  await chat('sandbox/fail-500', 'second');
  await chat('no-such-model', 'third');
  await chat('sandbox/echo', 'twice');
  await chat('sandbox/echo', 'twice');
});

afterAll(async () => {
  await server?.stop();
  rmSync(cwd, { recursive: true, force: true });
});

describe.each(['a running', 'a stopped'])('logs of %s server', (state) => {
  beforeAll(async () => {
    if (state === 'a running') return;
    await server?.stop();
    server = undefined;
  });

  test('are lines a newcomer can read, the newest last', async () => {
    const { code, stdout, stderr } = await logs();
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^TIME \(LOCAL\) +STATUS +KEY +CLIENT +MODEL → PROVIDER +IN +OUT +COST +TOOK +ERROR$/,
    );
    expect(lines).toHaveLength(6);
    expect(lines[1]).toMatch(/ 200 +demo +claude-code +sandbox\/echo → sandbox +\d+ +\d+ .* m?s$/);
    expect(lines[2]).toMatch(/ 502 +demo .*sandbox\/fail-500 → sandbox .*bad_gateway$/);
    expect(lines[3]).toMatch(/ 400 +demo .*no-such-model .*model_not_found$/);
    expect(stdout).not.toContain('\x1b');
  });

  test('filter', async () => {
    expect(labels(await json())).toEqual(['twice', 'twice', 'third', 'second', 'first']);
    expect(labels(await json('--status', '4xx'))).toEqual(['third']);
    expect(labels(await json('--status', '502'))).toEqual(['second']);
    expect(labels(await json('--code', 'bad_gateway'))).toEqual(['second']);
    expect(labels(await json('--model', 'sandbox/fail-500'))).toEqual(['second']);
    expect(await json('--client', 'claude-code', '--since', '1h')).toHaveLength(5);
    expect(await json('--client', 'codex')).toEqual([]);
    expect(await json('--key', 'key_0000000000000000')).toMatchObject({ error: { code: 'not_found' } });
    expect(labels(await json('--limit', '2'))).toEqual(['twice', 'twice']);
    expect((await logs('--client', 'codex')).stdout).toBe('No calls fit.\n');
    expect(await json('--client', 'Claude-Code/2.1')).toHaveLength(5);
    expect(await json('--client', 'claude-code/2.1.1')).toEqual([]);
  });

  test('of one client begin with its versions, and with what failed and why', async () => {
    const { stdout } = await logs('--client', 'claude-code', '--status', '200');
    expect(stdout).toMatch(/^claude-code {2}5 calls, 2 failed \(40%\), from .* to /);
    expect(stdout).toMatch(/^version {2}2\.1\.197 +5 calls, 2 failed, last /m);
    const id =
      /^1 × 400 model_not_found, last .*: osiris logs --id (call_\w+)\n {2}\S.*$/m.exec(stdout)?.[1] ?? '';
    expect((await logs('--id', id)).stdout).toContain('no-such-model');
    expect(stdout).toMatch(/^1 × 502 bad_gateway, /m);
    const [, list = ''] = stdout.split(/^(?=TIME )/m);
    expect(list.trimEnd().split('\n')).toHaveLength(4);
    expect((await logs('--client', 'claude-code/9')).stdout).toBe('No calls fit.\n');
  });

  test('of all clients are a table, the one that called last on top', async () => {
    const { stdout } = await logs('--client');
    expect(stdout).toMatch(/^CLIENT +VERSIONS +CALLS +FAILED +SHARE +LAST CALL +FAILS MOST BY\n/);
    expect(stdout).toMatch(/^claude-code +2\.1\.197 +5 +2 +40% .*1 × \d+ \w+$/m);
    const [client] = await json('--client');
    expect({ ...client }).toMatchObject({ client: 'claude-code', calls: 5, failed: 2, left: 0 });
    const wrong = await logs('--client', '--status', '5xx');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--client claude-code --status')]);
  });

  test('show one call in full, by its label or its id', async () => {
    const shown = await logs('--id', 'second');
    expect(shown.stdout).toMatch(/^call +call_[0-9a-v]{13}\nrequest +second\n/);
    for (const words of [
      '502 bad_gateway',
      'claude-code 2.1.197',
      'POST /v1/chat/completions',
      'provider said  500',
    ])
      expect(shown.stdout).toContain(words);
    const call = (await json('--id', 'first')) as unknown as Record<string, unknown>;
    expect({ ...call }).toMatchObject({
      request_id: 'first',
      status: 200,
      request_body: null,
      answer_body: null,
    });
    expect((await logs('--id', String(call.id))).stdout).toContain('request        first');
  });

  test('of a label that several calls share are a list to choose from', async () => {
    const shared = await logs('--id', 'twice');
    expect(shared.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(shared.stderr).toMatch(/2 calls have this label.*--id call_/);
  });

  test('say when there is no such call', async () => {
    const outcome = await logs('--id', 'nothing');
    expect({ ...outcome }).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('There is no call with this id');
  });
});

test('the file is private and holds neither a prompt nor a secret', () => {
  const data = join(cwd, 'osiris-data');
  const path = join(data, 'journal.db');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  // the last rows may still lie in the write-ahead log
  const files = [path, `${path}-wal`].filter((each) => existsSync(each));
  const bytes = Buffer.concat(files.map((each) => readFileSync(each)));
  expect(bytes.includes('no-such-model')).toBe(true);
  const admin =
    /osiris-admin-[0-9a-f]{32}/.exec(readFileSync(join(data, 'first-start.txt'), 'utf8'))?.[0] ?? '?';
  for (const secret of [CANARY, key, admin]) expect(bytes.includes(secret)).toBe(false);
});

test('follow shows the last calls, then those of a server that starts later, and ends when it is told to', async () => {
  const follower = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, '../../src/main.ts'),
      'logs',
      '--follow',
      '--json',
      '--status',
      '200',
    ],
    { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' },
  );
  const reader = follower.stdout.getReader();
  let seen = '';
  const until = async (label: string) => {
    const deadline = performance.now() + 20_000;
    while (!seen.includes(`"${label}"`)) {
      if (performance.now() > deadline) throw new Error(`no ${label} in ${seen}`);
      const { value, done } = await reader.read();
      if (done) throw new Error(`it ended: ${seen}`);
      seen += new TextDecoder().decode(value);
    }
  };
  await until('twice');
  server = await serve(['--port', '0'], { cwd });
  await chat('sandbox/echo', 'later');
  await until('later');
  await chat('sandbox/fail-500', 'failed');
  await chat('sandbox/echo', 'last');
  await until('last');
  follower.kill('SIGINT');
  expect(await follower.exited).toBe(0);
  const found = seen
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).request_id);
  expect(found).toEqual(['first', 'twice', 'twice', 'later', 'last']);
}, 40_000);

test('/admin/logs wants the admin secret and pages by its cursor', async () => {
  const admin = /osiris-admin-[0-9a-f]{32}/.exec(
    readFileSync(join(cwd, 'osiris-data/first-start.txt'), 'utf8'),
  )?.[0];
  const get = async (path: string, secret = admin) => {
    const response = await fetch(`${server?.url}${path}`, { headers: { authorization: `Bearer ${secret}` } });
    return { status: response.status, body: await response.json() };
  };
  expect((await get('/admin/logs', key)).status).toBe(401);
  const found: string[] = [];
  let cursor = '';
  do {
    const { status, body } = await get(`/admin/logs?limit=3${cursor && `&before=${cursor}`}`);
    expect(status).toBe(200);
    found.push(...body.data.map((call: { request_id: string }) => call.request_id));
    cursor = body.next ?? '';
  } while (cursor !== '');
  expect(found).toEqual(['last', 'failed', 'later', 'twice', 'twice', 'third', 'second', 'first']);
  expect((await get('/admin/logs?stat=4xx')).body.error).toMatchObject({
    code: 'unsupported_parameter',
    param: 'stat',
  });
  expect((await get('/admin/logs/first')).body).toMatchObject({ request_id: 'first', key_name: 'demo' });
  expect((await get('/admin/logs/nothing')).status).toBe(404);
});

test('follow ends with its reader: `osiris logs --follow | head -1`', async () => {
  const follow = ['logs', '--follow', '--limit', '1'];
  const main = join(import.meta.dir, '../../src/main.ts');
  const follower = Bun.spawn(['sh', '-c', '"$0" "$@" | head -2', process.execPath, main, ...follow], {
    cwd,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const shown = new Response(follower.stdout).text();
  let isOver = false;
  void follower.exited.then(() => {
    isOver = true;
  });
  // its end shows at the next line that nobody reads
  while (!isOver) {
    await chat('sandbox/echo', 'unread');
    await Bun.sleep(100);
  }
  expect((await shown).trimEnd().split('\n')).toHaveLength(2);
}, 40_000);

describe('a wrong command', () => {
  test.each([
    [['--status', '7xx'], '--status must be a status such as 429'],
    [['--since', 'yesterday'], '--since must be a duration such as 30m'],
    [['--limit', '0'], '--limit must be a whole number from 1 to 1000'],
    [['--colour'], 'unknown option'],
  ])('logs %j exits with 2 and says what fits', async (words, hint) => {
    const outcome = await command(['logs', ...words], scratchDir());
    expect({ ...outcome }).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(hint) });
  });

  test('in the wrong directory says where it looked', async () => {
    const outcome = await command(['logs'], scratchDir());
    expect({ ...outcome }).toMatchObject({ code: 1, stderr: expect.stringContaining('osiris init') });
  });
});
