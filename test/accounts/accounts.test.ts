// Accounts, as `osiris accounts` and `/admin/accounts` show them: who has keys, what they have and spend.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { ask, makeKey } from '../support/asking.ts';
import type { Gateway } from '../support/gateway.ts';
import { type Outcome, osiris } from '../support/osiris.ts';
import { CALL_USD, PAID, startPaidGateway } from '../support/paid.ts';

// each command is a process of its own, and the machine may be busy
setDefaultTimeout(60_000);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startPaidGateway();
  await makeKey(gateway, '--name', 'of-nobody', '--credit', '1');
  const ana = ['--account', 'ana@example.com', '--credit'];
  const { key } = await makeKey(gateway, ...ana, '5');
  await makeKey(gateway, ...ana, '7', '--share-purse');
  const { id: revoked } = await makeKey(gateway, '--account', 'Ben@Example.com', '--credit', '2');
  await gateway.command(['keys', 'revoke', revoked]);
  await makeKey(gateway, '--kind', 'trial', '--account', 'Ca.Rl+news@gmail.com');
  const answer = await ask(gateway, 'openai-chat', { model: PAID, key });
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
}, 120_000);
afterAll(() => gateway.stop());

async function admin(path: string, secret = gateway.adminSecret): Promise<JsonObject> {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await fetch(`${gateway.url}/admin/accounts${path}`, { headers });
  const answer = asObject(await response.json());
  return response.ok ? answer : { http: response.status, ...asObject(answer.error) };
}

async function emails(query: string): Promise<unknown[]> {
  return asArray((await admin(query)).data).map((account) => asObject(account).email);
}

const ANA = {
  email: 'ana@example.com',
  mailbox: 'ana@example.com',
  shared_balance_usd: 7,
  shared_held_usd: 0,
  shared_balance_expires_at: null,
  balance_usd: 12 - CALL_USD,
  active_keys: 2,
  all_keys: 2,
  requests: 1,
  spent_usd: CALL_USD,
  trial_at: null,
};

describe('over HTTP', () => {
  test('are listed newest first, with what they have and have spent', async () => {
    const { object, data, has_more, last_id } = await admin('');
    expect({ object, has_more, last_id }).toEqual({ object: 'list', has_more: false, last_id: ANA.mailbox });
    expect(asArray(data)).toEqual([
      expect.objectContaining({ email: 'ca.rl+news@gmail.com', mailbox: 'carl@gmail.com', active_keys: 1 }),
      expect.objectContaining({ email: 'ben@example.com', balance_usd: 2, active_keys: 0, all_keys: 1 }),
      expect.objectContaining(ANA),
    ]);
    expect(asObject(asArray(data)[0]).trial_at).toMatch(/^20\d\d-.*Z$/);
  });

  test('are found by their address, their keys and their trial', async () => {
    expect(await emails('?email=EXAMPLE')).toEqual(['ben@example.com', 'ana@example.com']);
    expect(await emails('?email=carl@')).toEqual(['ca.rl+news@gmail.com']);
    expect(await emails('?keys=none')).toEqual(['ben@example.com']);
    expect(await emails('?keys=active&trial=unused')).toEqual(['ana@example.com']);
    expect(await emails('?trial=used')).toEqual(['ca.rl+news@gmail.com']);
    expect(await emails('?email=nobody')).toEqual([]);
  });

  test('come in pages', async () => {
    const first = await admin('?limit=2');
    expect(first).toMatchObject({ has_more: true, last_id: 'ben@example.com' });
    expect(await emails(`?limit=2&after=${first.last_id}`)).toEqual(['ana@example.com']);
    expect(await emails('?after=Carl%2Bx@gmail.com&limit=1')).toEqual(['ben@example.com']);
  });

  test('are shown one by one under any spelling, with their keys', async () => {
    const { keys, ...account } = await admin('/ANA@example.com');
    expect(account).toMatchObject(ANA);
    expect(asArray(keys)).toEqual([
      expect.objectContaining({ purse: 'account', balance_usd: 7 }),
      expect.objectContaining({ purse: 'own', balance_usd: 5 - CALL_USD, spent_usd: CALL_USD }),
    ]);
    expect(await admin('/c.a.r.l%2B1@gmail.com')).toMatchObject({ email: 'ca.rl+news@gmail.com' });
    expect(JSON.stringify(keys)).not.toMatch(/sk-osiris-[0-9a-f]{5}/);
  });

  test('are refused with words that help', async () => {
    expect(await admin('/x@y.example')).toMatchObject({ http: 404, code: 'not_found' });
    expect((await admin('/operator')).message).toContain('GET /admin/keys?account=operator');
    expect(await admin('?mail=a')).toMatchObject({ http: 400, param: 'mail' });
    expect((await admin('?emial=a')).message).toContain('did you mean email?');
    expect(await admin('?keys=some')).toMatchObject({ http: 400, param: 'keys' });
    expect(await admin('?limit=0')).toMatchObject({ http: 400, param: 'limit' });
    expect(await admin('?after=x@y.example')).toMatchObject({ http: 400, param: 'after' });
    expect(await admin('', gateway.key)).toMatchObject({ http: 401 });
    expect(await admin('', '')).toMatchObject({ http: 401 });
    const posted = await fetch(`${gateway.url}/admin/accounts`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

describe('on the command line', () => {
  const accounts = (...words: string[]): Promise<Outcome> => gateway.command(['accounts', ...words]);

  test('are the same as over HTTP, as JSON', async () => {
    expect(JSON.parse((await accounts('list', '--json')).stdout)).toEqual((await admin('')).data);
    const shown = JSON.parse((await accounts('show', 'ana@example.com', '--json')).stdout);
    expect(shown).toEqual(await admin('/ana@example.com'));
  });

  test('are a table for people, and one of them with its keys', async () => {
    const { stdout, code } = await accounts('list', '--limit', '2');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^EMAIL +ACTIVE KEYS +BALANCE +SPENT +REQUESTS +TRIAL +CREATED\n/);
    expect(stdout).toMatch(/ben@example\.com +0 of 1 +\$2\.00 +\$0\.00 +0/);
    expect(stdout).toContain('There are more; go on with --after ben@example.com');
    const { stdout: ana } = await accounts('show', 'ana@example.com');
    expect(ana).toContain('balance              $11.998');
    expect(ana).toMatch(/spent so far +\$0\.002/);
    expect(ana).toMatch(/^ID +NAME +KIND/m);
  });

  test('are refused with words that help, and the exit code of the kind', async () => {
    const missing = await accounts('show', 'x@y.example');
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('`osiris accounts list`')]);
    const wrong = await accounts('list', '--keys', 'some');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--keys must be one of active, none'),
    ]);
    const none = await accounts('list', '--email', 'nobody');
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('No account fits')]);
  });

  test('are there without a server too', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'osiris-cli-'));
    const run = (...words: string[]) => osiris(words, { cwd });
    try {
      await run('init');
      expect((await run('accounts', 'list')).stdout).toContain('There are no accounts yet');
      await run('keys', 'create', '--name', 'a', '--account', 'dora@example.com', '--credit', '3');
      expect(JSON.parse((await run('accounts', 'list', '--json')).stdout)).toEqual([
        expect.objectContaining({ email: 'dora@example.com', balance_usd: 3, active_keys: 1 }),
      ]);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
