// When a deployment that keeps failing is left alone, and when it is tried again; pure.

/** `untilMs` is 0 while it is closed; from then on one call may find out whether the deployment is back. */
export type Breaker = { failures: number; untilMs: number };
export type BreakerState = 'closed' | 'open' | 'half-open';

export const CLOSED: Breaker = { failures: 0, untilMs: 0 };

/** Failures in a row that open it. */
export const FAILURES_MAX = 3;

export function stateOf({ untilMs }: Breaker, nowMs: number): BreakerState {
  if (untilMs === 0) return 'closed';
  return nowMs < untilMs ? 'open' : 'half-open';
}

/** `leaveMs` is for how long it is left alone once it is open. */
export function afterFailure({ failures, untilMs }: Breaker, leaveMs: number, nowMs: number): Breaker {
  const more = failures + 1;
  // what fails while it is open was under way, or the probe, whose beginning set the time anew: neither says more
  if (more < FAILURES_MAX || nowMs < untilMs) return { failures: more, untilMs };
  return { failures: more, untilMs: nowMs + leaveMs };
}

/** The probe of a half-open breaker begins: nobody else tries until it is known how it went, or for `leaveMs`. */
export function afterProbe({ failures }: Breaker, leaveMs: number, nowMs: number): Breaker {
  return { failures, untilMs: nowMs + leaveMs };
}

/** An answer has begun: calls may go there again, but one that breaks off opens the breaker at once. */
export function afterBeginning({ failures, untilMs }: Breaker): Breaker {
  if (untilMs === 0) return { failures, untilMs };
  return { failures: FAILURES_MAX - 1, untilMs: 0 };
}
