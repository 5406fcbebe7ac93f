// Usage as people read it.

import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { formatTable } from './table.ts';

const HEADS: Record<string, string> = { key: 'KEY', model: 'MODEL', provider: 'PROVIDER', day: 'DAY' };
const SUMS = ['CALLS', 'FAILED', 'INPUT', 'CACHED', 'OUTPUT', 'COST'];

/** One row for each group, and the total below. */
export function usageTable(usage: JsonObject): string {
  const title = `${usage.from} to ${usage.to}`;
  const rows = asArray(usage.data).map(asObject);
  if (rows.length === 0) return `No calls from ${title}.\n`;
  const by = asArray(usage.by).map(String);
  const total = asObject(usage.total);
  const table = formatTable(
    [...by.map((name) => HEADS[name] ?? name), ...SUMS],
    [
      ...rows.map((row) => [...by.map((name) => nameIn(row, name)), ...sumsIn(row)]),
      [...by.map((_, index) => (index === 0 ? 'total' : '')), ...sumsIn(total)],
    ],
    new Set(SUMS.map((_, index) => by.length + index)),
  );
  const notes = [
    notedIf(total.from_cache, 'answered out of the cache, where no provider counted their tokens.'),
    notedIf(total.undelivered, 'charged, but not known to have reached the client.'),
  ];
  return `${title}\n${table}${notes.join('')}`;
}

function notedIf(count: JsonValue | undefined, what: string): string {
  const calls = asNumber(count) ?? 0;
  return calls === 0 ? '' : `${whole(calls)} ${calls === 1 ? 'call was' : 'calls were'} ${what}\n`;
}

/** USD to a hundredth of a cent; the whole amount is in the JSON and the CSV. */
export function dollars(value: JsonValue | undefined): string {
  const amount = asNumber(value) ?? 0;
  return `${amount < 0 ? '-' : ''}$${Math.abs(amount).toFixed(4)}`;
}

export function whole(value: JsonValue | undefined): string {
  return (asNumber(value) ?? 0).toLocaleString('en-US');
}

function nameIn(row: JsonObject, dimension: string): string {
  const name = asString(row[dimension]);
  if (dimension !== 'key') return name ?? '(none)';
  const keyName = asString(row.key_name);
  return keyName === undefined ? (name ?? '') : `${name} ${keyName}`;
}

function sumsIn(row: JsonObject): string[] {
  return [
    whole(row.calls),
    whole(row.failed),
    whole(row.input_tokens),
    whole(row.cached_input_tokens),
    whole(row.output_tokens),
    dollars(row.cost_usd),
  ];
}
