// The tables of osiris.db: keys and accounts, the ledger, and small facts of the installation.

import { customType, index, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Nanodollars. The database is opened with safeIntegers, so every integer arrives as a bigint. */
const nano = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' });

/** A call id or an entry's own id: 63 bits that grow with time. */
const timeOrdered = nano;

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
    /** The secret before the last rotation, and until when it still opens. */
    previousHash: text('previous_hash'),
    previousUntilMs: whole('previous_until_ms'),
    prefix: text().notNull(),
    name: text().notNull(),
    kind: text({ enum: ['credit', 'time', 'trial'] }).notNull(),
    account: text().notNull(),
    /** The purse it draws on: its own, or its account's. */
    purse: whole().notNull().default(0),
    plan: text(),
    /** A time key's window: its length, where it begins, and when it has begun. */
    days: whole(),
    windowFrom: text('window_from', { enum: ['creation', 'first-use'] }),
    startedAtMs: whole('started_at_ms'),
    quotaNano: nano('quota_nano'),
    budgetNano: nano('budget_nano'),
    budgetPeriod: text('budget_period', { enum: ['day', 'week', 'month'] }),
    models: text({ mode: 'json' }).$type<string[]>(),
    requireTags: text('require_tags', { mode: 'json' }).$type<string[]>(),
    requestsPerMinute: whole('requests_per_minute'),
    concurrent: whole(),
    tokensPerMinute: whole('tokens_per_minute'),
    nanoPerMinute: nano('nano_per_minute'),
    maxBodyBytes: whole('max_body_bytes'),
    requestTimeoutMs: whole('request_timeout_ms'),
    logBodies: whole('log_bodies').notNull().default(0),
    strict: whole().notNull().default(0),
    cache: text({ enum: ['on', 'off'] }),
    autoCache: whole('auto_cache').notNull().default(0),
    createdAtMs: whole('created_at_ms').notNull(),
    expiresAtMs: whole('expires_at_ms'),
    revokedAtMs: whole('revoked_at_ms'),
  },
  (table) => [index('keys_by_account').on(table.account)],
);

export const accounts = sqliteTable('accounts', {
  /** The mailbox all spellings of an address share. */
  mailbox: text().primaryKey(),
  /** As it was first written. */
  email: text().notNull(),
  purse: whole().notNull(),
  trialAtMs: whole('trial_at_ms'),
  createdAtMs: whole('created_at_ms').notNull(),
});

/**
 * Where money lies. Those below 100 are the books of the house (`store/sqlite/books.ts`); the balances of all purses
 * add up to 0. Triggers move balances as entries come in, nothing else may.
 */
export const purses = sqliteTable('purses', {
  id: whole().primaryKey(),
  /** A key's id, an account's mailbox, or the name of a book. */
  owner: text().notNull().unique(),
  balanceNano: nano('balance_nano').notNull(),
  /** When a purchased balance is forfeited. */
  expiresAtMs: whole('expires_at_ms'),
  createdAtMs: whole('created_at_ms').notNull(),
});

/**
 * The ledger: each entry moves `amountNano` from one purse to another. Append-only by trigger. The id of a charge is
 * its call id.
 */
export const entries = sqliteTable('entries', {
  id: timeOrdered().primaryKey(),
  kind: text({ enum: ['purchase', 'grant', 'charge', 'release', 'forfeit', 'adjust'] }).notNull(),
  debit: whole().notNull(),
  credit: whole().notNull(),
  amountNano: nano('amount_nano').notNull(),
  atMs: whole('at_ms').notNull(),
  /** Days since 1970 in `billing.timezone`. */
  day: whole().notNull(),
  key: text(),
  /** What moved the money by hand, or which entry this one corrects. */
  note: text(),
  model: text(),
  provider: text(),
  price: whole(),
  rule: text(),
  /** The computed cost before the minimum and any ceiling. */
  costNano: nano('cost_nano'),
  inputUncached: whole('input_uncached'),
  cacheRead: whole('cache_read'),
  cacheWrite5m: whole('cache_write_5m'),
  cacheWrite1h: whole('cache_write_1h'),
  cacheWriteOther: whole('cache_write_other'),
  inputAudio: whole('input_audio'),
  inputImage: whole('input_image'),
  output: whole(),
  outputReasoning: whole('output_reasoning'),
  outputAudio: whole('output_audio'),
  outputImage: whole('output_image'),
  searches: whole(),
  /** Five minutes of one container with code each, times its GB where it is sold by size. */
  containers: whole(),
  codeRuns: whole('code_runs'),
  tier: text(),
  usageSource: text('usage_source'),
  /** Where it took several: what each used that is priced by the request, as JSON. */
  requests: text(),
  losses: text(),
  /** `unknown` as it is written; that the answer has left is told in `deliveries`, and was told here once. */
  delivery: text({ enum: ['complete', 'unknown'] }),
});

/** Entries of unknown delivery whose answers have left: beside the entry, of which a change would write all anew. */
export const deliveries = sqliteTable('deliveries', { entry: timeOrdered().primaryKey() });

/** Calls that were under way for a while, so that a crash does not forget them. */
export const holds = sqliteTable('holds', {
  callId: timeOrdered('call_id').primaryKey(),
  key: text().notNull(),
  purse: whole().notNull(),
  amountNano: nano('amount_nano').notNull(),
  model: text().notNull(),
  atMs: whole('at_ms').notNull(),
});

/** Sums of the charges, kept by trigger. */
export const days = sqliteTable(
  'days',
  {
    key: text().notNull(),
    day: whole().notNull(),
    model: text().notNull(),
    calls: whole().notNull(),
    inputTokens: whole('input_tokens').notNull(),
    outputTokens: whole('output_tokens').notNull(),
    amountNano: nano('amount_nano').notNull(),
    failed: whole().notNull(),
    /** The part of the input that was read from a cache. */
    cachedTokens: whole('cached_tokens').notNull().default(0),
    /** When the last of the calls ended; 0 where only a crash ended one. */
    lastMs: whole('last_ms').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.key, table.day, table.model] })],
);

/** Every price anything was charged by. */
export const prices = sqliteTable('prices', {
  id: whole().primaryKey(),
  model: text().notNull(),
  /** Canonical JSON of the selling price: the same price is the same row. */
  price: text().notNull(),
  source: text().notNull(),
  asOf: text('as_of').notNull(),
  fromMs: whole('from_ms').notNull(),
});

export const facts = sqliteTable('facts', {
  name: text().primaryKey(),
  value: text().notNull(),
});
