// The ports of everything that remembers; adapters stand in the folders beside this file.

import type { Usage } from '../canonical/usage.ts';
import type { Price } from '../catalog/model.ts';

/** Amounts are nanodollars (1e-9 USD). Times are milliseconds since 1970, UTC. */
export type KeyKind = 'credit' | 'time' | 'trial';

/** What a key may do at most; a member left out is taken from the key's plan, else from the configuration. */
export type KeyLimits = {
  requestsPerMinute?: number;
  concurrent?: number;
  tokensPerMinute?: number;
  nanoPerMinute?: bigint;
  maxBodyBytes?: number;
  requestTimeoutMs?: number;
};

export type BudgetPeriod = 'day' | 'week' | 'month';

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
  /** The purse it draws on: its own, or its account's. */
  purse: number;
  /** The plan it was made by. */
  plan?: string;
  /** A time key's window of `days`; it has begun, and `expiresAtMs` says when it ends, once `startedAtMs` is set. */
  days?: number;
  windowFrom?: 'creation' | 'first-use';
  startedAtMs?: number;
  /** What a time key may use at most in its window, at list price. */
  quotaNano?: bigint;
  budget?: { amountNano: bigint; period: BudgetPeriod };
  /** Model ids it may use, patterns with a trailing `*` allowed; undefined means all. */
  models?: string[];
  /** Tags a deployment must have to answer this key; undefined means none. */
  requireTags?: string[];
  limits: KeyLimits;
  /** The operator wants this key's requests and answers in the journal. */
  logBodies?: boolean;
  /** A request that cannot be carried whole is refused instead of answered with losses. */
  strict?: boolean;
  /** Whether answers are kept for it and given again; absent: as the configuration has it. */
  cache?: 'on' | 'off';
  /** Anthropic is asked to cache the prompts of clients whose format does not ask for it. */
  autoCache?: boolean;
  createdAtMs: number;
  expiresAtMs?: number;
  revokedAtMs?: number;
  /** Until when the secret before the last rotation still opens. */
  previousUntilMs?: number;
};

/** What a key is made of. `creditNano` is put into its own purse as a grant; `sharePurse` draws on its account's. */
export type NewKey = Omit<
  Key,
  'id' | 'prefix' | 'purse' | 'createdAtMs' | 'revokedAtMs' | 'previousUntilMs'
> & {
  creditNano: bigint;
  sharePurse?: boolean;
};

/** What may be changed of a key; `null` takes a member away. */
export type KeyChange = {
  name?: string;
  limits?: { [member in keyof KeyLimits]?: KeyLimits[member] | null };
  quotaNano?: bigint | null;
  budget?: Key['budget'] | null;
  models?: string[] | null;
  requireTags?: string[] | null;
  expiresAtMs?: number | null;
  startedAtMs?: number;
  logBodies?: boolean;
  strict?: boolean;
  cache?: Key['cache'] | null;
  autoCache?: boolean;
};

/** Who pays. Until people can sign in, an account is only its mailbox and its purse. */
export type Account = {
  mailbox: string;
  email: string;
  purse: number;
  createdAtMs: number;
  trialAtMs?: number;
};

