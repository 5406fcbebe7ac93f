// Days, weeks and months as a time zone counts them, daylight saving included.

export type Period = 'day' | 'week' | 'month';

/** From `startMs` up to, but without, `endMs`; milliseconds since 1970. */
export type Span = { startMs: number; endMs: number };

const DAY_MS = 86_400_000;
/** No zone is further from UTC. */
const OFFSET_MAX_MS = 16 * 3_600_000;
const ZONES_REMEMBERED = 64;

type Day = Span & { number: number };

const formatters = new Map<string, Intl.DateTimeFormat>();
/** The day last asked for in each zone: most questions are about today. */
const lastDays = new Map<string, Day>();

/** Whether the name stands for a time zone, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Days since 1970-01-01 on the calendar of the zone. Throws RangeError when there is no such zone. */
export function dayNumber(atMs: number, zone: string): number {
  return dayAt(atMs, zone).number;
}

/** The first moment of a day, by its number; the time after the gap where clocks skip midnight. */
export function startOfDay(day: number, zone: string): number {
  if (zone === 'UTC') return day * DAY_MS;
  let before = day * DAY_MS - OFFSET_MAX_MS;
  let within = day * DAY_MS + OFFSET_MAX_MS;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (localDay(middle, zone) < day) before = middle;
    else within = middle;
  }
  return within;
}

/** The day, the week (from Monday) or the month the moment lies in, from 00:00 to 00:00 in the zone. */
export function periodAt(atMs: number, period: Period, zone: string): Span {
  const today = dayAt(atMs, zone);
  switch (period) {
    case 'day':
      return { startMs: today.startMs, endMs: today.endMs };
    case 'week': {
      // 1970-01-01 was a Thursday.
      const monday = today.number - modulo(today.number + 3, 7);
      return { startMs: startOfDay(monday, zone), endMs: startOfDay(monday + 7, zone) };
    }
    case 'month': {
      const date = new Date(today.number * DAY_MS);
      const first = (months: number) =>
        Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / DAY_MS;
      return { startMs: startOfDay(first(0), zone), endMs: startOfDay(first(1), zone) };
    }
    default:
      return period satisfies never;
  }
}

/** The same day and time so many months later, in UTC; the last day of a month that is too short for it. */
export function addMonths(atMs: number, months: number): number {
  const date = new Date(atMs);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) + modulo(atMs, DAY_MS);
}

/** `2026-12-01` as days since 1970; undefined when it is no date. */
export function parseDay(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const dayMs = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return new Date(dayMs).toISOString().startsWith(text) ? dayMs / DAY_MS : undefined;
}

/** `2026-12-01` for days since 1970. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function dayAt(atMs: number, zone: string): Day {
  const last = lastDays.get(zone);
  if (last !== undefined && atMs >= last.startMs && atMs < last.endMs) return last;
  const number = localDay(atMs, zone);
  const day = { number, startMs: startOfDay(number, zone), endMs: startOfDay(number + 1, zone) };
  if (lastDays.size >= ZONES_REMEMBERED) lastDays.clear();
  lastDays.set(zone, day);
  return day;
}

function localDay(atMs: number, zone: string): number {
  if (zone === 'UTC') return Math.floor(atMs / DAY_MS);
  const date = { year: 0, month: 0, day: 0 };
  for (const { type, value } of formatterOf(zone).formatToParts(atMs)) {
    if (type === 'year' || type === 'month' || type === 'day') date[type] = Number(value);
  }
  return Date.UTC(date.year, date.month - 1, date.day) / DAY_MS;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
