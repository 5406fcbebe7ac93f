// Adaptive group commit: a lone call at once, others at the end of the turn when idle, what arrived meanwhile when busy; no timer.

import { endOfTurn, monotonicMs } from '../../lib/clock.ts';
import { log } from '../../lib/log.ts';
import { type Batch, type EntryRow, emptyBatch, type HoldRow, type Outcome } from './ledger-batch.ts';
import type { LedgerChannel } from './ledger-channel.ts';

/** Who is told what became of an entry, one of both and once; `written` perhaps before `add` returns. */
export type Waiter = { written(): void; failed(error: Error): void };

/** What takes longer holds up this thread: it is left to the other one for so many times as long. */
const SLOW_MS = 1;
const SLOW_PAUSE_FACTOR = 200;

/** Gathers what is to be written and keeps exactly one batch on its way. */
export class GroupCommit {
  /** Why the last batch could not be written; undefined again after one that could. */
  trouble: string | undefined;
  readonly #channel: LedgerChannel;
  #next: Batch = emptyBatch();
  #waiters: Waiter[] = [];
  /** When the first entry of the batch on its way came in, and of the next one. */
  #sentSinceMs: number | undefined;
  #nextSinceMs: number | undefined;
  #leaving: string[] = [];
  #gone: string[] = [];
  /** From when a batch begins to gather until it is on disk. */
  #busy: Promise<void> | undefined;
  /** Entries of the last batch that went the usual way. */
  #lastSize = 0;
  /** Before then nothing is written on this thread. */
  #hereAgainMs = 0;

  constructor(channel: LedgerChannel) {
    this.#channel = channel;
  }

  /** Resolves when the entry is on disk. */
  entry(row: EntryRow): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.add(row, { written: resolve, failed: reject });
    return promise;
  }

  /** `isLone`: no call is under way that could share a commit, or would have to wait for this one. */
  add(row: EntryRow, waiter: Waiter, isLone = false): void {
    if (isLone && this.#writeHere(row, waiter)) return;
    this.#nextSinceMs ??= monotonicMs();
    this.#next.entries.push(row);
    this.#waiters.push(waiter);
    this.#schedule();
  }

  /** For how long the oldest entry has waited. */
  lagMs(): number {
    const sinceMs = this.#sentSinceMs ?? this.#nextSinceMs;
    return sinceMs === undefined ? 0 : monotonicMs() - sinceMs;
  }

  /** To be said before the entry it belongs to. */
  expiry(purse: number, expiresAtMs: number | null, entryId: string): void {
    this.#next.expiries.push([purse, expiresAtMs, entryId]);
  }

  /** These two ride along with the next commit; `flush` sends them when there is none. */
  hold(row: HoldRow): void {
    this.#next.holds.push(row);
  }

  /** Told to the disk one to two flushes later: by then the bytes are really gone. */
  delivered(callId: string): void {
    this.#leaving.push(callId);
  }

  flush(): void {
    this.#next.delivered.push(...this.#gone);
    this.#gone = this.#leaving;
    this.#leaving = [];
    const { holds, delivered } = this.#next;
    if (holds.length + delivered.length > 0 || this.trouble !== undefined) this.#schedule();
  }

  async close(): Promise<void> {
    this.flush();
    this.flush();
    while (this.#busy) {
      await this.#busy;
      // what came to ride along while a batch was under way has no other one to wait for
      if (!this.#busy && this.trouble === undefined) this.flush();
    }
    await this.#channel.close();
  }

  /** At the end of the turn, so that all calls which end in it share a commit: a lone one waits for nobody. */
  #schedule(): void {
    this.#busy ??= endOfTurn().then(() => this.#send());
  }

  /**
   * Writes a lone entry on this thread: to hand it over and hear of it takes about as long as the disk does. False when
   * it has to go the usual way: where batches are larger, or the disk is slow, or this thread would do little else.
   */
  #writeHere(row: EntryRow, waiter: Waiter): boolean {
    const { holds, delivered, expiries } = this.#next;
    const riders = this.#waiters.length + holds.length + delivered.length + expiries.length;
    if (this.#busy || riders > 0 || this.#lastSize > 1 || this.trouble !== undefined) return false;
    const startMs = monotonicMs();
    if (startMs < this.#hereAgainMs) return false;
    const outcome = this.#channel.writeNow?.({ ...emptyBatch(), entries: [row] });
    if (outcome === undefined) return false;
    const endMs = monotonicMs();
    const tookMs = endMs - startMs;
    this.#hereAgainMs = endMs + (tookMs > SLOW_MS ? SLOW_PAUSE_FACTOR * tookMs : tookMs);
    this.#answer([waiter], outcome);
    return true;
  }

  async #send(): Promise<void> {
    const batch = this.#next;
    const waiters = this.#waiters;
    this.#next = emptyBatch();
    this.#waiters = [];
    this.#lastSize = batch.entries.length;
    this.#sentSinceMs = this.#nextSinceMs;
    this.#nextSinceMs = undefined;
    try {
      this.#answer(waiters, await this.#channel.write(batch));
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (this.trouble === undefined) log.error('the ledger cannot be written', { cause: error });
      this.trouble = error.message;
      for (const waiter of waiters) waiter.failed(error);
      this.#keepRiders(batch);
    }
    this.#busy = undefined;
    this.#sentSinceMs = undefined;
    if (this.#waiters.length > 0) this.#schedule();
  }

  #answer(waiters: Waiter[], { failed }: Outcome): void {
    this.trouble = undefined;
    const reasons = new Map(failed);
    for (const [position, waiter] of waiters.entries()) {
      const reason = reasons.get(position);
      if (reason === undefined) waiter.written();
      else waiter.failed(new Error(reason));
    }
  }

  /** Nobody waits for these, so they go with the next batch. */
  #keepRiders({ holds, delivered }: Batch): void {
    const next = this.#next;
    next.holds = [...holds, ...next.holds];
    next.delivered = [...delivered, ...next.delivered];
  }
}
