// Keys as `/admin/keys` and the command line show them: USD as numbers, times as ISO text, absent members as null.

import { formatTime } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import { type LimitRules, planLimits, resolveLimits } from '../store/key-limits.ts';
import type { Key, KeyLimits, KeyTally, Ledger, Purse } from '../store/ports.ts';

export type KeyStatus = 'active' | 'expired' | 'revoked';

/** What is read beside the key itself. */
export type KeyJsonPorts = { ledger: Ledger; rules: LimitRules; nowMs: number };

export function keyJson(key: Key, { ledger, rules, nowMs }: KeyJsonPorts): JsonObject {
  const tally = ledger.tally(key);
  const purse = ledger.purse(key.purse);
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    kind: key.kind,
    account: key.account,
    status: statusOf(key, nowMs),
    plan: key.plan ?? null,
    days: key.days ?? null,
    ...moneyJson(key, purse),
    spent_usd: usd(tally.spentNano),
    quota: quotaJson(key, tally),
    window: windowJson(key),
    budget: budgetJson(key, tally),
    models: key.models ?? null,
    require_tags: key.requireTags ?? null,
    limits: limitsJson(resolveLimits(key, rules)),
    own_limits: saidLimitsJson(key.limits),
    plan_limits: saidLimitsJson(planLimits(key, rules)),
    usage: { requests: tally.calls, input_tokens: tally.inputTokens, output_tokens: tally.outputTokens },
    last_used_at: tally.lastUsedMs === 0 ? null : formatTime(tally.lastUsedMs),
    log_bodies: key.logBodies === true,
    strict: key.strict === true,
    cache: key.cache ?? null,
    auto_cache: key.autoCache ? 'on' : 'off',
    created_at: formatTime(key.createdAtMs),
    expires_at: timeOrNull(key.expiresAtMs),
    revoked_at: timeOrNull(key.revokedAtMs),
    previous_secret_until:
      key.revokedAtMs === undefined && key.previousUntilMs !== undefined && key.previousUntilMs > nowMs
        ? formatTime(key.previousUntilMs)
        : null,
  };
}

export function statusOf(key: Key, nowMs: number): KeyStatus {
  if (key.revokedAtMs !== undefined) return 'revoked';
  return key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs ? 'expired' : 'active';
}

/** What may be used in the window and what has been, at list price. */
export function quotaJson(key: Key, { spentNano }: KeyTally): JsonObject | null {
  if (key.quotaNano === undefined) return null;
  return { amount_usd: usd(key.quotaNano), used_usd: usd(spentNano) };
}

export function budgetJson({ budget }: Key, tally: KeyTally): JsonObject | null {
  if (budget === undefined) return null;
  return {
    amount_usd: usd(budget.amountNano),
    period: budget.period,
    spent_usd: usd(tally.budget?.spentNano ?? 0n),
    resets_at: timeOrNull(tally.budget?.resetsAtMs),
  };
}

export function timeOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : formatTime(timeMs);
}

/** A time key has no balance: its window is paid. */
function moneyJson(key: Key, purse: Purse | undefined): JsonObject {
  const hasBalance = key.kind !== 'time';
  return {
    purse: purse === undefined || purse.owner === key.id ? 'own' : 'account',
    balance_usd: hasBalance ? usd(purse?.balanceNano ?? 0n) : null,
    held_usd: hasBalance ? usd(purse?.heldNano ?? 0n) : null,
    balance_expires_at: hasBalance ? timeOrNull(purse?.expiresAtMs) : null,
  };
}

function windowJson(key: Key): JsonObject | null {
  if (key.kind !== 'time') return null;
  return {
    from: key.windowFrom ?? 'creation',
    started_at: timeOrNull(key.startedAtMs),
    ends_at: timeOrNull(key.expiresAtMs),
  };
}

function limitsJson(limits: KeyLimits): JsonObject {
  const { requestsPerMinute, concurrent, tokensPerMinute, nanoPerMinute } = limits;
  const { maxBodyBytes, requestTimeoutMs } = limits;
  return {
    requests_per_minute: requestsPerMinute ?? null,
    concurrent: concurrent ?? null,
    tokens_per_minute: tokensPerMinute ?? null,
    usd_per_minute: nanoPerMinute === undefined ? null : usd(nanoPerMinute),
    max_body_bytes: maxBodyBytes ?? null,
    request_timeout_s: requestTimeoutMs === undefined ? null : requestTimeoutMs / 1000,
  };
}

/** Only those that the key itself, or its plan, says; the rest are the configuration's. */
function saidLimitsJson(limits: KeyLimits): JsonObject {
  return Object.fromEntries(Object.entries(limitsJson(limits)).filter(([, value]) => value !== null));
}
