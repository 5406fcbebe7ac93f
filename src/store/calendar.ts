// Where the ledger's days and the periods of budgets begin, in one time zone.

import { dayNumber, periodAt } from '../lib/calendar.ts';
import type { Calendar } from './balances.ts';

/** `zone` is an IANA name such as `Europe/Berlin`; throws RangeError at the first use of one that is none. */
export function calendarIn(zone: string): Calendar {
  return {
    dayOf: (timeMs) => dayNumber(timeMs, zone),
    periodOf(period, timeMs) {
      const { startMs, endMs } = periodAt(timeMs, period, zone);
      return { firstDay: dayNumber(startMs, zone), endsAtMs: endMs };
    },
  };
}
