// Who may start a call now: token buckets and a count of open calls per key, in this process's memory.

import { LRUCache } from 'lru-cache';
import { adapt, type Bucket, newBucket, type Rate, refill, secondsUntil } from '../../lib/bucket.ts';
import { type Clock, monotonicMs } from '../../lib/clock.ts';
import type {
  Admitted,
  CallLimits,
  Limiter,
  LimitRefusal,
  LimitVerdict,
  MinuteUse,
  RateStanding,
} from '../ports.ts';

/** A forgotten bucket is a full one, so this many keys would have to be busy at once to gain from it. */
const MAX_KEYS = 100_000;
const RETRY_CONCURRENCY_S = 1;
/** Where nothing ever comes back there is no true answer. */
const RETRY_NEVER_S = 60;
/** Refills add up fractions; a request that is back to within this much is back. */
const EPSILON = 1e-6;

/** Money is a number here: a throttle may be off by a nanodollar above nine million dollars. */
type Buckets = { requests: Bucket; tokens: Bucket | undefined; nano: Bucket | undefined };

/** What the open calls of a key are expected to use, as long as they are open. */
type Expected = { tokens: number; nano: number };

/**
 * A bucket of N requests refilled N/60 a second: N in a burst, then one each 60/N seconds. Buckets of tokens and
 * money let a call in while they hold more than the open calls are expected to use, and are charged when a call ends.
 * A refused call takes nothing.
 * `limit`, `remaining` and `resetS` always speak of requests a minute, whatever refuses.
 */
export function createMemoryLimiter(clock: Clock = { nowMs: monotonicMs }): Limiter {
  const known = new LRUCache<string, Buckets>({ max: MAX_KEYS });
  // Not in the cache: an open call must never be forgotten. Bounded by the calls that are open.
  const openCalls = new Map<string, number>();
  // Only of keys whose tokens or money a minute are limited.
  const expected = new Map<string, Expected>();
  const books: Books = { clock, openCalls, expected };

  return {
    admit(keyId, limits): LimitVerdict {
      const buckets = fill(known.get(keyId), limits, clock.nowMs());
      known.set(keyId, buckets);
      const { requests } = buckets;
      const open = openCalls.get(keyId) ?? 0;
      const wait = longestWait(buckets, expected.get(keyId));
      if (wait) return { allowed: false, ...standingOf(requests), ...wait };
      if (open >= limits.concurrent) {
        const retryAfterS = RETRY_CONCURRENCY_S;
        return { allowed: false, why: 'concurrency', ...standingOf(requests), retryAfterS };
      }
      requests.level = Math.max(0, requests.level - 1);
      openCalls.set(keyId, open + 1);
      return new Place(keyId, requests, books);
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
      const refusals: LimitRefusal[] = waitsFor(buckets, expected.get(keyId)).map((wait) => ({
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

type Books = { clock: Clock; openCalls: Map<string, number>; expected: Map<string, Expected> };

/** One object in place of a function for each thing that can be done with it: each open call has one. */
class Place implements Admitted {
  readonly allowed = true;
  readonly limit: number;
  readonly remaining: number;
  readonly resetS: number;
  readonly #keyId: string;
  readonly #requests: Bucket;
  readonly #books: Books;
  #use: MinuteUse | undefined;
  #isOpen = true;
  #isUndone = false;

  constructor(keyId: string, requests: Bucket, books: Books) {
    const { limit, remaining, resetS } = standingOf(requests);
    this.limit = limit;
    this.remaining = remaining;
    this.resetS = resetS;
    this.#keyId = keyId;
    this.#requests = requests;
    this.#books = books;
  }

  expect(use: MinuteUse): void {
    if (this.#use) return;
    this.#use = use;
    expectMore(this.#books.expected, this.#keyId, use, 1);
  }

  release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    giveBack(this.#books.openCalls, this.#keyId);
    if (this.#use) expectMore(this.#books.expected, this.#keyId, this.#use, -1);
  }

  undo(): void {
    if (this.#isUndone) return;
    this.#isUndone = true;
    this.release();
    const requests = refill(this.#requests, this.#books.clock.nowMs());
    requests.level = Math.min(requests.burst, requests.level + 1);
  }
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
function waitsFor({ requests, tokens, nano }: Buckets, expected: Expected = NOTHING): Wait[] {
  const waits: Wait[] = [
    { why: 'requests', retryAfterS: wholeRequests(requests) < 1 ? secondsToNext(requests) : 0 },
    { why: 'tokens', retryAfterS: tokens ? secondsToAbove(tokens, expected.tokens) : 0 },
    { why: 'usd', retryAfterS: nano ? secondsToAbove(nano, expected.nano) : 0 },
  ];
  return waits.filter(({ retryAfterS }) => retryAfterS > 0);
}

/** The limit that is in the way for longest, if any is. */
function longestWait({ requests, tokens, nano }: Buckets, expected: Expected = NOTHING): Wait | undefined {
  const forRequests = wholeRequests(requests) < 1 ? secondsToNext(requests) : 0;
  const forTokens = tokens ? secondsToAbove(tokens, expected.tokens) : 0;
  const forMoney = nano ? secondsToAbove(nano, expected.nano) : 0;
  const retryAfterS = Math.max(forRequests, forTokens, forMoney);
  if (retryAfterS === 0) return undefined;
  const why = retryAfterS === forRequests ? 'requests' : retryAfterS === forTokens ? 'tokens' : 'usd';
  return { why, retryAfterS };
}

const NOTHING: Expected = { tokens: 0, nano: 0 };

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

/** Whole seconds after which there is more in the bucket than so much; at the very second it reaches that there is not. */
function secondsToAbove(bucket: Bucket, amount: number): number {
  if (bucket.level > amount) return 0;
  return bucket.perMinute <= 0 ? RETRY_NEVER_S : Math.floor(secondsUntil(bucket, amount) + EPSILON) + 1;
}

function expectMore(expected: Map<string, Expected>, keyId: string, use: MinuteUse, sign: 1 | -1): void {
  const { tokens, nano } = expected.get(keyId) ?? NOTHING;
  const now = { tokens: tokens + sign * use.tokens, nano: nano + sign * Number(use.nano) };
  if (now.tokens > 0 || now.nano > 0) expected.set(keyId, now);
  else expected.delete(keyId);
}

function wholeRequests(requests: Bucket): number {
  return Math.floor(requests.level + EPSILON);
}

function giveBack(openCalls: Map<string, number>, keyId: string): void {
  const open = openCalls.get(keyId) ?? 0;
  if (open > 1) openCalls.set(keyId, open - 1);
  else openCalls.delete(keyId);
}
