// The ledger over SQLite: answers from memory, writes in groups, resolves when what it wrote is on disk.

import type { Database } from 'bun:sqlite';
import type { Price } from '../../catalog/model.ts';
import { every, nowMs } from '../../lib/clock.ts';
import { digitsOf, newCallId } from '../../lib/id.ts';
import { IdTable } from '../../lib/id-table.ts';
import { log } from '../../lib/log.ts';
import { Balances } from '../balances.ts';
import type { Calendar } from '../calendar.ts';
import type { HoldOrder, Ledger, Posting, Receipt, Settlement } from '../ports.ts';
import { BOOKS } from './books.ts';
import { type Cell, integerCell } from './cell.ts';
import { type EntryRow, NO_USAGE_CELLS, usageCells } from './ledger-batch.ts';
import type { LedgerChannel } from './ledger-channel.ts';
import { GroupCommit, type Waiter } from './ledger-commit.ts';
import { rememberedIn, type UnderWay } from './ledger-memory.ts';
import { moneyRoom } from './money-room.ts';
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
  /** Charges and corrections between memory and disk. */
  const underWay = new IdTable<UnderWay & { receipt?: Receipt }>();
  const balances = new Balances(rememberedIn(database, underWay), calendar);
  const commit = new GroupCommit(channel);
  const numberOf = priceNumbers(database);
  const refuseTooMuch = moneyRoom(database);
  const charged = database.query<{ amount_nano: bigint }, [bigint]>(
    'SELECT amount_nano FROM entries WHERE id = ?',
  );

  const stop = repeat(TICK_MS, () => {
    const before = nowMs() - HOLD_ON_DISK_AFTER_MS;
    for (const [callId, hold] of balances.openHolds) {
      const { key, holdNano, model, atMs } = hold.order;
      if (hold.isOnDisk || atMs > before) continue;
      hold.isOnDisk = true;
      const purse = hold.purse ?? BOOKS.windows;
      commit.hold([String(callId), key.id, purse, integerCell(holdNano), model, atMs]);
    }
    commit.flush();
  });

  /** A writer that broke may have written first. What cannot even be read counts as not written. */
  const isOnDisk = (id: bigint): boolean => {
    try {
      return charged.get(id) !== null;
    } catch {
      return false;
    }
  };

  const settle = (settlement: Settlement, decided?: (isWritten: boolean) => void): Receipt => {
    const { callId } = settlement;
    const known = underWay.get(callId)?.receipt;
    if (known) return known;
    if (!balances.isHeld(callId)) {
      const row = charged.get(callId);
      if (row !== null) return { chargedNano: row.amount_nano, durable: Promise.resolve() };
    }
    const chargedNano = balances.ceiling(callId, settlement.chargeNano);
    const { purse } = balances.settle(settlement, chargedNano);
    const day = calendar.dayOf(settlement.atMs);
    const { promise: durable, resolve, reject } = Promise.withResolvers<void>();
    const receipt = { chargedNano, durable };
    underWay.set(callId, { keyId: settlement.key.id, day, nano: chargedNano, receipt });
    const waiter: Waiter = {
      written() {
        underWay.delete(callId);
        decided?.(true);
        resolve();
      },
      failed(error) {
        const isWritten = isOnDisk(callId);
        if (!isWritten) balances.undo(settlement, purse, chargedNano);
        underWay.delete(callId);
        decided?.(isWritten);
        if (isWritten) resolve();
        else reject(error);
      },
    };
    const row = chargeRow(settlement, purse ?? BOOKS.windows, chargedNano, day);
    commit.add(row, waiter, balances.openCount === 0);
    return receipt;
  };

  const post = async (posting: Posting): Promise<bigint> => {
    if (posting.kind === 'grant' || posting.kind === 'purchase') refuseTooMuch(posting.amountNano);
    const id = newCallId();
    const moving = balances.post(posting);
    if (moving === undefined) throw new Error('there is no such purse');
    const { leaves, expiry, confirm, undo } = moving;
    if (posting.kind === 'adjust' && posting.of) {
      const { key: keyId, day } = posting.of;
      underWay.set(id, { keyId, day, nano: leaves ? -posting.amountNano : 0n });
    }
    if (expiry !== undefined) commit.expiry(posting.purse, expiry, String(id));
    try {
      await commit.entry(postingRow(id, posting, calendar));
      confirm();
    } catch (thrown) {
      if (isOnDisk(id)) confirm();
      else {
        undo();
        throw thrown;
      }
    } finally {
      underWay.delete(id);
    }
    return id;
  };

  if (recover) await releaseLeftBehind(database, commit, calendar);
  return {
    hold: (order: HoldOrder) => balances.hold(order),
    foresee: (order) => balances.foresee(order),
    raise: (order: HoldOrder) => balances.raise(order),
    released: (purse, timeoutMs) => balances.released(purse, timeoutMs),
    reserve: (callId, chargeNano) => balances.reserve(callId, chargeNano),
    settle,
    delivered: (callId) => commit.delivered(digitsOf(callId)),
    post,
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

function chargeRow(settlement: Settlement, debit: number, chargedNano: bigint, day: number): EntryRow {
  const { callId, key, model, provider, price, rule, usage, costNano, losses, note, atMs } = settlement;
  return [
    digitsOf(callId),
    'charge',
    debit,
    BOOKS.revenue,
    integerCell(chargedNano),
    atMs,
    day,
    key.id,
    note ?? null,
    model,
    provider,
    price,
    rule,
    integerCell(costNano),
    ...usageCells(usage),
    losses ?? null,
    'unknown',
  ];
}

function postingRow(id: bigint, posting: Posting, calendar: Calendar): EntryRow {
  const { kind, purse, amountNano, note } = posting;
  const atMs = nowMs();
  const of = posting.kind === 'adjust' ? posting.of : undefined;
  const [debit, credit] = sidesOf(posting);
  const amount = String(amountNano < 0n ? -amountNano : amountNano);
  const day = of?.day ?? calendar.dayOf(atMs);
  const head: Cell[] = [String(id), kind, debit ?? purse, credit ?? purse, amount, atMs, day];
  const call: Cell[] = [of?.key ?? null, note, of?.model ?? null, null, null, null, null];
  return [...head, ...call, ...NO_USAGE_CELLS, null, null];
}

/** From which purse to which; undefined stands for the client's own. */
function sidesOf({ kind, amountNano }: Posting): [debit: number | undefined, credit: number | undefined] {
  switch (kind) {
    case 'purchase':
      return [BOOKS.payments, undefined];
    case 'grant':
      return [BOOKS.grants, undefined];
    case 'forfeit':
      return [undefined, BOOKS.forfeits];
    case 'adjust':
      return amountNano < 0n ? [undefined, BOOKS.adjustments] : [BOOKS.adjustments, undefined];
    default:
      return kind satisfies never;
  }
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
