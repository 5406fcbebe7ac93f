// Checks everything the ledger promises, on one snapshot of a live or a stopped database.

import { Database } from 'bun:sqlite';
import { Fault } from '../../canonical/fault.ts';
import { monotonicMs } from '../../lib/clock.ts';
import { formatCallId } from '../../lib/id.ts';
import { databasePath } from '../data-dir.ts';
import { HIGHEST_MINIMUM } from '../minimum-charge.ts';
import type { Verification, VerifyOptions } from '../verification.ts';
import { bringUpToDate } from './migrate.ts';
import { explain, isDamage, openForReading } from './open.ts';
import { entriesChecker } from './verify-entries.ts';
import { type DaySums, dayGroup, type Notes, TOLD_MAX, takeNotes } from './verify-notes.ts';

/**
 * Checks the database of a data directory without changing it or stopping its writer. Throws `storage_fault` when it
 * cannot be read, or is of another version than this program.
 */
export function verifyLedger(dataDir: string, options: VerifyOptions): Verification {
  const startedMs = monotonicMs();
  const path = databasePath(dataDir);
  const database = openForReading(path);
  const fresh = new Database(':memory:', { strict: true, safeIntegers: true });
  try {
    bringUpToDate(fresh, ':memory:');
    const { notes, result } = takeNotes();
    // one read transaction: everything is about the same moment while a server goes on writing
    database.run('BEGIN');
    checkVersion(path, database, fresh);
    try {
      checkFile(database, notes);
      checkTriggers(database, fresh, notes);
      const minimumChargeNano = highestMinimum(database, options.minimumChargeNano);
      const entries = entriesChecker(database, { ...options, minimumChargeNano }, notes);
      entries.walk();
      checkBalances(database, entries.moved, notes);
      checkDays(database, entries.days, notes);
      checkHolds(database, notes);
      checkDeliveries(database, notes);
      checkKeys(database, notes);
    } catch (thrown) {
      // a damaged page ends the walk; what was found before it is told all the same
      if (!isDamage(thrown)) throw thrown;
      notes.wrong('file', `reading it ended in: ${thrown.message}`);
    }
    return result(monotonicMs() - startedMs);
  } finally {
    database.close();
    fresh.close();
  }
}

function highestMinimum(database: Database, nowNano: bigint): bigint {
  const known = database
    .query<{ value: string }, [string]>('SELECT value FROM facts WHERE name = ?')
    .get(HIGHEST_MINIMUM);
  const nano = /^\d+$/.test(known?.value ?? '') ? BigInt(known?.value ?? 0) : 0n;
  return nano > nowNano ? nano : nowNano;
}

function checkVersion(path: string, database: Database, fresh: Database): void {
  const newest = (of: Database) =>
    of.query<{ at: bigint | null }, []>('SELECT max(created_at) AS at FROM __drizzle_migrations').get()?.at;
  let found: bigint | null | undefined;
  try {
    found = newest(database);
  } catch (thrown) {
    if (isDamage(thrown)) throw explain(path, thrown);
    throw new Fault('storage_fault', 'This is not a database of Osiris.', { cause: thrown });
  }
  if (found !== newest(fresh))
    throw new Fault(
      'storage_fault',
      'The database is of another version than this program. Start the server of this version once, or use the other one.',
    );
}

