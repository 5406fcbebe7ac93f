// Database files of every age and origin: what is brought up to date, and what is refused.

import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callIdAt } from '../../src/lib/id.ts';
import { bringUpToDate } from '../../src/store/sqlite/migrate.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { openStatements } from '../../src/store/sqlite/statements.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const MIGRATIONS = join(import.meta.dir, '../../db/migrations');
/** The version that one more migration makes. */
const LATER = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql')).length + 1;
const OPEN = { readwrite: true, create: false, safeIntegers: true };
const INSERT_FACT = "INSERT INTO facts VALUES ('colour', 'red')";

/** The real migrations and one more that runs `sql`, as a later version would have it. */
function laterMigrations(sql: string): string {
  const folder = join(scratchDir(), 'migrations');
  cpSync(MIGRATIONS, folder, { recursive: true });
  const journalPath = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(journalPath, 'utf8'));
  const when = journal.entries.at(-1).when + 1;
  journal.entries.push({
    idx: journal.entries.length,
    version: '6',
    when,
    tag: '9999_later',
    breakpoints: true,
  });
  writeFileSync(journalPath, JSON.stringify(journal));
  writeFileSync(join(folder, '9999_later.sql'), sql);
  return folder;
}

/** The real migrations before the one of this name. */
function migrationsBefore(name: string): string {
  const folder = join(scratchDir(), 'migrations');
  cpSync(MIGRATIONS, folder, { recursive: true });
  const journalPath = join(folder, 'meta/_journal.json');
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(journalPath, 'utf8'));
  const end = journal.entries.findIndex(({ tag }) => tag.endsWith(name));
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }));
  return folder;
}

/** A current database with one fact in it. */
function existingFile(): string {
  const path = join(scratchDir(), 'osiris.db');
  const database = openDatabase(path, 'create');
  database.run(INSERT_FACT);
  database.close();
  return path;
}

const factsIn = (path: string) => {
  const database = new Database(path, { readonly: true });
  const rows = database.query("SELECT * FROM facts WHERE name <> 'keys_revision'").all();
  database.close();
  return rows;
};

const copiesOf = (path: string) =>
  Array.from({ length: LATER }, (_, index) => index + 1).filter((count) =>
    existsSync(`${path}.before-${count}`),
  );

describe('a database file', () => {
  test.each(['missing', 'empty'])('that is %s gets the tables, without a copy', (state) => {
    const path = join(scratchDir(), 'osiris.db');
    if (state === 'empty') writeFileSync(path, '');
    const database = openDatabase(path, 'create');
    database.run(INSERT_FACT);
    database.close();
    expect(factsIn(path)).toEqual([{ name: 'colour', value: 'red' }]);
    expect(copiesOf(path)).toEqual([]);
  });

  test('is durable at every commit and waits for its turn', () => {
    const database = openDatabase(join(scratchDir(), 'osiris.db'), 'create');
    const pragma = (name: string) => Object.values(database.query(`PRAGMA ${name}`).get() ?? {})[0];
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('busy_timeout')]).toEqual([
      'wal',
      2n,
      10000n,
    ]);
    database.close();
  });

  test('that is current stays as it is', () => {
    const path = existingFile();
    openDatabase(path, 'existing').close();
    expect(factsIn(path)).toEqual([{ name: 'colour', value: 'red' }]);
    expect(copiesOf(path)).toEqual([]);
  });

  test('that is older is migrated, and kept as it was beside', () => {
    const path = existingFile();
    const folder = laterMigrations("ALTER TABLE facts ADD COLUMN note text DEFAULT 'new';");
    const database = new Database(path, OPEN);
    bringUpToDate(database, path, folder);
    database.close();
    expect(factsIn(path)).toEqual([{ name: 'colour', value: 'red', note: 'new' }]);
    expect(copiesOf(path)).toEqual([LATER]);
    expect(factsIn(`${path}.before-${LATER}`)).toEqual([{ name: 'colour', value: 'red' }]);
    expect((statSync(`${path}.before-${LATER}`).mode & 0o777).toString(8)).toBe('600');
  });

  test('keeps all it had when a migration fails half way', () => {
    const path = existingFile();
    const folder = laterMigrations(
      'DELETE FROM facts;--> statement-breakpoint\nINSERT INTO nowhere VALUES (1);',
    );
    const database = new Database(path, OPEN);
    expect(() => bringUpToDate(database, path, folder)).toThrow();
    database.close();
    expect(factsIn(path)).toEqual([{ name: 'colour', value: 'red' }]);
    openDatabase(path, 'existing').close();
  });

  test('written by a newer version is refused and left alone', () => {
    const path = existingFile();
    const database = new Database(path, OPEN);
    bringUpToDate(database, path, laterMigrations('ALTER TABLE facts ADD COLUMN note text;'));
    database.close();
    const before = readFileSync(path);
    expect(() => openDatabase(path, 'existing')).toThrow('was written by a newer Osiris');
    expect(() => openDatabase(path, 'create')).toThrow('was written by a newer Osiris');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('of another program is refused', () => {
    const path = join(scratchDir(), 'osiris.db');
    const foreign = new Database(path);
    foreign.run('CREATE TABLE songs (title text)');
    foreign.close();
    expect(() => openDatabase(path, 'create')).toThrow('belongs to another program');
  });

  test('that is no database is refused by name', () => {
    const path = join(scratchDir(), 'osiris.db');
    writeFileSync(path, 'not a database, but long enough to have been one'.repeat(50));
    expect(() => openDatabase(path, 'create')).toThrow('is not an SQLite database');
  });
});

