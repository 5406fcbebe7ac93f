// Keys, accounts and facts in SQLite, with every key in memory for the hot path.

import type { Database } from 'bun:sqlite';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { type BunSQLiteDatabase, drizzle } from 'drizzle-orm/bun-sqlite';
import { accounts, entries, facts, keys, purses } from '../../../db/schema.ts';
import { type Clock, every, systemClock } from '../../lib/clock.ts';
import { newCallId, newKeyId } from '../../lib/id.ts';
import { log } from '../../lib/log.ts';
import { BOOKS, FIRST_CLIENT_PURSE } from '../books.ts';
import { databasePath } from '../data-dir.ts';
import { mailboxOf } from '../mailbox.ts';
import type { Account, Directory, Key, KeyChange, NewKey } from '../ports.ts';
import { moneyRoom } from './money-room.ts';
import { type OpenMode, openDatabase } from './open.ts';
import { accountOfRow, keyOfRow, rowOfKey } from './row.ts';

/** How long another process's new or revoked key may stay unseen here. */
const RELOAD_PERIOD_MS = 1000;
const DAY_MS = 86_400_000;

export type DirectoryOptions = {
  clock?: Clock;
  /** The day a first credit is booked on, in the time zone of the ledger; days since 1970. */
  dayOf?: (timeMs: number) => number;
};

/** The directory kept in an open database, which stays the caller's to close. */
export function createDirectory(database: Database, options: DirectoryOptions = {}): Directory {
  return new SqliteDirectory(database, options);
}

/** The directory of `<dataDir>/osiris.db` alone, with a connection of its own. Throws as `openDatabase` does. */
export function openDirectory(dataDir: string, mode: OpenMode, clock?: Clock): Directory {
  const database = openDatabase(databasePath(dataDir), mode);
  const directory = createDirectory(database, clock ? { clock } : {});
  const close = directory.close.bind(directory);
  directory.close = () => {
    close();
    database.close();
  };
  return directory;
}

class SqliteDirectory implements Directory {
  readonly #database: Database;
  readonly #tables: BunSQLiteDatabase;
  readonly #clock: Clock;
  readonly #dayOf: (timeMs: number) => number;
  readonly #refuseTooMuch: (amountNano: bigint) => void;
  readonly #stopReloading: () => void;
  #byHash = new Map<string, Key>();
  /** Oldest first. */
  #byId = new Map<string, Key>();
  /** Secrets from before a rotation, and until when they open. */
  #previousUntilMs = new Map<string, number>();
  #seenRevision = '';

  constructor(database: Database, { clock = systemClock, dayOf = utcDay }: DirectoryOptions) {
    this.#database = database;
    this.#tables = drizzle({ client: database });
    this.#clock = clock;
    this.#dayOf = dayOf;
    this.#refuseTooMuch = moneyRoom(database);
    this.#reloadIfChanged();
    this.#stopReloading = every(RELOAD_PERIOD_MS, () => this.#tryReload());
  }

  findByHash(hashHex: string): Key | undefined {
    return this.peekByHash(hashHex) ?? this.#byHashAfterReload(hashHex);
  }

  peekByHash(hashHex: string): Key | undefined {
    const found = this.#byHash.get(hashHex);
    const untilMs = found && this.#previousUntilMs.get(hashHex);
    return untilMs !== undefined && untilMs <= this.#clock.nowMs() ? undefined : found;
  }

  wasReplaced(hashHex: string): boolean {
    return this.#previousUntilMs.has(hashHex) && this.peekByHash(hashHex) === undefined;
  }

  findById(id: string): Key | undefined {
    this.#reloadIfChanged();
    return this.#byId.get(id);
  }

  list(): Key[] {
    this.#reloadIfChanged();
    return [...this.#byId.values()].reverse();
  }

  create(wanted: NewKey, secret: { hashHex: string; prefix: string }): Key {
    const { creditNano, sharePurse, ...key } = wanted;
    const createdAtMs = this.#clock.nowMs();
    const id = newKeyId();
    const made = this.#write(id, () => {
      const account = key.account === 'operator' ? undefined : this.#accountFor(key, createdAtMs);
      const shared = sharePurse ? account?.purse : undefined;
      const purse = shared ?? this.#newPurse(id, createdAtMs);
      if (creditNano > 0n) {
        this.#refuseTooMuch(creditNano);
        const entry = {
          kind: 'grant',
          debit: BOOKS.grants,
          credit: purse,
          amountNano: creditNano,
        } as const;
        const when = { id: newCallId(), atMs: createdAtMs, day: this.#dayOf(createdAtMs) };
        const values = { ...entry, ...when, key: id, note: 'credit at creation' };
        this.#tables.insert(entries).values(values).run();
      }
      const created: Key = { ...key, id, purse, prefix: secret.prefix, createdAtMs };
      this.#tables.insert(keys).values(rowOfKey(created, secret.hashHex)).run();
    });
    if (made === undefined) throw new Error('a key vanished while it was made');
    return made;
  }

