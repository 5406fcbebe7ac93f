// The command line as a whole, and the commands that prepare and explain: help, version, init, check, models, admin.

import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../src/lib/crypto.ts';
import { openDirectory } from '../../src/store/sqlite/directory.ts';
import { command } from '../support/command-line.ts';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

describe('osiris', () => {
  test.each([{ words: [] }, { words: ['--help'] }, { words: ['help'] }])(
    'with $words shows every command and exits with 0',
    async ({ words }) => {
      const { code, stdout } = await command(words, scratchDir());
      expect(code).toBe(0);
      for (const command of ['serve', 'init', 'check', 'keys', 'models', 'admin', 'version']) {
        expect(stdout).toContain(`  ${command}`);
      }
    },
  );

  test.each([
    { words: ['serv'], hint: 'Did you mean serve?' },
    { words: ['keys', 'lst'], hint: 'Did you mean list?' },
    { words: ['serve', '--prot', '1'], hint: 'Did you mean --port?' },
    { words: ['serve', '--port', '99999'], hint: '0 to 65535' },
    { words: ['keys', 'show'], hint: "missing required argument 'id'" },
    { words: ['version', 'now'], hint: 'too many arguments' },
  ])('with $words exits with 2, says why and does nothing', async ({ words, hint }) => {
    const cwd = scratchDir();
    const outcome = await command(words, cwd);
    expect({ ...outcome }).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(hint) });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('explains every command within 80 columns', async () => {
    const cwd = scratchDir();
    const explain = async (words: string[]): Promise<string[]> => {
      const { stdout } = await command([...words, '--help'], cwd);
      const listed = stdout.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
      const names = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
      const below = names.filter((name) => name !== 'help').map((name) => explain([...words, name]));
      return [...stdout.split('\n'), ...(await Promise.all(below)).flat()];
    };
    const lines = await explain([]);
    expect(lines.length).toBeGreaterThan(400);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('tells its version in three ways', async () => {
    const { version } = await Bun.file(join(import.meta.dir, '../../package.json')).json();
    const cwd = scratchDir();
    expect((await osiris(['--version'], { cwd })).stdout).toBe(`${version}\n`);
    expect((await osiris(['version'], { cwd })).stdout).toStartWith(`osiris ${version}`);
    expect(JSON.parse((await osiris(['version', '--json'], { cwd })).stdout)).toMatchObject({ version });
  });
});

test('wrong usage is one JSON object, too, where one was asked for', async () => {
  const { code, stdout } = await osiris(['keys', 'create', '--json'], { cwd: scratchDir() });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'usage', message: "required option '--name <name>' not specified" },
  });
});

describe('init', () => {
  test('writes a file that is in order, its schema and a database, and names the next command', async () => {
    const cwd = scratchDir();
    const made = await osiris(['init', 'box'], { cwd });
    expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('osiris serve') });
    const box = join(cwd, 'box');
    expect(readdirSync(box).toSorted()).toEqual(['osiris-data', 'osiris.schema.json', 'osiris.yaml']);
    expect((statSync(join(box, 'osiris-data')).mode & 0o777).toString(8)).toBe('700');
    expect(await osiris(['check'], { cwd: box })).toMatchObject({ code: 0, stderr: '' });
    expect(await osiris(['keys', 'list'], { cwd: box })).toMatchObject({ code: 0, stderr: '' });
  });

  test('writes examples that are in order too once the hash signs are gone', async () => {
    const cwd = scratchDir();
    await osiris(['init'], { cwd });
    const file = join(cwd, 'osiris.yaml');
    const indented = readFileSync(file, 'utf8').replace(/^( *)# ((?: {2})*[a-z][a-z0-9_.-]*:.*)$/gm, '$1$2');
    expect(indented).toMatch(/^providers:\n(?: {2}#.*\n)* {2}openai:/m);
    // The schema's line only looks like a setting, and there is no certificate here.
    writeFileSync(file, indented.replace(/^(yaml-language-server| {2}tls):/gm, '# $1:'));
    const env = Object.fromEntries(
      [...indented.matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, name]) => [name, 'https://house.example.com']),
    );
    const { stdout, stderr } = await osiris(['check'], { cwd, env });
    expect(stderr).toBe('');
    expect(stdout).toContain('is fine');
  });

  test('writes over nothing unless it is forced', async () => {
    const cwd = scratchDir();
    const file = join(cwd, 'osiris.yaml');
    writeFileSync(file, '# mine\n');
    const refused = await osiris(['init'], { cwd });
    expect({ ...refused }).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--force') });
    expect(refused.stderr).toContain(file);
    expect(readdirSync(cwd)).toEqual(['osiris.yaml']);
    expect(readFileSync(file, 'utf8')).toBe('# mine\n');
    expect((await osiris(['init', '--force'], { cwd })).code).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toBe('# mine\n');
  });

  test('leaves nothing behind when it fails, and says why', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'osiris-data'), '');
    const stderr = `osiris: ${join(cwd, 'osiris-data')} is a file, not a directory.\n`;
    const refused = { code: 1, stdout: '', stderr: expect.stringContaining(stderr) };
    expect(await osiris(['init'], { cwd })).toEqual(refused);
    expect(readdirSync(cwd)).toEqual(['osiris-data']);
    for (const dir of ['osiris-data', 'osiris-data/below']) {
      const { stderr } = await osiris(['init', dir], { cwd });
      expect(stderr).toBe(
        `osiris: A file is in the way of the directory ${join(cwd, dir)}.\nName another: osiris init DIR\n`,
      );
    }
  });
});

