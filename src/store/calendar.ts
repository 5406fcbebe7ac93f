// Days and budget periods of the ledger in one time zone.

import { dayNumber, periodAt } from '../lib/calendar.ts';
import type { BudgetPeriod } from './ports.ts';

/** Where a day and a budget's period begin, in the time zone of the ledger. */
export type Calendar = {
  /** Days since 1970. */
  dayOf(timeMs: number): number;
  /** The running period: its first day, and when the next one begins. */
  periodOf(period: BudgetPeriod, timeMs: number): { firstDay: number; endsAtMs: number };
};

/** A period whose sums are in memory, and by which time they were read. */
export type OpenPeriod = { openedAtMs: number; endsAtMs: number };

/** No call asks so long after it began. */
const CLOCK_BACK_MS = 3_600_000;

/** Whether another period has to be opened: it is over, or the clock was ahead and has been set back since. */
export function isClosed({ openedAtMs, endsAtMs }: OpenPeriod, atMs: number): boolean {
  return endsAtMs <= atMs || atMs < openedAtMs - CLOCK_BACK_MS;
}

/** `zone` is an IANA name; days begin at 00:00 there. */
export function calendarIn(zone: string): Calendar {
  return {
    dayOf: (timeMs) => dayNumber(timeMs, zone),
    periodOf(period, timeMs) {
      const { startMs, endMs } = periodAt(timeMs, period, zone);
      return { firstDay: dayNumber(startMs, zone), endsAtMs: endMs };
    },
  };
}
