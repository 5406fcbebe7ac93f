// Rows that wait to be written: bounded, the oldest go first when there is no room.

import type { JournalEntry } from '../journal-port.ts';

const ROWS_MAX = 10_000;
/** Of bodies; rows themselves are small. */
const BYTES_MAX = 64 * 1024 * 1024;

export class JournalQueue {
  /** Rows given up so far. */
  dropped = 0;
  #entries: JournalEntry[] = [];
  /** Where the queue begins: what stands before it has been taken. */
  #head = 0;
  #bytes = 0;

  get size(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: JournalEntry): void {
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
    this.#bound();
  }

  /** The oldest rows, at most `count`. */
  take(count: number): JournalEntry[] {
    const taken = this.#entries.slice(this.#head, this.#head + count);
    for (const entry of taken) this.#bytes -= bytesOf(entry);
    this.#head += taken.length;
    this.#tidy();
    return taken;
  }

  /** Rows that were taken and could not be written stand in front again. */
  putBack(entries: readonly JournalEntry[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#head)];
    this.#head = 0;
    for (const entry of entries) this.#bytes += bytesOf(entry);
    this.#bound();
  }

  #bound(): void {
    while (this.size > ROWS_MAX || (this.#bytes > BYTES_MAX && this.size > 1)) {
      const oldest = this.#entries[this.#head];
      if (oldest) this.#bytes -= bytesOf(oldest);
      this.#head++;
      this.dropped++;
    }
    this.#tidy();
  }

  /** Gives up the taken part once it is the larger one, so that each row is moved once on average. */
  #tidy(): void {
    if (this.#head <= 1024 || this.#head * 2 <= this.#entries.length) {
      if (this.#head < this.#entries.length) return;
    }
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

function bytesOf({ bodies }: JournalEntry): number {
  return bodies === undefined ? 0 : bodies.request.bytes.length + bodies.answer.bytes.length;
}