  change(id: string, change: KeyChange): Key | undefined {
    const { limits, budget, models, requireTags, logBodies, strict, autoCache, ...plain } = change;
    const set = {
      ...plain,
      ...limits,
      ...(budget === undefined
        ? {}
        : { budgetNano: budget?.amountNano ?? null, budgetPeriod: budget?.period ?? null }),
      ...(models === undefined ? {} : { models }),
      ...(requireTags === undefined ? {} : { requireTags }),
      ...(logBodies === undefined ? {} : { logBodies: logBodies ? 1 : 0 }),
      ...(strict === undefined ? {} : { strict: strict ? 1 : 0 }),
      ...(autoCache === undefined ? {} : { autoCache: autoCache ? 1 : 0 }),
    };
    if (Object.keys(set).length === 0) return this.findById(id);
    return this.#write(id, () => this.#tables.update(keys).set(set).where(eq(keys.id, id)).run());
  }

  rotate(id: string, secret: { hashHex: string; prefix: string }, previousUntilMs: number): Key | undefined {
    const set = {
      previousHash: sql`${keys.secretHash}`,
      previousUntilMs,
      secretHash: secret.hashHex,
      prefix: secret.prefix,
    };
    return this.#write(id, () => this.#tables.update(keys).set(set).where(eq(keys.id, id)).run());
  }

  revoke(id: string): boolean {
    const set = { revokedAtMs: this.#clock.nowMs() };
    const isLive = and(eq(keys.id, id), isNull(keys.revokedAtMs));
    return this.#write(id, () => this.#tables.update(keys).set(set).where(isLive).run()) !== undefined;
  }

  findAccount(email: string): Account | undefined {
    const row = this.#tables
      .select()
      .from(accounts)
      .where(eq(accounts.mailbox, mailboxOf(email)))
      .get();
    return row && accountOfRow(row);
  }

  listAccounts(): Account[] {
    return this.#tables.select().from(accounts).orderBy(sql`rowid DESC`).all().map(accountOfRow);
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
  }

  /** The account of a mailbox, made where there is none; notes that it has had its trial. */
  #accountFor(key: Pick<Key, 'account' | 'kind'>, nowMs: number): Account {
    const mailbox = mailboxOf(key.account);
    let account = this.findAccount(mailbox);
    if (account === undefined) {
      account = { mailbox, email: key.account, purse: this.#newPurse(mailbox, nowMs), createdAtMs: nowMs };
      this.#tables.insert(accounts).values(account).run();
    }
    if (key.kind === 'trial' && account.trialAtMs === undefined)
      this.#tables.update(accounts).set({ trialAtMs: nowMs }).where(eq(accounts.mailbox, mailbox)).run();
    return account;
  }

  #newPurse(owner: string, createdAtMs: number): number {
    const { id } = this.#tables
      .select({ id: sql<bigint>`max(max(${purses.id}), ${FIRST_CLIENT_PURSE - 1}) + 1` })
      .from(purses)
      .all()[0] ?? { id: BigInt(FIRST_CLIENT_PURSE) };
    this.#tables
      .insert(purses)
      .values({ id: Number(id), owner, balanceNano: 0n, createdAtMs })
      .run();
    return Number(id);
  }

  /** Changes one key, which alone is read again unless others were changed since the last look. */
  #write(id: string, write: () => void): Key | undefined {
    const seen = this.#tables.transaction(
      () => {
        const isCurrent = this.#revision() === this.#seenRevision;
        write();
        const row = isCurrent ? this.#tables.select().from(keys).where(eq(keys.id, id)).get() : undefined;
        return row && { row, revision: this.#revision() };
      },
      { behavior: 'immediate' },
    );
    if (seen) {
      this.#forgetSecrets(id);
      this.#take(seen.row);
      this.#seenRevision = seen.revision;
    }
    return this.findById(id);
  }

  #forgetSecrets(id: string): void {
    for (const [hashHex, key] of this.#byHash) {
      if (key.id !== id) continue;
      this.#byHash.delete(hashHex);
      this.#previousUntilMs.delete(hashHex);
    }
  }

  #byHashAfterReload(hashHex: string): Key | undefined {
    // Made by another process a moment ago? The check costs a microsecond when nothing changed.
    this.#reloadIfChanged();
    return this.peekByHash(hashHex);
  }

  #tryReload(): void {
    try {
      this.#reloadIfChanged();
    } catch (thrown) {
      // What is in memory stays valid; the next second tries again.
      log.warn('cannot look for new keys in the database', { error: thrown });
    }
  }

  #reloadIfChanged(): void {
    const revision = this.#revision();
    if (revision === this.#seenRevision) return;
    const rows = this.#tables.select().from(keys).orderBy(sql`rowid`).all();
    this.#byHash = new Map();
    this.#byId = new Map();
    this.#previousUntilMs = new Map();
    for (const row of rows) this.#take(row);
    this.#seenRevision = revision;
  }

  /** A trigger counts every change of the keys, whoever made it. */
  #revision(): string {
    const find = this.#database.query<{ value: string }, []>(
      "SELECT value FROM facts WHERE name = 'keys_revision'",
    );
    return find.get()?.value ?? '';
  }

  #take(row: typeof keys.$inferSelect): void {
    const key = keyOfRow(row);
    this.#byHash.set(row.secretHash, key);
    this.#byId.set(key.id, key);
    if (row.previousHash === null) return;
    this.#byHash.set(row.previousHash, key);
    this.#previousUntilMs.set(row.previousHash, row.previousUntilMs ?? 0);
  }
}

function utcDay(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}
