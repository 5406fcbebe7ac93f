// What every purse and key stands at right now: balances, open holds and sums, in memory.

import { after } from '../lib/clock.ts';
import { IdTable } from '../lib/id-table.ts';
import { type Calendar, isClosed, type OpenPeriod } from './calendar.ts';
import { DaySpend, type RememberedDays } from './day-spend.ts';
import {
  type BudgetPeriod,
  type DayStanding,
  EVERY_PURSE,
  type HoldOrder,
  type HoldRefusal,
  type HoldVerdict,
  type Key,
  type KeyTally,
  type Posting,
  type Purse,
  type Settlement,
} from './ports.ts';

/** What is on disk about a purse and a key, read when one is first seen. */
export type Remembered = RememberedDays & {
  purse(id: number): Omit<Purse, 'heldNano'> | undefined;
  /** Sums of all its calls. Read before the first of them is booked here, so that none is on its way to the disk. */
  tally(keyId: string): Omit<KeyTally, 'budget'>;
  /** What was spent since that day, with what is booked here but perhaps not on disk yet: each charge once. */
  spentSince(keyId: string, sinceDay: number): bigint;
};

/** `isOnDisk`: it is old enough to have been written down. */
export type Hold = { order: HoldOrder; purse: number | undefined; isOnDisk: boolean };

/** Money that is on its way to the disk. `expiry` is what its purse is left with, null for none. */
export type Moving = {
  leaves: boolean;
  expiry: number | null | undefined;
  /** It is on disk. */
  confirm(): void;
  /** It could not be written. */
  undo(): void;
};

type Sums = Omit<KeyTally, 'budget'> & {
  heldNano: bigint;
  period?: OpenPeriod & { kind: BudgetPeriod; firstDay: number; spentNano: bigint };
};

/**
 * The state that decides whether a call may begin. Every change is mirrored on disk by whoever calls; `undo` takes
 * a settlement back whose mirror failed.
 */
export class Balances {
  readonly #remembered: Remembered;
  readonly #calendar: Calendar;
  readonly #today: DaySpend;
  readonly #purses = new Map<number, Purse>();
  readonly #sums = new Map<string, Sums>();
  readonly #holds = new IdTable<Hold>();
  readonly #waiting = new Map<number, Set<() => void>>();

  constructor(remembered: Remembered, calendar: Calendar) {
    this.#remembered = remembered;
    this.#calendar = calendar;
    this.#today = new DaySpend(remembered, calendar);
  }

  get openHolds(): Iterable<[callId: bigint, Hold]> {
    return this.#holds;
  }

  /** Calls under way. */
  get openCount(): number {
    return this.#holds.size;
  }

  isHeld(callId: bigint): boolean {
    return this.#holds.has(callId);
  }

  purse(id: number): Purse | undefined {
    const known = this.#purses.get(id);
    if (known) return known;
    const read = this.#remembered.purse(id);
    if (read === undefined) return undefined;
    const purse: Purse = { ...read, heldNano: 0n };
    this.#purses.set(id, purse);
    return purse;
  }

  tally(key: Key, atMs: number): KeyTally {
    const { calls, inputTokens, outputTokens, spentNano, lastUsedMs } = this.#sumsOf(key.id);
    const period = key.budget && this.#periodOf(key, atMs);
    return {
      calls,
      inputTokens,
      outputTokens,
      spentNano,
      lastUsedMs,
      ...(period ? { budget: { spentNano: period.spentNano, resetsAtMs: period.endsAtMs } } : {}),
    };
  }

