// What the configuration says of keys that are to be made: plans, and what a trial is.

import type { KeyLimits } from '../store/ports.ts';

/** What a key made by a plan begins with; its limits stay the plan's and are looked up at each call. */
export type KeyPlan = {
  creditNano?: bigint;
  days?: number;
  quotaNano?: bigint;
  limits: KeyLimits;
  models?: string[];
};

/** `emailDomains` are in lower case. */
export type TrialRules = {
  days: number;
  requestsPerMinute: number;
  creditNano: bigint;
  emailDomains: string[];
};

export type KeyRules = { plans?: ReadonlyMap<string, KeyPlan>; trial?: TrialRules };

/** A trial where the configuration says nothing of it. */
export const DEFAULT_TRIAL: TrialRules = {
  days: 3,
  requestsPerMinute: 15,
  creditNano: 1_000_000_000n,
  emailDomains: ['gmail.com'],
};

/** `gmail.com`, `gmail.com or example.com`. */
export function domainsOf({ emailDomains }: TrialRules): string {
  return emailDomains.join(' or ');
}
