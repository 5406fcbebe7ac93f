// The disk under a ledger: decides about each batch whether it is written, and what the ledger hears of that.

import type { Database } from 'bun:sqlite';
import type { Batch, Outcome } from '../../src/store/sqlite/ledger-batch.ts';
import { directChannel, type LedgerChannel } from '../../src/store/sqlite/ledger-channel.ts';
import type { Fate } from './ledger-steps.ts';

/** A channel that keeps its one batch waiting until it is told what becomes of it; at once while `eager`. */
export class FatefulChannel implements LedgerChannel {
  eager = true;
  readonly #inner: LedgerChannel;
  #waiting: (PromiseWithResolvers<Outcome> & { batch: Batch }) | undefined;

  constructor(database: Database, spoil: (channel: LedgerChannel) => LedgerChannel) {
    this.#inner = spoil(directChannel(database));
  }

  write(batch: Batch): Promise<Outcome> {
    if (this.eager) return this.#inner.write(batch);
    this.#waiting = { ...Promise.withResolvers<Outcome>(), batch };
    return this.#waiting.promise;
  }

  /** Nothing happens when no batch is on its way. */
  async decide(fate: Fate): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    const outcome = fate === 'refused' ? undefined : await this.#inner.write(waiting.batch);
    if (fate === 'written' && outcome) waiting.resolve(outcome);
    else waiting.reject(new Error(`the batch was ${fate}`));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Until a batch that has just been gathered is on its way, and what follows from the last step has followed. */
export async function settleDown(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}
