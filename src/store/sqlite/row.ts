// A key as its row, and back.

import type { keys } from '../../../db/schema.ts';
import type { Key, KeyLimits } from '../ports.ts';

type Row = typeof keys.$inferSelect;

/** Every column is written; a member that is absent is NULL. */
export function rowOfKey(key: Key, secretHash: string): Row {
  return {
    id: key.id,
    secretHash,
    prefix: key.prefix,
    name: key.name,
    kind: key.kind,
    account: key.account,
    creditNano: key.creditNano,
    days: key.days ?? null,
    quotaNano: key.quotaNano ?? null,
    budgetNano: key.budget?.amountNano ?? null,
    budgetPeriod: key.budget?.period ?? null,
    models: key.models ?? null,
    requestsPerMinute: key.limits.requestsPerMinute ?? null,
    concurrent: key.limits.concurrent ?? null,
    tokensPerMinute: key.limits.tokensPerMinute ?? null,
    createdAtMs: key.createdAtMs,
    expiresAtMs: key.expiresAtMs ?? null,
    revokedAtMs: key.revokedAtMs ?? null,
  };
}

/** NULL becomes an absent member. */
export function keyOfRow(row: Row): Key {
  const limits: KeyLimits = {
    ...(row.requestsPerMinute === null ? {} : { requestsPerMinute: row.requestsPerMinute }),
    ...(row.concurrent === null ? {} : { concurrent: row.concurrent }),
    ...(row.tokensPerMinute === null ? {} : { tokensPerMinute: row.tokensPerMinute }),
  };
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    kind: row.kind,
    account: row.account,
    creditNano: row.creditNano,
    limits,
    createdAtMs: row.createdAtMs,
    ...(row.days === null ? {} : { days: row.days }),
    ...(row.quotaNano === null ? {} : { quotaNano: row.quotaNano }),
    ...(row.budgetNano === null || row.budgetPeriod === null
      ? {}
      : { budget: { amountNano: row.budgetNano, period: row.budgetPeriod } }),
    ...(row.models === null ? {} : { models: row.models }),
    ...(row.expiresAtMs === null ? {} : { expiresAtMs: row.expiresAtMs }),
    ...(row.revokedAtMs === null ? {} : { revokedAtMs: row.revokedAtMs }),
  };
}
