// Days and budget periods of the ledger in one time zone.

import { dayNumber, periodAt } from '../lib/calendar.ts';
import type { Calendar } from './balances.ts';

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
