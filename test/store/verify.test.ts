// `verifyLedger`: quiet on a sound ledger, also while it is written to, and loud about every single broken promise.

import type { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { closeSync, copyFileSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { noUsage, settleUsage } from '../../src/canonical/usage.ts';
import { formatCallId } from '../../src/lib/id.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import type { LedgerCheck } from '../../src/store/verification.ts';
import { keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { MINIMUM_NANO, PRICE, spend, tamper, USAGE } from '../support/priced-ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const check = (dataDir: string) => verifyLedger(dataDir, { minimumChargeNano: MINIMUM_NANO });
const FREE = { input: 0, output: 0, source: 'test', asOf: '2026-01-01' };

/** Every kind of entry there is. */
async function soundLedger() {
  const dataDir = scratchDir();
  const store = await storeIn(dataDir);
  const key = keyIn(store, { creditNano: 10_000_000_000n });
  const time = keyIn(store, { kind: 'time', days: 30, quotaNano: 1_000_000_000n });
  const { purse } = key;
  await store.ledger.post({ kind: 'purchase', purse, amountNano: 5n, note: '', expiresAtMs: 1 });
  const first = await spend(store, key);
  store.ledger.delivered(first.id);
  await spend(store, time);
  await spend(store, key, { rule: 'upstream-failed' });
  await spend(store, key, { rule: 'client-left' });
  await spend(store, key, { usage: noUsage() });
  await spend(store, key, { price: FREE });
  const of = { key: key.id, model: 'm', day: Math.floor(Date.now() / 86_400_000) };
  await store.ledger.post({ kind: 'adjust', purse, amountNano: 3n, note: '', of });
  await store.ledger.post({
    kind: 'adjust',
    purse: 6,
    amountNano: -2n,
    note: '',
    of: { ...of, key: time.id },
  });
  await store.ledger.post({ kind: 'forfeit', purse, amountNano: 1n, note: '' });
  return { dataDir, store, key, first };
}

describe('a sound ledger', () => {
  test('breaks no promise, and what was looked at is counted', async () => {
    const { dataDir, store } = await soundLedger();
    for (const state of ['open', 'closed']) {
      if (state === 'closed') await store.close();
      const { ok, checks, violations } = check(dataDir);
      expect(violations).toEqual([]);
      expect(ok).toBe(true);
      expect(checks.entries.checked).toBe(11);
      expect(checks.costs.checked).toBe(6);
      expect(checks.triggers.checked).toBeGreaterThan(8);
      expect(checks.deliveries.checked).toBe(state === 'closed' ? 1 : 0);
      expect(Object.values(checks).every((each) => each.wrong === 0)).toBe(true);
    }
  });

  test('may have charges below their cost, from strict holds', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 2_000_000n });
    expect((await spend(store, key, { strict: true })).nano).toBe(2_000_000n);
    await store.close();
    expect(check(dataDir).violations).toEqual([]);
  });

  test('may have costs of pictures and of long cache writes, which its rows do not tell', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 10_000_000_000n });
    const written = { ttl5m: 0, ttl1h: 0, ttl30m: 40, ttl12h: 60, unknown: 0 };
    await spend(store, key, { usage: settleUsage({ ...USAGE, cacheWrite: written }) });
    const pictures = { ...USAGE, serverTools: { image_generation: 3 } };
    await spend(store, key, { usage: pictures, price: { ...PRICE, perImage: 40_000_000_001 } });
    await store.close();
    expect(check(dataDir).violations).toEqual([]);
  });

  test('is judged by the highest minimum there ever was', async () => {
    const { dataDir, store } = await soundLedger();
    await store.close();
    const lower = () => verifyLedger(dataDir, { minimumChargeNano: 1n });
    expect(lower().violations.map((each) => each.check)).toEqual(['charges']);
    tamper(dataDir, [], (database) =>
      database.run("INSERT INTO facts VALUES ('highest_minimum_charge_nano', '1000000')"),
    );
    expect(lower().violations).toEqual([]);
  });

  test('stays sound at every moment while a writer is at work', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir, 'thread');
    const key = keyIn(store, { creditNano: 1_000_000_000_000n });
    let stop = false;
    const writers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        await spend(store, key);
        await store.ledger.post({ kind: 'grant', purse: key.purse, amountNano: 7n, note: '' });
      }
    });
    const seen: number[] = [];
    while (seen.length < 12) {
      const { violations, checks } = check(dataDir);
      expect(violations).toEqual([]);
      seen.push(checks.entries.checked);
      await spend(store, key);
    }
    stop = true;
    await Promise.all(writers);
    await store.close();
    expect(seen.at(-1)).toBeGreaterThan(seen[0] ?? 0);
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
  });
});

