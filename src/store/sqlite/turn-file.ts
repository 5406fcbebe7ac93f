// A file in the data directory that lets one command at a time correct the ledger; a command that dies lets go of it.

import { Database } from 'bun:sqlite';
import { Fault } from '../../canonical/fault.ts';

const PATIENCE_MS = 60_000;

/** Waits until no other process holds the file. Returns what lets go of it. Throws Fault `storage_fault` after a minute. */
export function takeTurn(path: string, patienceMs = PATIENCE_MS): () => void {
  const file = new Database(path);
  try {
    file.run(`PRAGMA busy_timeout = ${patienceMs}`);
    file.run('BEGIN EXCLUSIVE');
  } catch (cause) {
    file.close();
    throw new Fault('storage_fault', 'Another command is correcting this ledger; wait until it has ended.', {
      cause,
    });
  }
  return () => file.close();
}
