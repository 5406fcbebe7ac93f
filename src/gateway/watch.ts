// One clock tick for all open calls: deadlines, keep-alive comments and stalled readers without a timer each.

import { every, nowMs } from '../lib/clock.ts';

/** Something that wants to look at the clock now and then. */
export type Watched = {
  tick(nowMs: number): void;
  /** Where it stands among the watched, for the watch alone; absent while it is not one of them. */
  place?: number | undefined;
};

const TICK_MS = 250;

/** Ticks every watched thing four times a second, and holds no timer while there is none. */
export class Watch {
  // an array that fills its gaps from the end: a Set costs as much as all other bookkeeping of a call
  readonly #watched: Watched[] = [];
  #stop: (() => void) | undefined;

  add(watched: Watched): void {
    watched.place = this.#watched.push(watched) - 1;
    this.#stop ??= every(TICK_MS, () => this.#tick());
  }

  /** Does nothing for what is not watched, so it may be called again. */
  remove(watched: Watched): void {
    const { place } = watched;
    if (place === undefined) return;
    watched.place = undefined;
    const last = this.#watched.pop();
    if (last === undefined || last === watched) return;
    this.#watched[place] = last;
    last.place = place;
  }

  /** Calls `fire` once when `delayMs` have passed, within a tick; returns how to call it off. Costs no timer. */
  after(delayMs: number, fire: () => void): () => void {
    const untilMs = nowMs() + delayMs;
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
    const now = nowMs();
    // from the end: what a tick removes is replaced by something that has been ticked already
    for (let i = this.#watched.length - 1; i >= 0; i--) this.#watched[i]?.tick(now);
    if (this.#watched.length > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}
