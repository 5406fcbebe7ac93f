// What the ledger's writer is told in one go: a message between two threads.

import { cacheWriteTotal, type Usage } from '../../canonical/usage.ts';
import type { Cell } from './cell.ts';
import { packRequests } from './entry-requests.ts';

/** Columns of an entry in the order of its row. */
export const ENTRY_COLUMNS = [
  'id',
  'kind',
  'debit',
  'credit',
  'amount_nano',
  'at_ms',
  'day',
  'key',
  'note',
  'model',
  'provider',
  'price',
  'rule',
  'cost_nano',
  'input_uncached',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'cache_write_other',
  'input_audio',
  'input_image',
  'output',
  'output_reasoning',
  'output_audio',
  'output_image',
  'searches',
  'containers',
  'code_runs',
  'tier',
  'usage_source',
  'requests',
  'losses',
  'delivery',
] as const;

export type EntryCells = Cell[];

/** A hold as its row: call id, key, purse, amount, model, time. */
export type HoldCells = Cell[];

export type Batch = {
  entries: EntryCells[];
  holds: HoldCells[];
  /** Call ids whose answers have left. */
  delivered: string[];
  /** Purse and its new expiry, null takes it away; holds only if the entry it came with is written. */
  expiries: [purse: number, expiresAtMs: number | null, entryId: string][];
};

/** `failed` tells, by position among the entries, what could not be written and why. */
export type Outcome = { failed: [position: number, message: string][] };

export function emptyBatch(): Batch {
  return { entries: [], holds: [], delivered: [], expiries: [] };
}

/** The columns of an entry that speak of what was used. */
export function usageCells(usage: Usage): Cell[] {
  const { ttl5m, ttl1h } = usage.cacheWrite;
  return [
    usage.inputUncached,
    usage.cacheRead,
    ttl5m,
    ttl1h,
    cacheWriteTotal(usage) - ttl5m - ttl1h,
    usage.inputAudio,
    usage.inputImage,
    usage.output,
    usage.outputReasoning,
    usage.outputAudio,
    usage.outputImage,
    usage.serverTools.web_search ?? 0,
    usage.serverTools.container ?? 0,
    usage.serverTools.code_execution ?? 0,
    usage.tier ?? null,
    usage.source,
    usage.requests ? packRequests(usage.requests) : null,
  ];
}

/** The same for an entry that is no call. */
export const NO_USAGE_CELLS: readonly Cell[] = usageCellsOf(17);

function usageCellsOf(count: number): Cell[] {
  return Array.from({ length: count }, () => null);
}
