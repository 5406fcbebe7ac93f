// What a check of the ledger writes down while it looks.

import { LEDGER_CHECKS, type LedgerCheck, type Verification } from '../verification.ts';

/** How many violations of one check are told. */
export const TOLD_MAX = 20;

/** Notes what was looked at and what was wrong. */
export type Notes = {
  checked(check: LedgerCheck, count?: number): void;
  wrong(check: LedgerCheck, message: string): void;
};

/** Of one key, day and model. */
export type DaySums = {
  calls: number;
  failed: number;
  input: number;
  cached: number;
  output: number;
  amountNano: bigint;
  lastMs: number;
};

export function takeNotes(): { notes: Notes; result: (tookMs: number) => Verification } {
  const names = Object.keys(LEDGER_CHECKS) as LedgerCheck[];
  const checks = Object.fromEntries(
    names.map((name) => [name, { checked: 0, wrong: 0 }]),
  ) as Verification['checks'];
  const violations: Verification['violations'] = [];
  return {
    notes: {
      checked(check, count = 1) {
        checks[check].checked += count;
      },
      wrong(check, message) {
        checks[check].wrong += 1;
        if (checks[check].wrong <= TOLD_MAX) violations.push({ check, message });
      },
    },
    result: (tookMs) => ({ ok: violations.length === 0, checks, violations, tookMs }),
  };
}

export function dayGroup(key: string | null, day: bigint, model: string | null): string {
  return `${key}\n${day}\n${model}`;
}
