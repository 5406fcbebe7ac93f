// The ledger on a real disk: what may begin, what is charged, and what the database itself refuses.

import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { newCallId } from '../../src/lib/id.ts';
import { createLedger } from '../../src/store/sqlite/ledger.ts';
import type { Batch } from '../../src/store/sqlite/ledger-batch.ts';
import { directChannel } from '../../src/store/sqlite/ledger-channel.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { DAILY, endOf, keyIn, orderFor, rowsIn, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const DAY_MS = 86_400_000;

describe('a call may begin', () => {
  test('as long as the balance without open holds covers what it needs', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 250n });
    const first = orderFor(key);
    expect(store.ledger.hold(first)).toEqual({ ok: true });
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: true });
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: false, why: 'held' });
    expect(store.ledger.hold(orderFor(key, { needNano: 251n }))).toEqual({ ok: false, why: 'empty' });
    expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 250n, heldNano: 200n });
    await store.ledger.settle(endOf(first, { chargeNano: 30n })).durable;
    expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 220n, heldNano: 100n });
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: true });
    await store.close();
  });

  test('once, however often it asks', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 100n });
    const order = orderFor(key);
    expect(store.ledger.hold(order)).toEqual({ ok: true });
    expect(store.ledger.hold(order)).toEqual({ ok: true });
    expect(store.ledger.purse(key.purse)?.heldNano).toBe(100n);
    await store.close();
  });

  test('on a balance of zero when it costs nothing', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store);
    expect(store.ledger.hold(orderFor(key, { needNano: 0n, holdNano: 0n }))).toEqual({ ok: true });
    expect(store.ledger.hold(orderFor(key, { needNano: 1n, holdNano: 1n }))).toEqual({
      ok: false,
      why: 'empty',
    });
    await store.close();
  });

  test('when the call that held the rest ends, and its wait ends with that', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 100n });
    const first = orderFor(key);
    store.ledger.hold(first);
    const waiting = store.ledger.released(key.purse, 60_000);
    store.ledger.settle(endOf(first, { rule: 'upstream-failed', costNano: 0n, chargeNano: 0n }));
    await waiting;
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: true });
    await store.close();
  });

  test('on a time key without money, up to its quota, which its purse does not pay', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { kind: 'time', days: 30, quotaNano: 250n });
    const orders = [orderFor(key), orderFor(key)];
    for (const order of orders) expect(store.ledger.hold(order)).toEqual({ ok: true });
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: false, why: 'held' });
    for (const order of orders) await store.ledger.settle(endOf(order)).durable;
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: false, why: 'quota' });
    expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 0n, heldNano: 0n });
    expect(store.ledger.purse(6)?.balanceNano).toBe(-200n);
    await store.close();
  });

  test('within its budget, which begins anew with the next period', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 10_000n, budget: { amountNano: 150n, period: 'day' } });
    const order = orderFor(key);
    store.ledger.hold(order);
    await store.ledger.settle(endOf(order)).durable;
    const resetsAtMs = (DAILY.dayOf(order.atMs) + 1) * DAY_MS;
    const refused = { ok: false, why: 'budget', resetsAtMs } as const;
    expect(store.ledger.hold(orderFor(key, { atMs: order.atMs }))).toEqual(refused);
    await store.close();
    const later = await storeIn(dataDir);
    expect(later.ledger.hold(orderFor(key, { atMs: order.atMs }))).toEqual(refused);
    expect(later.ledger.hold(orderFor(key, { atMs: order.atMs + DAY_MS }))).toEqual({ ok: true });
    await later.close();
  });

  test('not on a balance that has expired', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store);
    const now = Date.now();
    const purchase = { kind: 'purchase', purse: key.purse, amountNano: 500n, note: '' } as const;
    await store.ledger.post({ ...purchase, expiresAtMs: now + 1000 });
    expect(store.ledger.hold(orderFor(key, { atMs: now }))).toEqual({ ok: true });
    expect(store.ledger.hold(orderFor(key, { atMs: now + 1000 }))).toEqual({ ok: false, why: 'ended' });
    await store.close();
  });
});

