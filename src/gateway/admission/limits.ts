// Takes a request from what a key may do, or says in a fault why not.

import { Fault } from '../../canonical/fault.ts';
import { formatUsd } from '../../lib/money.ts';
import type { Admitted, CallLimits, Key, Limiter, LimitRefusal, LimitVerdict } from '../../store/ports.ts';

/** Token counts, model lists and key pages are free, but not a way to flood the server. */
const FREE_LIMITS: CallLimits = { requestsPerMinute: 600, concurrent: 600 };
const FREE_REQUESTS = 'free requests (token counts, model lists, its own page)';

/** A page that waits for calls asks again and again; what it asks is in memory. */
const WATCH_LIMITS: CallLimits = { requestsPerMinute: 120, concurrent: 20 };
const WATCH_REQUESTS = 'requests for the list of its calls';

/** Takes one request and one place for a call. Throws Fault `rate_limit_exceeded` or `concurrency_limit`. */
export function takeCall(key: Key, limits: CallLimits, limiter: Pick<Limiter, 'admit'>): Admitted {
  return admitted(limiter.admit(key.id, limits), limits);
}

/** The same for a request that costs nothing, which has a limit of its own. */
export function takeFree(key: Key, limiter: Pick<Limiter, 'admit'>): Admitted {
  return admitted(limiter.admit(`free:${key.id}`, FREE_LIMITS), FREE_LIMITS, FREE_REQUESTS);
}

/** The same for a look at the calls of the key, so that looking on takes nothing from other free requests. */
export function takeWatch(key: Key, limiter: Pick<Limiter, 'admit'>): Admitted {
  return admitted(limiter.admit(`watch:${key.id}`, WATCH_LIMITS), WATCH_LIMITS, WATCH_REQUESTS);
}

function admitted(verdict: LimitVerdict, limits: CallLimits, what?: string): Admitted {
  if (verdict.allowed) return verdict;
  throw limitFault(verdict, limits, what);
}

/** What the client is told of a limit that refuses it; `what` it has made too many of. */
export function limitFault(verdict: LimitRefusal, limits: CallLimits, what = 'requests'): Fault {
  const { limit, remaining, resetS, retryAfterS, why } = verdict;
  const details = { limit, remaining, reset: resetS };
  const message = wordsOf(verdict, limits, what);
  if (why === 'concurrency') return new Fault('concurrency_limit', message, { retryAfterS, details });
  return new Fault('rate_limit_exceeded', message, { retryAfterS, details: { limit_kind: why, ...details } });
}

function wordsOf({ why, retryAfterS }: LimitRefusal, limits: CallLimits, what: string): string {
  const again = `Try again in ${retryAfterS} s.`;
  switch (why) {
    case 'requests':
      return `This key may make ${limits.requestsPerMinute} ${what} a minute. ${again}`;
    case 'tokens':
      return `This key may use ${limits.tokensPerMinute} tokens a minute, which it has used or calls that are running will. ${again}`;
    case 'usd':
      return `This key may spend ${formatUsd(limits.nanoPerMinute ?? 0n)} USD a minute, which it has spent or calls that are running will. ${again}`;
    case 'concurrency':
      return `This key already has ${limits.concurrent} calls running. Wait for one to end, or ask for a higher limit.`;
    default:
      return why satisfies never;
  }
}
