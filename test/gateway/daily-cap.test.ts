// The spend cap of the whole server as clients and the operator see it.

import { afterAll, afterEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, errorOf, FORMATS } from '../support/asking.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { noonZone } from '../support/noon-zone.ts';
import { osiris, type Serving, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

/** Each answer costs $0.002; a prompt `stand` is answered when it is let go. */
const standing: (() => void)[] = [];
let asked = 0;
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { messages } = (await request.json()) as { messages: { content: string }[] };
    asked += 1;
    if (messages[0]?.content === 'stand') await new Promise<void>((go) => standing.push(go));
    return Response.json({
      ...{ id: 'c', created: 1, model: 'm', object: 'chat.completion' },
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
    });
  },
});
afterAll(() => upstream.stop(true));

const servers: InProcess[] = [];
afterEach(async () => {
  for (const go of standing.splice(0)) go();
  asked = 0;
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const UP = { base_url: `http://127.0.0.1:${upstream.port}/v1`, format: 'openai-chat', auth: 'none' };
const offer = (usd: number) => ({
  price: { input: usd, output: usd },
  deployments: [{ provider: 'up', model: 'm' }],
});
const SECTIONS = { providers: { up: UP }, models: { dear: offer(1), free: offer(0) } };

async function open(capUsd: number): Promise<InProcess> {
  // what is put aside is a little more than what it costs
  const billing = { daily_cap: capUsd, expected_output: 1999, timezone: noonZone() };
  const gateway = await openHere({ sections: { ...SECTIONS, billing } });
  servers.push(gateway);
  return gateway;
}

function richKey(gateway: InProcess): string {
  return gateway.makeKey({}, { creditNano: 1_000_000_000_000n }).key;
}

const untilTrue = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resume) => setImmediate(resume));
};

test.each(FORMATS)('clients of %s are shown it and do not try again; free models answer', async (format) => {
  const gateway = await open(0.004);
  const key = richKey(gateway);
  const send = (model: string, as = key) => ask(gateway, format, { model, key: as });
  expect((await send('dear')).status).toBe(200);
  expect((await send('dear')).status).toBe(200);
  for (const as of [key, richKey(gateway)]) {
    const refused = await send('dear', as);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    const { status, code, message } = await errorOf(refused);
    expect({ status, code }).toEqual({ status: 402, code: 'spend_cap_reached' });
    expect(message).toContain('answers again');
    // what the operator allows is nobody else's business
    expect(message).not.toContain('0.004');
  }
  expect((await send('free')).status).toBe(200);
  expect(asked).toBe(3);
  const ready = await fetch(`${gateway.url}/health/ready`);
  expect(ready.status).toBe(200);
  const { checks } = (await ready.json()) as { checks: Record<string, string> };
  expect(checks.daily_cap).toContain('cap of the day is reached');
  expect(checks.daily_cap).not.toContain('$');
  const health = await fetch(`${gateway.url}/admin/health`, {
    headers: { 'x-api-key': gateway.adminSecret },
  });
  expect(await health.json()).toMatchObject({
    daily_cap: { cap_usd: 0.004, spent_usd: 0.004, held_usd: 0, reached: true },
  });
});

test('holds that are open keep the others waiting, who are then let in or refused: it is never passed', async () => {
  const gateway = await open(0.0065);
  const keys = [richKey(gateway), richKey(gateway), richKey(gateway)];
  const calls = Array.from({ length: 12 }, (_, index) =>
    ask(gateway, 'openai-chat', { model: 'dear', text: 'stand', key: keys[index % 3] ?? '' }),
  );
  await untilTrue(() => standing.length === 3);
  const { spentNano, heldNano } = gateway.store.ledger.today();
  expect(spentNano).toBe(0n);
  expect(heldNano).toBeLessThanOrEqual(6_500_000n);
  for (const go of standing.splice(0)) go();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  expect(statuses.filter((status) => status === 402)).toHaveLength(9);
  expect(gateway.store.ledger.today()).toMatchObject({ spentNano: 6_000_000n, heldNano: 0n });
  expect(asked).toBe(3);
});

test('explain names it, with and without a key, and shows where it stands', async () => {
  const gateway = await open(0.002);
  const { key, stored } = gateway.makeKey({}, { creditNano: 1_000_000_000n });
  const explain = async (body: object) => {
    const response = await fetch(`${gateway.url}/admin/explain`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.adminSecret },
      body: JSON.stringify({ prompt: 'Hi', ...body }),
    });
    return (await response.json()) as { refusals: { code: string }[]; server: unknown };
  };
  expect((await explain({ model: 'dear' })).refusals).toEqual([]);
  expect((await ask(gateway, 'openai-chat', { model: 'dear', key })).status).toBe(200);
  for (const more of [{}, { key: stored.id }]) {
    const { refusals, server } = await explain({ model: 'dear', ...more });
    expect(refusals).toMatchObject([{ status: 402, code: 'spend_cap_reached' }]);
    expect(server).toMatchObject({
      paused: [],
      daily_cap: { cap_usd: 0.002, spent_usd: 0.002, reached: true },
    });
    expect((await explain({ model: 'free', ...more })).refusals).toEqual([]);
  }
});

test('the program remembers it over a restart, tells the log once, and takes over another one while it runs', async () => {
  const cwd = scratchDir();
  const zone = noonZone();
  const save = (capUsd: number | undefined) => {
    const billing = { timezone: zone, ...(capUsd === undefined ? {} : { daily_cap: capUsd }) };
    writeFileSync(join(cwd, 'osiris.yaml'), JSON.stringify({ data_dir: 'state', ...SECTIONS, billing }));
  };
  save(0.002);
  const start = () => serve(['--port', '0'], { cwd });
  const call = async ({ url }: Serving) => {
    const { status } = await ask({ url, key }, 'openai-chat', { model: 'dear' });
    return status;
  };
  const first = await start();
  const made = await osiris(['keys', 'create', '--name', 'x', '--credit', '5', '--json'], { cwd });
  const { key } = JSON.parse(made.stdout) as { key: string };
  expect(await call(first)).toBe(200);
  expect([await call(first), await call(first)]).toEqual([402, 402]);
  const { stderr } = await first.stop();
  const lines = stderr.split('\n').filter((line) => line.includes('daily spend cap is reached'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"cap_usd":"0.002"');

  const second = await start();
  expect(await call(second)).toBe(402);
  const explained = await osiris(['explain', '--model', 'dear', '--prompt', 'Hi'], { cwd });
  expect(explained.stdout).toContain('spend_cap_reached');
  expect(explained.stdout).toContain('$0.002 of the $0.002 of all keys a day are spent');
  save(0.004);
  expect((await osiris(['config', 'reload'], { cwd })).code).toBe(0);
  expect([await call(second), await call(second)]).toEqual([200, 402]);
  save(undefined);
  expect((await osiris(['config', 'reload'], { cwd })).code).toBe(0);
  expect([await call(second), await call(second)]).toEqual([200, 200]);
  save(0.008);
  expect((await osiris(['config', 'reload'], { cwd })).code).toBe(0);
  expect(await call(second)).toBe(402);
  await second.stop();
}, 60_000);