function checkFile(database: Database, notes: Notes): void {
  const rows = database.query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${TOLD_MAX})`).all();
  notes.checked('file');
  for (const { integrity_check: text } of rows) if (text !== 'ok') notes.wrong('file', text);
}

/** A trigger more could move money as well as one less. */
function checkTriggers(database: Database, fresh: Database, notes: Notes): void {
  const read = (of: Database) =>
    new Map(
      of
        .query<{ name: string; sql: string }, []>(
          "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
        )
        .all()
        .map(({ name, sql }) => [name, sql]),
    );
  const found = read(database);
  for (const [name, sql] of read(fresh)) {
    notes.checked('triggers');
    const ours = found.get(name);
    if (ours === undefined) notes.wrong('triggers', `the trigger ${name} is missing`);
    else if (ours !== sql) notes.wrong('triggers', `the trigger ${name} has been changed`);
    found.delete(name);
  }
  for (const name of found.keys()) notes.wrong('triggers', `the trigger ${name} is not one of ours`);
}

function checkBalances(database: Database, moved: Map<number, bigint>, notes: Notes): void {
  const purses = database
    .query<{ id: bigint; owner: string; balance_nano: bigint | number }, []>(
      'SELECT id, owner, balance_nano FROM purses ORDER BY id',
    )
    .iterate();
  let sum = 0n;
  for (const { id, owner, balance_nano: balance } of purses) {
    notes.checked('balances');
    const entries = moved.get(Number(id)) ?? 0n;
    moved.delete(Number(id));
    // what SQLite makes of an integer that overflows
    if (typeof balance === 'number') {
      notes.wrong('balances', `purse ${id} of ${owner} holds ${balance}, which is no whole number`);
      continue;
    }
    sum += balance;
    if (balance !== entries)
      notes.wrong('balances', `purse ${id} of ${owner} holds ${balance}, its entries add up to ${entries}`);
  }
  for (const [id, amount] of moved)
    notes.wrong('balances', `entries move ${amount} to purse ${id}, which does not exist`);
  notes.checked('zero');
  if (sum !== 0n) notes.wrong('zero', `all balances add up to ${sum}`);
}

type DayRow = {
  key: string;
  day: bigint;
  model: string;
  calls: bigint;
  input_tokens: bigint;
  cached_tokens: bigint;
  output_tokens: bigint;
  amount_nano: bigint;
  failed: bigint;
  last_ms: bigint;
};

function checkDays(database: Database, days: Map<string, DaySums>, notes: Notes): void {
  for (const row of database.query<DayRow, []>('SELECT * FROM days').iterate()) {
    notes.checked('days');
    const group = dayGroup(row.key, row.day, row.model);
    const sums = days.get(group);
    days.delete(group);
    const kept = daySums({
      ...{ calls: row.calls, failed: row.failed, input: row.input_tokens, cached: row.cached_tokens },
      ...{ output: row.output_tokens, amountNano: row.amount_nano, lastMs: row.last_ms },
    });
    const summed = sums ? daySums(sums) : 'nothing';
    if (kept !== summed)
      notes.wrong('days', `day ${row.day} of ${row.key}, ${row.model}: kept ${kept}; entries ${summed}`);
  }
  for (const group of days.keys())
    notes.wrong('days', `no sums are kept for ${group.replaceAll('\n', ', ')}`);
}

function daySums(sums: Record<keyof DaySums, number | bigint>): string {
  const { calls, failed, input, cached, output, amountNano, lastMs } = sums;
  return `${calls} calls (${failed} failed), ${input} in (${cached} cached), ${output} out, ${amountNano}, last ${lastMs}`;
}

function checkHolds(database: Database, notes: Notes): void {
  const holds = database
    .query<{ call_id: bigint; settled: bigint }, []>(
      'SELECT call_id, EXISTS (SELECT 1 FROM entries WHERE id = call_id) AS settled FROM holds',
    )
    .all();
  for (const { call_id: id, settled } of holds) {
    notes.checked('holds');
    if (settled) notes.wrong('holds', `${formatCallId(id)} has a hold, and an entry that ended it`);
  }
}

type DeliveryRow = { entry: bigint; kind: string | null; rule: string | null; delivery: string | null };

/** Each is of another entry: the table has room for one. */
function checkDeliveries(database: Database, notes: Notes): void {
  const rows = database
    .query<DeliveryRow, []>(
      'SELECT entry, kind, rule, delivery FROM deliveries LEFT JOIN entries ON id = entry ORDER BY entry',
    )
    .iterate();
  for (const row of rows) {
    notes.checked('deliveries');
    const wrong = wrongDelivery(row);
    if (wrong !== undefined)
      notes.wrong('deliveries', `${formatCallId(row.entry)} is told to have been delivered, ${wrong}`);
  }
}

function wrongDelivery({ kind, rule, delivery }: DeliveryRow): string | undefined {
  if (kind === null) return 'and has no entry';
  if (kind !== 'charge') return `and its entry is a ${kind}, not a charge`;
  if (rule === 'client-left') return 'and its client had left';
  if (delivery === 'unknown') return undefined;
  return delivery === null
    ? 'and its entry has no state of delivery'
    : `and its entry says ${delivery} already`;
}

function checkKeys(database: Database, notes: Notes): void {
  const keys = database
    .query<{ id: string; purse: bigint; there: bigint }, []>(
      'SELECT id, purse, EXISTS (SELECT 1 FROM purses WHERE id = keys.purse AND id >= 100) AS there FROM keys',
    )
    .iterate();
  for (const { id, purse, there } of keys) {
    notes.checked('keys');
    if (!there) notes.wrong('keys', `${id} draws on purse ${purse}, which does not exist`);
  }
}
