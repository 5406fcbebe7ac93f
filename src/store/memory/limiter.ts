// Who may start a call now: token buckets and a count of open calls per key, in this process's memory.

import { LRUCache } from 'lru-cache';
import { adapt, type Bucket, newBucket, type Rate, refill, secondsUntil } from '../../lib/bucket.ts';
import { type Clock, monotonicMs } from '../../lib/clock.ts';
import type { CallLimits, Limiter, LimitRefusal, LimitVerdict, RateStanding } from '../ports.ts';

/** A forgotten bucket is a full one, so this many keys would have to be busy at once to gain from it. */
const MAX_KEYS = 100_000;
const RETRY_CONCURRENCY_S = 1;
/** Where nothing ever comes back there is no true answer. */
const RETRY_NEVER_S = 60;
/** Refills add up fractions; a request that is back to within this much is back. */
const EPSILON = 1e-6;

/** Money is a number here: a throttle may be off by a nanodollar above nine million dollars. */
type Buckets = { requests: Bucket; tokens: Bucket | undefined; nano: Bucket | undefined };

/**
 * A bucket of N requests refilled N/60 a second: N in a burst, then one each 60/N seconds. Buckets of tokens and
 * money let a call in while there is anything in them and are charged when it ends. A refused call takes nothing.
 * `limit`, `remaining` and `resetS` always speak of requests a minute, whatever refuses.
 */
export function createMemoryLimiter(clock: Clock = { nowMs: monotonicMs }): Limiter {
  const known = new LRUCache<string, Buckets>({ max: MAX_KEYS });
  // Not in the cache: an open call must never be forgotten. Bounded by the calls that are open.
  const openCalls = new Map<string, number>();

  return {
    admit(keyId, limits): LimitVerdict {
      const buckets = fill(known.get(keyId), limits, clock.nowMs());
      known.set(keyId, buckets);
      const { requests } = buckets;
      const open = openCalls.get(keyId) ?? 0;
      const wait = longestWait(buckets);
      if (wait) return { allowed: false, ...standingOf(requests), ...wait };
      if (open >= limits.concurrent) {
        const retryAfterS = RETRY_CONCURRENCY_S;
        return { allowed: false, why: 'concurrency', ...standingOf(requests), retryAfterS };
      }
      requests.level = Math.max(0, requests.level - 1);
      openCalls.set(keyId, open + 1);
      const release = once(() => giveBack(openCalls, keyId));
      const undo = once(() => {
        release();
        refill(requests, clock.nowMs());
        requests.level = Math.min(requests.burst, requests.level + 1);
      });
      return { allowed: true, ...standingOf(requests), release, undo };
    },

    spend(keyId, { tokens, nano }) {
      const buckets = known.get(keyId);
      if (buckets?.tokens) take(buckets.tokens, tokens, clock.nowMs());
      if (buckets?.nano) take(buckets.nano, Number(nano), clock.nowMs());
    },

    standing(keyId, limits) {
      const buckets = fill(copy(known.peek(keyId)), limits, clock.nowMs());
      return { ...standingOf(buckets.requests), open: openCalls.get(keyId) ?? 0 };
    },

    foresee(keyId, limits) {
      const buckets = fill(copy(known.peek(keyId)), limits, clock.nowMs());
      const refusals: LimitRefusal[] = waitsFor(buckets).map((wait) => ({
        allowed: false,
        ...standingOf(buckets.requests),
        ...wait,
      }));
      if ((openCalls.get(keyId) ?? 0) >= limits.concurrent) {
        const place = { why: 'concurrency', retryAfterS: RETRY_CONCURRENCY_S } as const;
        refusals.push({ allowed: false, ...standingOf(buckets.requests), ...place });
      }
      return refusals;
    },
  };
}

