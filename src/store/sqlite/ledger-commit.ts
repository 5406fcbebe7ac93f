// Adaptive group commit: a lone call at once, others a few turns later, what arrived meanwhile when busy; no timer.

import { unwritableLedger } from '../../canonical/fault.ts';
import { after, endOfTurn, monotonicMs } from '../../lib/clock.ts';
import { log } from '../../lib/log.ts';
import { type Batch, type EntryCells, emptyBatch, type HoldCells, type Outcome } from './ledger-batch.ts';
import type { LedgerChannel } from './ledger-channel.ts';

/** Who is told what became of an entry: one of both, once. */
export type Waiter = { written(): void; failed(error: Error): void };

/**
 * Turns of the loop before a batch leaves. Where nothing happens a turn takes microseconds; under load each brings
 * more calls into the batch, and a commit costs ten times what one more entry in it does.
 */
const GATHER_TURNS = 3;

/** What the disk took so lately needs no proof: whoever asks often makes it write this often at most. */
const PROOF_LASTS_MS = 5000;
const PROOF_TIMEOUT_MS = 2000;

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
  /** When the disk took something last. */
  #tookMs = Number.NEGATIVE_INFINITY;

  constructor(channel: LedgerChannel) {
    this.#channel = channel;
  }

  /** Resolves when the entry is on disk. */
  entry(row: EntryCells): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.add(row, { written: resolve, failed: reject });
    return promise;
  }

  /** `isLone`: no call is under way that could end soon and share its commit. */
  add(row: EntryCells, waiter: Waiter, isLone = false): void {
    this.#nextSinceMs ??= monotonicMs();
    this.#next.entries.push(row);
    this.#waiters.push(waiter);
    if (isLone) this.#busy ??= this.#send();
    else this.#schedule();
  }

  /** For how long the oldest entry has waited. */
  lagMs(): number {
    const sinceMs = this.#sentSinceMs ?? this.#nextSinceMs;
    return sinceMs === undefined ? 0 : monotonicMs() - sinceMs;
  }

  /** What is wrong now: asks the disk where nothing has told of it lately. */
  async prove(): Promise<string | undefined> {
    if (this.trouble !== undefined) return this.trouble;
    if (monotonicMs() - this.#tookMs < PROOF_LASTS_MS) return undefined;
    this.#schedule();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const silence = `the disk has not answered for ${PROOF_TIMEOUT_MS / 1000} s`;
    const answered = after(PROOF_TIMEOUT_MS, () => resolve(silence));
    this.#busy?.then(() => {
      answered();
      resolve(this.trouble);
    });
    return promise;
  }

  /** To be said before the entry it belongs to. */
  expiry(purse: number, expiresAtMs: number | null, entryId: string): void {
    this.#next.expiries.push([purse, expiresAtMs, entryId]);
  }

  /** These two ride along with the next commit; `flush` sends them when there is none. */
  hold(row: HoldCells): void {
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

  /** A few turns later, so that all calls which end in them share a commit: a lone one waits for nobody. */
  #schedule(): void {
    this.#busy ??= this.#gather();
  }

  async #gather(): Promise<void> {
    for (let turn = 0; turn < GATHER_TURNS; turn++) await endOfTurn();
    await this.#send();
  }

  async #send(): Promise<void> {
    const batch = this.#next;
    const waiters = this.#waiters;
    this.#next = emptyBatch();
    this.#waiters = [];
    this.#sentSinceMs = this.#nextSinceMs;
    this.#nextSinceMs = undefined;
    try {
      this.#answer(waiters, await this.#channel.write(batch));
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (this.trouble === undefined) log.error('the ledger cannot be written', { cause: error });
      this.trouble = error.message;
      for (const waiter of waiters) waiter.failed(unwritableLedger(error));
      this.#keepRiders(batch);
    }
    this.#busy = undefined;
    this.#sentSinceMs = undefined;
    if (this.#waiters.length > 0) this.#schedule();
  }

  #answer(waiters: Waiter[], { failed }: Outcome): void {
    this.trouble = undefined;
    this.#tookMs = monotonicMs();
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
