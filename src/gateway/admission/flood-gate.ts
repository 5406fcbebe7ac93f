// Slows addresses down that keep sending keys nobody knows.

import { LRUCache } from 'lru-cache';
import { Fault } from '../../canonical/fault.ts';
import { type Bucket, newBucket, type Rate, refill, secondsUntil } from '../../lib/bucket.ts';
import { after, type Clock, monotonicMs } from '../../lib/clock.ts';
import { log } from '../../lib/log.ts';

/** Wrong keys from one address: a mistake in somebody's settings is told 30 times before it has to wait. */
const FAILURES: Rate = { burst: 30, perMinute: 60 };
/** Searches beyond memory for all addresses together: each may read every key anew. */
const SEARCHES: Rate = { burst: 100, perMinute: 600 };
/** A forgotten address begins anew. */
const MAX_ADDRESSES = 20_000;
const SUMMARY_AFTER_MS = 60_000;

/** How many requests were slowed down since the last summary, from how many addresses, and the worst of them. */
export type FloodSummary = { requests: number; addresses: number; worst: string; fromWorst: number };

export type FloodGatePorts = {
  /** Whose request it is; only asked when its key is unknown. */
  addressOf: (request: Request) => string;
  clock?: Clock;
  /** Calls once after so many milliseconds. */
  later?: (delayMs: number, act: () => void) => void;
  report?: (summary: FloodSummary) => void;
};

type Sender = { bucket: Bucket; slowed: number };

/**
 * Stands behind the look at the keys in memory, so that a good key opens from whatever address: a team behind one
 * address is not locked out by its one broken client.
 */
export class FloodGate {
  readonly #addressOf: (request: Request) => string;
  readonly #clock: Clock;
  readonly #later: (delayMs: number, act: () => void) => void;
  readonly #report: (summary: FloodSummary) => void;
  readonly #senders = new LRUCache<string, Sender>({ max: MAX_ADDRESSES });
  readonly #searches: Bucket;
  /** What the next summary will tell; there is none while nothing was slowed down. */
  #summary: FloodSummary | undefined;

  constructor({ addressOf, clock = { nowMs: monotonicMs }, later = after, report = warn }: FloodGatePorts) {
    this.#addressOf = addressOf;
    this.#clock = clock;
    this.#later = later;
    this.#report = report;
    this.#searches = newBucket(SEARCHES, clock.nowMs());
  }

  /**
   * Counts a request whose key or secret is not the right one. Throws Fault `rate_limit_exceeded`, and counts nothing,
   * when its address has sent too many of them.
   */
  check(request: Request): void {
    const address = this.#addressOf(request);
    const sender = this.#senderAt(address);
    const { bucket } = sender;
    if (bucket.level >= 1) {
      bucket.level -= 1;
      return;
    }
    sender.slowed += 1;
    this.#note(address, sender.slowed);
    const retryAfterS = Math.max(1, Math.ceil(secondsUntil(bucket, 1)));
    throw new Fault(
      'rate_limit_exceeded',
      `Too many requests without a valid key came from your address. Check the key, and try again in ${retryAfterS} s.`,
      { retryAfterS, details: { limit_kind: 'failed_authentication' } },
    );
  }

  /** Whether a key that is not in memory may be searched for now; else it counts as unknown for a second. */
  maySearch(): boolean {
    const searches = refill(this.#searches, this.#clock.nowMs());
    if (searches.level < 1) return false;
    searches.level -= 1;
    return true;
  }

  #senderAt(address: string): Sender {
    const nowMs = this.#clock.nowMs();
    const known = this.#senders.get(address);
    if (known) {
      refill(known.bucket, nowMs);
      return known;
    }
    const sender = { bucket: newBucket(FAILURES, nowMs), slowed: 0 };
    this.#senders.set(address, sender);
    return sender;
  }

  #note(address: string, slowed: number): void {
    if (!this.#summary) {
      this.#summary = { requests: 0, addresses: 0, worst: address, fromWorst: 0 };
      this.#later(SUMMARY_AFTER_MS, () => this.#summarize());
    }
    const summary = this.#summary;
    summary.requests += 1;
    if (slowed === 1) summary.addresses += 1;
    if (slowed <= summary.fromWorst) return;
    summary.worst = address;
    summary.fromWorst = slowed;
  }

  #summarize(): void {
    const summary = this.#summary;
    this.#summary = undefined;
    for (const sender of this.#senders.values()) sender.slowed = 0;
    if (summary) this.#report(summary);
  }
}

function warn(summary: FloodSummary): void {
  log.warn('slowed down requests without a valid key', summary);
}
