// The only reader of time: wall clock, monotonic clock and timers.

/** What code that depends on time is given, so that a test can hand in its own. */
export type Clock = { nowMs(): number };

/** Milliseconds since 1970, UTC; a whole number. */
export function nowMs(): number {
  return Date.now();
}

/** Whole seconds since 1970, UTC, as wire formats want them. */
export function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

/** When the program began, as `nowS` tells it; the same whenever it is asked. */
export const STARTED_S = Math.floor(performance.timeOrigin / 1000);

/** Milliseconds that never go back, with a fraction; only differences mean something. */
export function monotonicMs(): number {
  return performance.now();
}

export const systemClock: Clock = { nowMs };

/** The wall clock as it would go on if nobody had set it since the program began: for how long something lasts. */
export const steadyClock: Clock = { nowMs: () => Math.round(performance.timeOrigin + performance.now()) };

/** Calls `tick` every `periodMs` until the returned function is called. Never keeps the process alive. */
export function every(periodMs: number, tick: () => void): () => void {
  const timer = setInterval(tick, periodMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Calls `fire` once after `delayMs` unless the returned function is called first. Never keeps the process alive. */
export function after(delayMs: number, fire: () => void): () => void {
  const timer = setTimeout(fire, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Resolves when everything that is ready by now has had its turn: what came over the network, above all. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves after `delayMs`, or at once when `signal` is aborted; never rejects. Keeps the process alive. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** `2026-03-31T12:00:00.000Z`. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
