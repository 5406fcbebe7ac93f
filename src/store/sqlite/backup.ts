// Makes a backup of a data directory, and proves one by doing what a restore would do.

import { Database } from 'bun:sqlite';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../canonical/fault.ts';
import { historyFiles } from '../../config/history.ts';
import { formatTime, nowMs } from '../../lib/clock.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import { VERSION } from '../../lib/version.ts';
import {
  type BackUpOrder,
  type Checked,
  type Holdings,
  type Manifest,
  PACKED,
  type Step,
  type UnpackOrder,
} from '../backup.ts';
import { damaged, ofNewer, pack, unpack } from '../backup-file.ts';
import { FIRST_CLIENT_PURSE } from '../books.ts';
import { databasePath, journalPath } from '../data-dir.ts';
import { bringUpToDate, isAhead, type MigrationsName, migrationsFolder } from './migrate.ts';
import { explain, openForReading } from './open.ts';
import { verifyLedger } from './verify.ts';

type Tell = (step: Step) => void;

/**
 * Makes the archive `PACKED` in the scratch folder, also beside a running server, whose writer does not wait for it.
 * It is unpacked again to be looked through, so that what is told is told of the file. Throws Fault `storage_fault`.
 */
export async function backUp(order: BackUpOrder, tell: Tell): Promise<Checked> {
  const { dataDir, scratch, logs, minimumChargeNano } = order;
  const file = join(scratch, PACKED);
  const copies = subfolder(scratch, 'copies');
  tell('copying');
  const madeAtMs = nowMs();
  copyDatabase(databasePath(dataDir), databasePath(copies));
  if (logs && existsSync(journalPath(dataDir))) copyDatabase(journalPath(dataDir), journalPath(copies));
  tell('packing');
  await pack(file, manifestOf(databasePath(copies), dataDir, madeAtMs), copies, dataDir);
  // before as much is unpacked again
  rmSync(copies, { recursive: true });
  const unpacked = subfolder(scratch, 'unpacked');
  const called = 'The backup that was just made';
  const checked = await unpackAndCheck({ file, called, scratch: unpacked, minimumChargeNano }, tell);
  rmSync(unpacked, { recursive: true });
  return checked;
}

/**
 * Unpacks a backup, brings it to the schema of this program and looks through it. Throws Fault `storage_fault` when it
 * is damaged, no backup, or ahead of this program; a ledger that is whole but breaks a promise is told, not thrown.
 */
export async function unpackAndCheck(order: UnpackOrder, tell: Tell): Promise<Checked> {
  const { file, called, scratch, minimumChargeNano } = order;
  tell('unpacking');
  const manifest = await unpack(file, called, scratch);
  tell('checking');
  try {
    migrateCopy(databasePath(scratch), 'migrations', called, manifest);
    const verification = verifyLedger(scratch, { minimumChargeNano });
    const [broken] = verification.violations.filter(({ check }) => check === 'file');
    if (broken !== undefined) throw new Fault('storage_fault', damaged(called, broken.message));
    const calls = existsSync(journalPath(scratch)) ? journalCalls(scratch, called, manifest) : undefined;
    const configurations = historyFiles(scratch).length;
    return { manifest, verification, holdings: { ...holdingsOf(scratch), configurations, calls } };
  } catch (thrown) {
    throw isUnreadable(thrown) ? new Fault('storage_fault', damaged(called, thrown.message)) : thrown;
  }
}

/** `VACUUM INTO` reads one moment of the file beside its writers and leaves out free pages. */
function copyDatabase(from: string, to: string): void {
  try {
    const database = openForReading(from);
    try {
      database.query('VACUUM INTO ?').run(to);
    } finally {
      database.close();
    }
  } catch (thrown) {
    throw isUnreadable(thrown) ? explain(from, thrown) : thrown;
  }
}

function manifestOf(path: string, dataDir: string, madeAtMs: number): Manifest {
  const database = openForReading(path);
  try {
    if (isAhead(database, migrationsFolder('migrations')))
      throw new Fault(
        'storage_fault',
        `${databasePath(dataDir)} was written by a newer Osiris than this (${VERSION}). Back it up with that one.`,
      );
    return {
      object: 'osiris.backup',
      format: 1,
      osiris: VERSION,
      made_at: formatTime(madeAtMs),
      installation: installationOf(database),
    };
  } finally {
    database.close();
  }
}

/** What tells installations apart, without telling their seal key; null before a first server made one. */
export function installationOf(database: Database, schema = 'main'): string | null {
  const fact = database
    .query<{ value: string }, []>(`SELECT value FROM ${schema}.facts WHERE name = 'seal_key'`)
    .get();
  return fact === null ? null : sha256Hex(`installation ${fact.value}`).slice(0, 16);
}

/** Stays one file: nothing here turns on a write-ahead log. */
function migrateCopy(path: string, name: MigrationsName, called: string, manifest: Manifest): void {
  const database = openCopy(path);
  try {
    const folder = migrationsFolder(name);
    if (isAhead(database, folder)) throw new Fault('storage_fault', ofNewer(called, manifest.osiris));
    bringUpToDate(database, path, folder, false);
  } finally {
    database.close();
  }
}

function openCopy(path: string): Database {
  return new Database(path, { readwrite: true, create: false, strict: true, safeIntegers: true });
}

function journalCalls(folder: string, called: string, manifest: Manifest): number {
  const path = journalPath(folder);
  migrateCopy(path, 'journal-migrations', called, manifest);
  const database = openForReading(path);
  try {
    const [first] = database.query<{ integrity_check: string }, []>('PRAGMA integrity_check(1)').all();
    if (first?.integrity_check !== 'ok')
      throw new Fault('storage_fault', damaged(called, `journal: ${first?.integrity_check}`));
    return countOf(database, 'calls');
  } finally {
    database.close();
  }
}

function holdingsOf(folder: string): Omit<Holdings, 'configurations' | 'calls'> {
  const database = openForReading(databasePath(folder));
  try {
    const purses = database
      .query<{ sum: bigint }, [number]>(
        'SELECT coalesce(sum(balance_nano), 0) AS sum FROM purses WHERE id >= ?',
      )
      .get(FIRST_CLIENT_PURSE);
    return {
      keys: countOf(database, 'keys'),
      revokedKeys: countOf(database, 'keys WHERE revoked_at_ms IS NOT NULL'),
      accounts: countOf(database, 'accounts'),
      entries: countOf(database, 'entries'),
      balanceNano: purses?.sum ?? 0n,
    };
  } finally {
    database.close();
  }
}

function countOf(database: Database, rows: string): number {
  return Number(database.query<{ n: bigint }, []>(`SELECT count(*) AS n FROM ${rows}`).get()?.n ?? 0);
}

function subfolder(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

function isUnreadable(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'code' in thrown && /^SQLITE_(CORRUPT|NOTADB)/.test(String(thrown.code));
}
