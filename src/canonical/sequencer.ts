// Puts parts that an upstream interleaves into the one-at-a-time order of the event grammar.

import type { PartDelta, PartStart, StreamEvent } from './event.ts';

type Waiting = { key: string; part: PartStart; deltas: PartDelta[]; closed: boolean };

/**
 * Parts are opened, fed and closed by any key in any order; what comes out never overlaps. The first open part
 * streams live, later ones wait until it is closed and then follow in the order they were opened.
 */
export class Sequencer {
  #live: string | undefined;
  #waiting: Waiting[] = [];
  /** Of those that wait, the latest of each key that is not closed: an upstream may let thousands wait. */
  readonly #open = new Map<string, Waiting>();
  #next = 0;

  /** Number of parts begun so far, waiting ones included. */
  get count(): number {
    return this.#next + this.#waiting.length;
  }

  open(key: string, part: PartStart): StreamEvent[] {
    if (this.#live !== undefined) {
      const waiting: Waiting = { key, part, deltas: [], closed: false };
      this.#waiting.push(waiting);
      this.#open.set(key, waiting);
      return [];
    }
    this.#live = key;
    return [{ type: 'part-start', index: this.#next, part }];
  }

  /** A delta for a part that is not open is ignored: it belongs to nothing. */
  delta(key: string, delta: PartDelta): StreamEvent[] {
    if (this.#live === key) return [{ type: 'part-delta', index: this.#next, delta }];
    this.#open.get(key)?.deltas.push(delta);
    return [];
  }

  close(key: string): StreamEvent[] {
    if (this.#live !== key) {
      const waiting = this.#open.get(key);
      if (waiting) waiting.closed = true;
      this.#open.delete(key);
      return [];
    }
    const events: StreamEvent[] = [{ type: 'part-end', index: this.#next++ }];
    this.#live = undefined;
    for (let head = this.#waiting.shift(); head; head = this.#waiting.shift()) {
      if (this.#open.get(head.key) === head) this.#open.delete(head.key);
      const index = this.#next;
      events.push({ type: 'part-start', index, part: head.part });
      for (const delta of head.deltas) events.push({ type: 'part-delta', index, delta });
      if (!head.closed) {
        this.#live = head.key;
        return events;
      }
      events.push({ type: 'part-end', index });
      this.#next++;
    }
    return events;
  }

  /** Closes whatever is open, in order. */
  closeAll(): StreamEvent[] {
    const events: StreamEvent[] = [];
    for (const waiting of this.#waiting) waiting.closed = true;
    if (this.#live !== undefined) events.push(...this.close(this.#live));
    return events;
  }
}
