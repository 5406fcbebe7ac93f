// Making a key: its secret, the rules of its account, and its shape in JSON.

import { Fault } from '../canonical/fault.ts';
import { type Clock, formatTime, nowMs, systemClock } from '../lib/clock.ts';
import { sha256Hex } from '../lib/crypto.ts';
import { newKeySecret } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { formatUsd } from '../lib/money.ts';
import { mailboxOf } from './mailbox.ts';
import type { Directory, Key, NewKey } from './ports.ts';

export { parseNewKey } from './new-key.ts';

/** Keys made without an account belong to this one, which has no limit of live keys. */
export const OPERATOR = 'operator';

const MAX_LIVE_KEYS = 10;
const PREFIX_LENGTH = 'sk-osiris-'.length + 4;
const DAY_MS = 86_400_000;

/**
 * Stores a new key; `secret` is its only copy. A key with `days` and no expiry ends that many days from now.
 * Throws `conflict` when its account has ten live keys, or has had a trial and asks for another.
 */
export function createKey(
  directory: Directory,
  input: NewKey,
  clock: Clock = systemClock,
): { key: Key; secret: string } {
  checkAccount(directory, input, clock.nowMs());
  const ends =
    input.days !== undefined && input.expiresAtMs === undefined
      ? { expiresAtMs: clock.nowMs() + input.days * DAY_MS }
      : {};
  const secret = newKeySecret();
  const hashed = { hashHex: sha256Hex(secret), prefix: secret.slice(0, PREFIX_LENGTH) };
  return { key: directory.create({ ...input, ...ends }, hashed), secret };
}

/** What `/admin/keys` and the command line show of a key: USD as numbers, times as ISO text, absent members as null. */
export function keyJson(key: Key): JsonObject {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    kind: key.kind,
    account: key.account,
    status: statusOf(key, nowMs()),
    days: key.days ?? null,
    quota_usd: key.quotaNano === undefined ? null : usd(key.quotaNano),
    budget: key.budget ? { amount_usd: usd(key.budget.amountNano), period: key.budget.period } : null,
    models: key.models ?? null,
    limits: {
      requests_per_minute: key.limits.requestsPerMinute ?? null,
      concurrent: key.limits.concurrent ?? null,
      tokens_per_minute: key.limits.tokensPerMinute ?? null,
    },
    created_at: formatTime(key.createdAtMs),
    expires_at: timeOrNull(key.expiresAtMs),
    revoked_at: timeOrNull(key.revokedAtMs),
  };
}

function checkAccount(directory: Directory, input: NewKey, nowMs: number): void {
  if (input.account === OPERATOR) return;
  const mailbox = mailboxOf(input.account);
  const owned = directory.list().filter((key) => mailboxOf(key.account) === mailbox);
  if (input.kind === 'trial' && owned.some((key) => key.kind === 'trial')) {
    throw new Fault('conflict', 'This account has had its trial; each account gets one ever.', {
      param: 'account',
    });
  }
  if (owned.filter((key) => statusOf(key, nowMs) === 'active').length >= MAX_LIVE_KEYS) {
    throw new Fault('conflict', `This account has ${MAX_LIVE_KEYS} live keys already; revoke one first.`, {
      param: 'account',
    });
  }
}

function statusOf(key: Key, nowMs: number): 'active' | 'expired' | 'revoked' {
  if (key.revokedAtMs !== undefined) return 'revoked';
  return key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs ? 'expired' : 'active';
}

function usd(nano: bigint): number {
  return Number(formatUsd(nano));
}

function timeOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : formatTime(timeMs);
}
