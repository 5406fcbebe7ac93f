// Every configuration that was in force is kept: looked at without its secrets, compared, put back with its comments.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCensor } from '../../src/config/censor.ts';
import { KEPT_MAX, keepText, listKept } from '../../src/config/history.ts';
import { programArgv } from '../support/gateway.ts';
import { type Outcome, osiris, type Serving, serve } from '../support/osiris.ts';

setDefaultTimeout(60_000);

const LITERAL = 'literal-secret-of-provider-x';
const OTHER_LITERAL = 'another-secret-of-provider-x';

function fileWith(limit: number, key = LITERAL): string {
  return `# our gateway
server: { host: 127.0.0.1, port: 0 }
providers:
  x:
    base_url: http://127.0.0.1:9/v1   # the lab
    format: openai-chat
    api_key: ${key}
  y: { base_url: "http://127.0.0.1:9/v1", format: openai-chat, api_key: "\${Y_KEY}" }
limits:
  requests_per_minute: ${limit}   # per key
`;
}

let directory: string;
let path: string;
let state: string;
let program: string[];
let server: Serving;
const env = { Y_KEY: 'value-of-the-variable' };

const run = (...words: string[]): Promise<Outcome> => osiris(words, { cwd: directory, env, program });

/** As editors save: another file in the place of the old one. */
function save(text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o640 });
  renameSync(`${path}.new`, path);
}

async function reload(): Promise<{ ok: boolean }> {
  return JSON.parse((await run('config', 'reload', '--json')).stdout) as { ok: boolean };
}

type Kept = { number: number; current: boolean; same_as: number | null; changes: { path: string }[] | null };

