// Writes batches of entries into osiris.db, each batch in one durable transaction.

import type { Database } from 'bun:sqlite';
import { failpoint } from '../../lib/failpoint.ts';
import { type Batch, ENTRY_COLUMNS, type EntryCells, type Outcome } from './ledger-batch.ts';

/** Pages of 4 kB in the write-ahead log before it is folded into the file, and batches between two looks at it. */
const CHECKPOINT_PAGES = 1_000;
const CHECKPOINT_BATCHES = 16;

/** The only writer of entries, holds and balances. Not safe for two at once on one connection. */
export class LedgerWriter {
  readonly #database: Database;
  readonly #insertEntry;
  readonly #insertHold;
  readonly #deliver;
  readonly #setExpiry;
  readonly #probe;
  readonly #begin;
  readonly #commit;
  readonly #logState;
  #batches = 0;

  constructor(database: Database) {
    this.#database = database;
    const marks = ENTRY_COLUMNS.map(() => '?').join(', ');
    this.#insertEntry = database.query(`INSERT INTO entries (${ENTRY_COLUMNS.join(', ')}) VALUES (${marks})`);
    // a charge may overtake its hold: what is settled is not held
    this.#insertHold = database.query(
      `INSERT INTO holds (call_id, key, purse, amount_nano, model, at_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6
       WHERE NOT EXISTS (SELECT 1 FROM entries WHERE id = ?1) ON CONFLICT DO NOTHING`,
    );
    this.#deliver = database.query(
      'INSERT INTO deliveries (entry) SELECT value FROM json_each(?) WHERE TRUE ON CONFLICT DO NOTHING',
    );
    this.#setExpiry = database.query(
      'UPDATE purses SET expires_at_ms = ?2 WHERE id = ?1 AND EXISTS (SELECT 1 FROM entries WHERE id = ?3)',
    );
    // something new each time: SQLite does not write what stands there already, and finds room on a full disk for that
    this.#probe = database.query(
      `INSERT INTO facts (name, value) VALUES ('disk_probe', hex(randomblob(8)))
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
    this.#begin = database.query('BEGIN IMMEDIATE');
    this.#commit = database.query('COMMIT');
    this.#logState = database.query<{ log: bigint; checkpointed: bigint }, []>('PRAGMA wal_checkpoint(NOOP)');
    // by hand, between two batches: an automatic one would make some commit wait for it
    database.run('PRAGMA wal_autocheckpoint = 0');
  }

  /**
   * All or, when the database refuses a row, each for itself. Throws when nothing at all could be written. An empty
   * batch asks whether anything can.
   */
  write(batch: Batch): Outcome {
    try {
      this.#transact(batch, batch.entries);
      return { failed: [] };
    } catch (thrown) {
      if (batch.entries.length === 0 || !isRefusal(thrown)) throw thrown;
      return this.#writeEach(batch);
    }
  }

  /** To be said after each batch: looks at the write-ahead log now and then. */
  checkpointInTime(): void {
    this.#batches += 1;
    if (this.#batches % CHECKPOINT_BATCHES === 0) this.checkpointIfLarge();
  }

  /** Folds the write-ahead log into the file when it has grown; does not wait for readers. */
  checkpointIfLarge(pages = CHECKPOINT_PAGES): void {
    const state = this.#logState.get();
    if (state === null || Number(state.log - state.checkpointed) < pages) return;
    failpoint('in-checkpoint');
    this.#database.query('PRAGMA wal_checkpoint(PASSIVE)').get();
  }

  #writeEach(batch: Batch): Outcome {
    const failed: Outcome['failed'] = [];
    for (const [position, entry] of batch.entries.entries()) {
      const expiries = batch.expiries.filter(([, , entryId]) => entryId === entry[0]);
      try {
        this.#transact({ ...batch, holds: [], delivered: [], expiries }, [entry]);
      } catch (thrown) {
        failed.push([position, thrown instanceof Error ? thrown.message : String(thrown)]);
      }
    }
    try {
      this.#transact({ ...batch, expiries: [] }, []);
    } catch {
      // the entries are written and have to be told as such; holds and deliveries may be forgotten
    }
    return { failed };
  }

  #transact(batch: Batch, entries: EntryCells[]): void {
    this.#begin.run();
    try {
      if (batch.delivered.length > 0) this.#deliver.run(`[${batch.delivered.join()}]`);
      for (const entry of entries) this.#insertEntry.run(...entry);
      if (entries.length > 0) failpoint('after-charge-row');
      for (const hold of batch.holds) this.#insertHold.run(...hold);
      for (const [purse, expiresAtMs, entryId] of batch.expiries)
        this.#setExpiry.run(purse, expiresAtMs, BigInt(entryId));
      if (entries.length + batch.holds.length + batch.delivered.length === 0) this.#probe.run();
      this.#commit.run();
    } catch (thrown) {
      this.#rollBack();
      throw thrown;
    }
    if (entries.length > 0) failpoint('after-commit');
  }

  #rollBack(): void {
    try {
      this.#database.run('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself: a full disk or a broken one does that
    }
  }
}

/** The row is at fault, not the disk. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('SQLITE_CONSTRAINT');
}