/** The buckets as they are now, full ones where there were none. */
function fill(found: Buckets | undefined, limits: CallLimits, nowMs: number): Buckets {
  const { requestsPerMinute, tokensPerMinute, nanoPerMinute } = limits;
  const fillOne = (bucket: Bucket | undefined, perMinute: number) => {
    const rate: Rate = { burst: perMinute, perMinute };
    return bucket ? adapt(bucket, rate, nowMs) : newBucket(rate, nowMs);
  };
  const buckets = found ?? {
    requests: fillOne(undefined, requestsPerMinute),
    tokens: undefined,
    nano: undefined,
  };
  buckets.requests = fillOne(buckets.requests, requestsPerMinute);
  buckets.tokens = tokensPerMinute === undefined ? undefined : fillOne(buckets.tokens, tokensPerMinute);
  buckets.nano = nanoPerMinute === undefined ? undefined : fillOne(buckets.nano, Number(nanoPerMinute));
  return buckets;
}

function copy(buckets: Buckets | undefined): Buckets | undefined {
  if (!buckets) return undefined;
  const { requests, tokens, nano } = buckets;
  return { requests: { ...requests }, tokens: tokens && { ...tokens }, nano: nano && { ...nano } };
}

type Wait = Pick<LimitRefusal, 'why' | 'retryAfterS'>;

/** Every limit that is in the way. */
function waitsFor({ requests, tokens, nano }: Buckets): Wait[] {
  const waits: Wait[] = [
    { why: 'requests', retryAfterS: wholeRequests(requests) < 1 ? secondsToNext(requests) : 0 },
    { why: 'tokens', retryAfterS: tokens ? secondsToAboveZero(tokens) : 0 },
    { why: 'usd', retryAfterS: nano ? secondsToAboveZero(nano) : 0 },
  ];
  return waits.filter(({ retryAfterS }) => retryAfterS > 0);
}

/** The limit that is in the way for longest, if any is. */
function longestWait(buckets: Buckets): Pick<LimitRefusal, 'why' | 'retryAfterS'> | undefined {
  const { requests, tokens, nano } = buckets;
  const forRequests = wholeRequests(requests) < 1 ? secondsToNext(requests) : 0;
  const forTokens = tokens ? secondsToAboveZero(tokens) : 0;
  const forMoney = nano ? secondsToAboveZero(nano) : 0;
  const retryAfterS = Math.max(forRequests, forTokens, forMoney);
  if (retryAfterS === 0) return undefined;
  const why = retryAfterS === forRequests ? 'requests' : retryAfterS === forTokens ? 'tokens' : 'usd';
  return { why, retryAfterS };
}

function take(bucket: Bucket, amount: number, nowMs: number): void {
  refill(bucket, nowMs).level -= amount;
}

function standingOf(requests: Bucket): RateStanding {
  const resetS = requests.level >= requests.burst ? 0 : secondsToNext(requests);
  return { limit: requests.burst, remaining: wholeRequests(requests), resetS };
}

/** Whole seconds, rounded up, until one more request is back. */
function secondsToNext(requests: Bucket): number {
  if (requests.perMinute <= 0) return RETRY_NEVER_S;
  // Rounded to the microsecond first: 1.5000000000000004 s must not become 2 where 1.5 was meant exactly.
  const seconds = Math.round(secondsUntil(requests, wholeRequests(requests) + 1) * 1e6) / 1e6;
  return Math.max(1, Math.ceil(seconds));
}

/** Whole seconds after which there is something in the bucket; at the very second it reaches zero there is not. */
function secondsToAboveZero(bucket: Bucket): number {
  if (bucket.level > 0) return 0;
  return bucket.perMinute <= 0 ? RETRY_NEVER_S : Math.floor(secondsUntil(bucket, 0) + EPSILON) + 1;
}

function wholeRequests(requests: Bucket): number {
  return Math.floor(requests.level + EPSILON);
}

function giveBack(openCalls: Map<string, number>, keyId: string): void {
  const open = openCalls.get(keyId) ?? 0;
  if (open > 1) openCalls.set(keyId, open - 1);
  else openCalls.delete(keyId);
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
