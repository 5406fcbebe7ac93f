// The ledger over SQLite: answers from memory, writes in groups, resolves when what it wrote is on disk.

import type { Database } from 'bun:sqlite';
import type { Price } from '../../catalog/model.ts';
import { every, nowMs } from '../../lib/clock.ts';
import { digitsOf } from '../../lib/id.ts';
import { IdTable } from '../../lib/id-table.ts';
import { log } from '../../lib/log.ts';
import { Balances } from '../balances.ts';
import { BOOKS } from '../books.ts';
import type { Calendar } from '../calendar.ts';
import type { HoldOrder, Ledger } from '../ports.ts';
import { type Cell, integerCell } from './cell.ts';
import { NO_USAGE_CELLS } from './ledger-batch.ts';
import type { LedgerChannel } from './ledger-channel.ts';
import { GroupCommit } from './ledger-commit.ts';
import { rememberedIn } from './ledger-memory.ts';
import { Moves, type MovesUnderWay } from './moves.ts';
import { priceNumbers } from './price-numbers.ts';

/** A call that takes longer is written down while it runs, so that a crash does not forget it. */
const HOLD_ON_DISK_AFTER_MS = 250;
const TICK_MS = 250;

export type LedgerOptions = {
  calendar: Calendar;
  /** Release the holds that a crash left behind; true unless said otherwise. */
  recover?: boolean;
  /** Calls back at even distances; a test lets its time pass by hand. */
  every?: typeof every;
};

/**
 * The ledger in an open database; reads through `database`, writes through `channel`.
 */
export async function createLedger(
  database: Database,
  channel: LedgerChannel,
  { calendar, recover = true, every: repeat = every }: LedgerOptions,
): Promise<Ledger> {
  const underWay: MovesUnderWay = new IdTable();
  const balances = new Balances(rememberedIn(database, underWay), calendar);
  const commit = new GroupCommit(channel);
  const numberOf = priceNumbers(database);
  const moves = new Moves({ database, balances, commit, calendar, underWay });
  const stop = repeat(TICK_MS, () => writeLongHolds(balances, commit));

  if (recover) await releaseLeftBehind(database, commit, calendar);
  return {
    hold: (order: HoldOrder) => balances.hold(order),
    foresee: (order) => balances.foresee(order),
    raise: (order: HoldOrder) => balances.raise(order),
    released: (purse, timeoutMs) => balances.released(purse, timeoutMs),
    reserve: (callId, chargeNano) => balances.reserve(callId, chargeNano),
    settle: (settlement, decided) => moves.settle(settlement, decided),
    delivered: (callId) => commit.delivered(digitsOf(callId)),
    post: (posting) => moves.post(posting),
    purse: (id) => balances.purse(id),
    tally: (key) => balances.tally(key, nowMs()),
    today: () => balances.today(nowMs()),
    priceVersion: (model, price: Price) => numberOf(model, price),
    trouble: () => commit.trouble,
    prove: () => commit.prove(),
    lagMs: () => commit.lagMs(),
    async close() {
      stop();
      await commit.close();
    },
  };
}

function writeLongHolds(balances: Balances, commit: GroupCommit): void {
  const before = nowMs() - HOLD_ON_DISK_AFTER_MS;
  for (const [callId, hold] of balances.openHolds) {
    const { key, holdNano, model, atMs } = hold.order;
    if (hold.isOnDisk || atMs > before) continue;
    hold.isOnDisk = true;
    const purse = hold.purse ?? BOOKS.windows;
    commit.hold([String(callId), key.id, purse, integerCell(holdNano), model, atMs]);
  }
  commit.flush();
}

/** What was under way when the process was killed costs nothing and is written down as crashed. */
async function releaseLeftBehind(database: Database, commit: GroupCommit, calendar: Calendar): Promise<void> {
  type Row = { call_id: bigint; key: string; purse: bigint; model: string };
  const rows = database.query<Row, []>('SELECT call_id, key, purse, model FROM holds').all();
  if (rows.length === 0) return;
  const atMs = nowMs();
  await Promise.all(
    rows.map(({ call_id: callId, key, purse, model }) => {
      const head: Cell[] = [String(callId), 'release', Number(purse), BOOKS.revenue, '0', atMs];
      const call: Cell[] = [calendar.dayOf(atMs), key, null, model, null, null, 'crashed', '0'];
      return commit.entry([...head, ...call, ...NO_USAGE_CELLS, null, null]);
    }),
  );
  log.warn('calls that were under way at the last stop were released without a charge', {
    calls: rows.length,
  });
}
