// The ports of everything that remembers; adapters stand in the folders beside this file.

import type { Usage } from '../canonical/usage.ts';

/** Amounts are nanodollars (1e-9 USD). Times are milliseconds since 1970, UTC. */
export type KeyKind = 'credit' | 'time' | 'trial';

export type KeyLimits = {
  requestsPerMinute?: number;
  concurrent?: number;
  tokensPerMinute?: number;
  nanoPerMinute?: bigint;
};

/** A client's secret with us, without the secret: that is stored as its SHA-256 only. */
export type Key = {
  /** `key_` and 16 characters. */
  id: string;
  name: string;
  /** The visible beginning, `sk-osiris-ab12`. */
  prefix: string;
  kind: KeyKind;
  /** Account e-mail or `operator`. */
  account: string;
  creditNano: bigint;
  days?: number;
  quotaNano?: bigint;
  budget?: { amountNano: bigint; period: 'day' | 'week' | 'month' };
  /** Model ids it may use, patterns with a trailing `*` allowed; undefined means all. */
  models?: string[];
  limits: KeyLimits;
  createdAtMs: number;
  expiresAtMs?: number;
  revokedAtMs?: number;
};

export type NewKey = Omit<Key, 'id' | 'prefix' | 'createdAtMs' | 'revokedAtMs'>;

/** Keys and secrets. */
export interface Directory {
  /** The key with this SHA-256 (32 bytes, hex), revoked ones included; answers from memory on the hot path. */
  findByHash(hashHex: string): Key | undefined;
  /** The same from memory alone: a key that another process has just made may be missing. */
  peekByHash(hashHex: string): Key | undefined;
  findById(id: string): Key | undefined;
  /** Newest first. */
  list(): Key[];
  /** Stores a key under the hash of its secret; durable when it returns. */
  create(key: NewKey, secret: { hashHex: string; prefix: string }): Key;
  /** False when there is no such key; revoking twice keeps the first time. Durable when it returns. */
  revoke(id: string): boolean;
  /** Small facts of the installation (`admin_secret_sha256`). */
  getFact(name: string): string | undefined;
  setFact(name: string, value: string): void;
  close(): void;
}

/** What one key may do; tokens and money are bounded only where they are given. */
export type CallLimits = {
  requestsPerMinute: number;
  concurrent: number;
  tokensPerMinute?: number;
  nanoPerMinute?: bigint;
};

/** Requests a minute: how many there are, how many are left, and whole seconds until one more is back. */
export type RateStanding = { limit: number; remaining: number; resetS: number };

export type LimitRefusal = RateStanding & {
  allowed: false;
  /** Which limit is in the way; of several the one that stays longest. */
  why: 'requests' | 'tokens' | 'usd' | 'concurrency';
  retryAfterS: number;
};

export type LimitVerdict =
  | (RateStanding & {
      allowed: true;
      /** Gives the place back. May be called more than once, like `undo`. */
      release: () => void;
      /** Gives the place and the request back: the call was refused after all. */
      undo: () => void;
    })
  | LimitRefusal;

/** Who may start a call now. */
export interface Limiter {
  /** Takes one request and one place, or nothing at all. */
  admit(keyId: string, limits: CallLimits): LimitVerdict;
  /** Takes what a call has used from the minute's tokens and money, also more than is left: later calls then wait. */
  spend(keyId: string, used: { tokens: number; nano: bigint }): void;
  /** How the key stands; `open` are its running calls. Takes nothing. */
  standing(keyId: string, limits: CallLimits): RateStanding & { open: number };
}

/** Which rule decided what a call costs (design: "who pays when it breaks"). */
export type SettleRule = 'finished' | 'upstream-failed' | 'our-failure' | 'client-left';

/** One call's end, written exactly once per call id. */
export type Settlement = {
  callId: bigint;
  keyId: string;
  /** The catalogue id of the model that answered, and who answered. */
  model: string;
  provider: string;
  rule: SettleRule;
  usage: Usage;
  atMs: number;
};

/** Money. */
export interface Ledger {
  /** Resolves when the settlement is durable; a second one for the same call id changes nothing. */
  settle(settlement: Settlement): Promise<void>;
  /** Calls and tokens of a key so far. */
  usageOf(keyId: string): { requests: number; inputTokens: number; outputTokens: number };
}
