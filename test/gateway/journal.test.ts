// What the journal says of calls: each one once, however it ended, and never a word of what was said.

import { describe, expect, test } from 'bun:test';
import { createKey } from '../../src/accounts/keys.ts';
import { buildModelIndex } from '../../src/catalog/resolve.ts';
import type { ServerConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { CODECS } from '../../src/formats/index.ts';
import { CapWatch } from '../../src/gateway/admission/daily-cap.ts';
import { FloodGate } from '../../src/gateway/admission/flood-gate.ts';
import { Turns } from '../../src/gateway/admission/turns.ts';
import { Uploads } from '../../src/gateway/admission/uploads.ts';
import { OpenStreams } from '../../src/gateway/answer/open-streams.ts';
import { Conversations } from '../../src/gateway/candidates/conversations.ts';
import { clientOf } from '../../src/gateway/client-name.ts';
import { PaidContainers } from '../../src/gateway/costs/containers.ts';
import type { GatewayPorts } from '../../src/gateway/gateway.ts';
import { Health } from '../../src/gateway/health/health.ts';
import { nothingPaused } from '../../src/gateway/health/pauses.ts';
import type { Transport } from '../../src/gateway/upstream.ts';
import { Watch } from '../../src/gateway/watch.ts';
import { inference } from '../../src/http/inference.ts';
import { HttpClient } from '../../src/lib/http-client/client.ts';
import { sandboxModels, sandboxTransport } from '../../src/sandbox/index.ts';
import type { Journal, JournalRow } from '../../src/store/journal-port.ts';
import { createMemoryCache } from '../../src/store/memory/cache.ts';
import { createMemoryLimiter } from '../../src/store/memory/limiter.ts';
import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';
import { storeIn } from '../support/ledger.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const CANARY = 'canary-prompt-of-this-test';

type Options = {
  journal?: Journal;
  logBodies?: boolean;
  requestsPerMinute?: number;
  /** In the place of the sandbox. */
  transport?: Transport;
  server?: Partial<ServerConfig>;
  /** Of the client. */
  signal?: AbortSignal;
};

/** The inference routes over the sandbox, with one key. */
async function gateway({
  journal = createMemoryJournal(),
  logBodies = false,
  requestsPerMinute,
  transport = sandboxTransport(CODECS),
  server = {},
  signal,
}: Options = {}) {
  const loaded = loadConfig({ env: {}, cwd: '/nonexistent', extraModels: sandboxModels });
  if (!('config' in loaded)) throw new Error('the defaults are broken');
  const config = { ...loaded.config, routing: { ...loaded.config.routing, retries: 0 } };
  const { directory, ledger } = await storeIn(scratchDir());
  const { key, secret } = createKey(directory, {
    name: 'test',
    kind: 'credit',
    account: 'operator',
    creditNano: 0n,
    limits: requestsPerMinute === undefined ? {} : { requestsPerMinute },
    ...(logBodies ? { logBodies } : {}),
  });
  const ports: GatewayPorts = {
    config,
    server: { ...config.server, ...server },
    models: buildModelIndex(config),
    directory,
    limiter: createMemoryLimiter(),
    ledger,
    billing: config.billing,
    journal,
    sealKey: new Uint8Array(32),
    thoughts: createMemoryThoughts(),
    cache: createMemoryCache(0),
    health: new Health(),
    conversations: new Conversations(),
    containers: new PaidContainers(),
    running: new Set(),
    pauses: nothingPaused(),
    capWatch: new CapWatch(),
    watch: new Watch(),
    turns: new Turns(),
    uploads: new Uploads(),
    streams: new OpenStreams(),
    transports: new Map([['sandbox', transport]]),
    userAgent: 'osiris/test',
    http: new HttpClient(),
    proxied: false,
  };
  const app = inference(() => ports, new FloodGate({ addressOf: () => '127.0.0.1' }));
  const ask = (path: string, body: object, headers: Record<string, string> = {}) =>
    app.handle(
      new Request(`http://osiris.test${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'user-agent': 'curl/8.1', ...headers },
        body: JSON.stringify(body),
        ...(signal ? { signal } : {}),
      }),
    );
  const chat = (model: string, more: object = {}, headers: Record<string, string> = {}) =>
    ask('/v1/chat/completions', { model, messages: [{ role: 'user', content: CANARY }], ...more }, headers);
  const rows = async (): Promise<JournalRow[]> => (await journal.find({ limit: 100 })).rows;
  return { journal, key, secret, ask, chat, rows };
}

type Sent = Parameters<Transport>[0];

function untilAborted(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('a call', () => {
  test('that was answered is one row with all that is known of it, and no word of what was said', async () => {
    const { key, secret, chat, rows } = await gateway();
    const body = await (await chat('sandbox/echo', {}, { 'x-request-id': 'label' })).text();
    const [row, ...others] = await rows();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      requestId: 'label',
      keyId: key.id,
      client: 'curl',
      clientVersion: '8.1',
      path: '/v1/chat/completions',
      format: 'openai-chat',
      modelAsked: 'sandbox/echo',
      model: 'sandbox/echo',
      provider: 'sandbox',
      stream: false,
      status: 200,
      upstreamStatus: 200,
      attempts: 1,
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      cachedTokens: 0,
      rule: 'finished',
      bytesOut: Buffer.byteLength(body),
    });
    const shown = Bun.inspect(row);
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(secret);
  });

  test('that was streamed counts every byte that left, and when the first one did', async () => {
    const { chat, rows } = await gateway();
    const body = await (await chat('sandbox/echo', { stream: true })).text();
    const [row] = await rows();
    expect(row).toMatchObject({ stream: true, status: 200, rule: 'finished' });
    expect(row?.bytesOut).toBe(Buffer.byteLength(body));
    expect(row?.firstByteMs).toBeLessThanOrEqual((row?.durationMs ?? 0) + 1);
  });

  test('that lost something on the way says what', async () => {
    const { ask, rows } = await gateway();
    await (
      await ask('/v1/messages', {
        model: 'sandbox/echo',
        max_tokens: 5,
        messages: [{ role: 'user', content: CANARY }],
      })
    ).text();
    expect((await rows())[0]).toMatchObject({ format: 'anthropic-messages', path: '/v1/messages' });
  });

  test.each([
    ['sandbox/fail-500', 502, 'bad_gateway', 500],
    ['sandbox/fail-429', 429, 'upstream_rate_limited', 429],
    ['sandbox/fail-400', 400, 'upstream_rejected', 400],
  ])('to %s shows the failure and what the provider said', async (model, status, code, upstreamStatus) => {
    const { chat, rows } = await gateway();
    await (await chat(model)).text();
    const found = await rows();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ status, code, upstreamStatus, rule: 'upstream-failed', attempts: 1 });
    expect(found[0]?.message).not.toBe('');
  });

  test('whose stream broke shows it, though its status had gone out', async () => {
    const { chat, rows } = await gateway();
    const response = await chat('sandbox/truncate', { stream: true });
    expect(response.status).toBe(200);
    await response.text();
    expect(await rows()).toMatchObject([
      { status: 502, code: 'upstream_truncated', rule: 'upstream-failed' },
    ]);
  });

  test('whose client left is one row that says so', async () => {
    const { chat, rows } = await gateway();
    const reader = (await chat('sandbox/drip-50', { stream: true })).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await rows()).toMatchObject([{ status: 499, code: 'client_closed', rule: 'client-left' }]);
  });

  test.each([
    [
      'fails',
      60_000,
      () => Promise.resolve(Response.json({ error: { message: 'broken' } }, { status: 500 })),
    ],
    ['is given up', 1, ({ signal }: Sent) => untilAborted(signal)],
  ])(
    'whose client left at the moment its provider %s is one of a client that left',
    async (_, ms, answer) => {
      const client = new AbortController();
      const transport: Transport = (request) => {
        client.abort();
        return answer(request);
      };
      const { chat, rows } = await gateway({
        transport,
        server: { firstByteTimeoutMs: ms },
        signal: client.signal,
      });
      expect((await chat('sandbox/echo', { stream: true })).status).toBe(499);
      expect(await rows()).toMatchObject([{ status: 499, code: 'client_closed', rule: 'client-left' }]);
    },
  );

  test('that only counts tokens is one row, and free', async () => {
    const { ask, rows } = await gateway();
    const body = { model: 'sandbox/echo', messages: [{ role: 'user', content: CANARY }] };
    await ask('/v1/messages/count_tokens', body);
    expect(await rows()).toMatchObject([{ path: '/v1/messages/count_tokens', status: 200, rule: 'free' }]);
  });
});

describe('a refusal', () => {
  test('has a row with the key, the model and the reason', async () => {
    const { key, chat, rows } = await gateway({ requestsPerMinute: 1 });
    await chat('sandbox/echo');
    await chat('sandbox/echo');
    await chat('no-such-model');
    expect(await rows()).toMatchObject([
      { keyId: key.id, status: 400, code: 'model_not_found', modelAsked: 'no-such-model', attempts: 0 },
      { keyId: key.id, status: 429, code: 'rate_limit_exceeded', modelAsked: 'sandbox/echo', attempts: 0 },
      { status: 200 },
    ]);
  });

  test('without a key has none, and is counted', async () => {
    const { journal, chat, rows } = await gateway();
    await chat('sandbox/echo', {}, { authorization: `Bearer sk-osiris-${'0'.repeat(32)}` });
    expect(await rows()).toEqual([]);
    expect(journal.counts().unknownKeys).toBe(1);
  });

  test('repeats no secret that stands where a model should', async () => {
    const { secret, chat, rows } = await gateway();
    await chat(secret);
    const [row] = await rows();
    expect(row).toMatchObject({ code: 'model_not_found', modelAsked: 'sk-…' });
    expect(Bun.inspect(row)).not.toContain(secret);
  });
});

test('bodies are kept for keys that ask for it, and for no others', async () => {
  for (const stream of [false, true]) {
    const kept = await gateway({ logBodies: true });
    const body = await (await kept.chat('sandbox/echo', { stream })).text();
    const [row] = await kept.rows();
    const shown = await kept.journal.show(row?.callId ?? 0n);
    expect(shown?.bodies?.request.text).toContain(CANARY);
    expect(shown?.bodies?.answer).toEqual({ text: body, totalBytes: Buffer.byteLength(body) });
    const other = await gateway();
    await (await other.chat('sandbox/echo', { stream })).text();
    const [bare] = await other.rows();
    expect(await other.journal.show(bare?.callId ?? 0n)).toEqual({ row: bare as JournalRow });
  }
});

test('calls are answered when the journal is out of order', async () => {
  const broken: Journal = { ...createMemoryJournal(), record() {}, trouble: () => 'broken' };
  const { chat } = await gateway({ journal: broken });
  expect((await chat('sandbox/echo')).status).toBe(200);
});

describe('a client', () => {
  test.each([
    ['claude-cli/2.1.197 (external, sdk-cli)', 'claude-code', '2.1.197'],
    ['codex_exec/0.169.0 (Debian 12; x86_64) xterm', 'codex', '0.169.0'],
    ['codex_cli_rs/0.50.0 (Mac OS 15)', 'codex', '0.50.0'],
    ['opencode/1.18.33 ai-sdk/provider-utils/3.0.9 runtime/bun', 'opencode', '1.18.33'],
    ['Kilo-Code/7.7.7 ai-sdk/provider-utils/3.0.9', 'kilo', '7.7.7'],
    ['OpenClaw/2026.9.6', 'openclaw', '2026.9.6'],
    ['OpenAI/JS 7.55.0', 'openai-js', '7.55.0'],
    ['AsyncOpenAI/Python 1.99.1', 'openai-python', '1.99.1'],
    ['Anthropic/JS 1.11.0', 'anthropic-js', '1.11.0'],
    ['Anthropic/Python 0.60.0', 'anthropic-python', '0.60.0'],
    ['Agents/JavaScript 0.20.0', 'openai-agents-js', '0.20.0'],
    ['langchainjs-openai/1.0.0 ((node/v24))', 'langchain', '1.0.0'],
    ['ai/6.0.326 ai-sdk/openai-compatible/2.0.87', 'ai-sdk', '6.0.326'],
    ['ai-sdk/openai/3.0.141 ai-sdk/provider-utils/4', 'ai-sdk', '3.0.141'],
    ['curl/8.5.0', 'curl', '8.5.0'],
    ['Zed/0.200.1 (linux)', 'zed', '0.200.1'],
    ['MyOwnThing/3.2 whatever', 'myownthing', '3.2'],
    ['undici', 'undici', undefined],
    ['\u0001\u0002 \u{1f600}', undefined, undefined],
    [null, undefined, undefined],
  ])('%s is %s %s', (userAgent, client, clientVersion) => {
    const wanted = clientVersion === undefined ? { client } : { client, clientVersion };
    expect<object>(clientOf(userAgent)).toEqual(client === undefined ? {} : wanted);
  });
});