const FINAL = 'entries_are_final';
const STAY = 'entries_stay';
const CHARGE = "kind = 'charge' AND amount_nano > 2000000";

const MUTANTS: [string, string[], string | string[], LedgerCheck[]][] = [
  [
    'a changed balance',
    [],
    'UPDATE purses SET balance_nano = balance_nano + 1 WHERE id = 100',
    ['balances', 'zero'],
  ],
  [
    'a balance that has overflown',
    [],
    'UPDATE purses SET balance_nano = 9223372036854775807 + 1 WHERE id = 100',
    ['balances', 'zero'],
  ],
  [
    'money moved without an entry',
    [],
    [
      'UPDATE purses SET balance_nano = balance_nano + 9 WHERE id = 100',
      'UPDATE purses SET balance_nano = balance_nano - 9 WHERE id = 3',
    ],
    ['balances'],
  ],
  [
    'an edited amount',
    [FINAL],
    `UPDATE entries SET amount_nano = amount_nano - 1 WHERE ${CHARGE}`,
    ['balances', 'days'],
  ],
  [
    'a charge above its cost, booked all the way',
    [FINAL],
    [
      `UPDATE entries SET amount_nano = amount_nano + 1 WHERE ${CHARGE} AND debit = 100 AND rule = 'finished'`,
      'UPDATE purses SET balance_nano = balance_nano - 1 WHERE id = 100',
      'UPDATE purses SET balance_nano = balance_nano + 1 WHERE id = 3',
      'UPDATE days SET amount_nano = amount_nano + 1 WHERE key = (SELECT owner FROM purses WHERE id = 100)',
    ],
    ['charges'],
  ],
  ['a deleted entry', [STAY], `DELETE FROM entries WHERE ${CHARGE}`, ['balances', 'days', 'deliveries']],
  ['a deleted grant', [STAY], "DELETE FROM entries WHERE kind = 'grant'", ['balances']],
  ['a wrong cost', [FINAL], `UPDATE entries SET cost_nano = cost_nano + 1 WHERE ${CHARGE}`, ['costs']],
  [
    'a changed token count',
    [FINAL],
    [
      `UPDATE entries SET output = output + 1 WHERE ${CHARGE}`,
      'UPDATE days SET output_tokens = output_tokens',
    ],
    ['costs', 'days'],
  ],
  [
    'a changed rule',
    [FINAL],
    `UPDATE entries SET rule = 'upstream-failed' WHERE ${CHARGE}`,
    ['charges', 'costs', 'days'],
  ],
  ['an unknown rule', [FINAL], `UPDATE entries SET rule = 'gift' WHERE ${CHARGE}`, ['days', 'entries']],
  [
    'a negative amount',
    [FINAL],
    "UPDATE entries SET amount_nano = -1 WHERE kind = 'forfeit'",
    ['balances', 'entries'],
  ],
  [
    'a charge into another book',
    [FINAL],
    `UPDATE entries SET credit = 2 WHERE ${CHARGE}`,
    ['balances', 'entries'],
  ],
  [
    'a charge without delivery',
    [FINAL],
    `UPDATE entries SET delivery = NULL WHERE ${CHARGE}`,
    ['deliveries', 'entries'],
  ],
  ['a price that is gone', [], 'DELETE FROM prices', ['prices']],
  [
    'a changed price',
    [],
    "UPDATE prices SET price = replace(price, '15000000', '14000000')",
    ['charges', 'costs'],
  ],
  ['a price that is not readable', [], "UPDATE prices SET price = 'x'", ['prices']],
  ['changed sums', [], 'UPDATE days SET calls = calls + 1', ['days']],
  ['other cached tokens', [], 'UPDATE days SET cached_tokens = cached_tokens + 1', ['days']],
  ['another last use', [], 'UPDATE days SET last_ms = 1', ['days']],
  ['lost sums', [], 'DELETE FROM days', ['days']],
  ['sums of nothing', [], "INSERT INTO days VALUES ('k', 1, 'm', 1, 1, 1, 1, 0, 0, 0)", ['days']],
  [
    'a hold of a call that was charged',
    [],
    "INSERT INTO holds SELECT id, key, debit, 1, model, at_ms FROM entries WHERE kind = 'charge' LIMIT 1",
    ['holds'],
  ],
  [
    'a delivery without an entry',
    ['deliveries_are_of_entries'],
    'INSERT INTO deliveries VALUES (1)',
    ['deliveries'],
  ],
  [
    'a delivery of what is no charge',
    ['deliveries_are_of_entries'],
    "INSERT INTO deliveries SELECT id FROM entries WHERE kind = 'grant' LIMIT 1",
    ['deliveries'],
  ],
  [
    'a delivery to a client that had left',
    [],
    "INSERT INTO deliveries SELECT id FROM entries WHERE rule = 'client-left'",
    ['deliveries'],
  ],
  [
    'a delivery that the entry tells too',
    [FINAL],
    `UPDATE entries SET delivery = 'complete' WHERE id = (SELECT entry FROM deliveries)`,
    ['deliveries'],
  ],
  ['a key without its purse', [], 'UPDATE keys SET purse = 999', ['keys']],
  ['a key on a book of the house', [], 'UPDATE keys SET purse = 2', ['keys']],
  ['a missing trigger', [], 'DROP TRIGGER entries_stay', ['triggers']],
  [
    'a weakened trigger',
    [],
    [
      'DROP TRIGGER entries_stay',
      "CREATE TRIGGER `entries_stay` BEFORE DELETE ON `entries` WHEN FALSE BEGIN SELECT RAISE(ABORT, ''); END",
    ],
    ['triggers'],
  ],
  [
    'one trigger more',
    [],
    'CREATE TRIGGER extra AFTER INSERT ON entries BEGIN UPDATE purses SET balance_nano = 0 WHERE id = 1; END',
    ['triggers'],
  ],
];

