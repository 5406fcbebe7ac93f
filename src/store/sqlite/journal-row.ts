// A call as its row in journal.db, and back.

import type { calls } from '../../../db/journal-schema.ts';
import type { ClientGroup } from '../client-sums.ts';
import type { JournalRow, JournalRule } from '../journal-port.ts';

type Columns = typeof calls.$inferSelect;

/** Every column is written; a member that is absent is NULL. */
export function columnsOf(row: JournalRow): Columns {
  return {
    id: row.callId,
    requestId: row.requestId,
    atMs: row.atMs,
    key: row.keyId ?? null,
    client: row.client ?? null,
    clientVersion: row.clientVersion ?? null,
    path: row.path,
    format: row.format,
    modelAsked: row.modelAsked ?? null,
    model: row.model ?? null,
    provider: row.provider ?? null,
    stream: row.stream ? 1 : 0,
    status: row.status,
    code: row.code ?? null,
    message: row.message ?? null,
    upstreamStatus: row.upstreamStatus ?? null,
    attempts: row.attempts,
    failedAttempts: row.failedAttempts ?? null,
    losses: row.losses ?? null,
    inputTokens: row.inputTokens ?? null,
    outputTokens: row.outputTokens ?? null,
    cachedTokens: row.cachedTokens ?? null,
    costNano: row.costNano ?? null,
    rule: row.rule ?? null,
    durationMs: row.durationMs,
    firstByteMs: row.firstByteMs ?? null,
    bytesIn: row.bytesIn,
    bytesOut: row.bytesOut,
  };
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
