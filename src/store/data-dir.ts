// What lies where in the data directory.

import { join } from 'node:path';

/** Keys, and later accounts and money. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'osiris.db');
}

/** One row for each call; may be deleted while no server runs. */
export function journalPath(dataDir: string): string {
  return join(dataDir, 'journal.db');
}

/** Where a running server listens for the command line. */
export function socketPath(dataDir: string): string {
  return join(dataDir, 'osiris.sock');
}

/** Held by the one process that may write to the ledger: a server, or a command while none runs. */
export function turnPath(dataDir: string): string {
  return join(dataDir, 'osiris.lock');
}

/** What the first start said, its secrets among it. */
export function firstStartPath(dataDir: string): string {
  return join(dataDir, 'first-start.txt');
}
