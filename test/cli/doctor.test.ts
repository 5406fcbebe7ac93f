// `osiris doctor`: what it finds with providers that accept a key, refuse it, list to everybody, or are something else.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyDirectory } from '../support/config-file.ts';
import { freePort } from '../support/free-port.ts';
import { type Gateway, programArgv, startGateway } from '../support/gateway.ts';

setDefaultTimeout(60_000);

type Finding = { name: string; state: string; message: string; advice?: string };
type Asked = { url: string; key: string | null; version: string | null };

const GOOD = 'a-good-key-of-ours';
const LIST = { object: 'list', data: [{ id: 'a' }, { id: 'b' }] };
const asked: Asked[] = [];
let program: string[];
let provider: Bun.Server<undefined>;
let unused: number;

beforeAll(async () => {
  program = await programArgv();
  unused = await freePort();
  provider = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const { headers } = request;
      const bearer = headers.get('authorization')?.replace('Bearer ', '') ?? null;
      const key = bearer ?? headers.get('x-api-key') ?? headers.get('x-goog-api-key');
      asked.push({ url: `${request.method} ${pathname}`, key, version: headers.get('anthropic-version') });
      return answerAt(pathname, key);
    },
  });
});
afterAll(() => provider.stop(true));

function answerAt(pathname: string, key: string | null): Response {
  switch (pathname) {
    case '/open/models':
      return Response.json(LIST);
    case '/page/models':
      return new Response('<html>hello</html>', { headers: { 'content-type': 'text/html' } });
    case '/moved/models':
      return Response.redirect('https://elsewhere.example.com/');
    case '/broke/models':
      return new Response('{}', { status: 402 });
    case '/no-list/models':
      return new Response('not found', { status: 404 });
    case '/down/models':
      return new Response('busy', { status: 503 });
    case '/late/models':
      return Response.json(LIST, { headers: { date: new Date(Date.now() + 3_600_000).toUTCString() } });
    case '/gemini/models':
      return key === GOOD
        ? Response.json({ models: [{ name: 'models/g' }] })
        : new Response('{}', { status: 401 });
    default:
      return key === GOOD ? Response.json(LIST) : new Response('{"error":{}}', { status: 401 });
  }
}

/** One provider under the given name; `members` over the usual ones. */
async function doctorOf(members: Record<string, unknown>, directory = emptyDirectory()) {
  const base = { base_url: `http://127.0.0.1:${provider.port}/v1`, format: 'openai-chat', api_key: GOOD };
  const file = join(directory, 'osiris.yaml');
  writeFileSync(file, JSON.stringify({ providers: { house: { ...base, ...members } } }));
  return doctorIn(directory);
}

async function doctorIn(directory: string, args: string[] = ['--json']) {
  const env = { PATH: process.env.PATH ?? '', HOME: directory };
  const run = Bun.spawn([...program, 'doctor', ...args], {
    cwd: directory,
    env,
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(run.stdout).text(),
    new Response(run.stderr).text(),
  ]);
  const found = args.includes('--json')
    ? (JSON.parse(stdout) as { ok: boolean; data: Finding[] })
    : undefined;
  const of = (name: string) => found?.data.find((each) => each.name === name);
  return { code: await run.exited, stdout, stderr, ok: found?.ok, of };
}

const at = (path: string) => ({ base_url: `http://127.0.0.1:${provider.port}${path}` });

describe('a provider', () => {
  test('that accepts the key is asked once with it and once without, and for nothing but its list', async () => {
    asked.length = 0;
    const { code, ok, of } = await doctorOf({});
    expect(of('house')?.message).toMatch(/^accepts its key and lists 2 models \(\d+ ms\)$/);
    expect([code, ok, of('house')?.state]).toEqual([0, true, 'ok']);
    expect(asked.toSorted((a, b) => String(a.key).localeCompare(String(b.key)))).toEqual([
      { url: 'GET /v1/models', key: GOOD, version: null },
      { url: 'GET /v1/models', key: null, version: null },
    ]);
  });

  test('that refuses one of two keys is told by its number, never by the key', async () => {
    const { code, stdout } = await doctorOf({
      api_key: undefined,
      api_keys: [GOOD, 'a-wrong-key-of-ours'],
    });
    const { data } = JSON.parse(stdout) as { data: Finding[] };
    const houses = data.filter(({ name }) => name === 'house').map(({ state, message }) => [state, message]);
    expect(houses).toEqual([
      ['ok', expect.stringContaining('accepts key 1 of 2 and lists 2 models')],
      ['failed', expect.stringContaining('refuses key 2 of 2 (401)')],
    ]);
    expect(code).toBe(1);
    for (const key of [GOOD, 'a-wrong-key']) expect(stdout).not.toContain(key);
  });

  test.each([
    ['/open', 'warning', 'it lists its models to everybody, so its key was not tried'],
    ['/page', 'failed', 'answers with something else than a list of models'],
    ['/moved', 'failed', 'sends its callers elsewhere (302)'],
    ['/broke', 'warning', 'has no money for us (402)'],
    [
      '/no-list',
      'warning',
      'lists no models (404), so its key was not tried; if calls fail too, look at the end of its base_url',
    ],
    ['/down', 'failed', 'is there, but does not answer (503)'],
  ])('at %s is a %s: %s', async (path, state, message) => {
    const { of, code } = await doctorOf(at(path));
    expect([of('house')?.state, code]).toEqual([state, state === 'failed' ? 1 : 0]);
    expect(of('house')?.message).toContain(message);
  });

  test('that nobody is behind is one that cannot be reached, with advice', async () => {
    const { of } = await doctorOf({ base_url: `http://127.0.0.1:${unused}/v1` });
    expect(of('house')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('could not be reached: nothing listens at its address'),
      advice: expect.stringContaining('providers.house'),
    });
  });

  test('without a key, of Anthropic and of Google is asked in its own way', async () => {
    expect(
      (await doctorOf({ ...at('/open'), api_key: undefined, auth: 'none' })).of('house')?.message,
    ).toContain('is there and lists 2 models');
    asked.length = 0;
    const claude = await doctorOf({ format: 'anthropic-messages', auth: 'x-api-key' });
    expect(claude.of('house')?.state).toBe('ok');
    expect(asked.every(({ version }) => version === '2023-06-01')).toBe(true);
    const gemini = await doctorOf({
      ...at('/gemini'),
      ...{ format: 'google-generate-content', auth: 'x-goog-api-key' },
    });
    expect(gemini.of('house')?.message).toContain('accepts its key and lists 1 model ');
  });

  test('that wants a key where the file has none is told so', async () => {
    const { of, code } = await doctorOf({ api_key: undefined, auth: 'none' });
    expect(of('house')?.message).toMatch(/^wants a key, and has none here \(401\)/);
    expect(code).toBe(1);
  });

  test('whose clock is an hour ahead shows that ours is behind', async () => {
    const { of, code } = await doctorOf({ ...at('/late'), api_key: undefined, auth: 'none' });
    expect(of('clock')?.message).toMatch(/^is 3(599|600|601) s behind that of the providers$/);
    expect(code).toBe(1);
  });
});

