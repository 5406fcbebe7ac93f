// Sums of ended calls: from the table of days, and from single entries where that does not tell enough.

import type { Database } from 'bun:sqlite';
import type { UsageDimension, UsageQuery, UsageRow } from '../statements.ts';
import { DELIVERY } from './entry-row.ts';
import { idsOfDays, stepsThrough } from './walk.ts';

type Filter = [fromDay: number, toDay: number, key: string | null, model: string | null];

type SumRow = {
  key?: string;
  model?: string;
  provider?: string;
  day?: bigint;
  calls: bigint | null;
  failed: bigint;
  input: bigint;
  output: bigint;
  amount: bigint;
  cached: bigint;
  undelivered?: bigint;
  from_cache?: bigint;
};

const INPUT = 'input_uncached + cache_read + cache_write_5m + cache_write_1h + cache_write_other';
const FILTER = 'day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR key = ?3) AND (?4 IS NULL OR model = ?4)';

/**
 * `days` says what was spent; entries say who answered and what was delivered. Where both are asked for, what `days` has
 * beyond the entries (released calls, corrections) stands under the empty provider, so that the sums agree.
 */
export async function usageIn(snapshot: Database, query: UsageQuery): Promise<UsageRow[]> {
  const byProvider = query.by.includes('provider');
  const spent = sumsOfDays(snapshot, query);
  if (!byProvider && !query.deliveries) return spent;
  const single = await sumsOfEntries(snapshot, query);
  if (byProvider) return [...single, ...beyond(spent, single, query)];
  const found = new Map(single.map((row) => [groupOf(row, query.by), row]));
  return spent.map((row) => {
    const { undelivered = 0, fromCache = 0 } = found.get(groupOf(row, query.by)) ?? {};
    return { ...row, undelivered, fromCache };
  });
}

function sumsOfDays(snapshot: Database, query: UsageQuery): UsageRow[] {
  const by = query.by.filter((dimension) => dimension !== 'provider');
  const rows = snapshot
    .query<SumRow, Filter>(
      `SELECT ${[...by, ''].join(', ')}sum(calls) AS calls, sum(failed) AS failed, sum(input_tokens) AS input,
       sum(cached_tokens) AS cached, sum(output_tokens) AS output, sum(amount_nano) AS amount FROM days WHERE ${FILTER} ${groupBy(by)}`,
    )
    .all(...filterOf(query));
  return rows.filter((row) => row.calls !== null).map(usageOfSums);
}

async function sumsOfEntries(snapshot: Database, query: UsageQuery): Promise<UsageRow[]> {
  const { by, fromDay, toDay } = query;
  const sum = snapshot.query<SumRow, [...Filter, fromId: bigint, toId: bigint]>(
    `SELECT ${[...by, ''].map((name) => (name === 'provider' ? "coalesce(provider, '') AS provider" : name)).join(', ')}
     count(*) AS calls, total(rule NOT IN ('finished', 'client-left', 'cache')) AS failed, total(${INPUT}) AS input,
     total(output) AS output, coalesce(sum(amount_nano), 0) AS amount, total(cache_read) AS cached,
     total(amount_nano > 0 AND ${DELIVERY} = 'unknown') AS undelivered,
     total(rule = 'cache') AS from_cache
     FROM entries WHERE id >= ?5 AND id < ?6 AND kind = 'charge' AND ${FILTER} ${groupBy(by)}`,
  );
  const sums = new Map<string, UsageRow>();
  for await (const { fromId, toId } of stepsThrough(snapshot, idsOfDays(fromDay, toDay))) {
    for (const row of sum.all(...filterOf(query), fromId, toId)) {
      if (row.calls === 0n) continue;
      const found = usageOfSums(row);
      const group = groupOf(found, by);
      const known = sums.get(group);
      sums.set(group, known ? plus(known, found, 1) : found);
    }
  }
  return [...sums.values()];
}

/** What the days have beyond the entries, as rows of no provider. */
function beyond(spent: UsageRow[], single: UsageRow[], { by }: UsageQuery): UsageRow[] {
  const others = by.filter((dimension) => dimension !== 'provider');
  const left = new Map<string, UsageRow>();
  for (const row of spent) left.set(groupOf(row, others), { ...row, provider: '' });
  for (const row of single) {
    const group = groupOf(row, others);
    const whole = left.get(group);
    if (whole) left.set(group, plus(whole, row, -1));
  }
  const rows = [...left.values()].filter((row) => row.calls !== 0 || row.amountNano !== 0n);
  return rows.map((row) => ({ ...row, undelivered: 0, fromCache: 0 }));
}

function plus(row: UsageRow, other: UsageRow, sign: 1 | -1): UsageRow {
  return {
    ...row,
    calls: row.calls + sign * other.calls,
    failed: row.failed + sign * other.failed,
    inputTokens: row.inputTokens + sign * other.inputTokens,
    cachedTokens: row.cachedTokens + sign * other.cachedTokens,
    outputTokens: row.outputTokens + sign * other.outputTokens,
    amountNano: row.amountNano + BigInt(sign) * other.amountNano,
    undelivered: (row.undelivered ?? 0) + sign * (other.undelivered ?? 0),
    fromCache: (row.fromCache ?? 0) + sign * (other.fromCache ?? 0),
  };
}

function usageOfSums(row: SumRow): UsageRow {
  return {
    ...(row.key === undefined ? {} : { key: row.key }),
    ...(row.model === undefined ? {} : { model: row.model }),
    ...(row.provider === undefined ? {} : { provider: row.provider }),
    ...(row.day === undefined ? {} : { day: Number(row.day) }),
    calls: Number(row.calls),
    failed: Number(row.failed),
    inputTokens: Number(row.input),
    cachedTokens: Number(row.cached),
    outputTokens: Number(row.output),
    amountNano: row.amount,
    ...(row.undelivered === undefined ? {} : { undelivered: Number(row.undelivered) }),
    ...(row.from_cache === undefined ? {} : { fromCache: Number(row.from_cache) }),
  };
}

function groupBy(by: readonly string[]): string {
  return by.length === 0 ? '' : `GROUP BY ${by.map((_, index) => index + 1).join(', ')}`;
}

function groupOf(row: UsageRow, by: readonly UsageDimension[]): string {
  return JSON.stringify(by.map((dimension) => row[dimension]));
}

function filterOf({ fromDay, toDay, key, model }: UsageQuery): Filter {
  return [fromDay, toDay, key ?? null, model ?? null];
}
