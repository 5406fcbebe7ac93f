// The configuration file, the environment and the flags become one frozen configuration.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { describe, expect, test } from 'bun:test';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { CONFIG_TEMPLATE } from '../../src/config/template.ts';
import { parseDuration, parseSize } from '../../src/config/units.ts';
import { isObject, type JsonValue } from '../../src/lib/json.ts';
import { accepted, emptyDirectory, loadText, refused } from '../support/config-file.ts';

const EXAMPLE = `
server:
  host: 127.0.0.1
  port: 8080
  public_url: https://ai.example.com/
  trusted_proxies: [127.0.0.1]     # whose X-Forwarded-For counts
  admin_from: [127.0.0.1]
  cors_origins: []
  max_body: 10MB
  max_body_by_route: { /v1/audio/transcriptions: 25MB }
  request_timeout: 120s            # non-streaming, whole
  connect_timeout: 10s
  first_byte_timeout: 300s
  stream_idle_timeout: 120s        # upstream silent
  client_stall_timeout: 120s       # client not reading
  stream_total_timeout: 30m
  drain_timeout: 60s
data_dir: ./osiris-data
database: sqlite
providers:
  openai:    { api_key: "\${OPENAI_API_KEY}" }
  anthropic: { api_keys: [ "\${ANTHROPIC_KEY_1}", "\${ANTHROPIC_KEY_2}" ] }
  my-vllm:                         # anything the built-in list does not know
    base_url: http://127.0.0.1:8000/v1    # everything before the operation
    format: openai-chat
    auth: none                     # bearer | x-api-key | x-goog-api-key | none
    headers: {}
models:                            # over the built-in catalogue; only what differs
  claude-opus-4.6:
    aliases: [opus]
    price: { input: 5.00, output: 25.00, cached_input: 0.50, cache_write: 6.25 }   # USD per 1M tokens
    deployments:
      - { provider: anthropic, model: claude-opus-4-6 }
      - { provider: openrouter, model: anthropic/claude-opus-4.6 }
  local-llama:
    price: { input: 0, output: 0 }
    context: 131072
    max_output: 8192
    capabilities: { tools: true, images: false }
    deployments: [ { provider: my-vllm, model: llama-3.3-70b, weight: 1 } ]
limits:  { requests_per_minute: 40, concurrent: 20 }
`;
const KEYS = { OPENAI_API_KEY: 'oa', ANTHROPIC_KEY_1: 'an1', ANTHROPIC_KEY_2: 'an2' };

describe('the whole example', () => {
  const config = accepted(loadText(EXAMPLE, KEYS));

  test('sets up the server with units resolved', () => {
    expect(config.server).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'https://ai.example.com',
      maxBodyBytes: 10 * 1024 * 1024,
      maxBodyBytesByRoute: { '/v1/audio/transcriptions': 25 * 1024 * 1024 },
      requestTimeoutMs: 120_000,
      streamTotalTimeoutMs: 1_800_000,
    });
    expect(config.limits).toEqual({ requestsPerMinute: 40, concurrent: 20 });
    expect(config.logs).toEqual({ retentionMs: 30 * 86_400_000, maxBytes: 1024 ** 3 });
  });

  test('sets up exactly the providers it names, and the sandbox', () => {
    expect([...config.providers.keys()]).toEqual(['openai', 'anthropic', 'my-vllm', 'sandbox']);
    expect(config.providers.get('anthropic')?.credentials).toEqual(['an1', 'an2']);
    expect(config.providers.get('my-vllm')).toMatchObject({
      baseUrl: 'http://127.0.0.1:8000/v1',
      formats: ['openai-chat'],
      auth: 'none',
      credentials: [],
    });
  });

  test('puts the operation behind an address, whatever mark that ends with', () => {
    for (const end of ['', '/', '//', '?', '#', '/?', '/?#']) {
      const own = `{ base_url: "http://127.0.0.1:8000/v1${end}", format: openai-chat, auth: none }`;
      const { providers } = accepted(loadText(`providers: { own: ${own} }`));
      expect(providers.get('own')?.baseUrl).toBe('http://127.0.0.1:8000/v1');
    }
  });

  test('changes a catalogue model and keeps the rest of it', () => {
    const opus = config.models.get('claude-opus-4-6');
    expect(opus?.aliases).toContain('opus');
    expect(opus?.price).toMatchObject({
      input: 5_000_000,
      output: 25_000_000,
      cachedInput: 500_000,
      source: 'osiris.yaml',
    });
    expect(opus?.price?.cacheWrite1h).toBeUndefined();
    expect(opus?.capabilities.thinking).toBe('adaptive');
    expect(opus?.contextTokens).toBe(1_000_000);
    expect(config.models.has('claude-opus-4.6')).toBe(false);
  });

  test('adds a model of its own', () => {
    expect(config.models.get('local-llama')).toMatchObject({
      contextTokens: 131_072,
      maxOutputTokens: 8192,
      price: { input: 0, output: 0 },
      deployments: [{ provider: 'my-vllm', model: 'llama-3.3-70b', weight: 1 }],
    });
  });

  test('is frozen all the way down', () => {
    const map = config.models as Map<string, unknown>;
    expect(() => map.set('x', 1)).toThrow(TypeError);
    expect(() => map.clear()).toThrow(TypeError);
    const opus = config.models.get('claude-opus-4-6');
    expect(() => opus?.aliases.push('x')).toThrow(TypeError);
    expect(() => Object.assign(config.server, { port: 1 })).toThrow(TypeError);
  });
});