describe('the installation', () => {
  test('a file with mistakes is told with each of them, and nobody is asked', async () => {
    const directory = emptyDirectory();
    writeFileSync(join(directory, 'osiris.yaml'), 'server:\n  port: no\nprovidrs: {}\n');
    const { code, stdout } = await doctorIn(directory);
    const { data } = JSON.parse(stdout) as { data: Finding[] };
    const wrong = data.filter(({ name }) => name === 'configuration');
    expect(wrong.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(stdout).toContain('server.port');
    expect(data.map(({ name }) => name)).toEqual(['configuration', 'configuration', 'data', 'server']);
    expect(code).toBe(1);
  });

  test('where nothing is yet, it says how to begin, and makes nothing', async () => {
    const directory = emptyDirectory();
    const { code, stdout } = await doctorIn(directory, []);
    expect(code).toBe(0);
    expect(stdout).toContain('is not there yet');
    expect(stdout).toContain('Start it: osiris serve');
    expect(stdout).toEndWith('\nNothing is wrong; 4 warnings.\n');
    expect(Array.from(new Bun.Glob('**').scanSync({ cwd: directory, dot: true }))).toEqual([]);
  });

  test('a data directory that others may look into is told, with the command that closes it', async () => {
    const directory = emptyDirectory();
    mkdirSync(join(directory, 'osiris-data'));
    chmodSync(join(directory, 'osiris-data'), 0o755);
    const { of } = await doctorIn(directory);
    expect(of('data')).toMatchObject({ state: 'warning', advice: expect.stringContaining('chmod 700') });
  });

  test('behind a data directory that cannot be looked into, neither ledger nor server is said to be missing', async () => {
    const directory = emptyDirectory();
    writeFileSync(join(directory, 'closed'), 'no directory, so that root cannot enter it either');
    const { code, of } = await doctorIn(directory, ['--json', '--data-dir', 'closed/data']);
    expect(of('data')).toMatchObject({ state: 'failed', advice: expect.stringContaining('sudo') });
    expect([of('ledger'), of('server'), code]).toEqual([undefined, undefined, 1]);
  });

  test('a running server is asked, and tries its providers with the environment it has', async () => {
    const house = { base_url: `http://127.0.0.1:${provider.port}/v1`, format: 'openai-chat' };
    const gateway: Gateway = await startGateway({
      upstreams: [],
      sections: { providers: { house: { ...house, api_key: '${HOUSE_KEY}' } } },
      env: { HOUSE_KEY: GOOD },
    });
    try {
      const { code, stdout } = await gateway.command(['doctor', '--json']);
      const { data } = JSON.parse(stdout) as { data: Finding[] };
      const of = (name: string) => data.find((each) => each.name === name);
      expect(of('server')).toMatchObject({ state: 'ok', message: 'is ready' });
      expect(of('ledger')?.message).toMatch(/^keeps all of its \d+ promises$/);
      expect([of('data')?.state, of('house')?.state, code]).toEqual(['ok', 'ok', 0]);
      const file = join(gateway.directory, 'osiris.yaml');
      const elsewhere = Bun.spawn([...program, 'doctor', '--config', file], {
        env: { PATH: process.env.PATH ?? '' },
        stdout: 'pipe',
        stderr: 'pipe',
      });
      const text = await new Response(elsewhere.stdout).text();
      expect(text).toMatch(/^warning {2}configuration .*HOUSE_KEY/m);
      expect(text).toMatch(/^ok {7}house {10}accepts its key/m);
      expect(await elsewhere.exited).toBe(0);
      expect((await gateway.command(['admin', 'pause'])).code).toBe(0);
      expect((await gateway.command(['doctor'])).stdout).toMatch(/^warning {2}server {9}is ready; paused: /m);
    } finally {
      await gateway.stop();
    }
  });
});
