// Does something again and again while somebody looks.

import { byId } from './dom.ts';

const EVERY_MS = 15_000;
const TICK_MS = 1000;

export type Refresh = {
  /** Counts from now on; at least so many seconds pass before the next time. */
  done(waitS?: number): void;
  stop(): void;
};

/** `act` ends with a call of `done`. The age of what is shown stands at `#fresh`. */
export function refreshing(act: () => Promise<void>): Refresh {
  let lastMs = 0;
  let nextMs = Number.POSITIVE_INFINITY;
  const tick = () => {
    if (document.hidden || nextMs === Number.POSITIVE_INFINITY) return;
    const nowMs = Date.now();
    byId('fresh').textContent = nowMs - lastMs < 60_000 ? 'Up to date' : 'Waiting for the server';
    if (nowMs < nextMs) return;
    nextMs = Number.POSITIVE_INFINITY;
    void act();
  };
  setInterval(tick, TICK_MS);
  document.addEventListener('visibilitychange', tick);
  return {
    done(waitS = 0) {
      if (waitS === 0) lastMs = Date.now();
      nextMs = Date.now() + Math.max(EVERY_MS, waitS * 1000);
      tick();
    },
    stop() {
      nextMs = Number.POSITIVE_INFINITY;
    },
  };
}
