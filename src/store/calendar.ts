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