test('sums of days from before they knew cached tokens and last uses take them from their entries', () => {
  const path = join(scratchDir(), 'osiris.db');
  writeFileSync(path, '');
  const old = new Database(path, OPEN);
  bringUpToDate(old, path, migrationsBefore('_day_sums'));
  const call = (id: number, model: string, cached: number) =>
    old.run(
      `INSERT INTO entries (id, kind, debit, credit, amount_nano, at_ms, day, key, model, rule, delivery, input_uncached,
       cache_read, cache_write_5m, cache_write_1h, cache_write_other, output)
       VALUES (${id}, 'charge', 6, 3, 5, ${id}000, 9, 'k', '${model}', 'finished', 'unknown', 10, ${cached}, 0, 0, 0, 1)`,
    );
  call(1, 'a', 30);
  call(2, 'a', 12);
  call(3, 'b', 0);
  bringUpToDate(old, path);
  call(4, 'a', 100);
  call(5, 'c', 7);
  expect(
    old
      .query('SELECT model, calls, input_tokens AS input, cached_tokens AS cached, last_ms AS last FROM days')
      .all(),
  ).toEqual([
    { model: 'a', calls: 3n, input: 172n, cached: 142n, last: 4000n },
    { model: 'b', calls: 1n, input: 10n, cached: 0n, last: 3000n },
    { model: 'c', calls: 1n, input: 17n, cached: 7n, last: 5000n },
  ]);
  old.close();
});

test('what an older version knew of deliveries stays known', async () => {
  const dataDir = scratchDir();
  const path = join(dataDir, 'osiris.db');
  writeFileSync(path, '');
  const old = new Database(path, OPEN);
  bringUpToDate(old, path, migrationsBefore('_deliveries'));
  const day = 20_000;
  const first = callIdAt(day * 86_400_000);
  const call = (number: bigint, delivery: string) =>
    old.run(
      `INSERT INTO entries (id, kind, debit, credit, amount_nano, at_ms, day, key, model, rule, delivery)
       VALUES (${first + number}, 'charge', 6, 3, 5, 1000, ${day}, 'k', 'a', 'finished', '${delivery}')`,
    );
  call(1n, 'complete');
  call(2n, 'unknown');
  call(3n, 'unknown');
  bringUpToDate(old, path);
  old.run(`INSERT INTO deliveries VALUES (${first + 2n})`);
  old.close();
  const statements = openStatements(path);
  const { entries } = await statements.entries({ key: 'k', limit: 10 });
  expect(entries.map(({ id, call: ended }) => [id - first, ended?.delivery])).toEqual([
    [3n, 'unknown'],
    [2n, 'complete'],
    [1n, 'complete'],
  ]);
  const days = { fromDay: day, toDay: day };
  const [usage] = await statements.usage({ ...days, by: ['model'], deliveries: true });
  expect(usage).toMatchObject({ calls: 3, undelivered: 1 });
  statements.close();
});
