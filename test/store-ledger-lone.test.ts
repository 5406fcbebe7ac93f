// A lone call's charge: written before anything else happens, unless there is a reason to take the usual way.

import { expect, test } from 'bun:test';
import type { Batch, EntryRow, Outcome } from '../src/store/sqlite/ledger-batch.ts';
import { GroupCommit } from '../src/store/sqlite/ledger-commit.ts';
import { endOf, keyIn, orderFor, rowsIn, storeIn } from './support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from './support/scratch.ts';

removeScratchAfterEach();

/** A channel that notes which way a batch came; `here` is what becomes of one that is to be written at once. */
function watched(here: () => Outcome | undefined = () => ({ failed: [] })) {
  const ways: string[] = [];
  const words = ({ entries, delivered }: Batch) => `${entries.length}+${delivered.length}`;
  const commit = new GroupCommit({
    async write(batch) {
      ways.push(`thread ${words(batch)}`);
      return { failed: [] };
    },
    writeNow(batch) {
      const outcome = here();
      if (outcome) ways.push(`here ${words(batch)}`);
      return outcome;
    },
    close: async () => {},
  });
  const add = (isLone: boolean) => {
    const told = Promise.withResolvers<string>();
    const failed = (error: Error) => told.resolve(error.message);
    commit.add(ROW, { written: () => told.resolve('written'), failed }, isLone);
    return told.promise;
  };
  return { commit, ways, add };
}

const ROW: EntryRow = ['1'];

test('is on disk when it has been said', async () => {
  const { ways, add } = watched();
  const told = add(true);
  expect(ways).toEqual(['here 1+0']);
  expect(await told).toBe('written');
});

test('that the database refuses is told so', async () => {
  expect(await watched(() => ({ failed: [[0, 'no']] })).add(true)).toBe('no');
});

test('goes the usual way where it cannot be written at once', async () => {
  const { ways, add } = watched(() => undefined);
  expect(await add(true)).toBe('written');
  expect(ways).toEqual(['thread 1+0']);
});

test('shares the commit of calls that wait for one already', async () => {
  const { ways, add } = watched();
  expect(await Promise.all([add(false), add(true)])).toEqual(['written', 'written']);
  expect(ways).toEqual(['thread 2+0']);
});

test('goes the usual way after calls that shared a commit, until one was alone in it', async () => {
  const { ways, add } = watched();
  await Promise.all([add(false), add(false)]);
  await Promise.resolve();
  await add(true);
  await Promise.resolve();
  await add(true);
  expect(ways).toEqual(['thread 2+0', 'thread 1+0', 'here 1+0']);
});

test('takes nothing along: what need not be told at once is left to the thread', async () => {
  const { commit, ways, add } = watched();
  commit.delivered('5');
  commit.flush();
  commit.flush();
  await add(true);
  expect(ways).toEqual(['thread 1+1']);
});

test('leaves a slow disk to the thread for a while', async () => {
  const { ways, add } = watched(() => {
    Bun.sleepSync(3);
    return { failed: [] };
  });
  await add(true);
  await add(true);
  expect(ways).toEqual(['here 1+0', 'thread 1+0']);
});

test('and those of many at once are each charged once, whichever way they went', async () => {
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