describe('where the configuration comes from', () => {
  test('a flag stands over the environment, and that over the file', () => {
    const file = 'server: { host: 10.0.0.1, port: 1000 }\ndata_dir: from-file';
    const env = { OSIRIS_HOST: '10.0.0.2', OSIRIS_PORT: '2000', OSIRIS_DATA_DIR: '/from-env' };
    expect(accepted(loadText(file)).server).toMatchObject({ host: '10.0.0.1', port: 1000 });
    expect(accepted(loadText(file)).dataDir).toEndWith('/from-file');
    expect(accepted(loadText(file, env))).toMatchObject({
      server: { host: '10.0.0.2', port: 2000 },
      dataDir: '/from-env',
    });
    const overrides = { host: '10.0.0.3', port: 3000, dataDir: '/from-flag' };
    expect(accepted(loadText(file, env, {}, { overrides }))).toMatchObject({
      server: { host: '10.0.0.3', port: 3000 },
      dataDir: '/from-flag',
    });
  });

  test('--config wins over OSIRIS_CONFIG, and that over osiris.yaml', () => {
    const cwd = emptyDirectory();
    for (const [name, port] of [
      ['osiris.yaml', 1],
      ['env.yaml', 2],
      ['flag.yaml', 3],
    ] as const) {
      writeFileSync(join(cwd, name), `server: { port: ${port} }`);
    }
    expect(accepted(loadConfig({ env: {}, cwd })).server.port).toBe(1);
    const env = { OSIRIS_CONFIG: 'env.yaml' };
    expect(accepted(loadConfig({ env, cwd })).server.port).toBe(2);
    expect(accepted(loadConfig({ env, cwd, path: 'flag.yaml' })).server.port).toBe(3);
  });

  test('a file that is named and not there is a problem', () => {
    const [problem] = refused(loadConfig({ env: {}, cwd: emptyDirectory(), path: 'nope.yaml' }));
    expect(problem?.message).toContain('osiris init');
  });

  test('a file that is there and cannot be read is not called missing', () => {
    const cwd = emptyDirectory();
    symlinkSync('loop.yaml', join(cwd, 'loop.yaml'));
    const told = (path: string) => refused(loadConfig({ env: {}, cwd, path }))[0]?.message;
    expect(told('.')).toBe('is a directory; name the file in it');
    expect(told('loop.yaml')).toBe('cannot be read (ELOOP)');
  });

  test('a bad OSIRIS_PORT is a problem of its own', () => {
    const [problem] = refused(loadText('server: {}', { OSIRIS_PORT: 'eighty' }));
    expect(problem).toMatchObject({
      file: 'OSIRIS_PORT',
      line: 0,
      message: 'must be a port from 0 to 65535',
    });
  });

  test('without a file the providers are those whose variable is set, and the sandbox', () => {
    const cwd = emptyDirectory();
    const config = accepted(loadConfig({ env: { GEMINI_API_KEY: ' g\n', GROQ_API_KEY: '' }, cwd }));
    expect([...config.providers.keys()]).toEqual(['google', 'sandbox']);
    expect(config.providers.get('google')?.credentials).toEqual(['g']);
    expect(config.file).toBeUndefined();
    expect(config.dataDir).toBe(join(cwd, 'osiris-data'));
  });

  test('a file that names no provider detects them too; one that names any does not', () => {
    const env = { OPENAI_API_KEY: 'a', GROQ_API_KEY: 'b' };
    expect([...accepted(loadText('providers:\n', env)).providers.keys()]).toEqual([
      'openai',
      'groq',
      'sandbox',
    ]);
    expect([...accepted(loadText('providers: { groq: }', env)).providers.keys()]).toEqual([
      'groq',
      'sandbox',
    ]);
  });
});

