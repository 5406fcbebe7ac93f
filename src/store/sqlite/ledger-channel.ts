// The way to the ledger's writer: a thread of its own beside a server, a plain call for a command.

import type { Database } from 'bun:sqlite';
import type { Batch, Outcome } from './ledger-batch.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { startWorker } from './worker.ts';

export interface LedgerChannel {
  /** Resolves when the batch is on disk; rejects when nothing of it could be written. One at a time. */
  write(batch: Batch): Promise<Outcome>;
  close(): Promise<void>;
}

/** What the thread is told and tells. */
export type ToWriter = { open: string; failpoint: string | undefined } | 'close';
export type FromWriter = { outcome: Outcome } | { error: string; code: unknown } | 'ready' | 'closed';

/** Writes on this thread, in the caller's own connection. */
export function directChannel(database: Database): LedgerChannel {
  const writer = new LedgerWriter(database);
  return {
    write: async (batch) => writer.write(batch),
    close: async () => writer.checkpointIfLarge(1),
  };
}

/** Writes in a thread with a connection of its own, so that a slow disk stops no stream. */
export async function threadChannel(path: string, failpoint: string | undefined): Promise<LedgerChannel> {
  const thread = startWorker('ledger-thread.ts');
  let waiting: PromiseWithResolvers<Outcome> | undefined;
  let gone: Error | undefined;
  const ready = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const fail = (error: Error) => {
    gone = error;
    ready.reject(error);
    waiting?.reject(error);
    closed.resolve();
  };
  thread.onmessage = ({ data }: MessageEvent<FromWriter>) => {
    if (data === 'ready') ready.resolve();
    else if (data === 'closed') closed.resolve();
    else if ('error' in data) waiting?.reject(Object.assign(new Error(data.error), { code: data.code }));
    else waiting?.resolve(data.outcome);
  };
  thread.onerror = (event) => fail(new Error(`the ledger's thread broke: ${event.message}`));
  thread.postMessage({ open: path, failpoint } satisfies ToWriter);
  await ready.promise;
  return {
    async write(batch) {
      if (gone) throw gone;
      waiting = Promise.withResolvers<Outcome>();
      // one string is the cheapest thing to hand over
      thread.postMessage(JSON.stringify(batch));
      return waiting.promise;
    },
    async close() {
      if (!gone) thread.postMessage('close' satisfies ToWriter);
      await closed.promise;
      thread.terminate();
    },
  };
}
