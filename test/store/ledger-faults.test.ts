// What the ledger makes of a disk that fails it: nothing is charged in memory alone, nothing on disk alone.

import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Key, Ledger } from '../../src/store/ports.ts';
import { createLedger } from '../../src/store/sqlite/ledger.ts';
import type { Batch, Outcome } from '../../src/store/sqlite/ledger-batch.ts';
import { directChannel } from '../../src/store/sqlite/ledger-channel.ts';
import { LedgerWriter } from '../../src/store/sqlite/ledger-writer.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { DAILY, endOf, keyIn, orderFor, rowsIn, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

type Write = (batch: Batch) => Promise<Outcome>;

/** A ledger with one key of 1,000, whose writes go through `fate` as long as it is set. */
async function fragileLedger() {
  const dataDir = scratchDir();
  const store = await storeIn(dataDir);
  const key = keyIn(store, { creditNano: 1_000n });
  await store.close();
  const database = openDatabase(join(dataDir, 'osiris.db'), 'existing');
  const channel = directChannel(database);
  const disk: { fate: ((write: Write, batch: Batch) => Promise<Outcome>) | undefined } = { fate: undefined };
  const write: Write = (batch) => channel.write(batch);
  const ledger = await createLedger(
    database,
    { write: (batch) => disk.fate?.(write, batch) ?? write(batch), close: () => channel.close() },
    { calendar: DAILY },
  );
  const close = async () => {
    disk.fate = undefined;
    await ledger.close();
    database.close();
  };
  return { dataDir, key, ledger, disk, database, close };
}

const refuse = () => Promise.reject(new Error('the disk is full'));

function charge(ledger: Ledger, key: Key, chargeNano: bigint): Promise<void> {
  const order = orderFor(key);
  ledger.hold(order);
  return ledger.settle(endOf(order, { chargeNano })).durable;
}

test('a charge that was written by a writer that then broke is a charge', async () => {
  const { ledger, key, disk, dataDir, close } = await fragileLedger();
  disk.fate = async (write, batch) => {
    await write(batch);
    throw new Error('the thread broke');
  };
  await charge(ledger, key, 30n);
  expect(ledger.purse(key.purse)?.balanceNano).toBe(970n);
  expect(rowsIn(dataDir, "SELECT count(*) AS n FROM entries WHERE kind = 'charge'")).toEqual([{ n: 1n }]);
  await close();
});

test('a forfeit that could not be written leaves the balance as it was, beside a charge that failed with it', async () => {
  const { ledger, key, disk, close } = await fragileLedger();
  disk.fate = refuse;
  const forfeited = ledger.post({ kind: 'forfeit', purse: key.purse, amountNano: 500n, note: 'expired' });
  const charged = charge(ledger, key, 30n);
  const ends = await Promise.allSettled([charged, forfeited]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(ledger.purse(key.purse)).toMatchObject({ balanceNano: 1_000n, heldNano: 0n });
  await close();
});

test('an expiry is not set by a purchase that could not be written', async () => {
  const { ledger, key, disk, dataDir, close } = await fragileLedger();
  disk.fate = refuse;
  const purchase = { kind: 'purchase', purse: key.purse, amountNano: 5n, note: 'card' } as const;
  await expect(ledger.post({ ...purchase, expiresAtMs: 2_000_000_000_000 })).rejects.toMatchObject({
    code: 'storage_fault',
  });
  disk.fate = undefined;
  await charge(ledger, key, 1n);
  const expiry = () => rowsIn(dataDir, `SELECT expires_at_ms AS at FROM purses WHERE id = ${key.purse}`);
  expect(expiry()).toEqual([{ at: null }]);
  await ledger.post({ ...purchase, expiresAtMs: 2_000_000_000_000 });
  expect(expiry()).toEqual([{ at: 2_000_000_000_000n }]);
  await close();
});

test('a posting for which there is no room on the disk says so', async () => {
  const { ledger, key, disk, close } = await fragileLedger();
  disk.fate = () => Promise.reject(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }));
  const grant = { kind: 'grant', purse: key.purse, amountNano: 5n, note: 'a gift' } as const;
  await expect(ledger.post(grant)).rejects.toThrow('The disk of this server has no room left.');
  await close();
});

