// One clock tick for all open calls: deadlines, keep-alive comments and stalled readers without a timer each.

import { Bag, type Bagged } from '../lib/bag.ts';
import { every, monotonicMs } from '../lib/clock.ts';

/** Something that wants to look at the clock now and then: the monotonic one, which nobody sets. */
export type Watched = Bagged & { tick(nowMs: number): void };

const TICK_MS = 250;

/** Ticks every watched thing four times a second, and holds no timer while there is none. */
export class Watch {
  readonly #watched = new Bag<Watched>();
  #stop: (() => void) | undefined;

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#stop ??= every(TICK_MS, () => this.#tick());
  }

  /** Does nothing for what is not watched, so it may be called again. */
  remove(watched: Watched): void {
    this.#watched.delete(watched);
  }

  /** Calls `fire` once when `delayMs` have passed, within a tick; returns how to call it off. Costs no timer. */
  after(delayMs: number, fire: () => void): () => void {
    const untilMs = monotonicMs() + delayMs;
    const watched: Watched = {
      tick: (now) => {
        if (now < untilMs) return;
        this.remove(watched);
        fire();
      },
    };
    this.add(watched);
    return () => this.remove(watched);
  }

  #tick(): void {
    const now = monotonicMs();
    for (const watched of this.#watched) watched.tick(now);
    if (this.#watched.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}
