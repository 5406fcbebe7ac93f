// Puts a backup that was unpacked and checked in the place of what a data directory holds.

import { Database } from 'bun:sqlite';
import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { Fault } from '../../canonical/fault.ts';
import { HISTORY_FOLDER, historyFiles } from '../../config/history.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import { failpoint } from '../../lib/failpoint.ts';
import { type HeldDirectory, type NamedKey, type Newer, type Placed, stampOf } from '../backup.ts';
import { toDisk } from '../backup-file.ts';
import { databasePath, firstStartPath, journalPath, turnPath } from '../data-dir.ts';
import { installationOf } from './backup.ts';
import { explain, openForReading } from './open.ts';
import { takeTurn } from './turn-file.ts';

const PATIENCE_MS = 2_000;
/** What SQLite keeps beside a file that is open, or was when its program died. */
const BESIDE = ['-wal', '-shm', '-journal'];

/** Throws Fault `storage_fault` where a server or another command does not let go of the data directory in time. */
export function holdForRestore(dataDir: string): HeldDirectory {
  const letGo = takeTurn(turnPath(dataDir));
  return { putInPlace: (unpacked, atMs) => putInPlace(dataDir, unpacked, atMs), letGo };
}

/**
 * `unpacked` is a folder in the data directory, on which we have the turn. The database is replaced in one step:
 * whenever this ends, the old one or the new one stands there, whole. Throws Fault `storage_fault` when another program
 * has the old one open.
 */
function putInPlace(dataDir: string, unpacked: string, atMs: number): Placed {
  const path = databasePath(dataDir);
  const isThere = existsSync(path);
  const newer = isThere ? compare(path, databasePath(unpacked)) : undefined;
  const held = isThere ? holdAlone(path) : undefined;
  try {
    const owner = statSync(dataDir);
    giveTo(owner, unpacked);
    const aside = newFolder(dataDir, `before-restore-${stampOf(atMs)}`);
    const firstStart = firstStartPath(dataDir);
    if (existsSync(firstStart) && !tellsSecretOf(firstStart, databasePath(unpacked)))
      moveInto(aside, firstStart);
    if (historyFiles(unpacked).length > 0) exchange(join(dataDir, HISTORY_FOLDER), unpacked, aside);
    if (existsSync(journalPath(unpacked))) exchange(journalPath(dataDir), unpacked, aside);
    for (const end of BESIDE) moveInto(aside, path + end);
    failpoint('before-restored-database');
    replaceFile(path, databasePath(unpacked), aside);
    for (const made of [aside, turnPath(dataDir)]) giveTo(owner, made);
    toDisk(dataDir);
    const isEmpty = readdirSync(aside).length === 0;
    if (isEmpty) rmdirSync(aside);
    return { aside: isEmpty ? undefined : aside, newer };
  } finally {
    held?.close();
  }
}

/** What the old database has that the new one has not. */
function compare(old: string, fresh: string): Placed['newer'] {
  try {
    const database = openForReading(old);
    try {
      database.query('ATTACH ? AS fresh').run(fresh);
      if (installationOf(database) !== installationOf(database, 'fresh')) return 'stranger';
      return newerIn(database);
    } finally {
      database.close();
    }
  } catch {
    // damaged, or of a version whose tables are others: nothing is lost by not knowing
    return 'unreadable';
  }
}

function newerIn(database: Database): Newer {
  const kinds = database
    .query<{ kind: string; n: bigint; sum: bigint }, []>(
      `SELECT kind, count(*) AS n, sum(amount_nano) AS sum FROM main.entries AS old
       WHERE NOT EXISTS (SELECT 1 FROM fresh.entries WHERE id = old.id) GROUP BY kind`,
    )
    .all();
  const sumOf = (...wanted: string[]) =>
    kinds.filter(({ kind }) => wanted.includes(kind)).reduce((sum, row) => sum + row.sum, 0n);
  const keys = (where: string) =>
    database
      .query<NamedKey, []>(
        `SELECT old.id, old.name FROM main.keys AS old LEFT JOIN fresh.keys AS new ON new.id = old.id
         WHERE ${where} ORDER BY old.created_at_ms`,
      )
      .all();
  return {
    entries: kinds.reduce((sum, { n }) => sum + Number(n), 0),
    chargedNano: sumOf('charge'),
    givenNano: sumOf('purchase', 'grant'),
    goneKeys: keys('new.id IS NULL AND old.revoked_at_ms IS NULL'),
    revivedKeys: keys('old.revoked_at_ms IS NOT NULL AND new.revoked_at_ms IS NULL AND new.id IS NOT NULL'),
    rotatedKeys: keys('old.revoked_at_ms IS NULL AND new.secret_hash <> old.secret_hash'),
  };
}

/**
 * The old database, folded into its one file and closed to everybody else: a write-ahead log that stayed would be taken
 * for one of the new file. Undefined for one that is damaged.
 */
function holdAlone(path: string): Database | undefined {
  const database = new Database(path, { readwrite: true, create: false, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    database.run('PRAGMA journal_mode = DELETE');
    database.run('BEGIN EXCLUSIVE');
    return database;
  } catch (thrown) {
    database.close();
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return undefined;
    if (!code.startsWith('SQLITE_BUSY')) throw explain(path, thrown);
    const message = `Another program has ${path} open. End it first; nothing was changed.`;
    throw new Fault('storage_fault', message, { cause: thrown });
  }
}

/** Whether the admin secret in that text is the one of this database. */
function tellsSecretOf(firstStart: string, path: string): boolean {
  const [secret = ''] = /osiris-admin-[0-9a-f]{32}/.exec(readFileSync(firstStart, 'utf8')) ?? [];
  const database = openForReading(path);
  try {
    const fact = database
      .query<{ value: string }, []>("SELECT value FROM facts WHERE name = 'admin_secret_sha256'")
      .get();
    return fact?.value === sha256Hex(secret);
  } finally {
    database.close();
  }
}

/** What stands at `path` goes aside, what has its name in `unpacked` comes there. */
function exchange(path: string, unpacked: string, aside: string): void {
  for (const end of ['', ...BESIDE]) moveInto(aside, path + end);
  renameSync(join(unpacked, basename(path)), path);
}

function moveInto(folder: string, path: string): void {
  if (existsSync(path)) renameSync(path, join(folder, basename(path)));
}

/** A second name first, so that at no moment nothing stands at `path`. */
function replaceFile(path: string, fresh: string, aside: string): void {
  toDisk(fresh);
  try {
    if (existsSync(path)) linkSync(path, join(aside, basename(path)));
  } catch {
    // a file system without hard links
    const copy = join(aside, basename(path));
    copyFileSync(path, copy);
    toDisk(copy);
  }
  toDisk(aside);
  renameSync(fresh, path);
}

function newFolder(parent: string, name: string): string {
  for (let nth = 1; ; nth++) {
    const path = join(parent, nth === 1 ? name : `${name}-${nth}`);
    if (existsSync(path)) continue;
    mkdirSync(path, { mode: 0o700 });
    return path;
  }
}

/** What root puts into the directory of a service has to be the service's. */
function giveTo({ uid, gid }: Pick<Stats, 'uid' | 'gid'>, path: string): void {
  if (process.getuid?.() !== 0) return;
  chownSync(path, uid, gid);
  if (statSync(path).isDirectory())
    for (const name of readdirSync(path)) giveTo({ uid, gid }, join(path, name));
}
