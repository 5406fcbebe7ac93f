// A running server takes over a changed configuration, keeps the last good one when it is broken, and loses no call.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

type File = {
  server: Record<string, unknown>;
  models: Record<string, unknown>;
  [section: string]: unknown;
};

const MODEL = 'live-model';
let provider: Bun.Server<undefined>;
let gateway: Gateway;
let path: string;
let first: File;

beforeAll(async () => {
  provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const { stream } = (await request.json()) as { stream?: boolean };
      if (stream)
        return new Response(slowly(), {
          headers: { 'content-type': 'text/event-stream' },
        });
      return Response.json({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
      });
    },
  });
  gateway = await startGateway({
    upstreams: [
      {
        provider: 'up',
        format: 'openai-chat',
        baseUrl: `http://127.0.0.1:${provider.port}/v1`,
        apiKey: 'upstream-secret-in-variable',
        model: MODEL,
        upstreamModel: 'm',
      },
    ],
    price: { input: 1, output: 1 },
    credit: 100,
  });
  path = join(gateway.directory, 'osiris.yaml');
  first = JSON.parse(readFileSync(path, 'utf8')) as File;
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

/** As editors save: another file in the place of the old one. */
function save(file: File | string): void {
  writeFileSync(`${path}.new`, typeof file === 'string' ? file : JSON.stringify(file, null, 2));
  renameSync(`${path}.new`, path);
}

function offer(usd: number) {
  return { price: { input: usd, output: usd }, deployments: [{ provider: 'up', model: 'm' }] };
}

function withModels(models: Record<string, unknown>, more: Partial<File> = {}): File {
  return { ...first, ...more, models: { ...first.models, ...models } };
}

function call(model: string, key = gateway.key, stream = false): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] }),
  });
}

/** Ten words, one every 20 ms. */
function slowly(): ReadableStream<Uint8Array> {
  const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const delta = (content: object, finish: string | null) => ({
    choices: [{ index: 0, delta: content, finish_reason: finish }],
  });
  const chunks: object[] = Array.from({ length: 10 }, (_, word) => delta({ content: `word ${word} ` }, null));
  chunks.push(delta({}, 'stop'), {
    choices: [],
    usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 },
  });
  const frames = [...chunks.map((chunk) => JSON.stringify({ ...head, ...chunk })), '[DONE]'];
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(20);
      const frame = frames.shift();
      if (frame === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(`data: ${frame}\n\n`));
    },
  });
}

async function reload(): Promise<{ ok: boolean; needs_restart: string[]; problems: { line: number }[] }> {
  const { stdout, stderr } = await gateway.command(['config', 'reload', '--json']);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`config reload said: ${stdout}${stderr}`);
  }
}

async function readiness(): Promise<{ status: number; config: string | undefined }> {
  const response = await fetch(`${gateway.url}/health/ready`);
  const { checks } = (await response.json()) as { checks: Record<string, string> };
  return { status: response.status, config: checks.config };
}

