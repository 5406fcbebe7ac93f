// What a budget counts while charges are on their way to the disk: each of them once, whoever sets it and when.

import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import fc from 'fast-check';
import { calendarIn } from '../../src/store/calendar.ts';
import type { BudgetPeriod, Key, Ledger } from '../../src/store/ports.ts';
import { createLedger } from '../../src/store/sqlite/ledger.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { FatefulChannel, settleDown } from '../laws/ledger-disk.ts';
import { endOf, keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const DAY_MS = 86_400_000;
const NOW = Date.now();
/** Day 1 is over, day 2 goes on until tomorrow; a month has both. */
const TURN = {
  dayOf: (timeMs: number) => (timeMs < NOW - DAY_MS ? 1 : 2),
  periodOf: (period: BudgetPeriod, timeMs: number) => ({
    firstDay: period === 'month' ? 1 : TURN.dayOf(timeMs),
    endsAtMs: TURN.dayOf(timeMs) === 1 && period === 'day' ? NOW - DAY_MS : NOW + 10 * DAY_MS,
  }),
};
const YESTERDAY = NOW - DAY_MS - 1;

type World = { key: Key; ledger: Ledger; channel: FatefulChannel; restart(): Promise<void> };
const open = new Set<{ close(): void }>();
afterEach(() => {
  for (const database of open) database.close();
  open.clear();
});

/** A key of a million without a budget, over a disk that writes only when it is told to. */
async function slowly(): Promise<World> {
  const dataDir = scratchDir();
  const store = await storeIn(dataDir);
  const key = keyIn(store, { creditNano: 1_000_000n });
  await store.close();
  const start = async () => {
    const database = openDatabase(join(dataDir, 'osiris.db'), 'existing');
    open.add(database);
    const channel = new FatefulChannel(database, (inner) => inner);
    const ledger = await createLedger(database, channel, { calendar: TURN, every: () => () => {} });
    channel.eager = false;
    return { database, ledger, channel };
  };
  let at = await start();
  const world: World = {
    ...{ key, ledger: at.ledger, channel: at.channel },
    async restart() {
      // what is on its way is lost, as with a process that is killed
      at.database.close();
      open.delete(at.database);
      at = await start();
      Object.assign(world, { ledger: at.ledger, channel: at.channel });
    },
  };
  return world;
}

function within(key: Key, period: BudgetPeriod): Key {
  return { ...key, budget: { amountNano: 500_000n, period } };
}

function charge({ key, ledger }: World, nano: bigint, atMs = NOW, as = key): Promise<void> {
  const order = orderFor(as, { atMs });
  ledger.hold(order);
  const { durable } = ledger.settle(endOf(order, { chargeNano: nano }));
  durable.catch(() => {});
  return durable;
}

function spentOf({ key, ledger }: World, period: BudgetPeriod): bigint | undefined {
  return ledger.tally(within(key, period)).budget?.spentNano;
}

describe('a budget that is set while a call runs', () => {
  test('counts a charge that waits for the disk, once also after it is written', async () => {
    const world = await slowly();
    const durable = charge(world, 300n);
    await settleDown();
    expect(spentOf(world, 'day')).toBe(300n);
    await world.channel.decide('written');
    await durable;
    expect(spentOf(world, 'day')).toBe(300n);
    expect(spentOf(world, 'month')).toBe(300n);
    await world.restart();
    expect(spentOf(world, 'day')).toBe(300n);
  });

  test('counts a charge once that is on disk before its call has heard of it', async () => {
    const world = await slowly();
    const durable = charge(world, 300n);
    await settleDown();
    // written, and the word of that lost: the ledger looks for itself
    const told = world.channel.decide('lost');
    expect(spentOf(world, 'day')).toBe(300n);
    await told;
    expect(spentOf(world, 'month')).toBe(300n);
    await durable;
    expect(spentOf(world, 'day')).toBe(300n);
  });

  test('counts the charge of a call that began before, with the key as it was then', async () => {
    const world = await slowly();
    const order = orderFor(world.key, { atMs: NOW });
    world.ledger.hold(order);
    expect(spentOf(world, 'day')).toBe(0n);
    world.ledger.settle(endOf(order, { chargeNano: 300n }));
    expect(spentOf(world, 'day')).toBe(300n);
    await settleDown();
    await world.channel.decide('written');
    await settleDown();
    expect(spentOf(world, 'day')).toBe(300n);
    expect(spentOf(world, 'month')).toBe(300n);
  });

  test('does not count a charge that could not be written', async () => {
    const world = await slowly();
    const durable = charge(world, 300n);
    await settleDown();
    expect(spentOf(world, 'day')).toBe(300n);
    await world.channel.decide('refused');
    await expect(durable).rejects.toThrow();
    expect(spentOf(world, 'day')).toBe(0n);
    expect(spentOf(world, 'month')).toBe(0n);
  });
});

describe('a period that turns while charges are on their way', () => {
  test('leaves yesterday behind and begins with what is booked today', async () => {
    const world = await slowly();
    const key = within(world.key, 'day');
    charge(world, 300n, YESTERDAY, key);
    charge(world, 40n, NOW, key);
    expect(spentOf(world, 'day')).toBe(40n);
    charge(world, 500n, YESTERDAY, key);
    expect(spentOf(world, 'day')).toBe(40n);
    expect(spentOf(world, 'month')).toBe(840n);
    await settleDown();
    for (const _ of [1, 2]) {
      await world.channel.decide('written');
      await settleDown();
    }
    expect(spentOf(world, 'day')).toBe(40n);
    await world.restart();
    expect([spentOf(world, 'day'), spentOf(world, 'month')]).toEqual([40n, 840n]);
  });
});

type Step =
  | { do: 'charge'; nano: bigint; isToday: boolean; period: BudgetPeriod | undefined }
  | { do: 'correct'; nano: bigint }
  | { do: 'disk'; fate: 'written' | 'refused' | 'lost' }
  | { do: 'look'; period: BudgetPeriod }
  | { do: 'restart' };

const PERIOD = fc.constantFrom<BudgetPeriod>('day', 'month');
const STEP = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({
    do: fc.constant('charge' as const),
    nano: fc.bigInt({ min: 1n, max: 999n }),
    isToday: fc.boolean(),
    period: fc.option(PERIOD, { nil: undefined }),
  }),
  fc.record({ do: fc.constant('correct' as const), nano: fc.constantFrom(-7n, 5n) }),
  fc.record({
    do: fc.constant('disk' as const),
    fate: fc.constantFrom('written' as const, 'refused' as const, 'lost' as const),
  }),
  fc.record({ do: fc.constant('look' as const), period: PERIOD }),
  fc.constant({ do: 'restart' as const }),
);