test('a row that the database refuses takes nothing with it', async () => {
  const { ledger, key, close } = await fragileLedger();
  const nowhere = { ...key, purse: 9_999 };
  const bad = ledger.settle(endOf(orderFor(nowhere), { chargeNano: 10n })).durable;
  const good = charge(ledger, key, 30n);
  await expect(bad).rejects.toThrow('there is no such purse');
  await good;
  expect(ledger.purse(key.purse)?.balanceNano).toBe(970n);
  expect(ledger.trouble()).toBeUndefined();
  await close();
});

test('a disk that takes nothing is trouble, however often it is asked, until it takes something again', async () => {
  const { dataDir, key, close } = await fragileLedger();
  await close();
  const database = openDatabase(join(dataDir, 'osiris.db'), 'existing');
  const writer = new LedgerWriter(database);
  const empty: Batch = { entries: [], holds: [], delivered: [], expiries: [] };
  database.run('PRAGMA query_only = 1');
  const order = orderFor(key);
  expect(() => writer.write({ ...empty, entries: [entryOf(order.callId, key)] })).toThrow();
  expect(() => writer.write(empty)).toThrow();
  database.run('PRAGMA query_only = 0');
  expect(writer.write(empty)).toEqual({ failed: [] });
  database.close();
  const before = new Database(join(dataDir, 'osiris.db'), { readonly: true });
  expect(before.query('SELECT count(*) AS n FROM entries').get()).toEqual({ n: 1 });
  before.close();
});

function entryOf(callId: bigint, key: Key): (string | number | null)[] {
  const head = [
    String(callId),
    'charge',
    key.purse,
    3,
    '10',
    0,
    0,
    key.id,
    null,
    'm',
    'p',
    1,
    'finished',
    '10',
  ];
  return [...head, ...Array.from({ length: 14 }, () => null), null, 'unknown'];
}

test('whoever asks is told of a full disk before a call has found out, and of its end', async () => {
  const { ledger, disk, close } = await fragileLedger();
  disk.fate = refuse;
  expect(ledger.trouble()).toBeUndefined();
  expect(await ledger.prove()).toBe('the disk is full');
  expect(ledger.trouble()).toBe('the disk is full');
  disk.fate = undefined;
  while (ledger.trouble() !== undefined) await new Promise(setImmediate);
  expect(await ledger.prove()).toBeUndefined();
  await close();
});

test('a disk that took something a moment ago is not asked again', async () => {
  const { ledger, key, disk, close } = await fragileLedger();
  await charge(ledger, key, 30n);
  disk.fate = refuse;
  expect(await Promise.all([ledger.prove(), ledger.prove()])).toEqual([undefined, undefined]);
  await close();
});

test('asking whether anything can be written writes something, each time', async () => {
  const { dataDir, close } = await fragileLedger();
  await close();
  const database = openDatabase(join(dataDir, 'osiris.db'), 'existing');
  const writer = new LedgerWriter(database);
  // the first one also writes the page of the row that is new
  const pagesAfter = () => {
    writer.write({ entries: [], holds: [], delivered: [], expiries: [] });
    return database.query<{ log: bigint }, []>('PRAGMA wal_checkpoint(NOOP)').get()?.log;
  };
  expect([pagesAfter(), pagesAfter(), pagesAfter()]).toEqual([2n, 3n, 4n]);
  database.close();
});

test('a price that cannot be written down is a fault of the storage, and is written once it can be', async () => {
  const { ledger, dataDir, database, close } = await fragileLedger();
  database.run('PRAGMA busy_timeout = 0');
  const other = new Database(join(dataDir, 'osiris.db'));
  other.run('BEGIN IMMEDIATE');
  const price = { input: 1, output: 2, source: 's', asOf: '2026-11-29' };
  expect(() => ledger.priceVersion('m', price)).toThrow(expect.objectContaining({ code: 'storage_fault' }));
  other.run('ROLLBACK');
  other.close();
  expect(ledger.priceVersion('m', price)).toBeGreaterThan(0);
  await close();
});