describe('a running server', () => {
  test('serves a model from the next call after it was added, at a price from the next call after it changed', async () => {
    expect((await call('added')).status).toBe(400);
    save(withModels({ added: offer(2) }));
    expect(await reload()).toMatchObject({ ok: true, needs_restart: [] });
    const dear = await call('added');
    expect(dear.status).toBe(200);
    expect(dear.headers.get('x-osiris-cost-usd')).toBe('0.004');
    save(withModels({ added: offer(5) }));
    await reload();
    expect((await call('added')).headers.get('x-osiris-cost-usd')).toBe('0.01');
  });

  test('notices a replaced file by itself, and on SIGHUP', async () => {
    save(withModels({ watched: offer(1) }));
    await until(async () => (await call('watched')).status === 200, gateway.logs);
    save(withModels({ told: offer(1) }));
    process.kill(gateway.pid, 'SIGHUP');
    await until(async () => (await call('told')).status === 200, gateway.logs);
    expect((await call('watched')).status).not.toBe(200);
  });

  test('holds a key to a limit from the next call after it changed', async () => {
    const made = await gateway.command(['keys', 'create', '--name', 'limited', '--credit', '5', '--json']);
    const { key } = JSON.parse(made.stdout) as { key: string };
    expect((await call(MODEL, key)).headers.get('x-ratelimit-limit')).toBe('40');
    save({ ...first, limits: { requests_per_minute: 7 } });
    await reload();
    expect((await call(MODEL, key)).headers.get('x-ratelimit-limit')).toBe('7');
  });

  test('keeps the last good file when the new one is broken, stays ready and says so', async () => {
    save(withModels({ kept: offer(1) }));
    await reload();
    const mistakes = 'up: { api_key: sk-neverShowThisOne123 }\nnonsense: 1\nlimits:\n  concurrent: many\n';
    save(`data_dir: ./state\nproviders:\n  ${mistakes}`);
    const refused = await reload();
    expect(refused.ok).toBe(false);
    expect(refused.problems.map(({ line }) => line)).toEqual(expect.arrayContaining([4, 6]));
    expect((await call('kept')).status).toBe(200);
    const { status, config } = await readiness();
    expect(status).toBe(200);
    expect(config).toContain('last good configuration');
    expect(gateway.logs()).toMatch(/osiris\.yaml:6:\d+/);
    expect(gateway.logs()).not.toContain('neverShowThisOne');
    save(first);
    expect((await reload()).ok).toBe(true);
    expect((await readiness()).config).toBeUndefined();
  });

  test('lets commands reach the server while its file is broken: keys are to be revoked also then', async () => {
    save(`data_dir: ${JSON.stringify(first.data_dir)}\nlimits: { concurrent: many }\n`);
    expect((await reload()).ok).toBe(false);
    for (const words of [
      ['keys', 'limit', 'harness', '--rpm', '100000'],
      ['accounts', 'list'],
      ['usage'],
      ['logs'],
    ])
      expect([words, await gateway.command(words)]).toMatchObject([words, { code: 0, stderr: '' }]);
    save(first);
    expect((await reload()).ok).toBe(true);
  });

  test('names what needs a restart and takes over the rest', async () => {
    save(withModels({ beside: offer(1) }, { server: { ...first.server, port: 1 } }));
    expect(await reload()).toMatchObject({ ok: true, needs_restart: ['server.port'] });
    expect((await call('beside')).status).toBe(200);
    expect((await readiness()).config).toContain('server.port');
  });

  test('loses no call while fifty files come and go, half of them broken', async () => {
    let running = true;
    const statuses = new Map<number, number>();
    const caller = async () => {
      while (running) {
        const { status } = await call(MODEL);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    // begun by one configuration and ended by another
    let whole = 0;
    const reader = async () => {
      while (running) {
        const text = await (await call(MODEL, gateway.key, true)).text();
        expect(text).toContain('word 9');
        expect(text).toEndWith('data: [DONE]\n\n');
        whole += 1;
      }
    };
    const callers = [caller(), caller(), caller(), reader(), reader()];
    const ask = async () =>
      (await (
        await fetch('http://osiris/admin/config/reload', {
          unix: join(gateway.directory, 'state', 'osiris.sock'),
          method: 'POST',
        })
      ).json()) as { ok: boolean };
    // a quick machine is through with fifty before a stream has ended
    for (let change = 0; change < 50 || whole < 3 || (statuses.get(200) ?? 0) <= 50; change++) {
      const isBroken = change % 2 === 1;
      save(isBroken ? `models: [${change}\n` : withModels({ [`model-${change}`]: offer(1) }));
      expect((await ask()).ok).toBe(!isBroken);
      const latest = isBroken ? change - 1 : change;
      expect((await call(`model-${latest}`)).status).toBe(200);
    }
    running = false;
    await Promise.all(callers);
    save(first);
    expect([...statuses.keys()]).toEqual([200]);
    expect((await gateway.command(['ledger', 'verify'])).code).toBe(0);
  }, 60_000);
});
