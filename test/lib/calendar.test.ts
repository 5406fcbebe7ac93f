// Days, weeks, months and expiries against dates looked up by hand.

import { describe, expect, test } from 'bun:test';
import { expiryAfterPurchase } from '../../src/billing/expiry.ts';
import {
  addMonths,
  dayNumber,
  formatDay,
  isTimeZone,
  type Period,
  parseDay,
  periodAt,
  startOfDay,
} from '../../src/lib/calendar.ts';

const at = (text: string): number => Date.parse(text);
const shown = (timeMs: number): string => new Date(timeMs).toISOString();
const span = (text: string, period: Period, zone: string): string[] => {
  const { startMs, endMs } = periodAt(at(text), period, zone);
  return [shown(startMs), shown(endMs)].map((each) => each.replace(':00.000Z', ''));
};

describe('a day', () => {
  test('has its number on the calendar of the zone', () => {
    expect(dayNumber(0, 'UTC')).toBe(0);
    expect(dayNumber(-1, 'UTC')).toBe(-1);
    expect(dayNumber(0, 'America/New_York')).toBe(-1);
    expect(dayNumber(at('2026-11-25T22:59:59.999Z'), 'Europe/Berlin')).toBe(20_782);
    expect(dayNumber(at('2026-11-25T23:00:00.000Z'), 'Europe/Berlin')).toBe(20_783);
    expect(dayNumber(at('2026-11-25T10:00:00Z'), 'Pacific/Kiritimati')).toBe(20_783);
    expect(dayNumber(at('2026-11-25T10:59:59Z'), 'Pacific/Pago_Pago')).toBe(20_781);
  });

  test('begins at 00:00 there', () => {
    expect(span('2026-11-25T12:00Z', 'day', 'UTC')).toEqual(['2026-11-25T00:00', '2026-11-26T00:00']);
    expect(span('2026-11-25T23:30Z', 'day', 'Europe/Berlin')).toEqual([
      '2026-11-25T23:00',
      '2026-11-26T23:00',
    ]);
    expect(span('2026-11-25T12:00Z', 'day', 'Asia/Kathmandu')).toEqual([
      '2026-11-24T18:15',
      '2026-11-25T18:15',
    ]);
  });

  test('has 23 hours when the clocks go forward and 25 when they go back', () => {
    expect(span('2026-03-29T12:00Z', 'day', 'Europe/Berlin')).toEqual([
      '2026-03-28T23:00',
      '2026-03-29T22:00',
    ]);
    expect(span('2026-10-25T12:00Z', 'day', 'Europe/Berlin')).toEqual([
      '2026-10-24T22:00',
      '2026-10-25T23:00',
    ]);
    expect(span('2026-03-08T12:00Z', 'day', 'America/New_York')).toEqual([
      '2026-03-08T05:00',
      '2026-03-09T04:00',
    ]);
    expect(span('2026-11-01T12:00Z', 'day', 'America/New_York')).toEqual([
      '2026-11-01T04:00',
      '2026-11-02T05:00',
    ]);
  });

  test('begins after the gap where the clocks skip midnight', () => {
    // Egypt goes from 23:59:59 to 01:00 on the last Friday of April.
    expect(span('2026-04-24T12:00Z', 'day', 'Africa/Cairo')).toEqual([
      '2026-04-23T22:00',
      '2026-04-24T21:00',
    ]);
  });

  test('is the same whatever was asked before', () => {
    const times = ['2026-10-24T21:59Z', '2026-10-24T22:00Z', '2026-10-25T22:59Z', '2026-10-25T23:00Z'];
    const numbers = times.map((time) => dayNumber(at(time), 'Europe/Berlin'));
    const first = numbers[0] ?? 0;
    expect(numbers).toEqual([first, first + 1, first + 1, first + 2]);
    expect(times.toReversed().map((time) => dayNumber(at(time), 'Europe/Berlin'))).toEqual(
      numbers.toReversed(),
    );
  });

  test('is written and read as a date', () => {
    expect(parseDay('1970-01-02')).toBe(1);
    expect(formatDay(20_782)).toBe('2026-11-25');
    expect(parseDay('2028-02-29')).toBe(21_243);
    for (const text of [
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '26-01-01',
      '2026-1-1',
      ' 2026-01-01',
      '',
    ]) {
      expect(parseDay(text), text).toBeUndefined();
    }
    expect(shown(startOfDay(20_782, 'America/New_York'))).toBe('2026-11-25T05:00:00.000Z');
  });
});

