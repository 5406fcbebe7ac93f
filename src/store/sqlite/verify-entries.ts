// Checks each entry of the ledger by itself, and adds up what all of them move.

import type { Database } from 'bun:sqlite';
import { billOf, type SettleRule } from '../../billing/charge.ts';
import { recoverUsage } from '../../billing/recover.ts';
import type { Price } from '../../catalog/model.ts';
import { formatCallId } from '../../lib/id.ts';
import { tryParseJson } from '../../lib/json.ts';
import { BOOKS, FIRST_CLIENT_PURSE } from '../books.ts';
import type { EntryKind } from '../statements.ts';
import type { VerifyOptions } from '../verification.ts';
import { type UsageColumns, usageOfRow } from './entry-row.ts';
import { type DaySums, dayGroup, type Notes } from './verify-notes.ts';

type Row = {
  id: bigint;
  kind: EntryKind;
  debit: bigint;
  credit: bigint;
  amount_nano: bigint;
  at_ms: bigint;
  day: bigint;
  key: string | null;
  model: string | null;
  price: bigint | null;
  rule: string | null;
  cost_nano: bigint | null;
  delivery: string | null;
} & UsageColumns;

const COLUMNS = `id, kind, debit, credit, amount_nano, at_ms, day, key, model, price, rule, cost_nano, input_uncached,
  cache_read, cache_write_5m, cache_write_1h, cache_write_other, input_audio, input_image, output, output_reasoning,
  output_audio, output_image, searches, containers, code_runs, tier, requests, delivery`;

const RULES: ReadonlySet<string> = new Set<SettleRule>([
  'finished',
  'cache',
  'client-left',
  'upstream-failed',
  'our-failure',
  'crashed',
]);
const PROGRESS_ROWS = 10_000;

type KeptPrice = { model: string; price: Price };

/** After `walk`: what every purse got in all, and the sums of every key, day and model. */
export type EntriesChecker = {
  walk(): void;
  moved: Map<number, bigint>;
  days: Map<string, DaySums>;
};

export function entriesChecker(database: Database, options: VerifyOptions, notes: Notes): EntriesChecker {
  const { minimumChargeNano, progress } = options;
  const prices = pricesIn(database, notes);
  const moved = new Map<number, bigint>();
  const days = new Map<string, DaySums>();
  const move = (purse: bigint, amount: bigint) => {
    const id = Number(purse);
    moved.set(id, (moved.get(id) ?? 0n) + amount);
  };
  const check = (row: Row) => {
    notes.checked('entries');
    const wrong = illegality(row);
    if (wrong !== undefined) notes.wrong('entries', `${nameOf(row)} ${wrong}`);
    move(row.debit, -row.amount_nano);
    move(row.credit, row.amount_nano);
    addToDays(days, row);
    if (row.kind === 'charge') checkCharge(row, prices, minimumChargeNano, notes);
  };
  return {
    moved,
    days,
    walk() {
      const all = Number(database.query<{ n: bigint }, []>('SELECT count(*) AS n FROM entries').get()?.n);
      let done = 0;
      for (const row of database.query<Row, []>(`SELECT ${COLUMNS} FROM entries ORDER BY id`).iterate()) {
        check(row);
        done += 1;
        if (done % PROGRESS_ROWS === 0) progress?.(done, all);
      }
    },
  };
}

/** What the trigger `entries_are_sound` refuses, in words; undefined when nothing is wrong. */
function illegality(row: Row): string | undefined {
  const { kind, debit, credit, amount_nano: amount } = row;
  if (amount < 0n) return `moves ${amount}`;
  if (!isLegalWay(kind, debit, credit)) return `moves money from purse ${debit} to purse ${credit}`;
  if (kind !== 'charge' && kind !== 'release') return undefined;
  if (row.key === null || row.model === null) return 'names no key or no model';
  if (row.rule === null || !RULES.has(row.rule)) return `has no rule of ours (${row.rule})`;
  if (kind === 'release') return amount === 0n ? undefined : `is a release that charges ${amount}`;
  return row.delivery === 'complete' || row.delivery === 'unknown' ? undefined : 'has no state of delivery';
}

