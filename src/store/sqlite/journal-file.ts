// The file of the journal: writes, finds and forgets rows in steps that are each short.

import { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gte,
  lt,
  lte,
  max,
  min,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { type BunSQLiteDatabase, drizzle } from 'drizzle-orm/bun-sqlite';
import { alias } from 'drizzle-orm/sqlite-core';
import { bodies, calls } from '../../../db/journal-schema.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { callIdAt, parseCallId } from '../../lib/id.ts';
import type { ClientGroup } from '../client-sums.ts';
import type { ClientQuery, JournalFilter, JournalQuery, JournalRow, ShownCall } from '../journal-port.ts';
import { inodeOf } from './file-presence.ts';
import { keepBody } from './journal-bodies.ts';
import type { JournalLimits } from './journal-messages.ts';
import { type PackedEntries, unpackRows } from './journal-pack.ts';
import { groupOf, rowOf } from './journal-row.ts';
import { explain, type FileKind, openDatabase } from './open.ts';

/** Rows looked at in one step of a search, and deleted in one step of forgetting. */
const SEARCH_ROWS = 10_000;
const FORGET_ROWS = 256;
/** A body may fill sixty pages, so fewer go at once. */
const FORGET_BODIES = 16;
const VACUUM_PAGES = 512;

const KIND: FileKind = {
  migrations: 'journal-migrations',
  synchronous: 'NORMAL',
  // as large as it may be, and without money in it
  keepCopy: false,
  first: ['PRAGMA auto_vacuum = INCREMENTAL', 'PRAGMA journal_size_limit = 4194304'],
};

export type FileOptions = {
  limits: JournalLimits;
  /** Taken out of bodies. */
  secrets: readonly string[];
  clock?: Clock;
};

/** A step of a search; `next` is where to go on, undefined at the end. */
export type Step = { rows: JournalRow[]; next: bigint | undefined };
export type ClientStep = { groups: ClientGroup[]; next: bigint | undefined };

const COLUMNS = getTableColumns(calls);
const NAMES = Object.values(COLUMNS).map(({ name }) => name);
const INSERT_CALL = `INSERT OR IGNORE INTO calls (${NAMES.join(', ')}) VALUES (${NAMES.map(() => '?').join(', ')})`;

/** Not for the thread that answers calls: every method works on the disk. Methods throw what SQLite throws. */
export class JournalFile {
  readonly #database: Database;
  readonly #tables: BunSQLiteDatabase;
  readonly #options: FileOptions;
  readonly #clock: Clock;
  readonly #inode: bigint | undefined;
  readonly #folder: bigint | undefined;
  private constructor(database: Database, options: FileOptions) {
    this.#database = database;
    this.#tables = drizzle({ client: database });
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#inode = inodeOf(database.filename);
    this.#folder = inodeOf(dirname(database.filename));
  }

  /** Makes the file (0600) where there is none. Throws Fault `storage_fault`. */
  static open(path: string, options: FileOptions): JournalFile {
    return new JournalFile(openDatabase(path, 'create', KIND), options);
  }

  /** An existing file for reading only; undefined when there is none. Throws Fault `storage_fault`. */
  static openToRead(path: string): JournalFile | undefined {
    if (!existsSync(path)) return undefined;
    try {
      const database = new Database(path, { readonly: true, strict: true, safeIntegers: true });
      database.run('PRAGMA busy_timeout = 10000');
      // whether it is a journal at all shows at the first look
      database.query('SELECT 1 FROM calls LIMIT 1').get();
      return new JournalFile(database, { limits: { retentionMs: 0, maxBytes: 0 }, secrets: [] });
    } catch (thrown) {
      throw explain(path, thrown);
    }
  }

  /**
   * It was deleted or replaced: what were written now would be lost with the process. One whose whole directory was
   * moved away goes with it, and nothing is made in the place of that.
   */
  isGone(): boolean {
    const { filename } = this.#database;
    return inodeOf(filename) !== this.#inode && inodeOf(dirname(filename)) === this.#folder;
  }

  /** All of them or none. A call that is there already stays as it was. */
  write(entries: PackedEntries): void {
    this.#database.transaction(() => this.#insert(entries)).immediate();
  }

  /** One step of a search, newest first, below `before`. */
  findStep(query: JournalQuery): Step {
    const { limit } = query;
    const { place, end } = this.#reach(query, query.before);
    const rows = this.#tables
      .select()
      .from(calls)
      .where(and(place, wanted(query)))
      .orderBy(desc(calls.id))
      .limit(limit + 1)
      .all()
      .map(rowOf);
    if (rows.length <= limit) return { rows, next: end };
    return { rows: rows.slice(0, limit), next: rows[limit - 1]?.callId };
  }

  /** One step of summing up who called, newest first, below `before`. */
  clientStep(query: ClientQuery, before: bigint | undefined): ClientStep {
    const { place, end } = this.#reach(query, before);
    const groups = this.#tables
      .select({
        client: calls.client,
        clientVersion: calls.clientVersion,
        status: calls.status,
        code: calls.code,
        calls: count().as('group_calls'),
        first: min(calls.id).as('group_first'),
        last: max(calls.id).as('group_last'),
      })
      .from(calls)
      .where(and(place, wanted(query)))
      .groupBy(calls.client, calls.clientVersion, calls.status, calls.code)
      .as('groups');
    const first = alias(calls, 'first_call');
    const last = alias(calls, 'last_call');
    const rows = this.#tables
      .select({
        client: last.client,
        clientVersion: last.clientVersion,
        status: last.status,
        code: last.code,
        calls: groups.calls,
        firstMs: first.atMs,
        lastMs: last.atMs,
        lastCallId: last.id,
        message: last.message,
      })
      .from(groups)
      .innerJoin(first, eq(first.id, groups.first))
      .innerJoin(last, eq(last.id, groups.last))
      .all();
    return { groups: rows.map(groupOf), next: end };
  }

  show(callId: bigint): ShownCall | undefined {
    const columns = this.#tables.select().from(calls).where(eq(calls.id, callId)).get();
    if (!columns) return undefined;
    const kept = this.#tables.select().from(bodies).where(eq(bodies.call, callId)).get();
    const row = rowOf(columns);
    if (!kept) return { row };
    const request = { text: kept.request, totalBytes: kept.requestBytes };
    return { row, bodies: { request, answer: { text: kept.answer, totalBytes: kept.answerBytes } } };
  }

  /** Forgets a few of the oldest rows if they are too old or too many, and gives their room back; true: call again. */
  forgetStep(): boolean {
    const oldest = this.#clock.nowMs() - this.#options.limits.retentionMs;
    const forgot = this.#forget(this.isFull() ? undefined : callIdAt(oldest));
    const free = this.#pragma('freelist_count');
    // only rows of the statement move pages: it has to be read to its end
    if (free > 0) this.#database.query(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`).all();
    return forgot || free > VACUUM_PAGES;
  }

  /** There is more than there may be. */
  isFull(): boolean {
    return this.usedBytes() > this.#options.limits.maxBytes;
  }

  /** Lets the file shrink to what is in use, which happens when the write-ahead log goes into it. */
  checkpoint(): void {
    this.#database.query('PRAGMA wal_checkpoint(TRUNCATE)').all();
  }

  /** Of the rows, without the room that is free. */
  usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size');
  }

  close(): void {
    this.#database.close();
  }

  /** The rows that one step looks at, and the last of them if others may follow. */
  #reach(
    { keyId, sinceMs }: ClientQuery,
    before: bigint | undefined,
  ): { place: SQL | undefined; end: bigint | undefined } {
    const below = and(
      before === undefined ? undefined : lt(calls.id, before),
      keyId === undefined ? undefined : eq(calls.key, keyId),
      sinceMs === undefined ? undefined : gte(calls.id, callIdAt(sinceMs)),
    );
    const end = this.#tables
      .select({ id: calls.id })
      .from(calls)
      .where(below)
      .orderBy(desc(calls.id))
      .limit(1)
      .offset(SEARCH_ROWS - 1)
      .get();
    return { place: and(below, end && gte(calls.id, end.id)), end: end?.id };
  }

  #insert(entries: PackedEntries): void {
    const rows = unpackRows(entries);
    // prepared once by `query`; through drizzle each row would be compiled anew
    const insert = this.#database.query(INSERT_CALL);
    for (const cells of rows) insert.run(...cells);
    for (const [place, raw] of entries.bodies) {
      const request = keepBody(raw.request, this.#options.secrets);
      const answer = keepBody(raw.answer, this.#options.secrets);
      this.#tables
        .insert(bodies)
        .values({
          call: BigInt(rows[place]?.[0] ?? 0),
          request: request.text,
          requestBytes: request.totalBytes,
          answer: answer.text,
          answerBytes: answer.totalBytes,
        })
        .onConflictDoNothing()
        .run();
    }
  }

  /** Deletes a few of the oldest rows, those below `end` if it is given; false when there are none. */
  #forget(end: bigint | undefined): boolean {
    const oldCalls = this.#tables
      .select({ id: calls.id })
      .from(calls)
      .where(end === undefined ? undefined : lt(calls.id, end))
      .orderBy(asc(calls.id))
      .limit(FORGET_ROWS)
      .all();
    const last = oldCalls.at(-1)?.id;
    if (last === undefined) return false;
    const heavy = this.#tables
      .select({ id: bodies.call })
      .from(bodies)
      .where(lte(bodies.call, last))
      .orderBy(asc(bodies.call))
      .limit(FORGET_BODIES)
      .all();
    const upTo = heavy.length < FORGET_BODIES ? last : (heavy.at(-1)?.id ?? last);
    this.#database
      .transaction(() => {
        this.#tables.delete(bodies).where(lte(bodies.call, upTo)).run();
        this.#tables.delete(calls).where(lte(calls.id, upTo)).run();
      })
      .immediate();
    return true;
  }

  #pragma(name: 'page_count' | 'freelist_count' | 'page_size'): number {
    const row = this.#database.query<Record<string, bigint>, []>(`PRAGMA ${name}`).get();
    return Number(row?.[name] ?? 0);
  }
}

function wanted(query: JournalFilter): SQL | undefined {
  const { status, id, model, client, clientVersion, code, sinceMs } = query;
  const callId = id === undefined ? undefined : parseCallId(id);
  return and(
    status && gte(calls.status, status.from),
    status && lte(calls.status, status.to),
    id === undefined
      ? undefined
      : or(eq(calls.requestId, id), callId === undefined ? undefined : eq(calls.id, callId)),
    model === undefined ? undefined : or(eq(calls.model, model), eq(calls.modelAsked, model)),
    client === undefined ? undefined : eq(calls.client, client),
    clientVersion === undefined ? undefined : versionIs(clientVersion),
    code === undefined ? undefined : eq(calls.code, code),
    sinceMs === undefined ? undefined : gte(calls.atMs, sinceMs),
  );
}

function versionIs(version: string): SQL | undefined {
  const start = `${version}.`;
  return or(
    eq(calls.clientVersion, version),
    sql`substr(${calls.clientVersion}, 1, ${start.length}) = ${start}`,
  );
}
