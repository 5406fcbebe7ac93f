// `osiris setup` as somebody runs it: the real program, a home directory of its own, a server with the sandbox.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Gateway, programArgv, startGateway } from '../../support/gateway.ts';
import { type Outcome, osiris } from '../../support/osiris.ts';

let gateway: Gateway;
let program: string[];
let home: string;

beforeAll(async () => {
  program = await programArgv();
  gateway = await startGateway({ upstreams: [] });
}, 120_000);
afterAll(() => gateway.stop());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'osiris-home-'));
});

function setup(words: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const own = { HOME: home, USERPROFILE: home, ...env };
  return osiris(['setup', ...words], { cwd: home, env: own, program });
}

/** With the address, a key that works and a model of the sandbox. */
function write(client: string, ...more: string[]): Promise<Outcome> {
  return setup([client, '--write', '--url', gateway.url, '--model', 'sandbox/echo', ...more], {
    OSIRIS_KEY: gateway.key,
  });
}

function put(path: string, text: string, mode = 0o644): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
}

const backupsIn = (directory: string) => readdirSync(directory).filter((name) => name.endsWith('.bak'));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('shows', () => {
  test('every client, without a name', async () => {
    const { code, stdout } = await setup([]);
    expect(code).toBe(0);
    for (const id of ['claude-code', 'codex', 'open-webui', 'ai-sdk']) expect(stdout).toContain(id);
    const listed = JSON.parse((await setup(['--json'])).stdout) as unknown[];
    expect(listed).toHaveLength(17);
  });

  test('which one was meant by a name that is nearly right', async () => {
    const { code, stderr } = await setup(['claud']);
    expect(code).toBe(2);
    expect(stderr).toStartWith('osiris: There is no client "claud" here. Did you mean claude-code?');
  });

  test('the configuration without a server or a key', async () => {
    const { code, stdout } = await setup(['claude-code', '--url', 'http://127.0.0.1:1/v1/']);
    expect(code).toBe(0);
    expect(stdout).toContain('"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"');
    expect(stdout).toContain('sk-osiris-…');
    expect(readdirSync(home)).toEqual([]);
  });

  test('the address of the configuration file', async () => {
    const file = put('osiris.yaml', 'server: { host: 0.0.0.0, port: 4321 }\n');
    expect((await setup(['cline', '--config', file])).stdout).toContain('http://127.0.0.1:4321/v1');
    writeFileSync(file, 'server: { public_url: https://ai.example.com/ }\n');
    expect((await setup(['cline', '--config', file])).stdout).toContain(
      'Base URL:  https://ai.example.com/v1',
    );
  });

  test('all of it as one JSON value, with the proof', async () => {
    const { code, stdout } = await setup([
      'codex',
      '--url',
      gateway.url,
      '--key',
      gateway.key,
      '--model',
      'sandbox/echo',
      '--json',
    ]);
    const shown = JSON.parse(stdout) as { blocks: unknown[]; proof: { ok: boolean }[]; written: unknown[] };
    expect(code).toBe(0);
    expect(shown).toMatchObject({ client: 'codex', url: gateway.url, model: 'sandbox/echo', written: [] });
    expect(shown.proof.map(({ ok }) => ok)).toEqual([true, true, true, true]);
  });
});

