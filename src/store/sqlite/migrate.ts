// Brings a database file to the schema of this program, with a copy of the file kept from before.

import type { Database } from 'bun:sqlite';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { drizzle } from 'drizzle-orm/bun-sqlite';
import { migrate } from 'drizzle-orm/bun-sqlite/migrator';
import { Fault } from '../../canonical/fault.ts';

/** A folder of `db` that holds the migrations of one file. */
export type MigrationsName = 'migrations' | 'journal-migrations';

/**
 * Compiled, assets lie at the root of the executable: beside the main module, three folders above a worker. From
 * source, in `db` at the root of the repository.
 */
export function migrationsFolder(name: MigrationsName): string {
  const places = [name, join('../../..', name), join('../../../db', name)];
  const folder = places
    .map((place) => join(import.meta.dir, place))
    .find((place) => existsSync(join(place, 'meta/_journal.json')));
  if (folder === undefined) throw new Error(`the ${name} are missing from this build`);
  return folder;
}

/**
 * Applies the migrations of `folder` the file has not seen, all or none. Before that a file with content is copied to
 * `<path>.before-<n>`, n being the schema it is brought to, unless `keepCopy` is false. A file that is ahead of this
 * program throws `storage_fault`.
 */
export function bringUpToDate(
  database: Database,
  path: string,
  folder = migrationsFolder('migrations'),
  keepCopy = true,
): void {
  const known = knownTimes(folder);
  const state = compare(database, known, path);
  if (state === 'current') return;
  if (state === 'behind' && keepCopy) copyBefore(database, `${path}.before-${known.length}`);
  try {
    migrate(drizzle({ client: database }), { migrationsFolder: folder });
  } catch (thrown) {
    // Two processes that start at once both see an old file; the slower one finds the work done.
    if (compare(database, known, path) !== 'current') throw thrown;
  }
}

/** When each known migration was made, oldest first: drizzle tells by this time what a file has seen. */
function knownTimes(folder: string): number[] {
  const journal: { entries: { when: number }[] } = JSON.parse(
    readFileSync(join(folder, 'meta/_journal.json'), 'utf8'),
  );
  return journal.entries.map((entry) => entry.when);
}

/** Whether a file has seen migrations that this program does not know. False for a file of another program. */
export function isAhead(database: Database, folder: string): boolean {
  const isOurs =
    database.query("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get() !== null;
  return isOurs && seenMs(database) > (knownTimes(folder).at(-1) ?? 0);
}

function seenMs(database: Database): number {
  const seen = database
    .query<{ created_at: bigint }, []>(
      'SELECT created_at FROM __drizzle_migrations ORDER BY created_at DESC LIMIT 1',
    )
    .get();
  return Number(seen?.created_at ?? 0);
}

function compare(database: Database, known: number[], path: string): 'empty' | 'behind' | 'current' {
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  if (tables.length === 0) return 'empty';
  if (!tables.some((table) => table.name === '__drizzle_migrations')) {
    throw new Fault('storage_fault', `${path} belongs to another program. Choose another data directory.`);
  }
  const seen = seenMs(database);
  const newestMs = known.at(-1) ?? 0;
  if (seen > newestMs) {
    throw new Fault(
      'storage_fault',
      `${path} was written by a newer Osiris (schema above ${known.length}). Use that version, or put back the copy ` +
        `it made before its migration (${basename(path)}.before-…).`,
    );
  }
  if (seen === newestMs) return 'current';
  return seen === 0 && tables.length === 1 ? 'empty' : 'behind';
}

function copyBefore(database: Database, copyPath: string): void {
  const unfinished = `${copyPath}.part`;
  rmSync(unfinished, { force: true });
  // VACUUM INTO sees what is still in the write-ahead log, which a copy of the file would miss.
  database.query('VACUUM INTO ?').run(unfinished);
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, copyPath);
}
