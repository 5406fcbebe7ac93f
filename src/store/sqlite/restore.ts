// Puts a backup that was unpacked and checked in the place of what a data directory holds.

import { Database } from 'bun:sqlite';
import { existsSync, rmSync } from 'node:fs';
import { Fault } from '../../canonical/fault.ts';
import { nowMs } from '../../lib/clock.ts';
import type { HeldDirectory, NamedKey, Newer, Placed } from '../backup.ts';
import { databasePath, placingPath, turnPath, unpackingPath } from '../data-dir.ts';
import { installationOf } from './backup.ts';
import { explain, openForReading } from './open.ts';
import { beginPlacing, finishPlacing } from './placing.ts';
import { takeTurn } from './turn-file.ts';

const PATIENCE_MS = 2_000;

/**
 * Takes the turn on a data directory, and finishes a restore that was cut off there. Throws Fault `storage_fault` where
 * a server or another command does not let go of it in time.
 */
export function takeDataDir(dataDir: string): {
  letGo: () => void;
  finished: Pick<Placed, 'aside'> | undefined;
} {
  const letGo = takeTurn(turnPath(dataDir));
  try {
    return { letGo, finished: finishRestore(dataDir) };
  } catch (thrown) {
    letGo();
    throw thrown;
  }
}

/** Throws as `takeDataDir`. */
export function holdForRestore(dataDir: string): HeldDirectory {
  const { letGo, finished } = takeDataDir(dataDir);
  return { finished, putInPlace: (unpacked, atMs) => putInPlace(dataDir, unpacked, atMs), letGo };
}

function finishRestore(dataDir: string): Pick<Placed, 'aside'> | undefined {
  rmSync(unpackingPath(dataDir), { recursive: true, force: true });
  if (!existsSync(placingPath(dataDir))) return undefined;
  return alone(databasePath(dataDir), () => ({ aside: finishPlacing(dataDir, nowMs()) }));
}

/**
 * `unpacked` is a folder in the data directory, on which we have the turn. Throws Fault `storage_fault` when another
 * program has the old database open.
 */
function putInPlace(dataDir: string, unpacked: string, atMs: number): Placed {
  const path = databasePath(dataDir);
  const newer = existsSync(path) ? compare(path, databasePath(unpacked)) : undefined;
  return alone(path, () => {
    beginPlacing(dataDir, unpacked);
    try {
      return { aside: finishPlacing(dataDir, atMs), newer };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `The backup is in place only in part (${why}). The next restore goes on with it, or the next start of the server.`;
      throw new Fault('storage_fault', message, { cause });
    }
  });
}

function alone<T>(path: string, act: () => T): T {
  const held = existsSync(path) ? holdAlone(path) : undefined;
  try {
    return act();
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
