// The tables of osiris.db: keys, and small facts of the installation.

import { customType, index, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Nanodollars. The database is opened with safeIntegers, so every integer arrives as a bigint. */
const nano = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' });

/** A count or a time in milliseconds: an integer that a JavaScript number holds exactly. */
const whole = customType<{ data: number; driverData: bigint }>({
  dataType: () => 'integer',
  toDriver: (value) => BigInt(value),
  fromDriver: (value) => Number(value),
});

export const keys = sqliteTable(
  'keys',
  {
    id: text().primaryKey(),
    secretHash: text('secret_hash').notNull().unique(),
    prefix: text().notNull(),
    name: text().notNull(),
    kind: text({ enum: ['credit', 'time', 'trial'] }).notNull(),
    account: text().notNull(),
    creditNano: nano('credit_nano').notNull(),
    days: whole(),
    quotaNano: nano('quota_nano'),
    budgetNano: nano('budget_nano'),
    budgetPeriod: text('budget_period', { enum: ['day', 'week', 'month'] }),
    models: text({ mode: 'json' }).$type<string[]>(),
    requestsPerMinute: whole('requests_per_minute'),
    concurrent: whole(),
    tokensPerMinute: whole('tokens_per_minute'),
    createdAtMs: whole('created_at_ms').notNull(),
    expiresAtMs: whole('expires_at_ms'),
    revokedAtMs: whole('revoked_at_ms'),
  },
  (table) => [index('keys_by_account').on(table.account)],
);

export const facts = sqliteTable('facts', {
  name: text().primaryKey(),
  value: text().notNull(),
});
