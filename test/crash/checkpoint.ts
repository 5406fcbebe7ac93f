// Tells from the files of a killed program whether a checkpoint was under way in it.

import { readFileSync } from 'node:fs';

/** In the shared-memory file, behind two copies of the header: SQLite's WalCkptInfo (wal.c). */
const BACKFILLED_AT = 96;
const ATTEMPTED_AT = 128;

/**
 * A checkpoint says first how far it is going to copy the log and last how far it has; between the two it was struck.
 * To be asked before anybody opens the database again.
 */
export function wasInCheckpoint(database: string): boolean {
  const { buffer, byteOffset, byteLength } = readFileSync(`${database}-shm`);
  const shared = new DataView(buffer, byteOffset, byteLength);
  return shared.getUint32(ATTEMPTED_AT, true) > shared.getUint32(BACKFILLED_AT, true);
}
