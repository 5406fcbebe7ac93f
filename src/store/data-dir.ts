// What lies where in the data directory.

import { join } from 'node:path';

/** Keys, and later accounts and money. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'osiris.db');
}

/** One row for each call; may be deleted: a server begins a new one. */
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

/** Where a restore unpacks and checks; only a restore that was cut off leaves it. */
export function unpackingPath(dataDir: string): string {
  return join(dataDir, 'restore.part');
}

/** What a restore is putting in place, or was when it was cut off. */
export function placingPath(dataDir: string): string {
  return join(dataDir, 'restore.placing');
}

/** What the first start said, its secrets among it. */
export function firstStartPath(dataDir: string): string {
  return join(dataDir, 'first-start.txt');
}
