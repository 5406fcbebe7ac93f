// The tables of journal.db: one row a call, and bodies where the operator wants them.

import { customType, index, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** A call id or an amount in nanodollars. The database is opened with safeIntegers: integers arrive as bigint. */
const long = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' });

/** A count or a time in milliseconds: an integer that a JavaScript number holds exactly. */
const whole = customType<{ data: number; driverData: bigint }>({
  dataType: () => 'integer',
  toDriver: (value) => BigInt(value),
  fromDriver: (value) => Number(value),
});

export const calls = sqliteTable(
  'calls',
  {
    id: long().primaryKey(),
    requestId: text('request_id').notNull(),
    atMs: whole('at_ms').notNull(),
    key: text(),
    client: text(),
    clientVersion: text('client_version'),
    path: text().notNull(),
    format: text().notNull(),
    modelAsked: text('model_asked'),
    model: text(),
    provider: text(),
    stream: whole().notNull(),
    status: whole().notNull(),
    code: text(),
    message: text(),
    upstreamStatus: whole('upstream_status'),
    attempts: whole().notNull(),
    failedAttempts: text('failed_attempts'),
    losses: text(),
    inputTokens: whole('input_tokens'),
    outputTokens: whole('output_tokens'),
    cachedTokens: whole('cached_tokens'),
    costNano: long('cost_nano'),
    rule: text(),
    durationMs: whole('duration_ms').notNull(),
    firstByteMs: whole('first_byte_ms'),
    bytesIn: whole('bytes_in').notNull(),
    bytesOut: whole('bytes_out').notNull(),
  },
  // the only one: each further index costs more than the row itself
  (table) => [index('calls_by_key').on(table.key, table.id)],
);

export const bodies = sqliteTable('bodies', {
  call: long().primaryKey(),
  request: text().notNull(),
  requestBytes: whole('request_bytes').notNull(),
  answer: text().notNull(),
  answerBytes: whole('answer_bytes').notNull(),
});