  /** Puts the money aside; a second order for the same call changes nothing. */
  hold(order: HoldOrder): HoldVerdict {
    if (this.#holds.has(order.callId)) return { ok: true };
    const { key, needNano, holdNano } = order;
    const purse = key.kind === 'time' ? undefined : this.purse(key.purse);
    const verdict = this.#verdicts(order, purse);
    if (!verdict.ok) return verdict;
    const held = { order, purse: purse?.id, isOnDisk: false };
    this.#holds.set(order.callId, held);
    if (holdNano > 0n || needNano > 0n) this.#putAside(held, holdNano);
    return OK;
  }

  /** What would refuse the order: by its purse or quota, its budget, and the cap, each as if the others were not. */
  foresee(order: HoldOrder): HoldRefusal[] {
    const { budget, quotaNano: _, ...bare } = order.key;
    const { budget: __, ...unbudgeted } = order.key;
    const purse = order.key.kind === 'time' ? undefined : this.purse(order.key.purse);
    const verdicts = [this.#verdict({ ...order, key: unbudgeted }, purse)];
    if (budget) verdicts.push(this.#verdict({ ...order, key: { ...bare, budget, kind: 'time' } }, undefined));
    verdicts.push(this.#today.verdict(order));
    return verdicts.filter((verdict) => !verdict.ok);
  }

  /** Puts more aside for a call that has begun, as if it had put nothing aside yet; never less. */
  raise(order: HoldOrder): HoldVerdict {
    const held = this.#holds.get(order.callId);
    // it has been settled: nobody would give back what is put aside for it now
    if (held === undefined) return { ok: false, why: 'held' };
    const { order: before } = held;
    this.#putAside(held, -before.holdNano);
    const verdict = this.#verdicts(order, held.purse === undefined ? undefined : this.purse(held.purse));
    const holdNano = verdict.ok && order.holdNano > before.holdNano ? order.holdNano : before.holdNano;
    this.#putAside(held, holdNano);
    if (verdict.ok) held.order = { ...before, model: order.model, holdNano };
    return verdict;
  }

  today(atMs: number): DayStanding {
    return this.#today.standing(atMs);
  }

  /** The key's own reasons come first: they are there tomorrow, too. */
  #verdicts(order: HoldOrder, purse: Purse | undefined): HoldVerdict {
    const verdict = this.#verdict(order, purse);
    return verdict.ok ? this.#today.verdict(order) : verdict;
  }

  #verdict(order: HoldOrder, purse: Purse | undefined): HoldVerdict {
    const { key, needNano, atMs } = order;
    // what costs nothing needs no money
    if (needNano === 0n) return OK;
    const sums = this.#sumsOf(key.id);
    if (key.kind !== 'time') {
      if (purse === undefined) return { ok: false, why: 'empty' };
      if (purse.expiresAtMs !== undefined && purse.expiresAtMs <= atMs) return { ok: false, why: 'ended' };
      if (purse.balanceNano < needNano) return { ok: false, why: 'empty' };
      if (purse.balanceNano - purse.heldNano < needNano) return { ok: false, why: 'held' };
    } else if (key.quotaNano !== undefined) {
      const left = key.quotaNano - sums.spentNano;
      if (left < needNano) return { ok: false, why: 'quota' };
      if (left - sums.heldNano < needNano) return { ok: false, why: 'held' };
    }
    if (key.budget === undefined) return OK;
    const period = this.#periodOf(key, atMs);
    const left = key.budget.amountNano - period.spentNano;
    if (left < needNano) return { ok: false, why: 'budget', resetsAtMs: period.endsAtMs };
    return left - sums.heldNano < needNano ? { ok: false, why: 'held' } : OK;
  }

  /** Resolves when a hold on the purse has ended, or money has come in, or after `timeoutMs`. */
  async released(purse: number, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = this.#waiting.get(purse) ?? new Set();
    queue.add(resolve);
    this.#waiting.set(purse, queue);
    const cancel = after(timeoutMs, resolve);
    await promise;
    cancel();
    queue.delete(resolve);
  }

  /** A strict hold keeps the purse at 0 or above: the charge may take its own hold and what nobody has put aside. */
  ceiling(callId: bigint, chargeNano: bigint): bigint {
    return this.#ceilingOf(this.#holds.get(callId), chargeNano);
  }

  #ceilingOf(hold: Hold | undefined, chargeNano: bigint): bigint {
    if (!hold?.order.strict || hold.purse === undefined) return chargeNano;
    const purse = this.purse(hold.purse);
    if (purse === undefined) return chargeNano;
    const others = purse.heldNano - hold.order.holdNano;
    const available = purse.balanceNano - others;
    if (available <= 0n) return 0n;
    return chargeNano < available ? chargeNano : available;
  }

  /**
   * The same, put aside for this call: what its client is told it costs is there when it is settled, whatever others
   * put aside meanwhile.
   */
  reserve(callId: bigint, chargeNano: bigint): bigint {
    const hold = this.#holds.get(callId);
    const nano = this.#ceilingOf(hold, chargeNano);
    if (!hold?.order.strict || hold.purse === undefined || nano <= hold.order.holdNano) return nano;
    this.#putAside(hold, nano - hold.order.holdNano);
    hold.order = { ...hold.order, holdNano: nano };
    return nano;
  }

  #putAside({ order, purse: id }: Hold, nano: bigint): void {
    const purse = id === undefined ? undefined : this.purse(id);
    if (purse) purse.heldNano += nano;
    this.#sumsOf(order.key.id).heldNano += nano;
    this.#today.heldNano += nano;
  }

  /** Books a settled call and drops its hold. `purse` is undefined for time keys, whose window has paid already. */
  settle(settlement: Settlement, chargedNano: bigint): { purse: number | undefined } {
    const { callId, key, atMs } = settlement;
    const hold = this.#drop(callId);
    const purseId = hold ? hold.purse : key.kind === 'time' ? undefined : key.purse;
    this.#book(settlement, purseId, chargedNano, atMs, 1n);
    return { purse: purseId };
  }

  /** Takes back a settlement that could not be put on disk. */
  undo(settlement: Settlement, purse: number | undefined, chargedNano: bigint): void {
    this.#book(settlement, purse, chargedNano, settlement.atMs, -1n);
  }

