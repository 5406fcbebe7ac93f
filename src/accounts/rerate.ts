// Charges calls anew by today's prices, and corrects the difference with entries of its own.

import { billOf } from '../billing/charge.ts';
import { asksOthers, withOtherRates } from '../billing/rates.ts';
import { recoverShare, recoverUsage } from '../billing/recover.ts';
import type { Price } from '../catalog/model.ts';
import { formatDay } from '../lib/calendar.ts';
import { timeOfCallId } from '../lib/id.ts';
import { formatUsd } from '../lib/money.ts';
import type { Ledger, SettleRule } from '../store/ports.ts';
import type { DayRange, Entry, Statements } from '../store/statements.ts';

export type RerateQuery = DayRange & { key?: string; model?: string };

export type ReratePorts = {
  statements: Statements;
  /** What today's configuration sells the model for at this moment; undefined when it does not. */
  priceAt(model: string, atMs: number): Price | undefined;
  minimumChargeNano: bigint;
};

/** What stands in the ledger for the calls of one purse, key, model and day, and what should. */
type Group = {
  purse: number;
  key: string;
  model: string;
  day: number;
  calls: number;
  chargedNano: bigint;
  /** What earlier runs have added to the charges. */
  correctedNano: bigint;
  shouldNano: bigint;
  prices: Set<Price>;
};

/** `differenceNano` is what the client still has to pay; negative amounts come back. */
export type Correction = Omit<Group, 'prices'> & { differenceNano: bigint; prices: Price[] };

export type RerateRow = {
  model: string;
  /** Calls by the rule they ended by. */
  finished: number;
  clientLeft: number;
  cache: number;
  /** Numbers of the prices they were charged by, and of today's; undefined when nothing was charged by it yet. */
  oldPrices: number[];
  newPrices: { number: number | undefined; source: string; asOf: string }[];
  /** Charges and earlier corrections. */
  oldNano: bigint;
  newNano: bigint;
  differenceNano: bigint;
  /** Left as they are: no price any more; a usage the ledger does not tell in full. */
  unpriced: number;
  unexplained: number;
  /** Charged less than their cost because a strict hold was all there was; never raised. */
  capped: number;
};

export type Rerating = { query: RerateQuery; rows: RerateRow[]; corrections: Correction[] };

/** Rules under which a call may have been charged. */
const PAYING: ReadonlySet<SettleRule> = new Set(['finished', 'client-left', 'cache']);

/** Begins the note of every correction, which is how a later run finds it. */
const MARK = '[rerate]';
/** The books on the other side, as `store/sqlite/books.ts` numbers them. */
const ADJUSTMENTS = 5;
/** What time keys draw on: a correction of it is one of their quota. */
export const WINDOWS = 6;

/**
 * What the calls of whole days would be charged today. A group is corrected by what its calls should cost less what
 * stands in the ledger for them: their charges and all corrections by earlier runs, whatever the range or the prices
 * of those. So a second run finds no difference, and a run that broke off is completed by the next one. Corrections
 * by hand have another meaning and are left out.
 */
export async function rerate(ports: ReratePorts, query: RerateQuery): Promise<Rerating> {
  const groups = new Map<string, Group>();
  const rows = new Map<string, RerateRow>();
  const sums = newSums(ports, groups, rows);
  for await (const entries of ports.statements.scan({ ...query, kinds: ['charge', 'adjust'] })) {
    for (const entry of entries) sums.add(entry);
  }
  const corrections: Correction[] = [];
  for (const { prices, ...group } of groups.values()) {
    const row = rows.get(group.model);
    if (row === undefined) continue;
    const oldNano = group.chargedNano + group.correctedNano;
    const differenceNano = group.shouldNano - oldNano;
    row.oldNano += oldNano;
    row.newNano += group.shouldNano;
    row.differenceNano += differenceNano;
    if (differenceNano !== 0n) corrections.push({ ...group, differenceNano, prices: [...prices] });
  }
  const list = [...rows.values()].toSorted((left, right) => (left.model < right.model ? -1 : 1));
  return { query, rows: list, corrections };
}

/** Writes the corrections; resolves when all are on disk. The original entries stay as they are. */
export async function postCorrections(ledger: Ledger, { query, corrections }: Rerating): Promise<void> {
  const range = `${formatDay(query.fromDay)} to ${formatDay(query.toDay)}`;
  await Promise.all(
    corrections.map(({ purse, key, model, day, calls, prices, ...amounts }) => {
      const numbers = prices.map((price) => ledger.priceVersion(model, price)).join(', ');
      const now = formatUsd(amounts.shouldNano);
      const was = formatUsd(amounts.chargedNano + amounts.correctedNano);
      const note = `${MARK} ${range}, price ${numbers}: ${calls} calls cost ${now} instead of ${was}`;
      const of = { key, model, day };
      return ledger.post({ kind: 'adjust', purse, amountNano: -amounts.differenceNano, note, of });
    }),
  );
}

