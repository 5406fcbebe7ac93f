// Keys and facts in SQLite, with every key in memory for the hot path.

import type { Database } from 'bun:sqlite';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { type BunSQLiteDatabase, drizzle } from 'drizzle-orm/bun-sqlite';
import { facts, keys } from '../../../db/schema.ts';
import { type Clock, every, systemClock } from '../../lib/clock.ts';
import { newKeyId } from '../../lib/id.ts';
import { log } from '../../lib/log.ts';
import { databasePath } from '../data-dir.ts';
import type { Directory, Key, NewKey } from '../ports.ts';
import { type OpenMode, openDatabase } from './open.ts';
import { keyOfRow, rowOfKey } from './row.ts';

/** How long another process's new or revoked key may stay unseen here. */
const RELOAD_PERIOD_MS = 1000;

/**
 * The directory kept in `<dataDir>/osiris.db`. Only `create` makes the directory (0700) and the file (0600);
 * `existing` throws `storage_fault` when there is none.
 */
export function openDirectory(dataDir: string, mode: OpenMode, clock: Clock = systemClock): Directory {
  return new SqliteDirectory(openDatabase(databasePath(dataDir), mode), clock);
}

class SqliteDirectory implements Directory {
  readonly #database: Database;
  readonly #tables: BunSQLiteDatabase;
  readonly #clock: Clock;
  readonly #stopReloading: () => void;
  #byHash = new Map<string, Key>();
  /** Oldest first. */
  #byId = new Map<string, Key>();
  #seenVersion = -1n;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#tables = drizzle({ client: database });
    this.#clock = clock;
    this.#reloadIfChanged();
    this.#stopReloading = every(RELOAD_PERIOD_MS, () => this.#tryReload());
  }

  findByHash(hashHex: string): Key | undefined {
    const found = this.peekByHash(hashHex);
    if (found !== undefined) return found;
    // Made by another process a moment ago? The check costs a microsecond when nothing changed.
    this.#reloadIfChanged();
    return this.peekByHash(hashHex);
  }

  peekByHash(hashHex: string): Key | undefined {
    return this.#byHash.get(hashHex);
  }

  findById(id: string): Key | undefined {
    this.#reloadIfChanged();
    return this.#byId.get(id);
  }

  list(): Key[] {
    this.#reloadIfChanged();
    return [...this.#byId.values()].reverse();
  }

  create(key: NewKey, secret: { hashHex: string; prefix: string }): Key {
    const created: Key = { ...key, id: newKeyId(), prefix: secret.prefix, createdAtMs: this.#clock.nowMs() };
    this.#tables.insert(keys).values(rowOfKey(created, secret.hashHex)).run();
    this.#remember(created, secret.hashHex);
    return created;
  }

  revoke(id: string): boolean {
    const revokedAtMs = this.#clock.nowMs();
    const rows = this.#tables
      .update(keys)
      .set({ revokedAtMs })
      .where(and(eq(keys.id, id), isNull(keys.revokedAtMs)))
      .returning()
      .all();
    for (const row of rows) this.#remember(keyOfRow(row), row.secretHash);
    return rows.length > 0 || this.findById(id) !== undefined;
  }

  getFact(name: string): string | undefined {
    return this.#tables.select().from(facts).where(eq(facts.name, name)).get()?.value;
  }

  setFact(name: string, value: string): void {
    this.#tables
      .insert(facts)
      .values({ name, value })
      .onConflictDoUpdate({ target: facts.name, set: { value } })
      .run();
  }

  close(): void {
    this.#stopReloading();
    this.#database.close();
  }

  #remember(key: Key, hashHex: string): void {
    this.#byHash.set(hashHex, key);
    this.#byId.set(key.id, key);
  }

  #tryReload(): void {
    try {
      this.#reloadIfChanged();
    } catch (thrown) {
      // What is in memory stays valid; the next second tries again.
      log.warn('cannot look for new keys in the database', { error: thrown });
    }
  }

  /** `data_version` changes when another connection has committed; our own commits do not move it. */
  #reloadIfChanged(): void {
    const version =
      this.#database.query<{ data_version: bigint }, []>('PRAGMA data_version').get()?.data_version ?? 0n;
    if (version === this.#seenVersion) return;
    const byHash = new Map<string, Key>();
    const byId = new Map<string, Key>();
    for (const row of this.#tables.select().from(keys).orderBy(sql`rowid`).all()) {
      const key = keyOfRow(row);
      byHash.set(row.secretHash, key);
      byId.set(key.id, key);
    }
    this.#byHash = byHash;
    this.#byId = byId;
    this.#seenVersion = version;
  }
}