async function history(): Promise<Kept[]> {
  return (JSON.parse((await run('config', 'history', '--json')).stdout) as { data: Kept[] }).data;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'osiris-'));
  path = join(directory, 'osiris.yaml');
  state = join(directory, 'osiris-data');
  program = await programArgv();
  save(fileWith(40));
  server = await serve([], { cwd: directory, env, program });
  save(fileWith(50));
  await reload();
  save(`${fileWith(50, OTHER_LITERAL)}# the end\n`);
  await reload();
  save('limits: [broken\n');
  await reload();
}, 60_000);

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('the history of the configuration', () => {
  test('has what was in force, newest first, with the members that changed, and nothing that was refused', async () => {
    expect(await history()).toMatchObject([
      {
        number: 3,
        current: true,
        same_as: null,
        changes: [{ path: 'providers.x.api_key', change: 'changed' }],
      },
      { number: 2, current: false, changes: [{ path: 'limits.requests_per_minute', change: 'changed' }] },
      { number: 1, current: false, changes: null },
    ]);
    const { stdout } = await run('config', 'history');
    expect(stdout).toMatch(/2 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +limits\.requests_per_minute/);
  });

  test('is for the eyes of its owner only, and holds references in place of what they stand for', () => {
    const folder = join(state, 'config-history');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text).toContain('${Y_KEY}');
      expect(text).not.toContain(env.Y_KEY);
    }
  });

  test('compares two of it, or one with the file as it is, and shows no secret', async () => {
    const early = await run('config', 'diff', '1', '2');
    expect(early.stdout).toContain('-  requests_per_minute: 40   # per key');
    expect(early.stdout).toContain('+  requests_per_minute: 50   # per key');
    const last = await run('config', 'diff');
    expect(last.stdout).toContain('-    api_key: "[redacted 1]"');
    expect(last.stdout).toContain('+    api_key: "[redacted 2]"');
    expect(last.stdout).toContain('+# the end');
    const json = await run('config', 'diff', '3', '2', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ from: '3', to: '2', changes: [{ change: 'changed' }] });
    for (const { stdout } of [early, last, json]) expect(stdout).not.toMatch(/-secret-of-provider/);
    const broken = await run('config', 'diff', '3', 'file');
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('osiris check');
    expect((await run('config', 'diff', '77')).stderr).toContain('no configuration 77');
  });

  test('puts one back: the text with its comments, taken over by the running server, the other one kept beside', async () => {
    const back = await run('config', 'rollback', '1');
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.stdout).toContain('is configuration 1 again');
    expect(back.stdout).toContain('in force');
    expect(readFileSync(path, 'utf8')).toBe(fileWith(40));
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readFileSync(`${path}.before-rollback`, 'utf8')).toBe('limits: [broken\n');
    expect((await history())[0]).toMatchObject({ number: 4, current: true, same_as: 1 });
    const ready = await fetch(`${server.url}/health/ready`);
    expect(await ready.json()).toEqual({ status: 'ready', checks: {} });
    expect((await run('config', 'diff', '4', 'file')).stdout).toBe('4 and file do not differ.\n');
    const twice = await run('config', 'rollback', '1');
    expect(twice.stdout).toStartWith(`${path} is configuration 1 already.\n`);
    const asJson = await run('config', 'rollback', '1', '--json');
    expect(JSON.parse(asJson.stdout)).toEqual({ ok: true, needs_restart: [], problems: [], backup: null });
    expect(readFileSync(`${path}.before-rollback`, 'utf8')).toBe('limits: [broken\n');
  });

  test('does not put back what has become wrong, and says what that is', async () => {
    const gone = await osiris(['config', 'rollback', '2', '--json'], { cwd: directory, env: {}, program });
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.stdout)).toMatchObject({
      ok: false,
      problems: [{ file: path, line: 8, path: 'providers.y.api_key' }],
    });
    expect(gone.stdout).toContain('Y_KEY');
    expect(readFileSync(path, 'utf8')).toBe(fileWith(40));
    expect(existsSync(`${path}.trial`)).toBe(false);
    expect(await run('config', 'rollback', '99')).toMatchObject({ code: 1 });
    expect(await run('config', 'rollback', 'yesterday')).toMatchObject({ code: 2 });
  });

  test('is at /admin too, behind the admin secret', async () => {
    const secret = /osiris-admin-[\w-]+/.exec(server.stdout)?.[0] ?? '';
    const ask = async (method: string, address: string, body?: object) => {
      const response = await fetch(`${server.url}/admin/config/${address}`, {
        method,
        headers: { authorization: `Bearer ${secret}` },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    expect((await fetch(`${server.url}/admin/config/history`)).status).toBe(401);
    expect((await ask('GET', 'history')).body).toMatchObject({ object: 'list' });
    expect((await ask('GET', 'diff?from=1&to=2')).body.patch).toContain('+  requests_per_minute: 50');
    expect((await ask('GET', 'diff?from=../../etc')).status).toBe(400);
    expect((await ask('POST', 'rollback', { number: '1' })).status).toBe(400);
    expect((await ask('POST', 'rollback', { number: 98 })).status).toBe(404);
    expect((await ask('POST', 'rollback', { number: 2 })).body).toMatchObject({
      ok: true,
      needs_restart: [],
      backup: `${path}.before-rollback`,
    });
    expect(readFileSync(path, 'utf8')).toBe(fileWith(50));
  });
});

test('the history forgets the oldest, never a number, and keeps no text twice in a row', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'osiris-'));
  for (let each = 1; each <= KEPT_MAX + 5; each++) {
    keepText(dataDir, `limits: { concurrent: ${each} }`, each);
    keepText(dataDir, `limits: { concurrent: ${each} }`, each);
  }
  const numbers = listKept(dataDir).map(({ number }) => number);
  expect(numbers).toHaveLength(KEPT_MAX);
  expect(numbers.at(0)).toBe(6);
  expect(numbers.at(-1)).toBe(KEPT_MAX + 5);
  rmSync(dataDir, { recursive: true, force: true });
});

test('secrets are covered wherever they stand: lists, headers, defaults, blocks, addresses, comments', () => {
  const secret = 'hunter2hunter2hunter2hunter2';
  const shown = createCensor()(`providers:
  a: { api_keys: [ "${secret}", '\${REFERENCE}' ] }
  b: { api_key: "\${B:-${secret}}", headers: { X-Tenant: ${secret} } }
  c:
    api_key: |
      ${secret}
    base_url: https://me:${secret}@example.com/v1
# api_key: ${secret}
# d: { api_key: hunter2, headers: { X: hunter2, Y: hunter2 } }
# e: { api_keys: [ "\${KEPT_1}", "\${KEPT_2}" ] }
# f: { api_keys: [ "\${KEPT_1}", 'hunter2' ] }
alerts: { webhook: "https://hooks.example.com/${secret}", password: 47114711 }
server: { tls: { cert: cert.pem, key: key.pem } }
`);
  expect(shown).not.toMatch(/hunter2|4711/);
  for (const kept of [
    '${REFERENCE}',
    '[ "${KEPT_1}", "${KEPT_2}" ]',
    '@example.com/v1',
    'key: key.pem',
    'X-Tenant',
    'base_url: https://',
  ]) {
    expect(shown).toContain(kept);
  }
});
