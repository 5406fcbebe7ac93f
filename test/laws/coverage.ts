// Which rows of the mapping tables the generated requests have reached.

import type { FormatId } from '../../src/canonical/part.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { ROWS } from './coverage-rows.ts';
import { leavesOf } from './leaves.ts';

const counts = new Map<string, number>();

/** Counts every row of the format that this request reaches. */
export function cover(format: FormatId, body: JsonObject): void {
  const traits = new Set<string>();
  for (const { trait, value } of leavesOf(body)) {
    traits.add(`${trait}=${String(value)}`);
    for (let at = trait; at !== ''; at = at.replace(/(^|\.)[^.]*$/, '')) {
      traits.add(at);
      traits.add(at.replace(/(\[\])+$/, ''));
    }
  }
  for (const row of ROWS[format] ?? []) {
    if (traits.has(traitOf(row))) counts.set(`${format} ${row}`, (counts.get(`${format} ${row}`) ?? 0) + 1);
  }
}

/** A row is the section of the table and what stands in a body when it is reached: `1.7 tool_choice=none`. */
function traitOf(row: string): string {
  return row.slice(row.indexOf(' ') + 1);
}

/** Every row with how often it was generated. */
export function coverage(): { row: string; times: number }[] {
  return Object.entries(ROWS).flatMap(([format, rows]) =>
    rows.map((row) => ({ row: `${format} ${row}`, times: counts.get(`${format} ${row}`) ?? 0 })),
  );
}

/** The table as text, one line a row. */
export function coverageTable(): string {
  const rows = coverage();
  const width = Math.max(...rows.map(({ row }) => row.length));
  return rows.map(({ row, times }) => `${row.padEnd(width)} ${String(times).padStart(8)}`).join('\n');
}
