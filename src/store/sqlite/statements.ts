// Reads the ledger beside its writer, on connections that cannot write.

import type { Database } from 'bun:sqlite';
import type { Price } from '../../catalog/model.ts';
import { priceKey } from '../../catalog/price.ts';
import { callIdAt } from '../../lib/id.ts';
import { FIRST_CLIENT_PURSE } from '../books.ts';
import type { Entry, EntryPage, EntryQuery, ScanQuery, Statements } from '../statements.ts';
import { ENTRY_LIST, type EntryRow, entryOfRow } from './entry-row.ts';
import { openForReading } from './open.ts';
import { usageIn } from './usage-sums.ts';
import { ID_END, idsOfDays, stepsBack, stepsThrough } from './walk.ts';

/** Reads the file at `path`, which has to exist. */
export function openStatements(path: string): Statements & { close(): void } {
  const database = openForReading(path);
  const readPrice = database.query<{ price: string }, [number]>('SELECT price FROM prices WHERE id = ?');
  const findPrice = database.query<{ id: bigint }, [string, string]>(
    'SELECT id FROM prices WHERE model = ? AND price = ?',
  );
  const chargeNotes = database.query<{ note: string }, [bigint]>(
    "SELECT note FROM entries WHERE id >= ? AND kind = 'charge' AND note IS NOT NULL ORDER BY id",
  );
  const expired = database.query<{ id: bigint }, [number]>(
    'SELECT id FROM purses WHERE expires_at_ms <= ? ORDER BY id',
  );
  return {
    usage: (query) => onSnapshot(path, (snapshot) => usageIn(snapshot, query)),
    entries: (query) => onSnapshot(path, (snapshot) => pageIn(snapshot, query)),
    scan: (query) => scan(path, query),
    chargeNotes: (sinceMs) => chargeNotes.all(callIdAt(sinceMs)).map(({ note }) => note),
    expired: (atMs) => expired.all(atMs).map((row) => Number(row.id)),
    price(id) {
      const row = readPrice.get(id);
      return row === null ? undefined : (JSON.parse(row.price) as Price);
    },
    priceVersion(model, price) {
      const row = findPrice.get(model, priceKey(price));
      return row === null ? undefined : Number(row.id);
    },
    close: () => database.close(),
  };
}

/** All of an answer is about one moment, however many steps it takes and whatever is written meanwhile. */
async function onSnapshot<T>(path: string, read: (snapshot: Database) => Promise<T>): Promise<T> {
  const snapshot = openForReading(path);
  try {
    snapshot.run('BEGIN');
    return await read(snapshot);
  } finally {
    snapshot.close();
  }
}

async function* scan(path: string, query: ScanQuery): AsyncGenerator<Entry[]> {
  const { fromDay, toDay, key = null, model = null, kinds } = query;
  const { fromId, toId } = idsOfDays(fromDay, toDay);
  const snapshot = openForReading(path);
  try {
    snapshot.run('BEGIN');
    const find = snapshot.query<
      EntryRow,
      [bigint, bigint, number, number, string, string | null, string | null]
    >(
      `SELECT ${ENTRY_LIST} FROM entries WHERE id >= ?1 AND id < ?2 AND day BETWEEN ?3 AND ?4
       AND kind IN (SELECT value FROM json_each(?5)) AND (?6 IS NULL OR key = ?6) AND (?7 IS NULL OR model = ?7)
       ORDER BY id`,
    );
    const untilId = kinds.every((kind) => kind === 'charge') ? toId : ID_END;
    for await (const step of stepsThrough(snapshot, { fromId, toId: untilId })) {
      const rows = find.all(step.fromId, step.toId, fromDay, toDay, JSON.stringify(kinds), key, model);
      if (rows.length > 0) yield rows.map(entryOfRow);
    }
  } finally {
    snapshot.close();
  }
}

async function pageIn(snapshot: Database, query: EntryQuery): Promise<EntryPage> {
  const { key = null, purse = null, before = ID_END, limit } = query;
  const drawnOn = snapshot.query<{ purse: bigint }, [string | null]>('SELECT purse FROM keys WHERE id = ?');
  const own = key === null ? null : Number(drawnOn.get(key)?.purse ?? 0n);
  const find = snapshot.query<
    EntryRow & { owner: string },
    [bigint, bigint, string | null, number | null, number | null, number]
  >(
    `SELECT ${ENTRY_LIST}, (SELECT owner FROM purses WHERE purses.id = iif(credit >= ${FIRST_CLIENT_PURSE}, credit, debit))
     AS owner FROM entries WHERE id >= ?1 AND id < ?2
     AND (?3 IS NULL OR key = ?3 OR (key IS NULL AND ?4 IN (debit, credit)))
     AND (?5 IS NULL OR ?5 IN (debit, credit)) ORDER BY id DESC LIMIT ?6`,
  );
  const entries: Entry[] = [];
  for await (const { fromId, toId } of stepsBack(snapshot, before)) {
    // one more than asked for tells whether there is another page
    const rows = find.all(fromId, toId, key, own, purse, limit + 1 - entries.length);
    entries.push(...rows.map((row) => ({ ...entryOfRow(row), owner: row.owner })));
    if (entries.length > limit) break;
  }
  const last = entries.length > limit ? entries[limit - 1] : undefined;
  return { entries: entries.slice(0, limit), ...(last ? { next: last.id } : {}) };
}
