// Walks over the ledger in steps: it has no index but its id, so what is looked for is found by looking at all.

import type { Database } from 'bun:sqlite';
import { pause } from '../../lib/clock.ts';
import { callIdAt } from '../../lib/id.ts';

/** Rows looked at in one go: some ten milliseconds. */
const STEP_ROWS = 20_000;
const DAY_MS = 86_400_000;
/**
 * A call is numbered when it begins and booked on the day it ends, a day begins up to 14 hours from UTC, and clocks
 * are set: the entries of a day are looked for from two days before it to two days after it.
 */
const MARGIN_DAYS = 2;

/** `fromId` is included, `toId` is not. */
export type IdRange = { fromId: bigint; toId: bigint };

/** Above every id. */
export const ID_END = 2n ** 63n - 1n;

/** Where the charges of these days lie. What corrects them may come at any time later. */
export function idsOfDays(fromDay: number, toDay: number): IdRange {
  return { fromId: idAt(fromDay - MARGIN_DAYS), toId: idAt(toDay + 1 + MARGIN_DAYS) };
}

/** Days that no id is made for any more have none above the end. */
function idAt(day: number): bigint {
  const id = callIdAt(day * DAY_MS);
  return id < ID_END ? id : ID_END;
}

/** The range in stretches of some thousand entries, oldest first; lets others run in between. */
export async function* stepsThrough(database: Database, { fromId, toId }: IdRange): AsyncGenerator<IdRange> {
  const findEnd = database.query<{ id: bigint }, [bigint, bigint, number]>(
    'SELECT id FROM entries WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?',
  );
  for (let from = fromId; ; ) {
    const end = findEnd.get(from, toId, STEP_ROWS);
    yield { fromId: from, toId: end?.id ?? toId };
    if (end === null) return;
    from = end.id;
    await pause(0);
  }
}

/** The same from the newest entry below `toId` backwards. */
export async function* stepsBack(database: Database, toId: bigint): AsyncGenerator<IdRange> {
  const findStart = database.query<{ id: bigint }, [bigint, number]>(
    'SELECT id FROM entries WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?',
  );
  for (let to = toId; ; ) {
    const start = findStart.get(to, STEP_ROWS - 1);
    yield { fromId: start?.id ?? 0n, toId: to };
    if (start === null) return;
    to = start.id;
    await pause(0);
  }
}
