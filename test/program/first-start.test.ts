// The executable in an empty directory, as a newcomer finds it: what it prints, minds, answers and refuses.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fold } from '../../src/canonical/fold.ts';
import { FORMATS as CODECS } from '../../src/formats/index.ts';
import { isObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { programArgv } from '../support/gateway.ts';
import { osiris, type Serving, serve } from '../support/osiris.ts';

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, '../..');
const cwd = mkdtempSync(join(tmpdir(), 'osiris-alone-'));
let program: string[];
let server: Serving;
let key: string;

beforeAll(async () => {
  program = await programArgv();
  writeFileSync(join(cwd, '.env'), 'OPENAI_API_KEY=sk-c4nary-from-dotenv\nOSIRIS_PORT=1\n');
  writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./evil.ts"]\n');
  writeFileSync(join(cwd, 'evil.ts'), "require('node:fs').writeFileSync('evil.txt', '');");
  server = await serve(['--port', '0'], { cwd, program });
  key = /sk-osiris-[0-9a-f]{32}/.exec(server.stdout)?.[0] ?? '';
}, 120_000);
afterAll(async () => {
  await server.stop();
  rmSync(cwd, { recursive: true, force: true });
});

describe('a first start', () => {
  test('prints where it is, the admin secret, a demo key, and keeps them in a file only its owner reads', () => {
    expect(server.stdout).toContain(server.url);
    expect(server.stdout).toMatch(/osiris-admin-[0-9a-f]{32}/);
    expect(key).not.toBe('');
    const kept = join(cwd, 'osiris-data', 'first-start.txt');
    expect(readFileSync(kept, 'utf8')).toBe(server.stdout);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
  });

  test('minds neither .env nor bunfig.toml of the directory', async () => {
    expect(new URL(server.url).port).not.toBe('1');
    expect(existsSync(join(cwd, 'evil.txt'))).toBe(false);
    const refused = await errorOf(await ask({ url: server.url, key }, 'openai-chat', { model: 'gpt-5' }));
    expect(refused.message).not.toContain('c4nary');
    expect(refused.code).toBe('no_provider');
  });

  test('prints a curl line that answers when pasted', async () => {
    const line = server.stdout.split('\n').find((each) => each.startsWith('curl ')) ?? '';
    const pasted = Bun.spawn(['sh', '-c', `${line} --silent --max-time 20`], { stdout: 'pipe' });
    const answer = JSON.parse(await new Response(pasted.stdout).text());
    expect(answer.choices[0].message.content).toContain('Hello, Osiris!');
  });

  test('makes a demo key for the free models and for nothing else', async () => {
    const listed = await fetch(`${server.url}/v1/models`, { headers: { 'x-api-key': key } });
    const { data } = (await listed.json()) as { data: { id: string }[] };
    expect(data.length).toBeGreaterThan(5);
    expect(data.filter((model) => !model.id.startsWith('sandbox/'))).toEqual([]);
  });
});

describe.each(FORMATS)('%s', (format) => {
  const codec = CODECS[format];
  const usageAndText = async (text: string, stream: boolean) => {
    const response = await ask({ url: server.url, key }, format, { model: 'sandbox/echo', text, stream });
    expect(response.status).toBe(200);
    const bytes = await response.bytes();
    if (!stream) {
      const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
      if (!codec || !isObject(body)) throw new Error('no answer');
      return codec.decodeResponse(body);
    }
    const decoder = codec?.streamDecoder();
    const fold = new Fold();
    for (const frame of parseFrames(bytes)) for (const event of decoder?.push(frame) ?? []) fold.push(event);
    for (const event of decoder?.end() ?? []) fold.push(event);
    expect(fold.fault).toBeUndefined();
    return fold.response();
  };

  test('answers every prompt with its own words and figures, streamed as plain', async () => {
    const short = await usageAndText('Short.', false);
    const long = await usageAndText('A longer prompt, with more words in it than the other one.', false);
    expect(JSON.stringify(short.parts)).toContain('Short.');
    expect(JSON.stringify(long.parts)).not.toContain('Short.');
    expect(short.usage).not.toEqual(long.usage);
    const streamed = await usageAndText('Short.', true);
    expect(streamed.parts).toEqual(short.parts);
    expect(streamed.finish).toEqual(short.finish);
    if (format !== 'openai-chat') expect(streamed.usage).toEqual(short.usage);
  });
});

test('a second start prints no secret', async () => {
  const first = server;
  expect((await first.stop()).code).toBe(0);
  server = await serve(['--port', '0'], { cwd, program });
  expect(server.stdout).toContain(server.url);
  expect(server.stdout).not.toMatch(/sk-osiris-|osiris-admin-/);
});

test('a broken configuration is told whole: by check, and by serve, which does not start', async () => {
  const file = join(cwd, 'broken.yaml');
  writeFileSync(
    file,
    'server:\n  prot: 8080\n  request_timeout: soon\nproviders:\n  own: { format: morse }\n',
  );
  for (const command of ['check', 'serve']) {
    const outcome = await osiris([command, '--config', file], { cwd, program });
    const said = outcome.stdout + outcome.stderr;
    expect(outcome.code).toBe(1);
    for (const words of ['prot', 'request_timeout', 'own', ':2:', ':3:']) expect(said).toContain(words);
    expect(said).not.toContain('    at ');
  }
  writeFileSync(file, 'server: { port: 8081 }\n');
  expect((await osiris(['check', '--config', file], { cwd, program })).code).toBe(0);
});

test('builds from sources without a repository around them', async () => {
  const tree = mkdtempSync(join(tmpdir(), 'osiris-tree-'));
  try {
    for (const part of ['src', 'db', 'scripts', 'package.json', 'tsconfig.json', 'bunfig.toml']) {
      const copy = Bun.spawn(['cp', '-R', join(ROOT, part), tree]);
      expect(await copy.exited).toBe(0);
    }
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
    const build = Bun.spawn([process.execPath, 'scripts/build.ts'], {
      cwd: tree,
      stdout: 'ignore',
      stderr: 'pipe',
    });
    expect([await build.exited, await new Response(build.stderr).text()]).toEqual([0, '']);
    const outcome = await osiris(['version'], { cwd: tree, program: [join(tree, 'dist', 'osiris')] });
    expect([outcome.code, outcome.stderr]).toEqual([0, '']);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
});

test('what is written to a pipe arrives whole, however slowly it is read', async () => {
  // a shell reads its lines byte by byte
  const slowly = '"$@" models --all --json | while IFS= read -r line; do printf "%s\\n" "$line"; done';
  const read = Bun.spawn(['sh', '-c', slowly, 'sh', ...program], { cwd, stdout: 'pipe' });
  const text = await new Response(read.stdout).text();
  expect(text.length).toBeGreaterThan(2 ** 17);
  expect(Array.isArray(JSON.parse(text))).toBe(true);
});
