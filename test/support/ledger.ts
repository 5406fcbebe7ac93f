// A ledger on a disk of its own, with orders and settlements to put into it.

import { Database } from 'bun:sqlite';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { noUsage } from '../../src/canonical/usage.ts';
import { newCallId } from '../../src/lib/id.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Calendar } from '../../src/store/calendar.ts';
import type { HoldOrder, Key, NewKey, Settlement } from '../../src/store/ports.ts';
import { openStore, type Store } from '../../src/store/sqlite/store.ts';
import { PLAIN_KEY, secretOf } from './store-fixtures.ts';

const DAY_MS = 86_400_000;

/** The delivery of an entry as far as it is told. */
export const TOLD = "iif(id IN (SELECT entry FROM deliveries), 'complete', delivery) AS delivery";

/** Days in UTC; every period is one day. */
export const DAILY: Calendar = {
  dayOf: (timeMs) => Math.floor(timeMs / DAY_MS),
  periodOf: (_, timeMs) => {
    const firstDay = Math.floor(timeMs / DAY_MS);
    return { firstDay, endsAtMs: (firstDay + 1) * DAY_MS };
  },
};

export function storeIn(dataDir: string, writer: 'direct' | 'thread' = 'direct'): Promise<Store> {
  return openStore(dataDir, { mode: 'create', calendar: DAILY, writer });
}

let secrets = 0;

export function keyIn(store: Store, members: Partial<NewKey> = {}): Key {
  secrets += 1;
  return store.directory.create({ ...PLAIN_KEY, ...members }, secretOf(`sk-osiris-${secrets}`));
}

export function orderFor(key: Key, members: Partial<HoldOrder> = {}): HoldOrder {
  const amounts = { needNano: 100n, holdNano: 100n, strict: false };
  return { callId: newCallId(), key, model: 'm', ...amounts, atMs: Date.now(), ...members };
}

export function endOf(order: HoldOrder, members: Partial<Settlement> = {}): Settlement {
  const usage = { ...noUsage(), input: 10, inputUncached: 10, output: 5 };
  const what = { model: order.model, provider: 'p', price: 1, rule: 'finished', usage } as const;
  const amounts = { costNano: 100n, chargeNano: 100n, losses: undefined };
  return { callId: order.callId, key: order.key, ...what, ...amounts, atMs: order.atMs, ...members };
}

/** The first charge behind the one with this id; waits until the ledger has written it. */
export async function chargeAfter(dataDir: string, id: bigint): Promise<JsonObject> {
  const sql = `SELECT *, ${TOLD} FROM entries WHERE kind IN ('charge', 'release') AND id > ${id} ORDER BY id LIMIT 1`;
  const written = new AbortController();
  const late = setTimeout(() => written.abort(), 10_000);
  const changes = watch(dataDir, { signal: written.signal })[Symbol.asyncIterator]();
  let next = changes.next();
  try {
    for (;;) {
      const [row] = rowsIn<JsonObject>(dataDir, sql);
      if (row !== undefined) return row;
      await next;
      next = changes.next();
    }
  } finally {
    clearTimeout(late);
    written.abort();
    await next.catch(() => undefined);
  }
}

/** Rows as they are on the disk. */
export function rowsIn<Row>(dataDir: string, sql: string): Row[] {
  const database = new Database(join(dataDir, 'osiris.db'), { readonly: true, safeIntegers: true });
  try {
    return database.query<Row, []>(sql).all();
  } finally {
    database.close();
  }
}
