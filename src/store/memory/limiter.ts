// Who may start a call now: a token bucket and a count of open calls per key, in this process's memory.

import { LRUCache } from 'lru-cache';
import { type Clock, monotonicMs } from '../../lib/clock.ts';
import type { Limiter, LimitVerdict } from '../ports.ts';

/** A forgotten bucket is a full one, so this many keys would have to be busy at once to gain from it. */
const MAX_BUCKETS = 100_000;
const RETRY_CONCURRENCY_S = 1;
/** Refills add up fractions; a request that is back to within this much is back. */
const EPSILON = 1e-6;

type Bucket = { capacity: number; tokens: number; filledAtMs: number };

/**
 * A bucket of N requests refilled N/60 a second: N in a burst, then one each 60/N seconds. A refused call takes
 * nothing. `limit`, `remaining` and `resetS` always speak of requests a minute, also when concurrency refuses.
 */
export function createMemoryLimiter(clock: Clock = { nowMs: monotonicMs }): Limiter {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_BUCKETS });
  // Not in the cache: an open call must never be forgotten. Bounded by the calls that are open.
  const openCalls = new Map<string, number>();

  return {
    admit(keyId, { requestsPerMinute, concurrent }): LimitVerdict {
      const bucket = refill(buckets.get(keyId), requestsPerMinute, clock.nowMs());
      buckets.set(keyId, bucket);
      const open = openCalls.get(keyId) ?? 0;
      if (wholeTokens(bucket) < 1) {
        return { allowed: false, why: 'rate', ...standing(bucket), retryAfterS: secondsToNext(bucket) };
      }
      if (open >= concurrent) {
        return { allowed: false, why: 'concurrency', ...standing(bucket), retryAfterS: RETRY_CONCURRENCY_S };
      }
      bucket.tokens = Math.max(0, bucket.tokens - 1);
      openCalls.set(keyId, open + 1);
      return { allowed: true, ...standing(bucket), release: once(() => giveBack(openCalls, keyId)) };
    },
    standing(keyId, { requestsPerMinute }) {
      const bucket = refill(buckets.get(keyId), requestsPerMinute, clock.nowMs());
      return { ...standing(bucket), open: openCalls.get(keyId) ?? 0 };
    },
  };
}

function refill(bucket: Bucket | undefined, capacity: number, nowMs: number): Bucket {
  if (bucket === undefined) return { capacity, tokens: capacity, filledAtMs: nowMs };
  const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
  // A limit that was raised in between lets the difference through at once.
  const raised = Math.max(0, capacity - bucket.capacity);
  bucket.tokens = Math.min(capacity, bucket.tokens + raised + (elapsedMs * capacity) / 60_000);
  bucket.capacity = capacity;
  bucket.filledAtMs = nowMs;
  return bucket;
}

function standing(bucket: Bucket): { limit: number; remaining: number; resetS: number } {
  const resetS = bucket.tokens >= bucket.capacity ? 0 : secondsToNext(bucket);
  return { limit: bucket.capacity, remaining: wholeTokens(bucket), resetS };
}

/** Whole seconds, rounded up, until one more request is back. */
function secondsToNext(bucket: Bucket): number {
  if (bucket.capacity <= 0) return 60;
  const missing = wholeTokens(bucket) + 1 - bucket.tokens;
  // Rounded to the microsecond first: 1.5000000000000004 s must not become 2 where 1.5 was meant exactly.
  return Math.max(1, Math.ceil(Math.round(((missing * 60) / bucket.capacity) * 1e6) / 1e6));
}

function wholeTokens(bucket: Bucket): number {
  return Math.floor(bucket.tokens + EPSILON);
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