describe('a week', () => {
  test('runs from Monday to Monday', () => {
    const week = ['2026-11-23T00:00', '2026-11-30T00:00'];
    expect(span('2026-11-23T00:00Z', 'week', 'UTC')).toEqual(week);
    expect(span('2026-11-25T12:00Z', 'week', 'UTC')).toEqual(week);
    expect(span('2026-11-29T23:59:59.999Z', 'week', 'UTC')).toEqual(week);
    expect(span('1969-12-31T12:00Z', 'week', 'UTC')).toEqual(['1969-12-29T00:00', '1970-01-05T00:00']);
  });

  test('is one of the zone, an hour shorter or longer when clocks change', () => {
    expect(span('2026-11-22T23:30Z', 'week', 'Europe/Berlin')).toEqual([
      '2026-11-22T23:00',
      '2026-11-29T23:00',
    ]);
    expect(span('2026-03-29T12:00Z', 'week', 'Europe/Berlin')).toEqual([
      '2026-03-22T23:00',
      '2026-03-29T22:00',
    ]);
    expect(span('2026-11-02T04:59Z', 'week', 'America/New_York')).toEqual([
      '2026-10-26T04:00',
      '2026-11-02T05:00',
    ]);
  });
});

describe('a month', () => {
  test('runs from the first to the first', () => {
    expect(span('2026-12-31T23:59Z', 'month', 'UTC')).toEqual(['2026-12-01T00:00', '2027-01-01T00:00']);
    expect(span('2028-02-29T12:00Z', 'month', 'UTC')).toEqual(['2028-02-01T00:00', '2028-03-01T00:00']);
  });

  test('is one of the zone', () => {
    expect(span('2026-10-31T23:30Z', 'month', 'Europe/Berlin')).toEqual([
      '2026-10-31T23:00',
      '2026-11-30T23:00',
    ]);
    expect(span('2026-03-01T04:59Z', 'month', 'America/New_York')).toEqual([
      '2026-02-01T05:00',
      '2026-03-01T05:00',
    ]);
    expect(span('2026-03-20T12:00Z', 'month', 'America/New_York')).toEqual([
      '2026-03-01T05:00',
      '2026-04-01T04:00',
    ]);
  });
});

describe('months later', () => {
  test.each([
    ['2026-01-31T10:20:30.456Z', 1, '2026-02-28T10:20:30.456Z'],
    ['2028-01-31T10:20:30.456Z', 1, '2028-02-29T10:20:30.456Z'],
    ['2026-01-30T00:00:00.000Z', 1, '2026-02-28T00:00:00.000Z'],
    ['2026-02-28T23:59:59.999Z', 1, '2026-03-28T23:59:59.999Z'],
    ['2026-03-31T00:00:00.000Z', 3, '2026-06-30T00:00:00.000Z'],
    ['2026-11-30T12:00:00.000Z', 3, '2027-02-28T12:00:00.000Z'],
    ['2026-12-15T12:00:00.000Z', 1, '2027-01-15T12:00:00.000Z'],
    ['2028-02-29T12:00:00.000Z', 12, '2029-02-28T12:00:00.000Z'],
    ['2026-03-31T12:00:00.000Z', -1, '2026-02-28T12:00:00.000Z'],
  ])('%s and %d are %s', (from, months, to) => {
    expect(shown(addMonths(at(from), months))).toBe(to);
  });
});

describe('a purchase', () => {
  const now = at('2026-01-31T12:00:00Z');
  const expiry = (old: string | undefined) =>
    shown(expiryAfterPurchase(now, old === undefined ? old : at(old)));

  test('lasts a month, the day clamped', () => {
    expect(expiry(undefined)).toBe('2026-02-28T12:00:00.000Z');
    expect(expiry('2026-01-01T00:00:00Z')).toBe('2026-02-28T12:00:00.000Z');
  });

  test('adds a month to what is left', () => {
    expect(expiry('2026-02-10T08:00:00Z')).toBe('2026-03-10T08:00:00.000Z');
  });

  test('never reaches further than three months', () => {
    expect(expiry('2026-03-31T00:00:00Z')).toBe('2026-04-30T00:00:00.000Z');
    expect(expiry('2026-04-15T00:00:00Z')).toBe('2026-04-30T12:00:00.000Z');
    expect(expiry('2030-01-01T00:00:00Z')).toBe('2026-04-30T12:00:00.000Z');
  });
});

test('a time zone is known by its name', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York']) expect(isTimeZone(zone)).toBe(true);
  for (const zone of ['', 'Berlin', 'Europe/Berln', 'Mars/Olympus']) expect(isTimeZone(zone)).toBe(false);
  expect(() => dayNumber(0, 'Mars/Olympus')).toThrow(RangeError);
});
