// `/admin/ledger/verify`: the same findings as the command's, beside calls that go on.

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { ask } from '../support/asking.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

setDefaultTimeout(60_000);

const GIFTS = 100_000;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ upstreams: [], credit: 1 });
}, 120_000);
afterAll(() => gateway.stop());

async function verify(secret = gateway.adminSecret): Promise<{ status: number; answer: JsonObject }> {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await fetch(`${gateway.url}/admin/ledger/verify`, { headers });
  return { status: response.status, answer: asObject(await response.json()) };
}

function onDisk(change: (database: Database) => void): void {
  const database = new Database(join(gateway.directory, 'state', 'osiris.db'));
  database.run('PRAGMA busy_timeout = 10000');
  change(database);
  database.close();
}

test('tells what the command tells', async () => {
  const { status, answer } = await verify();
  expect([status, answer.ok, answer.violations]).toEqual([200, true, []]);
  const { stdout } = await gateway.command(['ledger', 'verify', '--json']);
  expect({ ...JSON.parse(stdout), took_ms: answer.took_ms }).toEqual(answer);
});

test('is not told to clients', async () => {
  expect((await verify(gateway.key)).status).toBe(401);
});

test('calls are answered while a long ledger is checked, and who asks meanwhile waits for the same result', async () => {
  onDisk((database) =>
    database.run(
      `INSERT INTO entries (id, kind, debit, credit, amount_nano, at_ms, day)
       WITH RECURSIVE gifts (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM gifts WHERE n < ${GIFTS})
       SELECT n, 'grant', 2, (SELECT max(id) FROM purses), 1, 0, 0 FROM gifts`,
    ),
  );
  const ended: string[] = [];
  const verified = [verify(), verify()].map(async (answer) => {
    const { answer: found } = await answer;
    ended.push('verify');
    return found;
  });
  const answered = await ask(gateway, 'openai-chat', { model: 'sandbox/echo' });
  expect(answered.status).toBe(200);
  await answered.text();
  ended.push('call');
  const [first, second] = await Promise.all(verified);
  expect(ended).toEqual(['call', 'verify', 'verify']);
  expect(asObject(asObject(first?.checks).entries)).toMatchObject({ wrong: 0 });
  expect(Number(asObject(asObject(first?.checks).entries).checked)).toBeGreaterThan(GIFTS);
  expect(second).toEqual(first ?? {});
});

test('says what is broken', async () => {
  onDisk((database) => database.run('DROP TRIGGER entries_stay'));
  const { status, answer } = await verify();
  expect([status, answer.ok]).toEqual([200, false]);
  expect(answer.violations).toEqual([{ check: 'triggers', message: 'the trigger entries_stay is missing' }]);
});
