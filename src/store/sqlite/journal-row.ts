// A call as its row in journal.db, and back.

import type { calls } from '../../../db/journal-schema.ts';
import { digitsOf } from '../../lib/id.ts';
import type { ClientGroup } from '../client-sums.ts';
import type { JournalRow, JournalRule } from '../journal-port.ts';
import { type Cell, integerCell } from './cell.ts';

type Columns = typeof calls.$inferSelect;

/** What stands in each column, in their order. NULL is `null`: text of arrays with `undefined` takes twice as long. */
export function cellsOf(row: JournalRow): Cell[] {
  return [
    digitsOf(row.callId),
    row.requestId,
    row.atMs,
    row.keyId ?? null,
    row.client ?? null,
    row.clientVersion ?? null,
    row.path,
    row.format,
    row.modelAsked ?? null,
    row.model ?? null,
    row.provider ?? null,
    row.stream ? 1 : 0,
    row.status,
    row.code ?? null,
    row.message ?? null,
    row.upstreamStatus ?? null,
    row.attempts,
    row.failedAttempts ?? null,
    row.losses ?? null,
    row.inputTokens ?? null,
    row.outputTokens ?? null,
    row.cachedTokens ?? null,
    row.costNano === undefined ? null : integerCell(row.costNano),
    row.rule ?? null,
    row.durationMs,
    row.firstByteMs ?? null,
    row.bytesIn,
    row.bytesOut,
  ];
}

/** NULL becomes an absent member. */
export function rowOf(columns: Columns): JournalRow {
  const { id, key, stream, rule, ...rest } = columns;
  return {
    ...(withoutNulls(rest) as Omit<JournalRow, 'callId' | 'keyId' | 'stream' | 'rule'>),
    callId: id,
    stream: stream === 1,
    ...(key === null ? {} : { keyId: key }),
    ...(rule === null ? {} : { rule: rule as JournalRule }),
  };
}

export function groupOf(
  columns: { [Member in keyof ClientGroup]-?: ClientGroup[Member] | null },
): ClientGroup {
  return withoutNulls(columns) as ClientGroup;
}

function withoutNulls(columns: object): object {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null));
}
