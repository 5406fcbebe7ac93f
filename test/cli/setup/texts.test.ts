// The configuration of every client, as text, read by the parser of its own syntax.

import { describe, expect, test } from 'bun:test';
import { parse as parseYaml } from 'yaml';
import { mergeText } from '../../../src/cli/setup/merge.ts';
import type { Fill, Os } from '../../../src/clients/client.ts';
import {
  chooseModels,
  type FilledBlock,
  fillClient,
  isKey,
  isPrivate,
  NO_KEY,
  notesOf,
  originOf,
} from '../../../src/clients/fill.ts';
import { CLIENTS, findClient } from '../../../src/clients/index.ts';
import { clientOf } from '../../../src/gateway/client-name.ts';

const KEY = `sk-osiris-${'0123456789abcdef'.repeat(2)}`;
const ORIGIN = 'https://ai.example.com';
const SYSTEMS: Os[] = ['linux', 'macos', 'windows'];
const READERS: Record<string, (text: string) => unknown> = {
  json: JSON.parse,
  toml: Bun.TOML.parse,
  yaml: (text) => parseYaml(text, { strict: true }),
  dotenv: (text) =>
    Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    ),
};
const IDS = CLIENTS.map(({ id }) => id);

function fillOf(id: string, key = KEY): Fill {
  const client = findClient(id);
  if (!client) throw new Error(`no client ${id}`);
  const models = chooseModels(client, undefined);
  return { origin: ORIGIN, key, model: models[0], models };
}

function blocksOf(id: string, os: Os = 'linux'): FilledBlock[] {
  const client = findClient(id);
  return client ? fillClient(client, fillOf(id), os) : [];
}

function fileOf(id: string, end = ''): { path: string; value: unknown; text: string } {
  for (const block of blocksOf(id))
    if (block.kind === 'file' && block.path.endsWith(end))
      return { path: block.path, text: block.text, value: READERS[block.syntax]?.(block.text) };
  throw new Error(`${id} has no such file`);
}

test('every client of the list is there', () => {
  expect(IDS.toSorted()).toEqual(
    [
      ...['claude-code', 'codex', 'opencode', 'openclaw', 'kilo', 'cline', 'zed', 'hermes', 'openai-sdk'],
      ...['anthropic-sdk', 'agents-sdk', 'langchain', 'ai-sdk', 'aider', 'continue', 'open-webui', 'cursor'],
    ].toSorted(),
  );
});

