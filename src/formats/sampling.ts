// Whether a model takes temperature and its kin with this request.

import type { CanonicalRequest } from '../canonical/request.ts';
import type { Target } from './codec.ts';

/** Some models take them only when they are told not to think. */
export function takesSampling({ reasoning }: CanonicalRequest, target: Target): boolean {
  const isIdle = reasoning?.mode === 'off' || reasoning?.effort === 'none' || reasoning?.budgetTokens === 0;
  return target.sampling || (target.idleSampling === true && isIdle);
}
