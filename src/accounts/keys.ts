// Making a key: its secret, its window, the rules of its account.

import { Fault } from '../canonical/fault.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { sha256Hex } from '../lib/crypto.ts';
import { newKeySecret } from '../lib/id.ts';
import { mailboxOf } from '../store/mailbox.ts';
import type { Directory, Key, NewKey } from '../store/ports.ts';

/** Keys made without an account belong to this one, which has no limit of live keys. */
export const OPERATOR = 'operator';

const MAX_LIVE_KEYS = 10;
const PREFIX_LENGTH = 'sk-osiris-'.length + 4;
const DAY_MS = 86_400_000;

/**
 * Stores a new key; `secret` is its only copy. A key with `days` ends that many days from now, or from its first call
 * when its window begins there; an expiry of its own stands. Credit goes into the key's own purse with it; a shared
 * purse has to be filled through the ledger, so `creditNano` must be 0 then. Throws `conflict` when its account has
 * ten live keys, or has had a trial and asks for another.
 */
export function createKey(
  directory: Directory,
  input: NewKey,
  clock: Clock = systemClock,
): { key: Key; secret: string } {
  checkAccount(directory, input, clock.nowMs());
  const { secret, hashed } = newSecret();
  return { key: directory.create({ ...input, ...windowOf(input, clock.nowMs()) }, hashed), secret };
}

/** A client's new secret, and what is kept of it. */
export function newSecret(): { secret: string; hashed: { hashHex: string; prefix: string } } {
  const secret = newKeySecret();
  return { secret, hashed: { hashHex: sha256Hex(secret), prefix: secret.slice(0, PREFIX_LENGTH) } };
}

function windowOf({ kind, days, expiresAtMs, windowFrom }: NewKey, nowMs: number): Partial<NewKey> {
  if (windowFrom === 'first-use') return {};
  return {
    ...(kind === 'time' ? { startedAtMs: nowMs } : {}),
    ...(days !== undefined && expiresAtMs === undefined ? { expiresAtMs: nowMs + days * DAY_MS } : {}),
  };
}

function checkAccount(directory: Directory, input: NewKey, nowMs: number): void {
  if (input.account === OPERATOR) return;
  if (input.kind === 'trial' && directory.findAccount(input.account)?.trialAtMs !== undefined) {
    throw new Fault(
      'conflict',
      'This account has had its trial; each mailbox gets one ever, under all its spellings. Make a credit key instead.',
      { param: 'account' },
    );
  }
  refuseOneMore(directory, input.account, nowMs);
}

/** A key that has ended and gets a later end is one more of its account. Throws `conflict`, as for a new one. */
export function checkRevival(
  directory: Directory,
  key: Key,
  expiresAtMs: number | null,
  nowMs: number,
): void {
  const lives = isLive({ ...key, expiresAtMs: expiresAtMs ?? undefined }, nowMs);
  if (lives && !isLive(key, nowMs)) refuseOneMore(directory, key.account, nowMs);
}

function refuseOneMore(directory: Directory, account: string, nowMs: number): void {
  if (account === OPERATOR) return;
  const mailbox = mailboxOf(account);
  const live = directory
    .list()
    .filter((key) => isLive(key, nowMs) && key.account !== OPERATOR && mailboxOf(key.account) === mailbox);
  if (live.length >= MAX_LIVE_KEYS) {
    throw new Fault('conflict', `This account has ${MAX_LIVE_KEYS} live keys already; revoke one first.`, {
      param: 'account',
    });
  }
}

type Ends = { revokedAtMs?: number | undefined; expiresAtMs?: number | undefined };

function isLive({ revokedAtMs, expiresAtMs }: Ends, nowMs: number): boolean {
  return revokedAtMs === undefined && (expiresAtMs === undefined || expiresAtMs > nowMs);
}
