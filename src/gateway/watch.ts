// One clock tick for all open calls: deadlines, keep-alive comments and stalled readers without a timer each.

import { every, nowMs } from '../lib/clock.ts';

/** Something that wants to look at the clock now and then. */
export type Watched = { tick(nowMs: number): void };

const TICK_MS = 250;

/** Ticks every watched thing four times a second, and holds no timer while there is none. */
export class Watch {
  readonly #watched = new Set<Watched>();
  #stop: (() => void) | undefined;

  add(watched: Watched): () => void {
    this.#watched.add(watched);
    this.#stop ??= every(TICK_MS, () => this.#tick());
    return () => this.#watched.delete(watched);
  }

  /** Calls `fire` once when `delayMs` have passed, within a tick; returns how to call it off. Costs no timer. */
  after(delayMs: number, fire: () => void): () => void {
    const untilMs = nowMs() + delayMs;
    const unwatch = this.add({
      tick(now) {
        if (now < untilMs) return;
        unwatch();
        fire();
      },
    });
    return unwatch;
  }

  #tick(): void {
    const now = nowMs();
    for (const watched of this.#watched) watched.tick(now);
    if (this.#watched.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}