describe('a settlement', () => {
  test.each(['direct', 'thread'] as const)('is on disk once it is durable (%s writer)', async (writer) => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir, writer);
    const key = keyIn(store, { creditNano: 1_000n });
    const orders = Array.from({ length: 50 }, () => orderFor(key, { needNano: 1n, holdNano: 1n }));
    for (const order of orders) store.ledger.hold(order);
    const receipts = orders.map((order) => store.ledger.settle(endOf(order, { chargeNano: 7n })));
    await Promise.all(receipts.map((receipt) => receipt.durable));
    const [row] = rowsIn(
      dataDir,
      "SELECT count(*) AS rows, sum(amount_nano) AS sum FROM entries WHERE kind = 'charge'",
    );
    expect(row).toEqual({ rows: 50n, sum: 350n });
    expect(rowsIn(dataDir, `SELECT balance_nano AS b FROM purses WHERE id = ${key.purse}`)).toEqual([
      { b: 650n },
    ]);
    await store.close();
  });

  test('of the same call a second time changes nothing, at once or after a restart', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 1_000n });
    const order = orderFor(key);
    store.ledger.hold(order);
    const first = store.ledger.settle(endOf(order));
    expect(store.ledger.settle(endOf(order, { chargeNano: 900n })).chargedNano).toBe(100n);
    await first.durable;
    expect(store.ledger.settle(endOf(order, { chargeNano: 900n })).chargedNano).toBe(100n);
    expect(store.ledger.purse(key.purse)?.balanceNano).toBe(900n);
    await store.close();
    const again = await storeIn(dataDir);
    expect(again.ledger.settle(endOf(order, { chargeNano: 900n })).chargedNano).toBe(100n);
    expect(again.ledger.purse(key.purse)?.balanceNano).toBe(900n);
    expect(again.ledger.tally(key)).toEqual({
      ...{ calls: 1, inputTokens: 10, outputTokens: 5, spentNano: 100n },
      lastUsedMs: order.atMs,
    });
    await again.close();
  });

  test('of a strict hold leaves no balance below zero', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 200n });
    const orders = [orderFor(key, { strict: true }), orderFor(key, { strict: true })];
    for (const order of orders) store.ledger.hold(order);
    const receipts = orders.map((order) =>
      store.ledger.settle(endOf(order, { costNano: 150n, chargeNano: 150n })),
    );
    expect(receipts.map((receipt) => receipt.chargedNano)).toEqual([100n, 100n]);
    expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 0n, heldNano: 0n });
    await store.close();
  });

  test('of an expected hold charges what it cost, also below zero', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 100n });
    const order = orderFor(key);
    store.ledger.hold(order);
    expect(store.ledger.settle(endOf(order, { chargeNano: 150n })).chargedNano).toBe(150n);
    expect(store.ledger.purse(key.purse)?.balanceNano).toBe(-50n);
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: false, why: 'empty' });
    await store.close();
  });

  test('that could not be written is taken back, and told', async () => {
    const dataDir = scratchDir();
    const first = await storeIn(dataDir);
    const key = keyIn(first, { creditNano: 1_000n });
    await first.close();
    const database = openDatabase(join(dataDir, 'osiris.db'), 'existing');
    const channel = directChannel(database);
    let broken = true;
    const fragile = {
      write: (batch: Batch) =>
        broken ? Promise.reject(new Error('the disk is full')) : channel.write(batch),
      close: () => channel.close(),
    };
    const ledger = await createLedger(database, fragile, { calendar: DAILY });
    const order = orderFor(key);
    ledger.hold(order);
    await expect(ledger.settle(endOf(order)).durable).rejects.toThrow('The ledger cannot be written now');
    expect(ledger.purse(key.purse)).toMatchObject({ balanceNano: 1_000n, heldNano: 0n });
    expect(ledger.tally(key).calls).toBe(0);
    expect(ledger.trouble()).toBe('the disk is full');
    broken = false;
    await ledger.settle(endOf(orderFor(key))).durable;
    expect(ledger.trouble()).toBeUndefined();
    expect(ledger.purse(key.purse)?.balanceNano).toBe(900n);
    await ledger.close();
    database.close();
  });

  test('is marked complete some time after its last bytes have left', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 1_000n });
    const [left, stayed] = [orderFor(key), orderFor(key)];
    for (const order of [left, stayed]) store.ledger.hold(order);
    for (const order of [left, stayed]) await store.ledger.settle(endOf(order)).durable;
    store.ledger.delivered(left.callId);
    await store.close();
    const after = await storeIn(dataDir);
    const { entries } = await after.statements.entries({ key: key.id, limit: 10 });
    await after.close();
    const deliveries = new Map(entries.map(({ id, call }) => [id, call?.delivery]));
    expect(deliveries.get(left.callId)).toBe('complete');
    expect(deliveries.get(stayed.callId)).toBe('unknown');
  });
});

