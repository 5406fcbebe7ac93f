// What a check of the whole ledger reports.

import type { JsonObject } from '../lib/json.ts';

/** The invariants, in the order in which they are checked. */
export const LEDGER_CHECKS = {
  file: 'the file is whole (PRAGMA integrity_check)',
  triggers: 'the triggers that guard the ledger are as this version made them',
  entries: 'every entry moves an amount the way its kind says',
  prices: 'every call names a price that is kept',
  costs: 'every cost is what its usage comes to at its price',
  charges: 'no charge is above its cost, or the minimum',
  balances: 'every balance is the sum of its entries',
  zero: 'all balances add up to 0',
  days: 'the sums by day are those of the entries',
  holds: 'no call is both held and settled',
  deliveries: 'what is told to have been delivered is a call that was charged',
  keys: "every key's purse exists",
} as const;

export type LedgerCheck = keyof typeof LEDGER_CHECKS;

/** `message` names what is wrong with its ids and amounts. */
export type Violation = { check: LedgerCheck; message: string };

export type Verification = {
  ok: boolean;
  /** How much each check looked at, and how much of it was wrong. */
  checks: Record<LedgerCheck, { checked: number; wrong: number }>;
  /** The first ones of each check. */
  violations: Violation[];
  tookMs: number;
};

/** As `/admin/ledger/verify` and the command line show it. */
export function verificationJson({ ok, tookMs, checks, violations }: Verification): JsonObject {
  return { object: 'verification', ok, took_ms: Math.round(tookMs), checks, violations };
}

export type VerifyOptions = {
  /** The minimum charge of today; a higher one of the past is remembered in the database. */
  minimumChargeNano: bigint;
  /** Told now and then how many of the entries have been looked at. */
  progress?: (done: number, all: number) => void;
};
