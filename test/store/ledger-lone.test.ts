// A lone call's charge: it is on its way to the disk before anything else happens, and the calls after it share a commit.

import { expect, test } from 'bun:test';
import type { Batch, Outcome } from '../../src/store/sqlite/ledger-batch.ts';
import { GroupCommit } from '../../src/store/sqlite/ledger-commit.ts';
import { endOf, keyIn, orderFor, rowsIn, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

/** A channel that notes how many entries each batch has; `finish` ends the oldest one that is under way. */
function watched() {
  const sizes: number[] = [];
  const writes: PromiseWithResolvers<Outcome>[] = [];
  const commit = new GroupCommit({
    write({ entries }: Batch) {
      sizes.push(entries.length);
      const write = Promise.withResolvers<Outcome>();
      writes.push(write);
      return write.promise;
    },
    close: async () => {},
  });
  const add = (isLone: boolean) => {
    const told = Promise.withResolvers<string>();
    const failed = (error: Error) => told.resolve(error.message);
    commit.add(['1'], { written: () => told.resolve('written'), failed }, isLone);
    return told.promise;
  };
  const finish = (outcome: Outcome = { failed: [] }) => writes.shift()?.resolve(outcome);
  const sent = async () => {
    while (writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { sizes, add, finish, sent };
}

test('is sent when it has been said', async () => {
  const { sizes, add, finish } = watched();
  const told = add(true);
  expect(sizes).toEqual([1]);
  finish();
  expect(await told).toBe('written');
});

test('that the database refuses is told so', async () => {
  const { add, finish } = watched();
  const told = add(true);
  finish({ failed: [[0, 'no']] });
  expect(await told).toBe('no');
});

test('is followed by one commit of all that came while it was under way', async () => {
  const { sizes, add, finish, sent } = watched();
  const told = [add(true), add(true), add(false), add(true)];
  finish();
  await told[0];
  await sent();
  finish();
  expect(await Promise.all(told)).toEqual(['written', 'written', 'written', 'written']);
  expect(sizes).toEqual([1, 3]);
});

test('shares the commit of calls that wait for one already', async () => {
  const { sizes, add, finish, sent } = watched();
  const told = [add(false), add(true)];
  expect(sizes).toEqual([]);
  await sent();
  finish();
  expect(await Promise.all(told)).toEqual(['written', 'written']);
  expect(sizes).toEqual([2]);
});

test('and those of many at once are each charged once, however they were sent', async () => {
  const dataDir = scratchDir();
  const store = await storeIn(dataDir, 'thread');
  const key = keyIn(store, { creditNano: 100_000n });
  for (const together of [1, 1, 3, 1, 8, 1, 1, 1]) {
    const orders = Array.from({ length: together }, () => orderFor(key));
    for (const order of orders) store.ledger.hold(order);
    await Promise.all(orders.map((order) => store.ledger.settle(endOf(order, { chargeNano: 10n })).durable));
    // the same end a second time, after it was written
    for (const order of orders) await store.ledger.settle(endOf(order, { chargeNano: 10n })).durable;
    for (const { callId } of orders) store.ledger.delivered(callId);
  }
  expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 99_830n, heldNano: 0n });
  await store.close();
  const sql = `SELECT count(*) AS n, sum(amount_nano) AS spent, (SELECT count(*) FROM deliveries) AS told,
    (SELECT balance_nano FROM purses WHERE id = ${key.purse}) AS balance FROM entries WHERE kind = 'charge'`;
  expect(rowsIn(dataDir, sql)).toEqual([{ n: 17n, spent: 170n, told: 17n, balance: 99_830n }]);
});
