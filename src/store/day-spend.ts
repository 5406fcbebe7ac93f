// What all keys together have been charged on the running day, and what open holds may add to it.

import { type Calendar, isClosed, type OpenPeriod } from './calendar.ts';
import type { DayStanding, HoldOrder, HoldVerdict } from './ports.ts';

/** What is on disk about a day, with what is booked in memory but perhaps not on disk yet: each charge once. */
export type RememberedDays = { spentOn(day: number): bigint };

type Today = OpenPeriod & { day: number; spentNano: bigint };

/** Nothing is read or counted until somebody asks: without a cap nobody does. */
export class DaySpend {
  /** Of all open holds, whenever they began. */
  heldNano = 0n;
  readonly #remembered: RememberedDays;
  readonly #calendar: Calendar;
  #today: Today | undefined;

  constructor(remembered: RememberedDays, calendar: Calendar) {
    this.#remembered = remembered;
    this.#calendar = calendar;
  }

  standing(atMs: number): DayStanding {
    const { spentNano, endsAtMs } = this.#at(atMs);
    return { spentNano, heldNano: this.heldNano, resetsAtMs: endsAtMs };
  }

  /** By the same rule as a balance: what the call needs has to be left beside all open holds. */
  verdict({ capNano, needNano, atMs }: HoldOrder): HoldVerdict {
    if (capNano === undefined || needNano === 0n) return { ok: true };
    const { spentNano, endsAtMs: resetsAtMs } = this.#at(atMs);
    const leftNano = capNano - spentNano;
    if (leftNano < needNano) return { ok: false, why: 'cap', resetsAtMs };
    return leftNano - this.heldNano < needNano ? { ok: false, why: 'cap-held' } : { ok: true };
  }

  /** A charge, or less of one. A day that is not open yet begins with what `spentOn` knows. */
  book(day: number, nano: bigint): void {
    if (this.#today?.day === day) this.#today.spentNano += nano;
  }

  /** A call that began before midnight and asks after it is one of the new day. */
  #at(atMs: number): Today {
    if (this.#today === undefined || isClosed(this.#today, atMs)) {
      const { firstDay: day, endsAtMs } = this.#calendar.periodOf('day', atMs);
      this.#today = { day, openedAtMs: atMs, endsAtMs, spentNano: this.#remembered.spentOn(day) };
    }
    return this.#today;
  }
}
