// The way to the ledger's writer: a thread of its own beside a server, a plain call for a command.

import type { Database } from 'bun:sqlite';
import type { Batch, Outcome } from './ledger-batch.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { openDatabase } from './open.ts';
import { startWorker } from './worker.ts';

export interface LedgerChannel {
  /** Resolves when the batch is on disk; rejects when nothing of it could be written. One at a time. */
  write(batch: Batch): Promise<Outcome>;
  /** Writes a batch here and now, before it returns; undefined when that is nothing to do now, and nothing was written. */
  writeNow?(batch: Batch): Outcome | undefined;
  close(): Promise<void>;
}

/** What the thread is told and tells. */
export type ToWriter = { open: string; failpoint: string | undefined } | 'close';
export type FromWriter = { outcome: Outcome } | { error: string } | 'ready' | 'closed';

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
    else if ('error' in data) waiting?.reject(new Error(data.error));
    else waiting?.resolve(data.outcome);
  };
  thread.onerror = (event) => fail(new Error(`the ledger's thread broke: ${event.message}`));
  thread.postMessage({ open: path, failpoint } satisfies ToWriter);
  await ready.promise;
  const here = writerHere(path);
  return {
    writeNow: here.write,
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
      here.close();
      thread.terminate();
    },
  };
}

/** A second writer, on the thread that calls: it never waits for the first one, nor for another process. */
function writerHere(path: string): { write(batch: Batch): Outcome | undefined; close(): void } {
  const database = openDatabase(path, 'existing');
  database.run('PRAGMA busy_timeout = 0');
  const writer = new LedgerWriter(database);
  return {
    write(batch) {
      try {
        return writer.write(batch);
      } catch {
        // what is in the way, or wrong, is for the thread to wait for and to tell
        return undefined;
      }
    },
    close: () => database.close(),
  };
}