function isLegalWay(kind: EntryKind, debit: bigint, credit: bigint): boolean {
  const isClient = (purse: bigint) => purse >= FIRST_CLIENT_PURSE;
  const isPayer = (purse: bigint) => isClient(purse) || Number(purse) === BOOKS.windows;
  switch (kind) {
    case 'purchase':
      return Number(debit) === BOOKS.payments && isClient(credit);
    case 'grant':
      return Number(debit) === BOOKS.grants && isClient(credit);
    case 'charge':
    case 'release':
      return isPayer(debit) && Number(credit) === BOOKS.revenue;
    case 'forfeit':
      return isClient(debit) && Number(credit) === BOOKS.forfeits;
    case 'adjust':
      return (
        (Number(debit) === BOOKS.adjustments && isPayer(credit)) ||
        (Number(credit) === BOOKS.adjustments && isPayer(debit))
      );
    default:
      // what is no kind at all is not legal either
      return (kind satisfies never) !== kind;
  }
}

function checkCharge(row: Row, prices: Map<bigint, KeptPrice>, minimumNano: bigint, notes: Notes): void {
  const { amount_nano: amount, cost_nano: cost } = row;
  notes.checked('prices');
  const kept = row.price === null ? undefined : prices.get(row.price);
  if (kept === undefined || kept.model !== row.model) {
    const problem = kept ? `is of ${row.model}, its price of ${kept.model}` : 'has no price that is kept';
    notes.wrong('prices', `${nameOf(row)} ${problem} (price ${row.price})`);
    return;
  }
  if (row.rule === null || !RULES.has(row.rule)) return;
  const rule = row.rule as SettleRule;
  notes.checked('costs');
  const stored = usageOfRow(row);
  let bill = billOf(rule, stored, kept.price, minimumNano);
  if (bill.costNano !== cost) {
    const usage = recoverUsage(stored, kept.price, rule, cost ?? -1n);
    if (usage) bill = billOf(rule, usage, kept.price, minimumNano);
    else
      notes.wrong(
        'costs',
        `${nameOf(row)} has the cost ${cost}; its usage at price ${row.price} comes to ${bill.costNano}`,
      );
  }
  notes.checked('charges');
  if (amount > bill.chargeNano)
    notes.wrong('charges', `${nameOf(row)} charges ${amount}, at most ${bill.chargeNano} is right`);
}

function pricesIn(database: Database, notes: Notes): Map<bigint, KeptPrice> {
  const rows = database
    .query<{ id: bigint; model: string; price: string }, []>('SELECT id, model, price FROM prices')
    .all();
  const prices = new Map<bigint, KeptPrice>();
  for (const { id, model, price: text } of rows) {
    const price = tryParseJson(text);
    if (isPrice(price)) prices.set(id, { model, price });
    else notes.wrong('prices', `price ${id} of ${model} is not readable`);
  }
  return prices;
}

function isPrice(value: unknown): value is Price {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && 'input' in value && 'output' in value && Number.isSafeInteger(value.input);
}

/** As the trigger `entries_take_effect` does. */
function addToDays(days: Map<string, DaySums>, row: Row): void {
  const { kind, amount_nano: amount } = row;
  const ended = kind === 'charge' || kind === 'release';
  if (!ended && (kind !== 'adjust' || row.model === null)) return;
  const group = dayGroup(row.key, row.day, row.model);
  const sums = days.get(group) ?? {
    calls: 0,
    failed: 0,
    input: 0,
    cached: 0,
    output: 0,
    amountNano: 0n,
    lastMs: 0,
  };
  days.set(group, sums);
  if (!ended) {
    sums.amountNano += Number(row.debit) === BOOKS.adjustments ? -amount : amount;
    return;
  }
  const { input_uncached, cache_read, cache_write_5m, cache_write_1h, cache_write_other } = row;
  sums.calls += 1;
  if (kind === 'charge') sums.lastMs = Math.max(sums.lastMs, Number(row.at_ms));
  if (input_uncached !== null)
    sums.input +=
      Number(input_uncached) +
      Number(cache_read) +
      Number(cache_write_5m) +
      Number(cache_write_1h) +
      Number(cache_write_other);
  sums.cached += Number(cache_read);
  sums.output += Number(row.output);
  sums.amountNano += amount;
  if (row.rule !== 'finished' && row.rule !== 'client-left' && row.rule !== 'cache') sums.failed += 1;
}

function nameOf({ id, kind }: Row): string {
  return kind === 'charge' || kind === 'release' ? `${kind} ${formatCallId(id)}` : `${kind} ${id}`;
}