describe('proves', () => {
  test.each(['claude-code', 'codex', 'opencode'])('%s with four calls in its own format', async (client) => {
    const { code, stdout } = await write(client);
    expect(code).toBe(0);
    for (const what of [
      'plain answer  "Say hello."',
      'stream',
      'tool call     get_weather {"city":"Bern"}',
      'token count',
    ])
      expect(stdout).toContain(`✓ ${what}`);
  });

  test('what fails is shown in the words of the server, and ends with 1', async () => {
    const { code, stdout } = await setup([
      'aider',
      '--url',
      gateway.url,
      '--key',
      gateway.key,
      '--model',
      'sandbox/fail-500',
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('✗ plain answer');
    expect(stdout).toMatch(/status 50\d/);
  });

  test('a stream that is cut is none', async () => {
    for (const client of ['aider', 'codex', 'claude-code']) {
      const words = [
        client,
        '--url',
        gateway.url,
        '--key',
        gateway.key,
        '--model',
        'sandbox/truncate',
        '--json',
      ];
      const { code, stdout } = await setup(words);
      const { proof } = JSON.parse(stdout) as { proof: { what: string; ok: boolean }[] };
      expect(code).toBe(1);
      expect(proof.find(({ what }) => what === 'stream')?.ok).toBe(false);
    }
  });
});

describe('writes', () => {
  test('into a file that is there: comments and other settings stay, a copy is kept, the key is for the owner only', async () => {
    const before = '{\n  // mine\n  "env": { "OTHER": "1" },\n  "model": "opus" // big\n}\n';
    const file = put('.claude/settings.json', before);
    const first = await write('claude-code', '--no-proof');
    expect(first.code).toBe(0);
    const text = readFileSync(file, 'utf8');
    for (const kept of ['// mine', '"OTHER": "1"', '"model": "opus" // big']) expect(text).toContain(kept);
    expect(text).toContain(`"ANTHROPIC_AUTH_TOKEN": "${gateway.key}"`);
    expect(modeOf(file)).toBe('600');
    const [backup = ''] = backupsIn(dirname(file));
    expect(backup).toMatch(/^settings\.json\.\d{8}T\d{6}Z\.bak$/);
    expect(readFileSync(join(dirname(file), backup), 'utf8')).toBe(before);
    expect(readdirSync(dirname(file))).toHaveLength(2);
    expect(first.stdout).toContain(backup);
  });

  test('the second time nothing', async () => {
    const clients = [
      'claude-code',
      'codex',
      'opencode',
      'openclaw',
      'kilo',
      'hermes',
      'aider',
      'zed',
      'continue',
    ];
    const outcomes = await Promise.all(clients.map((client) => write(client, '--no-proof')));
    expect(outcomes.map(({ code }) => code)).toEqual(clients.map(() => 0));
    const files = Array.from(new Bun.Glob('**/*').scanSync({ cwd: home, dot: true })).toSorted();
    const texts = files.map((file) => readFileSync(join(home, file), 'utf8'));
    expect(files).toHaveLength(10);
    const again = await Promise.all(clients.map((client) => write(client, '--no-proof')));
    for (const { stdout } of again) expect(stdout).toContain('is as it should be; nothing was written');
    expect(Array.from(new Bun.Glob('**/*').scanSync({ cwd: home, dot: true })).toSorted()).toEqual(files);
    expect(files.map((file) => readFileSync(join(home, file), 'utf8'))).toEqual(texts);
  });

  test('TOML and YAML with their comments', async () => {
    const toml = put(
      '.codex/config.toml',
      '# codex\nmodel = "o3" # old\n\n[tui] # screen\ntheme = "dark"\n',
      0o640,
    );
    const yaml = put(
      '.continue/config.yaml',
      '# assistants\nname: Mine\nversion: 2.0.0\nschema: v1\nmodels:\n  - name: local # home\n    provider: ollama\n    model: llama\n',
    );
    expect((await write('codex', '--no-proof')).code).toBe(0);
    expect((await write('continue', '--no-proof')).code).toBe(0);
    for (const kept of ['# codex', '# old', '[tui] # screen'])
      expect(readFileSync(toml, 'utf8')).toContain(kept);
    for (const kept of ['# assistants', 'name: Mine', 'version: 2.0.0', '# home'])
      expect(readFileSync(yaml, 'utf8')).toContain(kept);
    // The key is in the file beside it
    expect(modeOf(toml)).toBe('640');
    expect(modeOf(join(home, '.codex/.env'))).toBe('600');
  });

  test('the file that the program reads: the one that exists, where its own variable says, behind a link', async () => {
    const jsonc = put('.config/opencode/opencode.jsonc', '{\n  // keys\n}\n');
    expect((await write('opencode', '--no-proof')).code).toBe(0);
    expect(readFileSync(jsonc, 'utf8')).toContain('// keys');
    expect(existsSync(join(home, '.config/opencode/opencode.json'))).toBe(false);

    const elsewhere = join(home, 'elsewhere');
    const words = ['codex', '--write', '--no-proof', '--url', gateway.url];
    expect((await setup(words, { OSIRIS_KEY: gateway.key, CODEX_HOME: elsewhere })).code).toBe(0);
    expect(readdirSync(elsewhere).toSorted()).toEqual(['.env', 'config.toml']);

    const real = put('dotfiles/aider.yml', 'dark-mode: true\n');
    symlinkSync(real, join(home, '.aider.conf.yml'));
    expect((await write('aider', '--no-proof')).code).toBe(0);
    expect(readFileSync(real, 'utf8')).toContain('openai-api-base');
  });
});

describe('touches nothing', () => {
  const FILE = '{ "env": {} }\n';
  const untouched = async (words: string[], code: number, says: RegExp, env: Record<string, string> = {}) => {
    const file = put('.claude/settings.json', FILE);
    const outcome = await setup(words, env);
    expect(outcome.stderr).toMatch(says);
    expect(outcome.code).toBe(code);
    expect(readFileSync(file, 'utf8')).toBe(FILE);
    expect(readdirSync(dirname(file))).toEqual(['settings.json']);
  };
  const claude = (...more: string[]) => ['claude-code', '--write', ...more];

  test('when the server does not know the key', () =>
    untouched(
      claude('--url', gateway.url, '--key', `sk-osiris-${'0'.repeat(32)}`),
      1,
      /does not know this key/,
    ));

  test('when nobody answers', () =>
    untouched(claude('--url', 'http://127.0.0.1:1', '--key', gateway.key), 1, /No server answers/));

  test('when something else answers', async () => {
    const other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('<html>') });
    await untouched(claude('--url', other.url.href, '--key', gateway.key), 1, /not as Osiris does/);
    await other.stop(true);
  });

  test('when the key may not use the model', () =>
    untouched(
      claude('--url', gateway.url, '--key', gateway.key, '--model', 'no-such'),
      1,
      /cannot use the model no-such/,
    ));

  test('without a key, and with what is no key', async () => {
    await untouched(claude('--url', gateway.url), 2, /needs a key/);
    await untouched(claude('--url', gateway.url, '--key', 'sk-ant-secret'), 2, /no key of Osiris/);
    const { stderr } = await setup(claude('--url', gateway.url, '--key', 'sk-ant-secret'));
    expect(stderr).not.toContain('sk-ant-secret');
  });

  test('when one of the files cannot be read as what it is', async () => {
    const toml = put('.codex/config.toml', 'model = \n');
    const { code, stderr } = await write('codex', '--no-proof');
    expect([code, stderr.includes('cannot be edited')]).toEqual([1, true]);
    expect(readFileSync(toml, 'utf8')).toBe('model = \n');
    expect(readdirSync(dirname(toml))).toEqual(['config.toml']);
  });

  test('where only the program itself can change its settings, or code has to', async () => {
    for (const client of ['cline', 'cursor', 'open-webui', 'openai-sdk', 'langchain']) {
      const { code, stderr } = await write(client);
      expect([client, code]).toEqual([client, 1]);
      expect(stderr).toContain('--write is not possible');
    }
    expect(readdirSync(home)).toEqual([]);
  });

  test('for a client that is not known', async () => {
    const { code, stderr } = await setup(['emacs']);
    expect(code).toBe(2);
    expect(stderr).toContain('claude-code');
  });
});
