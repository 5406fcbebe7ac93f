// The shortest way to the disk for a call that runs alone: written at once, without the way to the thread and back.

import { monotonicMs } from '../../lib/clock.ts';
import type { LedgerChannel } from './ledger-channel.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { openDatabase } from './open.ts';

/** More rows than this take longer than the way to the thread does. */
const ROWS_MAX = 4;
/** A disk that has been slower than this gets the thread for a while: meanwhile calls may begin that would wait. */
const SLOW_MS = 2;
const SLOW_FOR_MS = 10_000;

/**
 * Writes a small batch right here when nobody else could be kept waiting by it, and everything else through `thread`.
 * Its connection never waits for a lock: what it cannot write at once the thread writes.
 */
export function withShortcut(path: string, thread: LedgerChannel): LedgerChannel {
  const database = openDatabase(path, 'existing');
  database.run('PRAGMA busy_timeout = 0');
  const writer = new LedgerWriter(database);
  let slowUntilMs = 0;
  return {
    async write(batch, isAlone) {
      const { entries, holds, delivered, expiries } = batch;
      const rows = entries.length + holds.length + delivered.length + expiries.length;
      const startedMs = monotonicMs();
      if (!isAlone || rows === 0 || rows > ROWS_MAX || startedMs < slowUntilMs)
        return thread.write(batch, isAlone);
      try {
        return writer.write(batch);
      } catch {
        // all of it or nothing has been written, and nothing is written twice
        return thread.write(batch, isAlone);
      } finally {
        const endedMs = monotonicMs();
        if (endedMs - startedMs > SLOW_MS) slowUntilMs = endedMs + SLOW_FOR_MS;
      }
    },
    async close() {
      database.close();
      await thread.close();
    },
  };
}
