// The cap on what all keys together are charged in a day: exact beside open holds, over restarts and over midnight.

import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import fc from 'fast-check';
import type { HoldOrder, Key, Ledger } from '../../src/store/ports.ts';
import { EVERY_PURSE } from '../../src/store/ports.ts';
import { createLedger } from '../../src/store/sqlite/ledger.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/sqlite/store.ts';
import { FatefulChannel } from '../laws/ledger-disk.ts';
import { DAILY, endOf, keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const DAY_MS = 86_400_000;
const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function openStore(dataDir = scratchDir()): Promise<Store> {
  const store = await storeIn(dataDir);
  open.push(store);
  return store;
}

const capped = (key: Key, capNano: bigint, members: Partial<HoldOrder> = {}) =>
  orderFor(key, { capNano, ...members });

async function charge(ledger: Ledger, key: Key, nano: bigint, atMs = Date.now()): Promise<void> {
  const order = orderFor(key, { atMs });
  expect(ledger.hold(order)).toEqual({ ok: true });
  await ledger.settle(endOf(order, { chargeNano: nano })).durable;
}

describe('a cap on the day', () => {
  test('counts what all keys are charged, time keys too, and refuses what it leaves no room for', async () => {
    const store = await openStore();
    const { ledger } = store;
    const credit = keyIn(store, { creditNano: 10_000n });
    const time = keyIn(store, { kind: 'time', days: 1 });
    await charge(ledger, credit, 300n);
    await charge(ledger, time, 500n);
    expect(ledger.today()).toMatchObject({ spentNano: 800n, heldNano: 0n });
    expect(ledger.hold(capped(credit, 901n, { needNano: 101n }))).toEqual({ ok: true });
    expect(ledger.hold(capped(time, 899n))).toMatchObject({ ok: false, why: 'cap' });
    // what costs nothing needs no room
    expect(ledger.hold(capped(time, 1n, { needNano: 0n, holdNano: 0n }))).toEqual({ ok: true });
  });

  test('lets a call wait that only open holds keep out, whoever they belong to', async () => {
    const store = await openStore();
    const { ledger } = store;
    const [one, other] = [keyIn(store, { creditNano: 10_000n }), keyIn(store, { creditNano: 10_000n })];
    const first = capped(one, 150n);
    expect(ledger.hold(first)).toEqual({ ok: true });
    const second = capped(other, 150n);
    expect(ledger.hold(second)).toEqual({ ok: false, why: 'cap-held' });
    const released = ledger.released(EVERY_PURSE, 60_000);
    ledger.settle(endOf(first, { chargeNano: 0n, rule: 'our-failure' }));
    await released;
    expect(ledger.hold(second)).toEqual({ ok: true });
  });

  test('comes after what is wrong with the key itself, and is foreseen beside it', async () => {
    const store = await openStore();
    const poor = keyIn(store, { creditNano: 0n });
    expect(store.ledger.hold(capped(poor, 1n))).toMatchObject({ why: 'empty' });
    expect(store.ledger.foresee(capped(poor, 1n)).map(({ why }) => why)).toEqual(['empty', 'cap']);
  });

  test('knows after a restart what was spent before it, corrections included', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 10_000n });
    await charge(store.ledger, key, 700n);
    const of = { key: key.id, model: 'm', day: DAILY.dayOf(Date.now()) };
    expect(store.ledger.today().spentNano).toBe(700n);
    await store.ledger.post({ kind: 'adjust', purse: key.purse, amountNano: 200n, note: 'less', of });
    await store.ledger.post({ kind: 'adjust', purse: key.purse, amountNano: -50n, note: 'more', of });
    expect(store.ledger.today().spentNano).toBe(550n);
    await store.close();
    const again = await openStore(dataDir);
    expect(again.ledger.today().spentNano).toBe(550n);
    expect(again.ledger.hold(capped(key, 600n))).toMatchObject({ why: 'cap' });
  });

  test('begins anew at midnight, with what is still held', async () => {
    const store = await openStore();
    const { ledger } = store;
    const key = keyIn(store, { creditNano: 10_000n });
    const now = Date.now();
    const tomorrow = ledger.today().resetsAtMs;
    await charge(ledger, key, 900n, now);
    expect(ledger.hold(capped(key, 1_000n, { atMs: tomorrow - 1, needNano: 101n }))).toMatchObject({
      ...{ why: 'cap', resetsAtMs: tomorrow },
    });
    const over = capped(key, 1_000n, { atMs: tomorrow - 1 });
    expect(ledger.hold(over)).toEqual({ ok: true });
    expect(ledger.hold(capped(key, 1_000n, { atMs: tomorrow, needNano: 901n }))).toMatchObject({
      why: 'cap-held',
    });
    await ledger.settle(endOf(over, { chargeNano: 100n, atMs: tomorrow + 1 })).durable;
    expect(ledger.hold(capped(key, 1_000n, { atMs: tomorrow + 2, needNano: 901n }))).toMatchObject({
      why: 'cap',
    });
    expect(ledger.hold(capped(key, 1_000n, { atMs: tomorrow + 2, needNano: 900n }))).toEqual({ ok: true });
  });

  test('is that of the day it is again once a clock that was ahead is set back', async () => {
    const store = await openStore();
    const { ledger } = store;
    const key = keyIn(store, { creditNano: 10_000n });
    const ahead = capped(key, 1_000n, { atMs: Date.now() + 10 * DAY_MS });
    expect(ledger.hold(ahead)).toEqual({ ok: true });
    await ledger.settle(endOf(ahead, { chargeNano: 1_000n })).durable;
    const now = capped(key, 1_000n);
    expect(ledger.hold(now)).toEqual({ ok: true });
    await ledger.settle(endOf(now, { chargeNano: 950n })).durable;
    expect(ledger.today()).toMatchObject({ spentNano: 950n });
    expect(ledger.hold(capped(key, 1_000n))).toMatchObject({ ok: false, why: 'cap' });
  });

  test('counts a charge once, whether it waits for the disk, is written, or could not be', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 10_000n });
    await store.close();
    const database = openDatabase(join(dataDir, 'osiris.db'), 'existing');
    open.push(database);
    const channel = new FatefulChannel(database, (inner) => inner);
    const ledger = await createLedger(database, channel, { calendar: DAILY, every: () => () => {} });
    channel.eager = false;
    const settle = (nano: bigint) => {
      const order = orderFor(key);
      ledger.hold(order);
      const { durable } = ledger.settle(endOf(order, { chargeNano: nano }));
      durable.catch(() => {});
      return durable;
    };
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const first = settle(300n);
    await turn();
    // read while it is on its way
    expect(ledger.today().spentNano).toBe(300n);
    await channel.decide('written');
    await first;
    expect(ledger.today().spentNano).toBe(300n);
    const second = settle(50n);
    await turn();
    expect(ledger.today().spentNano).toBe(350n);
    await channel.decide('refused');
    await second.catch(() => {});
    expect(ledger.today().spentNano).toBe(300n);
  });

  test('is never passed by strict holds, in whatever order calls begin and end', async () => {
    const step = fc.record({
      which: fc.nat(3),
      nano: fc.integer({ min: 1, max: 400 }),
      ends: fc.boolean(),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const store = await openStore();
    const { ledger } = store;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const keys = Array.from({ length: 4 }, () => keyIn(store, { creditNano: 1_000_000n }));
        const capNano = ledger.today().spentNano + 1_000n;
        const running: HoldOrder[] = [];
        const settled: Promise<void>[] = [];
        const end = (order: HoldOrder, part: number) => {
          const chargeNano = BigInt(Math.floor(Number(order.holdNano) * part));
          settled.push(ledger.settle(endOf(order, { chargeNano })).durable);
        };
        for (const { which, nano, ends, part } of steps) {
          if (ends && running.length > 0) end(running.shift() as HoldOrder, part);
          else {
            const amounts = { needNano: BigInt(nano), holdNano: BigInt(nano), strict: true };
            const order = capped(keys[which] as Key, capNano, amounts);
            const { spentNano, heldNano } = ledger.today();
            const fits = spentNano + heldNano + BigInt(nano) <= capNano;
            expect(ledger.hold(order).ok).toBe(fits);
            if (fits) running.push(order);
          }
          const { spentNano, heldNano } = ledger.today();
          expect(spentNano + heldNano).toBeLessThanOrEqual(capNano);
        }
        for (const order of running) end(order, 1);
        await Promise.all(settled);
        expect(ledger.today().spentNano).toBeLessThanOrEqual(capNano);
        expect(ledger.today().heldNano).toBe(0n);
      }),
      { numRuns: 50 },
    );
  });
});
