// Bounds what the refused requests of one key may cost: they count towards no other limit.

import { LRUCache } from 'lru-cache';
import { Fault } from '../../canonical/fault.ts';
import { type Bucket, newBucket, type Rate, refill, secondsUntil } from '../../lib/bucket.ts';
import { type Clock, monotonicMs } from '../../lib/clock.ts';

const MB = 1024 * 1024;
/** Bytes of bodies, unpacked: what they cost to read, to parse and to check grows with them. */
const REFUSED: Rate = { burst: 64 * MB, perMinute: 64 * MB };
/** The least that a request costs. */
const REQUEST_BYTES = 4 * 1024;
/** For a body that was given up before it was unpacked: by then it may have cost as much as one that was not. */
const GIVEN_UP_BYTES = MB;
/** A forgotten key begins anew. */
const MAX_KEYS = 20_000;

/**
 * Ten kilobytes that unpack to ten megabytes of brackets take the parser a tenth of a second. Who sends such things
 * without end must not take the time of everybody else.
 */
export class RefusedBodies {
  readonly #clock: Clock;
  readonly #buckets = new LRUCache<string, Bucket>({ max: MAX_KEYS });

  constructor(clock: Clock = { nowMs: monotonicMs }) {
    this.#clock = clock;
  }

  /** Throws Fault `rate_limit_exceeded` while the key has had too much refused. Counts nothing. */
  check(keyId: string): void {
    const bucket = this.#buckets.get(keyId);
    if (bucket === undefined || refill(bucket, this.#clock.nowMs()).level >= 0) return;
    const retryAfterS = Math.max(1, Math.ceil(secondsUntil(bucket, 0)));
    throw new Fault(
      'rate_limit_exceeded',
      `Too many requests of this key had to be refused. Look at what the other refusals say, and try again in ${retryAfterS} s.`,
      { retryAfterS, details: { limit_kind: 'refused_requests' } },
    );
  }

  /** Counts a request that was refused with this fault; `bytes` of its body were unpacked, undefined for none. */
  count(keyId: string, { status }: Fault, bytes: number | undefined): void {
    // what was turned away before its body was looked at has cost nothing
    const isLookedAt = bytes !== undefined || status === 400 || status === 413;
    if (!isLookedAt) return;
    const nowMs = this.#clock.nowMs();
    const bucket = refill(this.#buckets.get(keyId) ?? newBucket(REFUSED, nowMs), nowMs);
    bucket.level -= Math.max(REQUEST_BYTES, bytes ?? GIVEN_UP_BYTES);
    this.#buckets.set(keyId, bucket);
  }
}
