// A row of the ledger as the entry it is.

import type { Usage } from '../../canonical/usage.ts';
import type { SettleRule } from '../ports.ts';
import type { Entry, EntryCall, EntryKind } from '../statements.ts';
import { unpackRequests } from './entry-requests.ts';
import { ENTRY_COLUMNS } from './ledger-batch.ts';

/** What is known of a delivery: as its entry says, or that the answer has left since. */
export const DELIVERY = `iif(delivery = 'unknown' AND EXISTS (SELECT 1 FROM deliveries WHERE entry = entries.id),
  'complete', delivery)`;

/** Of the table `entries`, which has to be read by this name. */
export const ENTRY_LIST = ENTRY_COLUMNS.map((name) =>
  name === 'delivery' ? `${DELIVERY} AS delivery` : name,
).join(', ');

/** Integers arrive as bigint. */
export type EntryRow = {
  id: bigint;
  kind: EntryKind;
  debit: bigint;
  credit: bigint;
  amount_nano: bigint;
  at_ms: bigint;
  day: bigint;
  key: string | null;
  note: string | null;
  model: string | null;
  provider: string | null;
  price: bigint | null;
  rule: string | null;
  cost_nano: bigint | null;
  tier: string | null;
  usage_source: string | null;
  losses: string | null;
  delivery: 'complete' | 'unknown' | null;
} & UsageColumns;

export type UsageColumns = {
  input_uncached: bigint | null;
  cache_read: bigint | null;
  cache_write_5m: bigint | null;
  cache_write_1h: bigint | null;
  cache_write_other: bigint | null;
  input_audio: bigint | null;
  input_image: bigint | null;
  output: bigint | null;
  output_reasoning: bigint | null;
  output_audio: bigint | null;
  output_image: bigint | null;
  searches: bigint | null;
  containers: bigint | null;
  code_runs: bigint | null;
  tier: string | null;
  requests: string | null;
};

/** NULL becomes an absent member. */
export function entryOfRow(row: EntryRow): Entry {
  const { id, kind, amount_nano: amountNano, key, note, model } = row;
  return {
    id,
    kind,
    debit: Number(row.debit),
    credit: Number(row.credit),
    amountNano,
    atMs: Number(row.at_ms),
    day: Number(row.day),
    ...(key === null ? {} : { key }),
    ...(note === null ? {} : { note }),
    ...(model === null ? {} : { model }),
    ...(row.rule === null ? {} : { call: callOfRow(row, row.rule as SettleRule) }),
  };
}

/** The classes a row keeps; the lifetime of `cache_write_other` and pictures made are not among them. */
export function usageOfRow(row: UsageColumns): Usage {
  const inputUncached = count(row.input_uncached);
  const cacheRead = count(row.cache_read);
  const ttl5m = count(row.cache_write_5m);
  const ttl1h = count(row.cache_write_1h);
  const unknown = count(row.cache_write_other);
  return {
    input: inputUncached + cacheRead + ttl5m + ttl1h + unknown,
    inputUncached,
    cacheRead,
    cacheWrite: { ttl5m, ttl1h, ttl30m: 0, ttl12h: 0, unknown },
    inputAudio: count(row.input_audio),
    inputImage: count(row.input_image),
    output: count(row.output),
    outputReasoning: count(row.output_reasoning),
    outputAudio: count(row.output_audio),
    outputImage: count(row.output_image),
    serverTools: {
      web_search: count(row.searches),
      container: count(row.containers),
      code_execution: count(row.code_runs),
    },
    ...(row.tier === null ? {} : { tier: row.tier }),
    ...(row.requests === null ? {} : { requests: unpackRequests(row.requests) }),
    source: 'reported',
    raw: null,
  };
}

function callOfRow(row: EntryRow, rule: SettleRule): EntryCall {
  const source = row.usage_source;
  return {
    rule,
    costNano: row.cost_nano ?? 0n,
    usage: {
      ...usageOfRow(row),
      ...(source === 'partial' || source === 'estimated' ? { source } : {}),
    },
    ...(row.provider === null ? {} : { provider: row.provider }),
    ...(row.price === null ? {} : { price: Number(row.price) }),
    ...(row.losses === null ? {} : { losses: row.losses }),
    ...(row.delivery === null ? {} : { delivery: row.delivery }),
  };
}

function count(value: bigint | null): number {
  return value === null ? 0 : Number(value);
}