describe.each(IDS)('%s', (id) => {
  test('has files that their own parsers read, on every system, with and without a key', () => {
    const client = findClient(id);
    for (const os of SYSTEMS)
      for (const key of [KEY, NO_KEY])
        for (const block of client ? fillClient(client, fillOf(id, key), os) : [])
          if (block.kind === 'file') {
            expect(READERS[block.syntax]?.(block.text)).toBeObject();
            expect(block.path).toStartWith(os === 'windows' ? '%' : '~');
          }
  });

  test('names the address, the key and a model somewhere, and nothing that was not filled in', () => {
    const text = JSON.stringify([blocksOf(id), blocksOf(id, 'windows')]);
    expect(text).toContain(ORIGIN);
    expect(text).toContain(KEY);
    if (id !== 'open-webui') expect(text).toContain(fillOf(id).model.id);
    expect(text).not.toMatch(/undefined|NaN|\[object|\$\{/);
  });

  test('can be written twice into its own text, the second time without a change', () => {
    const client = findClient(id);
    for (const block of client?.blocks ?? [])
      if (block.kind === 'file') {
        const text = block.text(fillOf(id));
        expect(mergeText(block.syntax, text, text, block.keeps)).toBe(text);
        expect(mergeText(block.syntax, '\n', text, block.keeps)).toBe(text);
      }
  });
});

describe('what each program reads', () => {
  test('Claude Code: the address without /v1, a bearer token, dashed names', () => {
    expect(fileOf('claude-code').value).toEqual({
      env: {
        ANTHROPIC_BASE_URL: ORIGIN,
        ANTHROPIC_AUTH_TOKEN: KEY,
        ANTHROPIC_MODEL: 'claude-opus-4-6',
        ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-haiku-4-5',
      },
    });
  });

  test('Codex: a provider that speaks Responses, and the key in the variables beside it', () => {
    expect(fileOf('codex', '.toml').value).toEqual({
      model: 'gpt-5',
      model_provider: 'osiris',
      model_providers: {
        osiris: {
          name: 'Osiris',
          base_url: `${ORIGIN}/v1`,
          env_key: 'OSIRIS_API_KEY',
          wire_api: 'responses',
        },
      },
    });
    expect(fileOf('codex', '.env')).toMatchObject({ path: '~/.codex/.env', value: { OSIRIS_API_KEY: KEY } });
  });

  test('OpenCode and Kilo: an OpenAI-compatible provider with its models', () => {
    for (const id of ['opencode', 'kilo'])
      expect(fileOf(id).value).toMatchObject({
        provider: {
          osiris: {
            npm: '@ai-sdk/openai-compatible',
            options: { baseURL: `${ORIGIN}/v1`, apiKey: KEY },
            models: { 'claude-opus-4.6': { name: 'Claude Opus 4.6' } },
          },
        },
        model: 'osiris/claude-opus-4.6',
      });
  });

  test('OpenClaw: a provider beside those it has, with sizes, and the model of its agents', () => {
    expect(fileOf('openclaw').value).toMatchObject({
      models: {
        mode: 'merge',
        providers: { osiris: { baseUrl: `${ORIGIN}/v1`, apiKey: KEY, api: 'openai-completions' } },
      },
      agents: { defaults: { model: { primary: 'osiris/claude-opus-4.6' } } },
    });
  });

  test('Zed: no key in its settings', () => {
    expect(fileOf('zed').text).not.toContain(KEY);
  });

  test('Cursor is told when its servers cannot reach the address', () => {
    const cursor = findClient('cursor');
    if (!cursor) throw new Error('no cursor');
    expect(notesOf(cursor, { ...fillOf('cursor'), origin: 'http://127.0.0.1:8080' })[0]).toContain(
      'cannot reach',
    );
    expect(notesOf(cursor, fillOf('cursor')).join()).not.toContain('cannot reach');
  });
});

describe('addresses', () => {
  test.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.0.0.1:8080/v1/', 'http://127.0.0.1:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://ai.example.com/gateway/v1', 'https://ai.example.com/gateway'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('%s is %s', (written, origin) => expect(originOf(written)).toBe(origin));

  test.each(['', 'http://', 'http://user:pass@host', 'http://host/?a=1', "http://host/'x", 'ftp://host'])(
    '%s is none',
    (written) => expect(originOf(written)).toBeUndefined(),
  );

  test('private ones are told from public ones', () => {
    for (const origin of ['http://localhost:1', 'http://10.1.2.3', 'http://172.20.0.1', 'http://box.local'])
      expect(isPrivate(origin)).toBe(true);
    for (const origin of ['https://ai.example.com', 'http://8.8.8.8', 'http://172.40.0.1'])
      expect(isPrivate(origin)).toBe(false);
  });

  test('only a whole key is one', () => {
    expect(isKey(KEY)).toBe(true);
    for (const text of ['sk-osiris-', `${KEY}0`, `x${KEY}`, KEY.toUpperCase(), `${KEY}"`])
      expect(isKey(text)).toBe(false);
  });
});

describe('the choice of models', () => {
  const offered = ['sandbox/echo', 'gpt-5', 'llama 3 "x"', 'mine'].map((id) => ({
    id,
    name: id,
    contextTokens: 5,
    maxOutputTokens: 5,
  }));
  const choose = (id: string, list: typeof offered | undefined, named?: string[]) => {
    const client = findClient(id);
    return client ? chooseModels(client, list, named).map((facts) => facts.id) : [];
  };

  test('takes what a client prefers, of what the key may use', () => {
    expect(choose('codex', offered)).toEqual(['gpt-5']);
  });

  test('takes the first real model where it prefers none, and the sandbox where there is nothing else', () => {
    expect(choose('claude-code', offered)).toEqual(['gpt-5']);
    expect(choose('claude-code', offered.slice(2))).toEqual(['mine']);
    expect(choose('claude-code', offered.slice(0, 1))).toEqual(['sandbox/echo']);
  });

  test('takes what is asked for by name before anything else', () => {
    expect(choose('codex', offered, ['opus', 'mine'])).toEqual(['opus', 'mine']);
  });
});

const python = Bun.which('python3');
test.skipIf(python === null)('Python examples are Python', async () => {
  const texts = IDS.flatMap((id) => blocksOf(id)).filter(
    (block) => block.kind === 'code' && block.language === 'python',
  );
  expect(texts).toHaveLength(4);
  for (const block of texts) {
    const child = Bun.spawn([python ?? '', '-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
      stdin: new Blob([block.kind === 'code' ? block.text : '']),
      stderr: 'pipe',
    });
    const complaints = await new Response(child.stderr).text();
    expect([await child.exited, complaints]).toEqual([0, '']);
  }
});

test.each([
  ['claude-code', 'claude-cli/2.1.197 (external, sdk-cli)'],
  ['codex', 'codex_exec/0.169.0 (Debian 12.0.0; x86_64) unknown'],
  ['opencode', 'opencode/1.18.33 ai-sdk/provider-utils/4.0.1 runtime/bun/1.3.0'],
  ['openclaw', 'OpenAI/JS 7.15.0'],
  ['kilo', 'Kilo-Code/7.7.7 ai-sdk/provider-utils/4.0.1'],
  ['zed', 'Zed/0.180.1 (linux; x86_64)'],
  ['openai-sdk', 'OpenAI/Python 2.8.0'],
  ['anthropic-sdk', 'Anthropic/JS 1.11.0'],
  ['agents-sdk', 'Agents/JavaScript 0.20.0'],
  ['langchain', 'langchainjs-openai/1.0.0 OpenAI/JS 6.49.0'],
  ['ai-sdk', 'ai-sdk/openai-compatible/2.0.87 ai-sdk/provider-utils/4.0.1'],
  ['cline', 'ai-sdk/openai-compatible/3.0.37 ai-sdk/provider-utils/5.0.30 runtime/bun/1.3.13'],
  ['continue', 'ls/JS 5.23.2'],
])('%s is known by its user agent', (id, userAgent) => {
  expect(findClient(id)?.calledAs).toContain(clientOf(userAgent).client ?? '');
});