describe('closing', () => {
  test('while a batch is under way still writes what came meanwhile', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir, 'thread');
    const key = keyIn(store, { creditNano: 1_000n });
    const [first, second] = [orderFor(key), orderFor(key)];
    for (const order of [first, second]) store.ledger.hold(order);
    await store.ledger.settle(endOf(first)).durable;
    store.ledger.settle(endOf(second));
    // the second batch is on its way when this one is told
    await Promise.resolve();
    store.ledger.delivered(first.callId);
    await store.close();
    expect(rowsIn(dataDir, 'SELECT entry FROM deliveries')).toEqual([{ entry: first.callId }]);
  });
});

describe('money moved by hand', () => {
  test('arrives in the purse, and in the books of the house with the opposite sign', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 5n });
    const { purse } = key;
    await store.ledger.post({ kind: 'grant', purse, amountNano: 100n, note: 'gift' });
    await store.ledger.post({
      kind: 'purchase',
      purse,
      amountNano: 50n,
      note: 'card',
      expiresAtMs: 2_000_000_000_000,
    });
    await store.ledger.post({ kind: 'adjust', purse, amountNano: -30n, note: 'too much' });
    await store.ledger.post({ kind: 'adjust', purse, amountNano: 1n, note: 'too little' });
    await store.ledger.post({ kind: 'forfeit', purse, amountNano: 26n, note: 'by hand' });
    // what is left still expires
    const left = {
      id: purse,
      owner: key.id,
      balanceNano: 100n,
      heldNano: 0n,
      expiresAtMs: 2_000_000_000_000,
    };
    expect(store.ledger.purse(purse)).toEqual(left);
    await store.close();
    const balances = rowsIn(
      dataDir,
      'SELECT owner, balance_nano AS b FROM purses WHERE balance_nano <> 0 ORDER BY id',
    );
    expect(balances).toEqual([
      { owner: 'payments', b: -50n },
      { owner: 'grants', b: -105n },
      { owner: 'forfeits', b: 26n },
      { owner: 'adjustments', b: 29n },
      { owner: key.id, b: 100n },
    ]);
    const again = await storeIn(dataDir);
    expect(again.ledger.purse(purse)).toEqual(left);
    await again.close();
  });
});

describe('a price', () => {
  test('has one number for good, and another one when it changes', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const price = { input: 1, output: 2, source: 's', asOf: '2026-01-01' };
    const number = store.ledger.priceVersion('m', price);
    expect(store.ledger.priceVersion('m', { source: 's', asOf: '2026-01-01', output: 2, input: 1 })).toBe(
      number,
    );
    expect(store.ledger.priceVersion('m', { ...price, input: 3 })).not.toBe(number);
    expect(store.ledger.priceVersion('n', price)).not.toBe(number);
    await store.close();
    const again = await storeIn(dataDir);
    expect(again.ledger.priceVersion('m', { ...price })).toBe(number);
    await again.close();
  });
});