describe('values out of the environment and files', () => {
  test('are filled in wherever a string stands, with defaults, files and literal dollars', () => {
    const file =
      'server: { port: "${PORT:-9000}", host: "${HOST}", max_body: "${SIZE}MB" }\n' +
      'providers: { openai: { api_key: "${file:key.txt}", headers: { X-Team: "a-${TEAM:-}-$${b}" } } }';
    const config = accepted(loadText(file, { HOST: '::1', SIZE: '2' }, { 'key.txt': 'from-file\n' }));
    expect(config.server).toMatchObject({ port: 9000, host: '::1', maxBodyBytes: 2 * 1024 * 1024 });
    expect(config.providers.get('openai')).toMatchObject({
      credentials: ['from-file'],
      headers: { 'X-Team': 'a--${b}' },
    });
  });

  test('are data: YAML in a variable stays text, comments and names are not filled in', () => {
    const env = { KEY: 'k", port: 1, x: "', NOPE_NOT: 'set' };
    const file = '# ${UNSET}\nproviders: { openai: { api_key: a, headers: { X-A: "${KEY}" } } }';
    expect(accepted(loadText(file, env)).providers.get('openai')?.headers).toEqual({ 'X-A': env.KEY });
  });

  test('a certificate authority is read relative to the file', () => {
    const cwd = emptyDirectory();
    mkdirSync(join(cwd, 'etc'));
    const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';
    writeFileSync(join(cwd, 'etc', 'ca.pem'), pem);
    writeFileSync(join(cwd, 'etc', 'o.yaml'), 'providers: { openai: { api_key: a, ca: ca.pem } }');
    const config = accepted(loadConfig({ env: {}, cwd, path: 'etc/o.yaml' }));
    expect(config.providers.get('openai')?.ca).toBe(pem);
    expect(config.dataDir).toBe(join(cwd, 'etc', 'osiris-data'));
  });
});

describe('units', () => {
  test('of time', () => {
    expect(['250ms', '120s', '1.5m', '2h', '1d', '10 s'].map(parseDuration)).toEqual([
      250, 120_000, 90_000, 7_200_000, 86_400_000, 10_000,
    ]);
    expect(parseDuration(30)).toBe(30_000);
    expect(['', '10', '-1s', '1w', 's', '1e3s'].map(parseDuration)).toEqual(Array(6).fill(undefined));
  });

  test('of size', () => {
    expect(['10MB', '1 KiB', '2g', '512B', '1.5kb'].map(parseSize)).toEqual([
      10_485_760,
      1024,
      2 ** 31,
      512,
      1536,
    ]);
    expect(parseSize(1000)).toBe(1000);
    expect(['', '10', '-1MB', '1TB', 'MB'].map(parseSize)).toEqual(Array(5).fill(undefined));
  });
});

