// A key as its row, and back.

import type { accounts, keys } from '../../../db/schema.ts';
import type { Account, Key, KeyLimits } from '../ports.ts';

type Row = typeof keys.$inferSelect;

/** Every column is written; a member that is absent is NULL. */
export function rowOfKey(key: Key, secretHash: string): Row {
  return {
    id: key.id,
    secretHash,
    previousHash: null,
    previousUntilMs: key.previousUntilMs ?? null,
    prefix: key.prefix,
    name: key.name,
    kind: key.kind,
    account: key.account,
    purse: key.purse,
    plan: key.plan ?? null,
    days: key.days ?? null,
    windowFrom: key.windowFrom ?? null,
    startedAtMs: key.startedAtMs ?? null,
    quotaNano: key.quotaNano ?? null,
    budgetNano: key.budget?.amountNano ?? null,
    budgetPeriod: key.budget?.period ?? null,
    models: key.models ?? null,
    requireTags: key.requireTags ?? null,
    ...rowOfLimits(key.limits),
    logBodies: key.logBodies ? 1 : 0,
    strict: key.strict ? 1 : 0,
    cache: key.cache ?? null,
    autoCache: key.autoCache ? 1 : 0,
    createdAtMs: key.createdAtMs,
    expiresAtMs: key.expiresAtMs ?? null,
    revokedAtMs: key.revokedAtMs ?? null,
  };
}

function rowOfLimits(limits: KeyLimits): Pick<Row, keyof KeyLimits> {
  return {
    requestsPerMinute: limits.requestsPerMinute ?? null,
    concurrent: limits.concurrent ?? null,
    tokensPerMinute: limits.tokensPerMinute ?? null,
    nanoPerMinute: limits.nanoPerMinute ?? null,
    maxBodyBytes: limits.maxBodyBytes ?? null,
    requestTimeoutMs: limits.requestTimeoutMs ?? null,
  };
}

/** NULL becomes an absent member. */
export function keyOfRow(row: Row): Key {
  const limits: KeyLimits = {
    ...(row.requestsPerMinute === null ? {} : { requestsPerMinute: row.requestsPerMinute }),
    ...(row.concurrent === null ? {} : { concurrent: row.concurrent }),
    ...(row.tokensPerMinute === null ? {} : { tokensPerMinute: row.tokensPerMinute }),
    ...(row.nanoPerMinute === null ? {} : { nanoPerMinute: row.nanoPerMinute }),
    ...(row.maxBodyBytes === null ? {} : { maxBodyBytes: row.maxBodyBytes }),
    ...(row.requestTimeoutMs === null ? {} : { requestTimeoutMs: row.requestTimeoutMs }),
  };
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    kind: row.kind,
    account: row.account,
    purse: row.purse,
    limits,
    createdAtMs: row.createdAtMs,
    ...(row.plan === null ? {} : { plan: row.plan }),
    ...(row.days === null ? {} : { days: row.days }),
    ...(row.windowFrom === null ? {} : { windowFrom: row.windowFrom }),
    ...(row.startedAtMs === null ? {} : { startedAtMs: row.startedAtMs }),
    ...(row.quotaNano === null ? {} : { quotaNano: row.quotaNano }),
    ...(row.budgetNano === null || row.budgetPeriod === null
      ? {}
      : { budget: { amountNano: row.budgetNano, period: row.budgetPeriod } }),
    ...(row.models === null ? {} : { models: row.models }),
    ...(row.requireTags === null ? {} : { requireTags: row.requireTags }),
    ...(row.logBodies === 0 ? {} : { logBodies: true }),
    ...(row.strict === 0 ? {} : { strict: true }),
    ...(row.cache === null ? {} : { cache: row.cache }),
    ...(row.autoCache === 0 ? {} : { autoCache: true }),
    ...(row.expiresAtMs === null ? {} : { expiresAtMs: row.expiresAtMs }),
    ...(row.revokedAtMs === null ? {} : { revokedAtMs: row.revokedAtMs }),
    ...(row.previousUntilMs === null ? {} : { previousUntilMs: row.previousUntilMs }),
  };
}

export function accountOfRow(row: typeof accounts.$inferSelect): Account {
  const { mailbox, email, purse, createdAtMs, trialAtMs } = row;
  return { mailbox, email, purse, createdAtMs, ...(trialAtMs === null ? {} : { trialAtMs }) };
}
