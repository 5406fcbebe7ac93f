// The port of everything that reads the ledger without moving money: sums, pages of entries, what has expired.

import type { Usage } from '../canonical/usage.ts';
import type { Price } from '../catalog/model.ts';
import type { SettleRule } from './ports.ts';

/** Days since 1970 in the time zone of the ledger, both included. */
export type DayRange = { fromDay: number; toDay: number };

export type UsageDimension = 'key' | 'model' | 'provider' | 'day';

export type UsageQuery = DayRange & {
  by: readonly UsageDimension[];
  key?: string;
  model?: string;
  /** Also the calls of unknown delivery and those out of the cache, which only single entries tell: a walk over them. */
  deliveries: boolean;
};

/**
 * Sums of ended calls, corrections included. Only the dimensions asked for are set; a `provider` that is empty stands
 * for what no provider answered: released calls, and corrections. `undelivered` and `fromCache` as in the query.
 */
export type UsageRow = {
  key?: string;
  model?: string;
  provider?: string;
  day?: number;
  calls: number;
  failed: number;
  inputTokens: number;
  /** The part of the input that was read from a cache. */
  cachedTokens: number;
  outputTokens: number;
  amountNano: bigint;
  /** Charged calls whose last bytes are not known to have left. */
  undelivered?: number;
  /** Calls that were answered out of the cache. */
  fromCache?: number;
};

export type EntryKind = 'purchase' | 'grant' | 'charge' | 'release' | 'forfeit' | 'adjust';

/** What an entry tells of the call it ended. `usage` lacks what the ledger has no column for; see `recoverUsage`. */
export type EntryCall = {
  provider?: string;
  /** The number of the price; undefined for a call that was released unpriced. */
  price?: number;
  rule: SettleRule;
  costNano: bigint;
  usage: Usage;
  losses?: string;
  delivery?: 'complete' | 'unknown';
};

/** `amountNano` went from the purse `debit` to the purse `credit`. `model` without `call`: what is corrected. */
export type Entry = {
  /** Grows with time; a charge's is its call id. */
  id: bigint;
  kind: EntryKind;
  debit: number;
  credit: number;
  amountNano: bigint;
  atMs: number;
  day: number;
  key?: string;
  /** Whose purse it moves money of, on pages: a key's id, an account's mailbox, or a book where it is no client's. */
  owner?: string;
  note?: string;
  model?: string;
  call?: EntryCall;
};

export type EntryQuery = {
  /** Entries of this key, and those of the purse it draws on that name no key. */
  key?: string;
  /** Entries that move money into or out of this purse. */
  purse?: number;
  /** Only those older than this id: the `next` of the page before. */
  before?: bigint;
  limit: number;
};

/** Newest first; `next` is undefined on the last page. */
export type EntryPage = { entries: Entry[]; next?: bigint };

export type ScanQuery = DayRange & { kinds: readonly EntryKind[]; key?: string; model?: string };

/** Reads what is on disk. Long answers are gathered in steps, between which everything else may run. */
export interface Statements {
  /** In no particular order. */
  usage(query: UsageQuery): Promise<UsageRow[]>;
  entries(query: EntryQuery): Promise<EntryPage>;
  /** The entries booked on these days, oldest first, some thousands at a time. */
  scan(query: ScanQuery): AsyncIterable<Entry[]>;
  /** What calls that began since then had noted with their charges, oldest first. */
  chargeNotes(sinceMs: number): string[];
  /** Purses whose balance has expired at this moment. */
  expired(atMs: number): number[];
  /** The price with this number, as it is kept. */
  price(id: number): Price | undefined;
  /** The number of this price, if anything was ever charged by it. */
  priceVersion(model: string, price: Price): number | undefined;
}