function newSums(ports: ReratePorts, groups: Map<string, Group>, rows: Map<string, RerateRow>) {
  const oldPrices = new Map<number, Price | undefined>();
  const oldPrice = (number: number) => {
    if (!oldPrices.has(number)) oldPrices.set(number, ports.statements.price(number));
    return oldPrices.get(number);
  };
  const numbers = new Map<string, Map<Price, number | undefined>>();
  const numberOf = (model: string, price: Price) => {
    const known = numbers.get(model) ?? new Map<Price, number | undefined>();
    numbers.set(model, known);
    if (!known.has(price)) known.set(price, ports.statements.priceVersion(model, price));
    return known.get(price);
  };
  const groupOf = (purse: number, key: string, model: string, day: number): Group => {
    const name = [purse, key, day, model].join(' ');
    const known = groups.get(name);
    if (known) return known;
    const sums = { calls: 0, chargedNano: 0n, correctedNano: 0n, shouldNano: 0n };
    const made = { purse, key, model, day, ...sums, prices: new Set<Price>() };
    groups.set(name, made);
    return made;
  };

  const addCall = (entry: Entry, key: string, model: string) => {
    const { call, amountNano } = entry;
    if (call === undefined || !PAYING.has(call.rule)) return;
    const row = rowOf(rows, model);
    if (call.rule === 'finished') row.finished += 1;
    else if (call.rule === 'cache') row.cache += 1;
    else row.clientLeft += 1;
    if (call.price !== undefined && !row.oldPrices.includes(call.price)) row.oldPrices.push(call.price);
    const group = groupOf(entry.debit, key, model, entry.day);
    group.calls += 1;
    group.chargedNano += amountNano;
    group.shouldNano += amountNano;
    // as a call is charged: by the price it was admitted at, which its id tells
    const price = ports.priceAt(model, timeOfCallId(entry.id));
    if (price === undefined) {
      row.unpriced += 1;
      return;
    }
    group.prices.add(price);
    const number = numberOf(model, price);
    const { source, asOf } = price;
    if (!row.newPrices.some((each) => each.number === number && each.source === source && each.asOf === asOf))
      row.newPrices.push({ number, source, asOf });
    // the same price: the charge stands, whatever the minimum has become since
    if (number !== undefined && number === call.price && !asksOthers(call.usage)) return;
    const was = call.price === undefined ? undefined : oldPrice(call.price);
    const usage = was && recoverUsage(call.usage, was, call.rule, call.costNano);
    const least = ports.minimumChargeNano;
    const isCached = call.rule === 'cache';
    const share = isCached && was && usage ? recoverShare(usage, was, least, amountNano) : undefined;
    if (usage === undefined || (isCached && share === undefined)) {
      row.unexplained += 1;
      return;
    }
    const now = withOtherRates(usage, (other) => {
      const theirs = ports.priceAt(other, timeOfCallId(entry.id));
      return theirs && { model: other, price: theirs };
    });
    const should = billOf(call.rule, now, price, least, share).chargeNano;
    const isCapped = !isCached && amountNano < call.costNano;
    if (isCapped) row.capped += 1;
    group.shouldNano += (isCapped && should > amountNano ? amountNano : should) - amountNano;
  };

  return {
    add(entry: Entry): void {
      const { key, model } = entry;
      if (key === undefined || model === undefined) return;
      if (entry.kind === 'charge') {
        addCall(entry, key, model);
        return;
      }
      if (!entry.note?.startsWith(MARK)) return;
      const comesBack = entry.debit === ADJUSTMENTS;
      const group = groupOf(comesBack ? entry.credit : entry.debit, key, model, entry.day);
      group.correctedNano += comesBack ? -entry.amountNano : entry.amountNano;
    },
  };
}

function rowOf(rows: Map<string, RerateRow>, model: string): RerateRow {
  const known = rows.get(model);
  if (known) return known;
  const calls = { finished: 0, clientLeft: 0, cache: 0, unpriced: 0, unexplained: 0, capped: 0 };
  const amounts = { oldNano: 0n, newNano: 0n, differenceNano: 0n };
  const made: RerateRow = { model, oldPrices: [], newPrices: [], ...calls, ...amounts };
  rows.set(model, made);
  return made;
}