describe('what a killed process left under way', () => {
  test('is released without a charge at the next start, once', async () => {
    const dataDir = scratchDir();
    const before = await storeIn(dataDir);
    const key = keyIn(before, { creditNano: 1_000n });
    const callId = newCallId();
    const database = new Database(join(dataDir, 'osiris.db'));
    database.run(`INSERT INTO holds VALUES (${callId}, '${key.id}', ${key.purse}, 100, 'm', 1)`);
    database.close();
    await before.close();
    for (let start = 0; start < 2; start++) {
      const store = await storeIn(dataDir);
      expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 1_000n, heldNano: 0n });
      await store.close();
    }
    expect(
      rowsIn(dataDir, "SELECT id, kind, amount_nano AS a, rule FROM entries WHERE kind <> 'grant'"),
    ).toEqual([{ id: callId, kind: 'release', a: 0n, rule: 'crashed' }]);
    expect(rowsIn(dataDir, 'SELECT * FROM holds')).toEqual([]);
  });
});

describe('the database refuses', () => {
  const CHARGE =
    "'charge', 100, 3, 10, 0, 0, 'k', NULL, 'm', 'p', 1, 'finished', 10, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, NULL, 'reported', NULL, 'unknown', NULL, NULL, NULL";

  async function withCharge(): Promise<Database> {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    keyIn(store, { creditNano: 100n });
    await store.close();
    const database = new Database(join(dataDir, 'osiris.db'));
    database.run(`INSERT INTO entries VALUES (7, ${CHARGE})`);
    database.run('INSERT INTO deliveries VALUES (7)');
    return database;
  }

  test.each([
    ['to change an amount', 'UPDATE entries SET amount_nano = 1 WHERE id = 7'],
    ['to change a tokens count', 'UPDATE entries SET output = 0 WHERE id = 7'],
    ['to delete an entry', 'DELETE FROM entries WHERE id = 7'],
    ['to change a delivery', "UPDATE entries SET delivery = 'complete' WHERE id = 7"],
    ['to change what is told of a delivery', 'UPDATE deliveries SET entry = 8 WHERE entry = 7'],
    ['to take back what is told of a delivery', 'DELETE FROM deliveries WHERE entry = 7'],
    ['a negative amount', `INSERT INTO entries VALUES (8, ${CHARGE.replace(' 10,', ' -10,')})`],
    ['a charge into another book', `INSERT INTO entries VALUES (8, ${CHARGE.replace('100, 3', '100, 4')})`],
    ['a charge that says no rule', `INSERT INTO entries VALUES (8, ${CHARGE.replace("'finished'", 'NULL')})`],
    [
      'a charge of a purse that is not there',
      `INSERT INTO entries VALUES (8, ${CHARGE.replace('100, 3', '999, 3')})`,
    ],
    ['a kind it does not know', `INSERT INTO entries VALUES (8, ${CHARGE.replace("'charge'", "'gift'")})`],
    ['a purse that begins with money', "INSERT INTO purses VALUES (500, 'x', 1, NULL, 0)"],
    ['to delete a purse', 'DELETE FROM purses WHERE id = 100'],
  ])('%s', async (_, statement) => {
    const database = await withCharge();
    expect(() => database.run(statement)).toThrow();
    database.close();
  });

  test.each(['INSERT', 'INSERT OR REPLACE', 'INSERT OR IGNORE'])(
    'to %s the same call again, without a word',
    async (insert) => {
      const database = await withCharge();
      const state = () => database.query('SELECT * FROM entries, purses WHERE purses.id = 100').all();
      const before = state();
      database.run(`${insert} INTO entries VALUES (7, ${CHARGE.replace(' 10,', ' 90,')})`);
      expect(state()).toEqual(before);
      database.close();
    },
  );

  test.each(['INSERT', 'INSERT OR REPLACE', 'INSERT OR IGNORE'])(
    'to %s the delivery of what is no charge, without a word',
    async (insert) => {
      const database = await withCharge();
      database.run(`INSERT INTO entries VALUES (8, ${CHARGE.replace("'unknown'", "'complete'")})`);
      const grant = database.query<{ id: number }, []>("SELECT id FROM entries WHERE kind = 'grant'").get();
      for (const entry of [8, 9, grant?.id]) database.run(`${insert} INTO deliveries VALUES (${entry})`);
      expect(database.query('SELECT entry FROM deliveries').all()).toEqual([{ entry: 7 }]);
      database.close();
    },
  );
});