describe('the file that osiris init writes', () => {
  test('loads as it is, with nothing set', () => {
    const config = accepted(loadText(CONFIG_TEMPLATE));
    expect([...config.providers.keys()]).toEqual(['sandbox']);
  });

  test('loads with every commented choice taken', () => {
    const all = CONFIG_TEMPLATE.replace(/^.*\n/, '')
      .replaceAll(/^( *)# (?=[a-z ]*[a-z_0-9.-]+:)/gm, '$1')
      .replace(/^ *tls:.*$/m, '')
      .replace('google:     { api_key', 'google: { api_key');
    const env = {
      OPENAI_API_KEY: 'a',
      ANTHROPIC_API_KEY: 'a',
      GEMINI_API_KEY: 'a',
      GROQ_API_KEY: 'a',
      OPENROUTER_KEY_1: 'a',
      OPENROUTER_KEY_2: 'a',
      ALERT_URL: 'https://alerts.example.com/x',
      METRICS_TOKEN: 'sixteen-letters-or-more',
    };
    const config = accepted(loadText(all, env));
    expect(config.alerts.webhooks).toMatchObject([{ host: 'alerts.example.com', format: 'json' }]);
    expect([...config.providers.keys()]).toContain('my-vllm');
    expect(config.models.get('local-llama')?.price?.input).toBe(0);
    expect(config.server.publicUrl).toBe('https://ai.example.com');
  });

  test('names the schema that stands beside it', () => {
    expect(CONFIG_TEMPLATE).toStartWith('# yaml-language-server: $schema=./osiris.schema.json\n');
  });
});

test('the schema for editors describes every member and knows no later section', () => {
  const schema = configJsonSchema();
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  const undescribed: string[] = [];
  const visit = (node: JsonValue | undefined, path: string): void => {
    if (!isObject(node)) return;
    if (node.description === undefined) undescribed.push(path);
    for (const [name, child] of Object.entries(isObject(node.properties) ? node.properties : {})) {
      visit(child, `${path}.${name}`);
    }
    visit(node.items, `${path}[]`);
    if (isObject(node.additionalProperties)) visit(node.additionalProperties, `${path}.*`);
  };
  visit(schema, '');
  expect(undescribed).toEqual([]);
  const text = JSON.stringify(schema);
  expect(text).not.toContain('expects');
  expect(Object.keys(isObject(schema.properties) ? schema.properties : {})).toEqual([
    'server',
    'data_dir',
    'database',
    'providers',
    'models',
    'routing',
    'limits',
    'billing',
    'plans',
    'trial',
    'logs',
    'cache',
    'alerts',
  ]);
});

describe('the alerts section', () => {
  test('is as written; Slack and Discord are known by their address', () => {
    const urls = [
      'https://hooks.slack.com/services/T/B/x',
      'https://discord.com/api/webhooks/1/x',
      'http://127.0.0.1:9/hook',
    ];
    const webhooks = [
      ...urls.map((url) => ({ url })),
      { url: 'https://chat.example.com/x', format: 'slack', events: ['paused'], headers: { 'x-a': 'b' } },
    ];
    const { alerts } = accepted(
      loadText(JSON.stringify({ alerts: { webhooks, remind: '2h', ledger_lag: '500ms' } })),
    );
    expect(alerts).toMatchObject({ remindMs: 7_200_000, ledgerLagMs: 500 });
    expect(alerts.webhooks.map(({ format }) => format)).toEqual(['slack', 'discord', 'json', 'slack']);
    expect(alerts.webhooks.map(({ events }) => events.length)).toEqual([8, 8, 8, 1]);
    expect(alerts.webhooks[3]?.headers).toEqual({ 'x-a': 'b' });
  });

  test('tells nobody when it says nothing', () => {
    expect(accepted(loadText('server: {}')).alerts).toEqual({
      webhooks: [],
      remindMs: 6 * 3_600_000,
      ledgerLagMs: 2000,
    });
  });
});

describe('the routing section', () => {
  test('is as written, models by the id the catalogue knows them by', () => {
    const text = JSON.stringify({
      providers: { openai: { api_key: 'k', tags: ['eu', 'eu'] } },
      models: { 'gpt-5': { deployments: [{ provider: 'openai', model: 'x', tags: ['a'], cost: COST }] } },
      routing: {
        strategy: 'cheapest',
        retries: 0,
        cooldown: '5s',
        fallbacks: { 'gpt-5': ['claude-opus-4.6'] },
      },
    });
    const config = accepted(loadText(text));
    const { fallbacks, ...plain } = config.routing;
    expect(plain).toEqual({
      strategy: 'cheapest',
      retries: 0,
      cooldownMs: 5000,
      fallbackOn: ['context_length'],
    });
    expect([...fallbacks]).toEqual([['gpt-5', ['claude-opus-4-6']]]);
    expect(config.providers.get('openai')?.tags).toEqual(['eu']);
    expect(config.models.get('gpt-5')?.deployments[0]).toMatchObject({
      tags: ['a'],
      cost: { input: 1_250_000, output: 10_000_000 },
    });
  });

  test('asks three times at the most and leaves what fails alone for half a minute when it says nothing', () => {
    const { routing } = accepted(loadText('server: {}'));
    expect(routing).toMatchObject({ strategy: 'priority', retries: 2, cooldownMs: 30_000 });
  });
});

const COST = { input: 1.25, output: 10 };
