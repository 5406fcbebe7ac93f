// A call as its row in journal.db, and back.

import type { calls } from '../../../db/journal-schema.ts';
import { digitsOf } from '../../lib/id.ts';
import type { ClientGroup } from '../client-sums.ts';
import type { JournalRow, JournalRule } from '../journal-port.ts';

type Columns = typeof calls.$inferSelect;

/** Integers beyond 2^53 travel as text; the columns' affinity makes them integers again. */
export type Cell = string | number | null | undefined;

/** What stands in each column, in their order; undefined for NULL. */
export function cellsOf(row: JournalRow): Cell[] {
  return [
    digitsOf(row.callId),
    row.requestId,
    row.atMs,
    row.keyId,
    row.client,
    row.clientVersion,
    row.path,
    row.format,
    row.modelAsked,
    row.model,
    row.provider,
    row.stream ? 1 : 0,
    row.status,
    row.code,
    row.message,
    row.upstreamStatus,
    row.attempts,
    row.failedAttempts,
    row.losses,
    row.inputTokens,
    row.outputTokens,
    row.cachedTokens,
    row.costNano === undefined ? undefined : digitsOf(row.costNano),
    row.rule,
    row.durationMs,
    row.firstByteMs,
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
