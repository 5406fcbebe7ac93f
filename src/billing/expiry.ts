// When a purse that was paid into runs out.

import { addMonths } from '../lib/calendar.ts';

const MONTHS_EACH = 1;
const MONTHS_AHEAD_MAX = 3;

/**
 * A purchase adds a calendar month to what is left, and the end never lies more than three months ahead:
 * min(max(now, old) + 1 month, now + 3 months), with the day clamped, in UTC.
 */
export function expiryAfterPurchase(nowMs: number, oldExpiryMs: number | undefined): number {
  const from = Math.max(nowMs, oldExpiryMs ?? nowMs);
  return Math.min(addMonths(from, MONTHS_EACH), addMonths(nowMs, MONTHS_AHEAD_MAX));
}
