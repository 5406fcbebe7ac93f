// Databases that released binaries made: opened, brought up to date with all they held, the old file kept beside.

import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKey } from '../../src/accounts/keys.ts';
import { parseNewKey } from '../../src/accounts/new-key.ts';
import { programArgv } from '../support/gateway.ts';
import { rowsIn, storeIn } from '../support/ledger.ts';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

/** Made by the 0.1.0 binary with its own commands; its keys open nothing but this copy. */
const MADE_BY_0_1_0 = join(import.meta.dir, '../fixtures/upgrade/0.1.0.db');
const ZERO_KEY = 'sk-osiris-c60623788d50640f9516185d6c16affd';

/** A directory whose `osiris-data` is as 0.1.0 left it. */
function installation(): string {
  const cwd = scratchDir();
  mkdirSync(join(cwd, 'osiris-data'));
  cpSync(MADE_BY_0_1_0, join(cwd, 'osiris-data/osiris.db'));
  return cwd;
}

describe('a database of 0.1.0', () => {
  test('has its keys, their credit as money in purses, and its accounts', async () => {
    const dataDir = join(installation(), 'osiris-data');
    const { directory, ledger, close } = await storeIn(dataDir);
    const balances = directory.list().map((key) => [key.name, ledger.purse(key.purse)?.balanceNano]);
    expect(Object.fromEntries(balances)).toEqual({
      ana: 12_340_000_000n,
      zero: 0n,
      window: 0n,
      try: 1_000_000_000n,
      team: 3_000_000_000n,
      gone: 1_000_000_000n,
    });
    const byName = (name: string) => directory.list().find((key) => key.name === name);
    expect(byName('gone')?.revokedAtMs).toBeNumber();
    expect(byName('window')).toMatchObject({ kind: 'time', days: 30, windowFrom: 'creation' });
    expect(byName('window')?.startedAtMs).toBe(byName('window')?.createdAtMs as number);
    expect(byName('team')).toMatchObject({ budget: { amountNano: 20_000_000_000n, period: 'month' } });
    expect(directory.findAccount('team@example.com')?.purse).toBeGreaterThanOrEqual(100);
    // the trial was had under another spelling of the mailbox
    const again = parseNewKey({ name: 'again', kind: 'trial', account: 'anab@gmail.com' });
    expect(() => createKey(directory, again)).toThrow('trial');
    await close();
    expect(rowsIn(dataDir, 'SELECT sum(balance_nano) AS sum FROM purses')).toEqual([{ sum: 0n }]);
  });

  test('is kept as it was beside the new one', async () => {
    const dataDir = join(installation(), 'osiris-data');
    await (await storeIn(dataDir)).close();
    const tables = (path: string) => {
      const database = new Database(path, { readonly: true, safeIntegers: true });
      const rows = database.query('SELECT * FROM keys ORDER BY rowid').all();
      database.close();
      return rows;
    };
    const [kept = ''] = readdirSync(dataDir).filter((name) => /^osiris\.db\.before-\d+$/.test(name));
    expect(tables(join(dataDir, kept))).toEqual(tables(MADE_BY_0_1_0));
    expect(readFileSync(MADE_BY_0_1_0).length).toBeGreaterThan(0);
  });

  test('serves its keys from the binary at once', async () => {
    const cwd = installation();
    const program = await programArgv();
    const server = await serve(['--port', '0'], { cwd, program });
    const answer = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ZERO_KEY}` },
      body: JSON.stringify({ model: 'sandbox/echo', messages: [{ role: 'user', content: 'still here' }] }),
    });
    expect(await answer.text()).toContain('still here');
    await server.stop();
    const listed = await osiris(['keys', 'list', '--json'], { cwd, program });
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain('"name": "ana"');
  });
});