describe('check', () => {
  const BROKEN = 'server:\n  prot: 1\n  port: many\n';

  test('shows every problem at once with its line, and exits with 1', async () => {
    const cwd = scratchDir();
    const file = join(cwd, 'osiris.yaml');
    writeFileSync(file, BROKEN);
    const { code, stdout, stderr } = await osiris(['check'], { cwd });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain(`${file}:2:3`);
    expect(stdout).toContain(`${file}:3:9`);
    expect(stdout).toContain('2 problems');
  });

  test('gives the problems as JSON', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'other.yaml'), BROKEN);
    const { code, stdout } = await osiris(['check', '--config', 'other.yaml', '--json'], { cwd });
    expect(code).toBe(1);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems.map((each: { line: number }) => each.line)).toEqual([2, 3]);
  });

  test('is content without a file, and makes none', async () => {
    const cwd = scratchDir();
    expect(await osiris(['check'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('defaults'),
    });
    expect(JSON.parse((await osiris(['check', '--json'], { cwd })).stdout)).toMatchObject({
      ok: true,
      file: null,
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('misses a file that was asked for', async () => {
    const outcome = await osiris(['check', '--config', 'none.yaml'], { cwd: scratchDir() });
    expect({ ...outcome }).toMatchObject({ code: 1, stdout: expect.stringContaining('none.yaml') });
  });

  test('prints the schema of the file', async () => {
    const { stdout } = await osiris(['check', '--schema'], { cwd: scratchDir() });
    const schema = JSON.parse(stdout);
    expect([schema.type].flat()).toContain('object');
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['server', 'data_dir', 'providers', 'models']),
    );
  });

  test.each(['keys list', 'models', 'serve', 'admin reset'])(
    'is not needed to learn the problems: %s names them as well',
    async (words) => {
      const cwd = scratchDir();
      writeFileSync(join(cwd, 'osiris.yaml'), BROKEN);
      const outcome = await command(words.split(' '), cwd);
      expect({ ...outcome }).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('osiris.yaml:2:3'),
      });
      expect(existsSync(join(cwd, 'osiris-data'))).toBe(false);
    },
  );
});

