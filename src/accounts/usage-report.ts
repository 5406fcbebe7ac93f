// What was used and what it cost, by key, model, provider and day.

import { Fault } from '../canonical/fault.ts';
import { formatDay } from '../lib/calendar.ts';
import { formatCsv } from '../lib/csv.ts';
import type { JsonObject } from '../lib/json.ts';
import { formatUsd, usd } from '../lib/money.ts';
import type { Directory } from '../store/ports.ts';
import type { Statements, UsageDimension, UsageQuery, UsageRow } from '../store/statements.ts';
import { dayRangeOf, type ReportWords, wordOf } from './day-range.ts';

export type UsageReport = {
  query: UsageQuery;
  /** By day first where days were asked for, else the most expensive first. */
  rows: (UsageRow & { keyName?: string })[];
  total: UsageRow;
};

const DIMENSIONS: readonly UsageDimension[] = ['key', 'model', 'provider', 'day'];

/** Reads `from`, `to`, `by`, `key`, `model` and `undelivered` (`false` is quicker). Throws `invalid_value`. */
export function parseUsageQuery(words: ReportWords, today: number): UsageQuery {
  const key = wordOf(words, 'key');
  const model = wordOf(words, 'model');
  return {
    ...dayRangeOf(words, today),
    by: dimensionsOf(wordOf(words, 'by') ?? 'model'),
    deliveries: wordOf(words, 'undelivered') !== 'false',
    ...(key === undefined ? {} : { key }),
    ...(model === undefined ? {} : { model }),
  };
}

export async function usageReport(
  ports: { statements: Statements; directory: Directory },
  query: UsageQuery,
): Promise<UsageReport> {
  const found = await ports.statements.usage(query);
  const rows = found.map((row) => {
    const keyName = row.key === undefined ? undefined : ports.directory.findById(row.key)?.name;
    return keyName === undefined ? row : { ...row, keyName };
  });
  rows.sort(
    (left, right) =>
      (left.day ?? 0) - (right.day ?? 0) ||
      Number(right.amountNano - left.amountNano) ||
      right.calls - left.calls,
  );
  return { query, rows, total: totalOf(rows, query.deliveries) };
}

/** As `/admin/usage` answers: USD as numbers, days as dates. */
export function usageJson({ query, rows, total }: UsageReport): JsonObject {
  return {
    object: 'usage',
    from: formatDay(query.fromDay),
    to: formatDay(query.toDay),
    by: [...query.by],
    data: rows.map((row) => ({ ...namesJson(row, query), ...sumsJson(row) })),
    total: sumsJson(total),
  };
}

/** A header and a row for each; amounts to the last digit. */
export function usageCsv({ query, rows }: UsageReport): string {
  const { by, deliveries } = query;
  const names = by.flatMap((dimension) => (dimension === 'key' ? ['key', 'key_name'] : [dimension]));
  const sums = ['calls', 'failed', 'input_tokens', 'output_tokens', 'cached_input_tokens'];
  const more = deliveries ? ['undelivered', 'from_cache'] : [];
  return formatCsv(
    [...names, ...sums, ...more, 'cost_usd'],
    rows.map((row) => [
      ...by.flatMap((dimension) =>
        dimension === 'day'
          ? [formatDay(row.day ?? 0)]
          : dimension === 'key'
            ? [row.key, row.keyName ?? '']
            : [row[dimension]],
      ),
      row.calls,
      row.failed,
      row.inputTokens,
      row.outputTokens,
      row.cachedTokens,
      ...(deliveries ? [row.undelivered ?? 0, row.fromCache ?? 0] : []),
      formatUsd(row.amountNano),
    ]),
  );
}

function dimensionsOf(text: string): UsageDimension[] {
  const named = [...new Set(text.split(',').map((word) => word.trim().toLowerCase()))];
  return named.map((word) => {
    const dimension = DIMENSIONS.find((each) => each === word);
    if (dimension === undefined)
      throw new Fault('invalid_value', `by must be a list of ${DIMENSIONS.join(', ')}`, { param: 'by' });
    return dimension;
  });
}

function totalOf(rows: UsageRow[], deliveries: boolean): UsageRow {
  const tokens = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
  const total: UsageRow = { calls: 0, failed: 0, ...tokens, amountNano: 0n };
  let undelivered = 0;
  let fromCache = 0;
  for (const row of rows) {
    total.calls += row.calls;
    total.failed += row.failed;
    total.inputTokens += row.inputTokens;
    total.cachedTokens += row.cachedTokens;
    total.outputTokens += row.outputTokens;
    total.amountNano += row.amountNano;
    undelivered += row.undelivered ?? 0;
    fromCache += row.fromCache ?? 0;
  }
  return deliveries ? { ...total, undelivered, fromCache } : total;
}

function namesJson(row: UsageReport['rows'][number], { by }: UsageQuery): JsonObject {
  const names: JsonObject = {};
  for (const dimension of by) {
    if (dimension === 'day') names.day = formatDay(row.day ?? 0);
    else names[dimension] = row[dimension] || null;
    if (dimension === 'key') names.key_name = row.keyName ?? null;
  }
  return names;
}

function sumsJson(row: UsageRow): JsonObject {
  return {
    calls: row.calls,
    failed: row.failed,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cached_input_tokens: row.cachedTokens,
    ...(row.undelivered === undefined ? {} : { undelivered: row.undelivered }),
    ...(row.fromCache === undefined ? {} : { from_cache: row.fromCache }),
    cost_usd: usd(row.amountNano),
  };
}
