// Opens one SQLite file: private, as durable as its content deserves, and at the schema this program knows.

import { Database } from 'bun:sqlite';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '../../canonical/fault.ts';
import { lackOfDescriptors } from '../../lib/descriptors.ts';
import { journalPath } from '../data-dir.ts';
import { bringUpToDate, type MigrationsName, migrationsFolder } from './migrate.ts';

export type OpenMode = 'create' | 'existing';

/** What a file is kept like. */
export type FileKind = {
  migrations: MigrationsName;
  /** `FULL`: a commit is on disk when it returns. `NORMAL`: a power cut may take the last ones. */
  synchronous: 'FULL' | 'NORMAL';
  /** A copy is made before a migration. */
  keepCopy: boolean;
  /** Pragmas that have to come before the first table. */
  first?: readonly string[];
};

/** Keys and money. */
const MONEY: FileKind = { migrations: 'migrations', synchronous: 'FULL', keepCopy: true };

/**
 * The open database, migrated. Integers arrive as bigint.
 * Throws `storage_fault` when there is none and `mode` is `existing`, when the file is no database, cannot be
 * used, or is newer than this program.
 */
export function openDatabase(path: string, mode: OpenMode, kind: FileKind = MONEY): Database {
  try {
    prepareFile(path, mode);
    const database = new Database(path, { readwrite: true, create: false, strict: true, safeIntegers: true });
    try {
      // First of all: the next pragma already needs a lock.
      database.run('PRAGMA busy_timeout = 10000');
      for (const pragma of kind.first ?? []) database.run(pragma);
      database.run('PRAGMA journal_mode = WAL');
      database.run(`PRAGMA synchronous = ${kind.synchronous}`);
      database.run('PRAGMA foreign_keys = ON');
      bringUpToDate(database, path, migrationsFolder(kind.migrations), kind.keepCopy);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  } catch (thrown) {
    throw explain(path, thrown);
  }
}

/**
 * The database for reading only: nothing is made, migrated or repaired, and a writer is neither stopped nor waited
 * for. Throws `storage_fault` when there is none or it cannot be read.
 */
export function openForReading(path: string): Database {
  try {
    if (!existsSync(path)) throw new Fault('storage_fault', `There is no Osiris database at ${path}.`);
    const database = new Database(path, { readonly: true, strict: true, safeIntegers: true });
    try {
      database.run('PRAGMA busy_timeout = 10000');
      // the first look at the file: what is no database is told now
      database.query('SELECT count(*) FROM sqlite_schema').get();
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : explain(path, thrown);
  }
}

/** Makes the file and its directory where they may be made, and keeps them from others. */
export function prepareFile(path: string, mode: OpenMode): void {
  if (mode === 'existing' && !existsSync(path)) {
    throw new Fault('storage_fault', `There is no Osiris database at ${path}.`);
  }
  if (mode === 'create') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  }
  // SQLite would open what cannot be written for reading, and fail at the first change
  for (const place of [dirname(path), path]) accessSync(place, constants.R_OK | constants.W_OK);
  // SQLite gives its -wal and -shm files the mode of this one. A foreign owner's file keeps its mode.
  if ((statSync(path).mode & 0o077) !== 0) chmodIfOurs(path);
}

function chmodIfOurs(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EPERM') throw thrown;
  }
}

/** What went wrong with a file, as a fault with words for the operator. */
export function explain(path: string, thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const code = codeOf(thrown);
  const options = { cause: thrown };
  if (code === 'SQLITE_NOTADB') {
    return new Fault(
      'storage_fault',
      `${path} is not an SQLite database. Move it away or choose another data directory.`,
      options,
    );
  }
  if (isDamage(thrown)) {
    // the journal may be done without
    const advice =
      path === journalPath(dirname(path))
        ? 'Move it away: a new one is made.'
        : '`osiris restore` puts an earlier backup in its place and keeps it aside.';
    return new Fault('storage_fault', `${path} is damaged (${thrown.message}). ${advice}`, options);
  }
  // SQLite calls it a file that cannot be opened, whatever the reason
  const lack = code === 'SQLITE_CANTOPEN' ? lackOfDescriptors() : undefined;
  if (code === 'EMFILE' || code === 'ENFILE' || lack !== undefined) {
    const message = `${path} cannot be opened: this program, or the whole system, has too many files open (ulimit -n).`;
    return new Fault('storage_fault', message, options);
  }
  if (code === 'EROFS') {
    return new Fault('storage_fault', `${path} lies on a file system that cannot be written.`, options);
  }
  if (
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'SQLITE_CANTOPEN' ||
    code.startsWith('SQLITE_READONLY')
  ) {
    const message = existsSync(dirname(path))
      ? `No permission to use ${path}. Run this as the user who owns the data directory.`
      : `No permission to make ${dirname(path)}. Choose a data directory that this user may write.`;
    return new Fault('storage_fault', message, options);
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new Fault(
      'storage_fault',
      `${path} is locked by another program for more than 10 seconds.`,
      options,
    );
  }
  if (code === 'ENOSPC' || code === 'SQLITE_FULL' || isFull(dirname(path))) {
    return new Fault(
      'storage_fault',
      `The disk has no room left for ${path}. Make room, or choose a data directory elsewhere.`,
      options,
    );
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new Fault('storage_fault', `Cannot open the database ${path}: ${reason}`, options);
}

/** Pages of a database file that make no sense. */
export function isDamage(thrown: unknown): thrown is Error {
  return codeOf(thrown).startsWith('SQLITE_CORRUPT');
}

/** Of a migration that found no room only its ROLLBACK is told, which SQLite had done by itself. */
function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < 1024 * 1024;
  } catch {
    return false;
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
