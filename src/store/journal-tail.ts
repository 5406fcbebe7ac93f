// The newest rows in memory, in the order calls ended: what `osiris logs --follow` reads.

import { matchesFilter } from './journal-match.ts';
import type { JournalFilter, JournalRow, JournalTail } from './journal-port.ts';

const ROWS_MAX = 1000;
/** Leaves room for a thousand rows each millisecond before positions of two processes could meet. */
const POSITIONS_PER_MS = 1000;

/** A call that began early may end late, so neither its id nor its time tells what a reader has seen: a position does. */
export class RecentRows {
  #rows: JournalRow[] = [];
  /** Of the newest row. Starts beyond those of any process before this one. */
  #position: number;

  constructor(startedMs: number) {
    this.#position = startedMs * POSITIONS_PER_MS;
  }

  add(row: JournalRow): void {
    this.#rows.push(row);
    this.#position++;
    // in one piece now and then: moving a thousand rows for each new one would cost more than the row
    if (this.#rows.length >= 2 * ROWS_MAX) this.#rows = this.#rows.slice(-ROWS_MAX);
  }

  after(position: number, filter: JournalFilter): JournalTail {
    const oldest = this.#position - this.#rows.length;
    const from = Math.max(0, position - oldest);
    const rows = this.#rows.slice(from).filter((row) => matchesFilter(row, filter));
    return { rows, position: this.#position, missed: position > 0 && position < oldest };
  }
}
