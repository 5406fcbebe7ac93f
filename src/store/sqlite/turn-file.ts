// A file in the data directory that lets one process at a time write to the ledger; one that dies lets go of it.

import { Database, SQLiteError } from 'bun:sqlite';
import { Fault } from '../../canonical/fault.ts';
import { explain, prepareFile } from './open.ts';

const PATIENCE_MS = 5_000;

/**
 * Waits until no other process holds the file, which is made where there is none. Returns what lets go of it. Throws
 * Fault `storage_fault` when that took too long.
 */
export function takeTurn(path: string, patienceMs = PATIENCE_MS): () => void {
  const file = open(path);
  try {
    file.run(`PRAGMA busy_timeout = ${patienceMs}`);
    file.run('BEGIN EXCLUSIVE');
  } catch (cause) {
    file.close();
    if (!isBusy(cause)) throw explain(path, cause);
    const message = 'Another osiris command or server works on this data directory; try again in a moment.';
    throw new Fault('storage_fault', message, { cause });
  }
  return () => file.close();
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof SQLiteError && String(thrown.code).startsWith('SQLITE_BUSY');
}

function open(path: string): Database {
  try {
    prepareFile(path, 'create');
    return new Database(path);
  } catch (thrown) {
    throw explain(path, thrown);
  }
}
