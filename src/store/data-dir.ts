// What lies where in the data directory.

import { join } from 'node:path';

/** Keys, and later accounts and money. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'osiris.db');
}

/** Where a running server listens for the command line. */
export function socketPath(dataDir: string): string {
  return join(dataDir, 'osiris.sock');
}
