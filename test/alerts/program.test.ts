// Alerts of the real program: a ledger that waits for its disk, a wrong configuration, the command, the end.

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WHOLE } from '../faults/provider.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type Letter, type Receiver, startReceiver } from '../support/receiver.ts';

const SECRET = 'whsec_c2VjcmV0LXNlY3JldA==';
let provider: Bun.Server<undefined>;
let receiver: Receiver;
let gateway: Gateway;

beforeAll(async () => {
  receiver = startReceiver();
  provider = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(WHOLE, { headers: { 'content-type': 'application/json' } }),
  });
  const common = { provider: 'up', format: 'openai-chat' as const, apiKey: 'k', upstreamModel: 'm' };
  gateway = await startGateway({
    upstreams: [{ ...common, baseUrl: `http://127.0.0.1:${provider.port}/v1`, model: 'paid' }],
    price: { input: 1, output: 1 },
    credit: 10,
    env: { ALERT_URL: receiver.url },
    sections: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable in the configuration file
      alerts: { webhooks: [{ url: '${ALERT_URL}', secret: SECRET }], ledger_lag: '100ms' },
    },
  });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  await receiver.stop();
  await provider.stop(true);
});

function call(): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'paid', messages: [{ role: 'user', content: 'hello' }] }),
  });
}

/** The first letter like this one, also when it has come already. */
async function letterOf(members: Record<string, unknown>): Promise<Letter> {
  for (let count = 1; ; count++) {
    const letters = await receiver.received(count);
    const found = letters.find(({ json }) =>
      Object.entries(members).every(([name, value]) => json[name] === value),
    );
    if (found) return found;
    count = letters.length;
  }
}

test('a charge that waits for the disk is told of while it waits, and is written all the same', async () => {
  // the first one writes its price down too
  expect((await call()).status).toBe(200);
  const database = new Database(join(gateway.directory, 'state', 'osiris.db'));
  database.run('PRAGMA busy_timeout = 5000');
  database.run('BEGIN IMMEDIATE');
  const calling = call();
  const letter = await letterOf({ event: 'ledger_lag' });
  database.run('ROLLBACK');
  database.close();
  expect((await calling).status).toBe(200);
  expect(letter.json).toMatchObject({ state: 'raised', subject: 'ledger', server: gateway.url });
  expect(letter.headers['webhook-signature']).toStartWith('v1,');
}, 20_000);

test('a changed configuration with mistakes is told of', async () => {
  const path = join(gateway.directory, 'osiris.yaml');
  const good = readFileSync(path, 'utf8');
  writeFileSync(path, good.replace('"routing"', '"ruoting"'));
  await gateway.command(['config', 'reload']);
  const letter = await letterOf({ event: 'config_failed' });
  expect(letter.json.message).toContain('ruoting');
  writeFileSync(path, good);
  const { code } = await gateway.command(['config', 'reload']);
  expect(code).toBe(0);
}, 20_000);

test('`osiris alerts` sends a test and shows what there was to tell, and no secret', async () => {
  const tested = await gateway.command(['alerts', 'test']);
  expect(tested).toMatchObject({ code: 0, stderr: '' });
  expect(tested.stdout).toMatch(/^127\.0\.0\.1:\d+ \(json\) took it: status 200 in \d+ ms, ok\n$/);
  await letterOf({ event: 'test' });
  receiver.answer = () => new Response('gone', { status: 410 });
  const refused = await gateway.command(['alerts', 'test', '--json']);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ data: [{ ok: false, status: 410, answer: 'gone' }] });
  receiver.answer = () => new Response('ok');
  const listed = await gateway.command(['alerts', 'list']);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toContain('config_failed');
  expect(listed.stdout).toContain(receiver.host);
  const asJson = await gateway.command(['alerts', 'list', '--json']);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ data: [], alerts: { webhooks: [{ trouble: null }] } });
  const diff = await gateway.command(['config', 'history', '--json']);
  for (const text of [listed.stdout, asJson.stdout, tested.stdout, diff.stdout, gateway.logs()])
    for (const secret of ['tell-nobody', 'nor-this', SECRET]) expect(text).not.toContain(secret);
}, 30_000);

test('the end of the server waits for an alert that could not be delivered before', async () => {
  await provider.stop(true);
  const isBreaker = ({ json }: Letter) => json.event === 'breaker_open';
  receiver.answer = (letter) => new Response('', { status: isBreaker(letter) ? 503 : 200 });
  for (let i = 0; i < 3; i++) expect((await call()).status).toBe(502);
  await letterOf({ event: 'breaker_open' });
  receiver.answer = () => new Response('ok');
  await gateway.end();
  expect(receiver.letters.filter(isBreaker).length).toBeGreaterThan(1);
  const idle = await gateway.command(['alerts', 'test']);
  expect(idle).toMatchObject({ code: 0, stdout: expect.stringContaining('took it') });
  expect(await gateway.command(['alerts', 'list'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No server'),
  });
}, 30_000);