describe('models', () => {
  test('lists what can be called with the credentials at hand, and all with --all', async () => {
    const cwd = scratchDir();
    const ids = async (...words: string[]): Promise<string[]> =>
      JSON.parse((await osiris(['models', '--json', ...words], { cwd })).stdout).map(
        (each: { id: string }) => each.id,
      );
    const [ready, all] = [await ids(), await ids('--all')];
    expect(ready).toContain('sandbox/echo');
    expect(ready.filter((id) => !id.startsWith('sandbox/'))).toEqual([]);
    expect(all.length).toBeGreaterThan(ready.length);
    const table = await osiris(['models'], { cwd, env: { OPENAI_API_KEY: 'secret-of-mine' } });
    expect(table.stdout).toMatch(/^gpt-5 +\d+\.\d+ +\d+\.\d+ .*openai/m);
    expect(table.stdout).not.toContain('secret-of-mine');
  });

  const PRICED = `providers: { openai: { api_key: secret-of-mine } }
models:
  own:
    price:
      - { input: 1.25, output: 10, cached_input: 0.125, per_search: 0.01, steps: [ { above: 272000, input: 2.5, output: 15 } ], tiers: { flex: { input: 0.5, output: 5 } }, inference_geo: { us: 1.1 } }
      - { from: 2999-01-01, input: 2, output: 12 }
    deployments: [ { provider: openai, model: x } ]
  later: { price: { from: 2999-01-01, input: 1, output: 1 }, deployments: [ { provider: openai, model: x } ] }
`;

  test('shows one in full: every class, step, tier, source and coming price', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'osiris.yaml'), PRICED);
    const { stdout } = await osiris(['models', 'own'], { cwd });
    expect(stdout).toMatch(/PRICE +> 272,000 +flex$/m);
    expect(stdout).toMatch(/^input +1\.25 +2\.50 +0\.50$/m);
    expect(stdout).toMatch(/^cached_input +0\.125 +\(2\.50\) +\(0\.50\)$/m);
    expect(stdout).toMatch(/^output +10\.00 +15\.00 +5\.00$/m);
    expect(stdout).toContain('a web search: 0.01 USD');
    expect(stdout).toContain('where it ran in `us`: 1.1 times the price of the tokens');
    expect(stdout).toMatch(/Source: osiris\.yaml, as of \d{4}-\d\d-\d\d\./);
    expect(stdout).toMatch(/^From 2999-01-01T00:00:00\.000Z/m);
    const { price } = JSON.parse((await osiris(['models', 'own', '--json'], { cwd })).stdout);
    expect(price).toMatchObject({
      ...{ input: '1.25', output: '10.00', per_search: '0.01', cache_write: null, source: 'osiris.yaml' },
      steps: [{ above: 272_000, input: '2.50' }],
      tiers: { flex: { output: '5.00' } },
      inference_geo: { us: 1.1 },
      coming: [{ input: '2.00', from: '2999-01-01T00:00:00.000Z' }],
    });
    expect(await osiris(['models', 'owm'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('`own`'),
    });
  });

  test('names the day of a coming price as it is written, in the time zone of the ledger', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'osiris.yaml'), `${PRICED}billing: { timezone: Europe/Berlin }\n`);
    expect((await osiris(['models'], { cwd })).stdout).toMatch(/^own .*changes 2999-01-01/m);
    expect((await osiris(['models', 'own'], { cwd })).stdout).toContain('From 2998-12-31T23:00:00.000Z');
  });

  test('tells what one can do, the search among deferred tools included', async () => {
    const cwd = scratchDir();
    const read = async (...words: string[]) => (await osiris(['models', ...words], { cwd })).stdout;
    expect(await read('claude-opus-4.6')).toMatch(/^ +can .*web search, tool search, reasoning/m);
    expect(await read('gpt-4o')).not.toContain('tool search');
    const can = async (name: string) => JSON.parse(await read(name, '--json')).capabilities;
    expect(await can('claude-opus-4.6')).toMatchObject({ tools: true, reasoning: true, tool_search: true });
    expect(await can('gpt-4o')).toMatchObject({
      structured_output: true,
      reasoning: false,
      tool_search: false,
    });
  });

  test('tells the operator why one is not served', async () => {
    const cwd = scratchDir();
    writeFileSync(join(cwd, 'osiris.yaml'), PRICED);
    const list = await osiris(['models'], { cwd });
    expect(list.stdout).toMatch(/^own .*search, >272k, flex, in us, changes 2999-01-01/m);
    expect(list.stdout).not.toContain('later');
    const reason = /models\.later\.price/;
    expect((await osiris(['models', '--all'], { cwd })).stdout).toMatch(reason);
    expect((await osiris(['models', 'later'], { cwd })).stdout).toMatch(reason);
  });
});

test('after a reset the text of the first start no longer shows the secret that was', async () => {
  const cwd = scratchDir();
  const server = await serve(['--port', '0'], { cwd });
  await server.stop();
  const kept = join(cwd, 'osiris-data', 'first-start.txt');
  const [old = ''] = /osiris-admin-[0-9a-f]{32}/.exec(server.stdout) ?? [];
  expect(readFileSync(kept, 'utf8')).toBe(server.stdout);
  expect((await osiris(['admin', 'reset'], { cwd })).code).toBe(0);
  expect(readFileSync(kept, 'utf8')).toBe(server.stdout.replace(old, 'replaced by osiris admin reset'));
});

test('admin reset stores a new secret as its hash and shows it once', async () => {
  const cwd = scratchDir();
  await osiris(['init'], { cwd });
  const first = await osiris(['admin', 'reset'], { cwd });
  const { admin_secret: second } = JSON.parse((await osiris(['admin', 'reset', '--json'], { cwd })).stdout);
  expect(first.stdout).toMatch(/osiris-admin-[0-9a-f]{32}/);
  expect(first.stdout).not.toContain(second);
  const directory = openDirectory(join(cwd, 'osiris-data'), 'existing');
  expect(directory.getFact('admin_secret_sha256')).toBe(sha256Hex(second));
  directory.close();
});
