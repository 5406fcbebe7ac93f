// `GET /v1/key/calls`: the holder's own last calls and those under way, outside every limit but its own.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type InProcess, openHere } from '../support/in-process.ts';

type Call = Record<string, unknown> & { status: number | null };

let here: InProcess;
/** A provider that takes requests and never answers. */
let silent: ReturnType<typeof Bun.serve>;
let heard = Promise.withResolvers<void>();
beforeAll(async () => {
  silent = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch() {
      heard.resolve();
      return new Promise<Response>(() => {});
    },
  });
  here = await openHere({ baseUrl: `${silent.url}v1`, models: ['silent'], sandbox: true });
});
afterAll(async () => {
  await silent.stop(true);
  await here.stop();
});

const look = (key: string, query = '') =>
  fetch(`${here.url}/v1/key/calls${query}`, { headers: { 'x-api-key': key } });
const list = async (key: string, query = '') =>
  (await (await look(key, query)).json()) as { data: Call[]; position: number };

const ask = (key: string, model: string, more: Record<string, unknown> = {}, init: RequestInit = {}) =>
  fetch(`${here.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'user-agent': 'claude-cli/2.1.197 (external, cli)' },
    body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }], ...more }),
    ...init,
  });

describe('GET /v1/key/calls', () => {
  test('tells what ended since the position before, with the reason of what failed', async () => {
    const { key } = here.makeKey({});
    const { data, position } = await list(key);
    expect(data).toEqual([]);
    await (await ask(key, 'sandbox/echo')).text();
    await (await ask(key, 'no-such-model')).text();
    const next = await list(key, `?after=${position}`);
    expect(next.data).toEqual([
      expect.objectContaining({
        client: 'claude-code',
        client_version: '2.1.197',
        model: 'no-such-model',
        status: 400,
        code: 'model_not_found',
        message: expect.stringContaining('no-such-model'),
      }),
      {
        id: expect.stringMatching(/^call_/),
        request_id: expect.any(String),
        at: expect.any(String),
        client: 'claude-code',
        client_version: '2.1.197',
        path: '/v1/messages',
        stream: false,
        model: 'sandbox/echo',
        status: 200,
        code: null,
        message: null,
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        cost_usd: 0,
        duration_ms: expect.any(Number),
      },
    ]);
    expect((await list(key, `?after=${next.position}`)).data).toEqual([]);
    expect((await list(key)).data).toEqual(next.data);
  });

  test('tells a call while it is under way, and that it ended when its client leaves', async () => {
    const { key } = here.makeKey({});
    const leave = new AbortController();
    heard = Promise.withResolvers();
    const answer = ask(key, 'silent', { stream: true }, { signal: leave.signal }).catch(() => {});
    await heard.promise;
    const { data, position } = await list(key);
    expect(data).toEqual([expect.objectContaining({ client: 'claude-code', status: null, stream: true })]);
    leave.abort();
    await answer;
    while (here.journal.tail(position, {}).rows.length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    const after = (await list(key, `?after=${position}`)).data;
    expect(after).toEqual([expect.objectContaining({ status: 499 })]);
    expect(after.map(({ id }) => id)).toEqual([data[0]?.id]);
  });

  test("tells nothing of other keys' calls, and no provider", async () => {
    const mine = here.makeKey({}).key;
    const other = here.makeKey({}).key;
    const { position } = await list(mine);
    await (await ask(other, 'sandbox/echo')).text();
    await (await ask(mine, 'sandbox/fail-500')).text();
    for (const query of ['', `?after=${position}`]) {
      const text = await (await look(mine, query)).text();
      expect(JSON.parse(text).data).toHaveLength(1);
      expect(text).not.toContain('provider"');
      expect(text).not.toContain(mine);
    }
  });

  test('is held to 120 a minute of its own, and takes nothing from the calls or the other pages of a key', async () => {
    const { key } = here.makeKey({ requestsPerMinute: 1 });
    const looks = await Promise.all(Array.from({ length: 121 }, () => look(key)));
    expect(looks[0]?.headers.get('x-ratelimit-limit')).toBe('120');
    const statuses = looks.map(({ status }) => status).sort();
    expect([statuses[0], statuses[119], statuses[120]]).toEqual([200, 200, 429]);
    expect(Number(looks.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(key, 'sandbox/echo')).status).toBe(200);
    const page = await fetch(`${here.url}/v1/key`, { headers: { 'x-api-key': key } });
    expect(page.headers.get('x-ratelimit-remaining')).toBe('599');
  });

  test('opens for an expired key, whose holder wants to see why calls fail, and for no unknown one', async () => {
    const expired = here.makeKey({}, { expiresAtMs: Date.UTC(2020, 0, 1) }).key;
    await (await ask(expired, 'sandbox/echo')).text();
    expect((await list(expired)).data).toEqual([expect.objectContaining({ status: 402 })]);
    expect((await look(`sk-osiris-${'0'.repeat(32)}`)).status).toBe(401);
    expect((await look(here.adminSecret)).status).toBe(401);
  });

  test.each(['x', '-1', '1.5'])('after=%s is a 400', async (after) => {
    const { key } = here.makeKey({});
    const response = await look(key, `?after=${after}`);
    const { error } = (await response.json()) as { error: { param: string } };
    expect([response.status, error.param]).toEqual([400, 'after']);
  });
});