/** Keys, accounts and secrets. */
export interface Directory {
  /** The key with this SHA-256 (32 bytes, hex), revoked ones included; answers from memory on the hot path. */
  findByHash(hashHex: string): Key | undefined;
  /** The same from memory alone: a key that another process has just made may be missing. */
  peekByHash(hashHex: string): Key | undefined;
  /** The secret before the last rotation of a key, once its time is over. */
  wasReplaced(hashHex: string): boolean;
  findById(id: string): Key | undefined;
  /** Newest first. */
  list(): Key[];
  /**
   * Stores a key under the hash of its secret, with its purse, its first credit and its account where there is none
   * yet, all or nothing; durable when it returns.
   */
  create(key: NewKey, secret: { hashHex: string; prefix: string }): Key;
  /** The changed key, undefined when there is none with this id. Durable when it returns. */
  change(id: string, change: KeyChange): Key | undefined;
  /** Gives the key a new secret; the old one opens until `previousUntilMs`. Durable when it returns. */
  rotate(id: string, secret: { hashHex: string; prefix: string }, previousUntilMs: number): Key | undefined;
  /** False when there is no such key; revoking twice keeps the first time. Durable when it returns. */
  revoke(id: string): boolean;
  /** By any spelling of the mailbox. */
  findAccount(email: string): Account | undefined;
  /** Newest first. */
  listAccounts(): Account[];
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

/** What a call takes from the minute's tokens and money. */
export type MinuteUse = { tokens: number; nano: bigint };

export type LimitVerdict = Admitted | LimitRefusal;

/** A request that was let in, and the place it has taken among the open calls of its key. */
export interface Admitted extends RateStanding {
  readonly allowed: true;
  /** Counts what the call will likely use as gone from the minute until its place is given back. */
  expect(use: MinuteUse): void;
  /** Gives the place back. May be called more than once, like `undo`. */
  release(): void;
  /** Gives the place and the request back: the call was refused after all. */
  undo(): void;
}

/** Who may start a call now. */
export interface Limiter {
  /** Takes one request and one place, or nothing at all. */
  admit(keyId: string, limits: CallLimits): LimitVerdict;
  /** Takes what a call has used from the minute's tokens and money, also more than is left: later calls then wait. */
  spend(keyId: string, used: MinuteUse): void;
  /** How the key stands; `open` are its running calls. Takes nothing. */
  standing(keyId: string, limits: CallLimits): RateStanding & { open: number };
  /** Every limit that would refuse a call now. Takes nothing. */
  foresee(keyId: string, limits: CallLimits): LimitRefusal[];
}

/** Which rule decided what a call costs (design: "who pays when it breaks"). */
export type SettleRule = 'finished' | 'cache' | 'upstream-failed' | 'our-failure' | 'client-left' | 'crashed';

/** What a call that is about to begin wants to have put aside. */
export type HoldOrder = {
  callId: bigint;
  key: Key;
  model: string;
  /** What has to be available for the call to begin. */
  needNano: bigint;
  /** What is put aside until it is settled. */
  holdNano: bigint;
  /** The charge may never exceed what was put aside and is still there, so that no balance falls below zero. */
  strict: boolean;
  /** What all keys together may be charged today; undefined when there is no such cap. */
  capNano?: bigint | undefined;
  atMs: number;
};

/**
 * Whether a call may begin, as far as money goes. `held`: only other calls' holds are in the way. `empty`, `quota`,
 * `budget` name what is used up; `ended` that the balance has expired. `cap` and `cap-held` are about what all keys
 * together may spend in a day.
 */
export type HoldVerdict =
  | { ok: true }
  | { ok: false; why: 'held' | 'cap-held' }
  | { ok: false; why: 'empty' | 'quota' | 'ended' }
  | { ok: false; why: 'budget' | 'cap'; resetsAtMs: number };
export type HoldRefusal = Exclude<HoldVerdict, { ok: true }>;

/** One call's end, written exactly once per call id. */
export type Settlement = {
  callId: bigint;
  key: Key;
  /** The catalogue id of the model that answered, and who answered. */
  model: string;
  provider: string;
  /** The version of the price it was charged by; see `Ledger.priceVersion`. */
  price: number;
  rule: SettleRule;
  usage: Usage;
  /** Computed from usage and price, before the minimum. */
  costNano: bigint;
  /** What is to be charged, the minimum applied; the ledger keeps it within the ceiling of a strict hold. */
  chargeNano: bigint;
  /** Paths of what a conversion lost, short. */
  losses: string | undefined;
  /** What else has to be known of it after a restart. */
  note?: string | undefined;
  atMs: number;
};

/** What became of a settlement: the amount charged, and a promise that it is on disk. */
export type Receipt = { chargedNano: bigint; durable: Promise<void> };

/** Money moved by hand, or by a rule other than a call. */
export type Posting =
  | {
      kind: 'grant' | 'purchase';
      purse: number;
      amountNano: bigint;
      note: string;
      /** When the whole balance ends from now on; null: it does not end any more. */
      expiresAtMs?: number | null;
    }
  | { kind: 'forfeit'; purse: number; amountNano: bigint; note: string }
  /** Positive amounts give money to the purse, negative ones take it; `of` is the charge that is corrected. */
  | {
      kind: 'adjust';
      purse: number;
      amountNano: bigint;
      note: string;
      of?: { key: string; model: string; day: number };
    };

export type Purse = {
  id: number;
  owner: string;
  balanceNano: bigint;
  /** Open holds. */
  heldNano: bigint;
  /** When the balance is forfeited. */
  expiresAtMs?: number;
};

/** What a key has used so far, and in its budget's running period. */
export type KeyTally = {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  spentNano: bigint;
  /** When the last of its calls ended; 0 when there was none. */
  lastUsedMs: number;
  budget?: { spentNano: bigint; resetsAtMs: number };
};

/** What all keys together have been charged today, what open holds may add, and when the next day begins. */
export type DayStanding = { spentNano: bigint; heldNano: bigint; resetsAtMs: number };

/** For waiting on any hold at all. */
export const EVERY_PURSE = 0;

/** Money. Holds and balances answer from memory; one writer puts them on disk. */
export interface Ledger {
  /** Puts money aside for a call, or says why not. A second order for the same call changes nothing. */
  hold(order: HoldOrder): HoldVerdict;
  /** Everything that would refuse the order now. Puts nothing aside. */
  foresee(order: HoldOrder): HoldRefusal[];
  /** Puts more aside for a call that runs, never less, or says why not and leaves it at what it was. */
  raise(order: HoldOrder): HoldVerdict;
  /** Resolves when a hold on the purse (`EVERY_PURSE`: on any) has ended, or after `timeoutMs`. */
  released(purse: number, timeoutMs: number): Promise<void>;
  /** What settling this call with `chargeNano` would charge now, which stays put aside for it: it can be told. */
  reserve(callId: bigint, chargeNano: bigint): bigint;
  /**
   * Ends a call: charges, and drops its hold. A second settlement of the same call id changes nothing. `decided` is called
   * once it is known whether the charge is on disk, before the receipt tells; for the first settlement only.
   */
  settle(settlement: Settlement, decided?: (isWritten: boolean) => void): Receipt;
  /** The last bytes of the call's answer have left. Put on disk by and by. */
  delivered(callId: bigint): void;
  /** Moves money; resolves when it is on disk, with the entry's id. */
  post(posting: Posting): Promise<bigint>;
  purse(id: number): Purse | undefined;
  tally(key: Key): KeyTally;
  today(): DayStanding;
  /** The number under which this price is kept for good. The same price has the same number. */
  priceVersion(model: string, price: Price): number;
  /** What is wrong with the storage now; undefined when all is well. */
  trouble(): string | undefined;
  /** The same, but where nothing was written of late it is tried whether anything can be. */
  prove(): Promise<string | undefined>;
  /** How long the oldest entry that is not on disk has waited for it, in milliseconds; 0 when none waits. */
  lagMs(): number;
  /** Writes what is pending. */
  close(): Promise<void>;
}

/**
 * The thoughts of recent answers, for clients that do not send them back. Forgetting any of them is always allowed;
 * showing one to another key never is.
 */
export interface ThoughtStore {
  /** Keeps `thoughts` under each of the names, in the place of what was there. */
  remember(keyId: string, names: readonly string[], thoughts: string): void;
  recall(keyId: string, name: string): string | undefined;
  /** False when nothing was ever remembered for this key. */
  hasAny(keyId: string): boolean;
}

/** An answer as it was stored, and how long ago. */
export type CachedAnswer = { answer: Uint8Array; ageMs: number };

/** Answers to requests that may come again. Forgetting any of them is always allowed. */
export interface Cache {
  /** Keeps the answer that this key got for so long at most, in the place of what was there. */
  put(name: string, answer: Uint8Array, ttlMs: number, keyId: string): void;
  get(name: string): CachedAnswer | undefined;
  /** The same without counting as a use. */
  peek(name: string): CachedAnswer | undefined;
  /** Keeps no more than so many bytes from now on; 0 forgets everything and keeps nothing. */
  bound(bytes: number): void;
  /** Forgets the answers that this key got, or all of them. */
  clear(keyId?: string): CacheSize;
  size(): CacheSize;
}

/** `bytes` with what an entry costs beside its answer. */
export type CacheSize = { answers: number; bytes: number };
