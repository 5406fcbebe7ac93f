// What each purse, key, model and day stands at in the ledger for its calls, and what it would at today's prices.

import { billOf } from '../billing/charge.ts';
import { asksOthers, withOtherRates } from '../billing/rates.ts';
import { recoverShare, recoverUsage } from '../billing/recover.ts';
import type { Price } from '../catalog/model.ts';
import { timeOfCallId } from '../lib/id.ts';
import { BOOKS } from '../store/books.ts';
import type { SettleRule } from '../store/ports.ts';
import type { Entry, Statements } from '../store/statements.ts';

export type ReratePorts = {
  statements: Statements;
  /** What today's configuration sells the model for at this moment; undefined when it does not. */
  priceAt(model: string, atMs: number): Price | undefined;
  minimumChargeNano: bigint;
};

/** What stands in the ledger for the calls of one purse, key, model and day, and what should. */
export type Group = {
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

/** Rules under which a call may have been charged. */
const PAYING: ReadonlySet<SettleRule> = new Set(['finished', 'client-left', 'cache']);

/** Begins the note of every correction, which is how a later run finds it. */
export const MARK = '[rerate]';

export class RerateSums {
  readonly groups = new Map<string, Group>();
  /** By model. */
  readonly rows = new Map<string, RerateRow>();
  readonly #ports: ReratePorts;
  readonly #oldPrices = new Map<number, Price | undefined>();
  readonly #numbers = new Map<string, Map<Price, number | undefined>>();

  constructor(ports: ReratePorts) {
    this.#ports = ports;
  }

  /** Charges, and the corrections of earlier runs. */
  add(entry: Entry): void {
    const { key, model } = entry;
    if (key === undefined || model === undefined) return;
    if (entry.kind === 'charge') {
      this.#addCall(entry, key, model);
      return;
    }
    if (!entry.note?.startsWith(MARK)) return;
    const comesBack = entry.debit === BOOKS.adjustments;
    const group = this.#groupOf(comesBack ? entry.credit : entry.debit, key, model, entry.day);
    group.correctedNano += comesBack ? -entry.amountNano : entry.amountNano;
  }

  #addCall(entry: Entry, key: string, model: string): void {
    const { call, amountNano } = entry;
    if (call === undefined || !PAYING.has(call.rule)) return;
    const row = this.#rowOf(model);
    if (call.rule === 'finished') row.finished += 1;
    else if (call.rule === 'cache') row.cache += 1;
    else row.clientLeft += 1;
    if (call.price !== undefined && !row.oldPrices.includes(call.price)) row.oldPrices.push(call.price);
    const group = this.#groupOf(entry.debit, key, model, entry.day);
    group.calls += 1;
    group.chargedNano += amountNano;
    group.shouldNano += amountNano;
    // as a call is charged: by the price it was admitted at, which its id tells
    const price = this.#ports.priceAt(model, timeOfCallId(entry.id));
    if (price === undefined) {
      row.unpriced += 1;
      return;
    }
    group.prices.add(price);
    const number = this.#numberOf(model, price);
    const { source, asOf } = price;
    if (!row.newPrices.some((each) => each.number === number && each.source === source && each.asOf === asOf))
      row.newPrices.push({ number, source, asOf });
    // the same price: the charge stands, whatever the minimum has become since
    if (number !== undefined && number === call.price && !asksOthers(call.usage)) return;
    const was = call.price === undefined ? undefined : this.#oldPrice(call.price);
    const usage = was && recoverUsage(call.usage, was, call.rule, call.costNano);
    const least = this.#ports.minimumChargeNano;
    const isCached = call.rule === 'cache';
    const share = isCached && was && usage ? recoverShare(usage, was, least, amountNano) : undefined;
    if (usage === undefined || (isCached && share === undefined)) {
      row.unexplained += 1;
      return;
    }
    const now = withOtherRates(usage, (other) => {
      const theirs = this.#ports.priceAt(other, timeOfCallId(entry.id));
      return theirs && { model: other, price: theirs };
    });
    const should = billOf(call.rule, now, price, least, share).chargeNano;
    const isCapped = !isCached && amountNano < call.costNano;
    if (isCapped) row.capped += 1;
    group.shouldNano += (isCapped && should > amountNano ? amountNano : should) - amountNano;
  }

  #oldPrice(number: number): Price | undefined {
    if (!this.#oldPrices.has(number)) this.#oldPrices.set(number, this.#ports.statements.price(number));
    return this.#oldPrices.get(number);
  }

  #numberOf(model: string, price: Price): number | undefined {
    const known = this.#numbers.get(model) ?? new Map<Price, number | undefined>();
    this.#numbers.set(model, known);
    if (!known.has(price)) known.set(price, this.#ports.statements.priceVersion(model, price));
    return known.get(price);
  }

  #groupOf(purse: number, key: string, model: string, day: number): Group {
    const name = [purse, key, day, model].join(' ');
    const known = this.groups.get(name);
    if (known) return known;
    const sums = { calls: 0, chargedNano: 0n, correctedNano: 0n, shouldNano: 0n };
    const made = { purse, key, model, day, ...sums, prices: new Set<Price>() };
    this.groups.set(name, made);
    return made;
  }

  #rowOf(model: string): RerateRow {
    const known = this.rows.get(model);
    if (known) return known;
    const calls = { finished: 0, clientLeft: 0, cache: 0, unpriced: 0, unexplained: 0, capped: 0 };
    const amounts = { oldNano: 0n, newNano: 0n, differenceNano: 0n };
    const made: RerateRow = { model, oldPrices: [], newPrices: [], ...calls, ...amounts };
    this.rows.set(model, made);
    return made;
  }
}