type Booked = {
  nano: bigint;
  day: 1 | 2;
  counts: 'at once' | 'on disk';
  state: 'on its way' | 'on disk' | 'failed';
};

test('a budget is that of the day it is again once a clock that was ahead is set back', async () => {
  const store = await storeIn(scratchDir());
  const { ledger } = store;
  const key = within(keyIn(store, { creditNano: 1_000_000n }), 'day');
  expect(ledger.hold(orderFor(key, { atMs: NOW + 10 * DAY_MS }))).toEqual({ ok: true });
  const order = orderFor(key);
  expect(ledger.hold(order)).toEqual({ ok: true });
  await ledger.settle(endOf(order, { chargeNano: 499_950n })).durable;
  expect(ledger.hold(orderFor(key))).toMatchObject({ ok: false, why: 'budget' });
  await store.close();
});

test('whatever the order, a budget has spent the sum of the charges and corrections of its period', async () => {
  const property = fc.asyncProperty(fc.array(STEP, { maxLength: 25 }), async (steps) => {
    const world = await slowly();
    charge(world, 1n, NOW);
    await settleDown();
    await world.channel.decide('written');
    const booked: Booked[] = [{ nano: 1n, day: 2, counts: 'at once', state: 'on disk' }];
    const follow = (durable: Promise<unknown>, entry: Booked) => {
      booked.push(entry);
      durable.then(
        () => (entry.state = 'on disk'),
        () => (entry.state = 'failed'),
      );
    };
    for (const step of steps) {
      if (step.do === 'charge') {
        const { nano, isToday, period } = step;
        const as = period ? within(world.key, period) : world.key;
        const durable = charge(world, nano, isToday ? NOW : YESTERDAY, as);
        follow(durable, { nano, day: isToday ? 2 : 1, counts: 'at once', state: 'on its way' });
      } else if (step.do === 'correct') {
        const { purse, id } = world.key;
        const of = { key: id, model: 'm', day: 2 };
        const posted = world.ledger.post({ kind: 'adjust', purse, amountNano: step.nano, note: '', of });
        const counts = step.nano < 0n ? 'at once' : 'on disk';
        follow(posted, { nano: -step.nano, day: 2, counts, state: 'on its way' });
      } else if (step.do === 'disk') {
        await world.channel.decide(step.fate);
      } else if (step.do === 'restart') {
        await world.restart();
        for (const entry of booked) if (entry.state === 'on its way') entry.state = 'failed';
      } else {
        const counted = booked.filter(
          ({ day, counts, state }) =>
            (step.period === 'month' || day === 2) &&
            (state === 'on disk' || (state === 'on its way' && counts === 'at once')),
        );
        expect(spentOf(world, step.period)).toBe(counted.reduce((sum, { nano }) => sum + nano, 0n));
      }
      await settleDown();
    }
  });
  await fc.assert(property, { numRuns: 60, seed: 3, endOnFailure: true });
});

