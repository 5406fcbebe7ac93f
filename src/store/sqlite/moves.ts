// Moves money: in memory at once, and on disk by the next commit.

import type { Database } from 'bun:sqlite';
import { nowMs } from '../../lib/clock.ts';
import { digitsOf, newCallId } from '../../lib/id.ts';
import type { IdTable } from '../../lib/id-table.ts';
import type { Balances } from '../balances.ts';
import { BOOKS } from '../books.ts';
import type { Calendar } from '../calendar.ts';
import type { Posting, Receipt, Settlement } from '../ports.ts';
import { type Cell, integerCell } from './cell.ts';
import { type EntryCells, NO_USAGE_CELLS, usageCells } from './ledger-batch.ts';
import type { GroupCommit, Waiter } from './ledger-commit.ts';
import type { UnderWay } from './ledger-memory.ts';
import { moneyRoom } from './money-room.ts';

/** Charges and corrections between memory and disk. */
export type MovesUnderWay = IdTable<UnderWay & { receipt?: Receipt }>;

export type MovesPorts = {
  database: Database;
  balances: Balances;
  commit: GroupCommit;
  calendar: Calendar;
  underWay: MovesUnderWay;
};

/** `settle` and `post` of the ledger. */
export class Moves {
  readonly #balances: Balances;
  readonly #commit: GroupCommit;
  readonly #calendar: Calendar;
  readonly #underWay: MovesUnderWay;
  readonly #refuseTooMuch: ReturnType<typeof moneyRoom>;
  readonly #charged;

  constructor({ database, balances, commit, calendar, underWay }: MovesPorts) {
    this.#balances = balances;
    this.#commit = commit;
    this.#calendar = calendar;
    this.#underWay = underWay;
    this.#refuseTooMuch = moneyRoom(database);
    this.#charged = database.query<{ amount_nano: bigint }, [bigint]>(
      'SELECT amount_nano FROM entries WHERE id = ?',
    );
  }

  settle(settlement: Settlement, decided?: (isWritten: boolean) => void): Receipt {
    const { callId } = settlement;
    const known = this.#underWay.get(callId)?.receipt;
    if (known) return known;
    if (!this.#balances.isHeld(callId)) {
      const row = this.#charged.get(callId);
      if (row !== null) return { chargedNano: row.amount_nano, durable: Promise.resolve() };
    }
    const chargedNano = this.#balances.ceiling(callId, settlement.chargeNano);
    const { purse } = this.#balances.settle(settlement, chargedNano);
    const day = this.#calendar.dayOf(settlement.atMs);
    const { promise: durable, resolve, reject } = Promise.withResolvers<void>();
    const receipt = { chargedNano, durable };
    this.#underWay.set(callId, { keyId: settlement.key.id, day, nano: chargedNano, receipt });
    const waiter: Waiter = {
      written: () => {
        this.#underWay.take(callId);
        decided?.(true);
        resolve();
      },
      failed: (error) => {
        const isWritten = this.#isOnDisk(callId);
        if (!isWritten) this.#balances.undo(settlement, purse, chargedNano);
        this.#underWay.take(callId);
        decided?.(isWritten);
        if (isWritten) resolve();
        else reject(error);
      },
    };
    const row = chargeRow(settlement, purse ?? BOOKS.windows, chargedNano, day);
    this.#commit.add(row, waiter, this.#balances.openCount === 0);
    return receipt;
  }

  async post(posting: Posting): Promise<bigint> {
    if (posting.kind === 'grant' || posting.kind === 'purchase') this.#refuseTooMuch(posting.amountNano);
    const id = newCallId();
    const moving = this.#balances.post(posting);
    if (moving === undefined) throw new Error('there is no such purse');
    const { leaves, expiry, confirm, undo } = moving;
    if (posting.kind === 'adjust' && posting.of) {
      const { key: keyId, day } = posting.of;
      this.#underWay.set(id, { keyId, day, nano: leaves ? -posting.amountNano : 0n });
    }
    if (expiry !== undefined) this.#commit.expiry(posting.purse, expiry, String(id));
    try {
      await this.#commit.entry(postingRow(id, posting, this.#calendar));
      confirm();
    } catch (thrown) {
      if (this.#isOnDisk(id)) confirm();
      else {
        undo();
        throw thrown;
      }
    } finally {
      this.#underWay.take(id);
    }
    return id;
  }

  /** A writer that broke may have written first. What cannot even be read counts as not written. */
  #isOnDisk(id: bigint): boolean {
    try {
      return this.#charged.get(id) !== null;
    } catch {
      return false;
    }
  }
}

function chargeRow(settlement: Settlement, debit: number, chargedNano: bigint, day: number): EntryCells {
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

function postingRow(id: bigint, posting: Posting, calendar: Calendar): EntryCells {
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
