// The ledger of a key or a purse as pages, newest entries first.

import { Fault } from '../canonical/fault.ts';
import { cacheWriteTotal } from '../canonical/usage.ts';
import { formatDay } from '../lib/calendar.ts';
import { formatTime } from '../lib/clock.ts';
import { formatCallId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import type { Entry, EntryCall, EntryPage, EntryQuery } from '../store/statements.ts';
import { type ReportWords, wordOf } from './day-range.ts';

const LIMIT = 50;
const LIMIT_MAX = 1000;
const CLIENT_PURSES_FROM = 100;

/** Reads `key`, `purse`, `limit` and `before`. Throws `invalid_value`. */
export function parseEntryQuery(words: ReportWords): EntryQuery {
  const key = wordOf(words, 'key');
  const purse = wholeOf(words, 'purse', Number.MAX_SAFE_INTEGER);
  const before = wordOf(words, 'before');
  if (before !== undefined && !/^\d{1,18}$/.test(before))
    throw new Fault('invalid_value', 'before must be the `next` of the page before', { param: 'before' });
  return {
    limit: wholeOf(words, 'limit', LIMIT_MAX) ?? LIMIT,
    ...(key === undefined ? {} : { key }),
    ...(purse === undefined ? {} : { purse }),
    ...(before === undefined ? {} : { before: BigInt(before) }),
  };
}

/** `next` is null on the last page. */
export function pageJson({ entries, next }: EntryPage): JsonObject {
  return { object: 'list', data: entries.map(entryJson), next: next === undefined ? null : String(next) };
}

/** Ids as text: they are beyond what a JSON number holds. `change_usd` is what the client's purse gained. */
function entryJson(entry: Entry): JsonObject {
  const { id, kind, debit, credit, amountNano, call } = entry;
  const isCall = kind === 'charge' || kind === 'release';
  const gains = credit >= CLIENT_PURSES_FROM || (kind === 'adjust' && debit < credit);
  return {
    id: String(id),
    ...(isCall ? { call: formatCallId(id) } : {}),
    kind,
    at: formatTime(entry.atMs),
    day: formatDay(entry.day),
    change_usd: usd(gains ? amountNano : -amountNano),
    debit,
    credit,
    key: entry.key ?? null,
    owner: entry.owner ?? null,
    ...(entry.note === undefined ? {} : { note: entry.note }),
    ...(entry.model === undefined ? {} : { model: entry.model }),
    ...(call ? callJson(call) : {}),
  };
}

function callJson(call: EntryCall): JsonObject {
  const { usage } = call;
  return {
    provider: call.provider ?? null,
    rule: call.rule,
    price: call.price ?? null,
    cost_usd: usd(call.costNano),
    delivery: call.delivery ?? null,
    usage: {
      input_tokens: usage.input,
      cached_input_tokens: usage.cacheRead,
      cache_write_tokens: cacheWriteTotal(usage),
      output_tokens: usage.output,
      reasoning_tokens: usage.outputReasoning,
      source: usage.source,
    },
    ...(call.losses === undefined ? {} : { losses: call.losses }),
  };
}

function wholeOf(words: ReportWords, name: string, max: number): number | undefined {
  const text = wordOf(words, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new Fault('invalid_value', `${name} must be a whole number from 1 to ${max}`, { param: name });
}