describe('a budget at the edge of its period', () => {
  test.each<[BudgetPeriod, string, string]>([
    ['month', '2028-02-29T23:59:59.999Z', 'a leap day'],
    ['month', '2027-02-28T23:59:59.999Z', 'the end of a short February'],
    ['month', '2026-12-31T23:59:59.999Z', 'the end of a year'],
    ['month', '2026-04-30T23:59:59.999Z', 'the end of a month of 30 days'],
    ['week', '2026-12-06T23:59:59.999Z', 'a Sunday'],
    ['week', '2027-01-03T23:59:59.999Z', 'the Sunday of a week that began in another year'],
    ['day', '2028-02-29T23:59:59.999Z', 'a leap day'],
  ])('of a %s lasts to the last millisecond, %s: %s', async (period, last) => {
    const dataDir = scratchDir();
    const store = await openStore(dataDir, { mode: 'create', calendar: calendarIn('UTC'), writer: 'direct' });
    const key = within(keyIn(store, { creditNano: 1_000_000n }), period);
    const { ledger } = store;
    const lastMs = Date.parse(last);
    const wants = (atMs: number) => ledger.foresee(orderFor(key, { needNano: 200_000n, atMs }));
    const spend = async (nano: bigint, begunMs: number, endMs = begunMs) => {
      const order = orderFor(key, { atMs: begunMs });
      expect(ledger.hold(order).ok).toBe(true);
      await ledger.settle(endOf(order, { chargeNano: nano, atMs: endMs })).durable;
    };
    await spend(400_000n, lastMs);
    expect(wants(lastMs)).toMatchObject([{ why: 'budget', resetsAtMs: lastMs + 1 }]);
    expect(wants(lastMs + 1)).toEqual([]);
    // a call that begins in one and ends in the next counts where it ends
    await spend(400_000n, lastMs, lastMs + 1);
    expect(wants(lastMs + 1)).toMatchObject([{ why: 'budget' }]);
    await store.close();
  });
});
