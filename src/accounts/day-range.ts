// The days a report is about, as people write them.

import { Fault } from '../canonical/fault.ts';
import { formatDay, parseDay } from '../lib/calendar.ts';
import type { DayRange } from '../store/statements.ts';

/** What a report was asked for, as text: the query of an address or the flags of a command. */
export type ReportWords = Record<string, string | undefined>;

const DAYS_BY_DEFAULT = 30;
const DAYS_MAX = 366;

/** `from` and `to`, both included, or the last `days` up to `to`: thirty when left out. Throws `invalid_value`. */
export function dayRangeOf(words: ReportWords, today: number): DayRange {
  const toDay = dayOf(words, 'to') ?? today;
  const fromDay = dayOf(words, 'from') ?? toDay - daysOf(words) + 1;
  if (fromDay > toDay)
    throw new Fault('invalid_value', `from must not be after the last day (${formatDay(toDay)})`, {
      param: 'from',
    });
  return { fromDay, toDay };
}

/** How many days a report goes back when it has no first one. */
function daysOf(words: ReportWords): number {
  const text = wordOf(words, 'days');
  if (text === undefined) return DAYS_BY_DEFAULT;
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > DAYS_MAX)
    throw new Fault('invalid_value', `days must be a whole number from 1 to ${DAYS_MAX}`, { param: 'days' });
  return days;
}

/** The day of this name; undefined when it was left out. Throws `invalid_value`. */
export function dayOf(words: ReportWords, name: string): number | undefined {
  const text = words[name];
  if (text === undefined || text === '') return undefined;
  const day = parseDay(text);
  if (day === undefined)
    throw new Fault('invalid_value', `${name} must be a date such as 2026-11-30`, { param: name });
  return day;
}

/** The word of this name, an empty one counting as left out. */
export function wordOf(words: ReportWords, name: string): string | undefined {
  return words[name] || undefined;
}