  /**
   * Begins to move money: what leaves is gone at once, what comes counts once it is on disk; a new expiry holds at
   * once. Undefined when there is no such purse.
   */
  post(posting: Posting): Moving | undefined {
    const purse = this.purse(posting.purse);
    if (purse === undefined) return undefined;
    // read before it is written: what is read later would hold the correction already
    if (posting.kind === 'adjust' && posting.of) this.#sumsOf(posting.of.key);
    const leaves = posting.kind === 'forfeit' || posting.amountNano < 0n;
    const before = purse.expiresAtMs;
    if (leaves) this.#move(posting, purse, 1n);
    const expiry = expiryBy(posting, purse);
    if (expiry !== undefined) setExpiry(purse, expiry ?? undefined);
    this.#wake(posting.purse);
    return {
      leaves,
      expiry,
      confirm: () => {
        if (!leaves) this.#move(posting, purse, 1n);
        this.#wake(posting.purse);
      },
      undo: () => {
        if (leaves) this.#move(posting, purse, -1n);
        // another posting may have set one of its own meanwhile
        if (expiry !== undefined && purse.expiresAtMs === (expiry ?? undefined)) setExpiry(purse, before);
        this.#wake(posting.purse);
      },
    };
  }

  #move(posting: Posting, purse: Purse, sign: 1n | -1n): void {
    const amountNano = posting.amountNano * sign;
    purse.balanceNano += posting.kind === 'forfeit' ? -amountNano : amountNano;
    if (posting.kind !== 'adjust' || !posting.of) return;
    const sums = this.#sumsOf(posting.of.key);
    sums.spentNano -= amountNano;
    this.#today.book(posting.of.day, -amountNano);
    if (sums.period && posting.of.day >= sums.period.firstDay) sums.period.spentNano -= amountNano;
  }

  #book(
    { key, usage }: Settlement,
    purseId: number | undefined,
    chargedNano: bigint,
    atMs: number,
    sign: 1n | -1n,
  ): void {
    const purse = purseId === undefined ? undefined : this.purse(purseId);
    const nano = chargedNano * sign;
    if (purse) purse.balanceNano -= nano;
    const sums = this.#sumsOf(key.id);
    sums.calls += Number(sign);
    sums.inputTokens += usage.input * Number(sign);
    sums.outputTokens += usage.output * Number(sign);
    sums.spentNano += nano;
    if (atMs > sums.lastUsedMs) sums.lastUsedMs = atMs;
    // the key may have got its budget, or another one, since its call began: what counts is the period that is open;
    // one that opens later begins with what `spentSince` knows
    const { period } = sums;
    const day = this.#calendar.dayOf(atMs);
    this.#today.book(day, nano);
    if (period && day >= period.firstDay) period.spentNano += nano;
  }

  #drop(callId: bigint): Hold | undefined {
    const hold = this.#holds.take(callId);
    if (hold === undefined) return undefined;
    const { key, holdNano } = hold.order;
    if (holdNano === 0n) return hold;
    this.#putAside(hold, -holdNano);
    this.#wake(key.purse);
    this.#wake(EVERY_PURSE);
    return hold;
  }

  #wake(purse: number): void {
    const queue = this.#waiting.get(purse);
    if (queue === undefined) return;
    this.#waiting.delete(purse);
    for (const resolve of queue) resolve();
  }

  #sumsOf(keyId: string): Sums {
    const known = this.#sums.get(keyId);
    if (known) return known;
    const sums: Sums = { ...this.#remembered.tally(keyId), heldNano: 0n };
    this.#sums.set(keyId, sums);
    return sums;
  }

  #periodOf(key: Key, atMs: number): NonNullable<Sums['period']> {
    const sums = this.#sumsOf(key.id);
    const kind = key.budget?.period ?? 'month';
    if (sums.period?.kind !== kind || isClosed(sums.period, atMs)) {
      const { firstDay, endsAtMs } = this.#calendar.periodOf(kind, atMs);
      const spentNano = this.#remembered.spentSince(key.id, firstDay);
      sums.period = { kind, firstDay, openedAtMs: atMs, endsAtMs, spentNano };
    }
    return sums.period;
  }
}

/** The expiry a posting leaves its purse with, null for none; undefined when it does not touch it. */
function expiryBy(posting: Posting, purse: Purse): number | null | undefined {
  if (posting.kind === 'grant' || posting.kind === 'purchase') return posting.expiresAtMs;
  // what open holds keep from being forfeited stays expired
  return posting.kind === 'forfeit' && !hasMoneyLeft(purse) ? null : undefined;
}

function setExpiry(purse: Purse, expiresAtMs: number | undefined): void {
  if (expiresAtMs === undefined) delete purse.expiresAtMs;
  else purse.expiresAtMs = expiresAtMs;
}

/** As long as there is, an expiry that has passed goes on refusing calls. */
function hasMoneyLeft({ balanceNano, heldNano }: Purse): boolean {
  return balanceNano > 0n || heldNano > 0n;
}

const OK: HoldVerdict = { ok: true };