describe('is told', () => {
  test.each(MUTANTS)('%s', async (_, triggers, statements, broken) => {
    const { dataDir, store } = await soundLedger();
    await store.close();
    tamper(dataDir, triggers, (database: Database) => {
      for (const statement of [statements].flat()) database.run(statement);
    });
    const { ok, checks, violations } = check(dataDir);
    expect(ok).toBe(false);
    const found = [...new Set(violations.map((each) => each.check))].toSorted();
    expect(found).toEqual(broken);
    for (const name of broken) expect(checks[name].wrong).toBeGreaterThan(0);
  });

  test('with the ids of what is wrong', async () => {
    const { dataDir, store, first } = await soundLedger();
    await store.close();
    tamper(dataDir, [FINAL], (database) =>
      database.run('UPDATE entries SET cost_nano = cost_nano + 1 WHERE id = ?', [first.id]),
    );
    expect(check(dataDir).violations.map((each) => each.message)).toEqual([
      expect.stringContaining(`charge ${formatCallId(first.id)} has the cost ${first.nano + 1n}`),
    ]);
  });

  test('a damaged page', async () => {
    const { dataDir, store, key } = await soundLedger();
    for (let n = 0; n < 200; n++) await spend(store, key);
    await store.close();
    const path = join(dataDir, 'osiris.db');
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(2048, 0xaa), 0, 2048, Math.floor(statSync(path).size / 8192) * 4096);
    closeSync(file);
    const { ok, violations } = check(dataDir);
    expect(ok).toBe(false);
    expect(violations.map((each) => each.check)).toContain('file');
  });

  test('a file of which hardly anything is left', async () => {
    const dataDir = scratchDir();
    await (await storeIn(dataDir)).close();
    const path = join(dataDir, 'osiris.db');
    const file = openSync(path, 'r+');
    // the first page stays, and with it what tells a database
    writeSync(file, Buffer.alloc(3 * 4096, 0xff), 0, 3 * 4096, 4096);
    closeSync(file);
    expect(() => verifyLedger(dataDir, { minimumChargeNano: MINIMUM_NANO })).toThrow(`${path} is damaged (`);
  });

  test('a database of another version, which is left as it is', () => {
    const dataDir = join(scratchDir(), 'old');
    mkdirSync(dataDir);
    copyFileSync(join(import.meta.dir, '../fixtures/upgrade/0.1.0.db'), join(dataDir, 'osiris.db'));
    const before = statSync(join(dataDir, 'osiris.db')).size;
    expect(() => check(dataDir)).toThrow('another version');
    expect(statSync(join(dataDir, 'osiris.db')).size).toBe(before);
  });

  test('only by what was settled: an open hold is none', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 100n });
    store.ledger.hold(orderFor(key, { atMs: Date.now() - 10_000 }));
    tamper(dataDir, [], (database) =>
      database.run('INSERT INTO holds VALUES (1, ?, 100, 1, ?, 0)', [key.id, 'm']),
    );
    expect(check(dataDir)).toMatchObject({ ok: true, checks: { holds: { checked: 1 } } });
    await store.close();
  });
});
