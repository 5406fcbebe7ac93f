// Reads what the ledger's memory begins with: purses, and the sums of each key.

import type { Database } from 'bun:sqlite';
import type { Remembered } from '../balances.ts';
import { BOOKS } from '../books.ts';

type PurseRow = { id: bigint; owner: string; balance_nano: bigint; expires_at_ms: bigint | null };
type SumRow = { calls: bigint | null; input: bigint | null; output: bigint | null; spent: bigint | null } & {
  last: bigint | null;
};

/**
 * An entry on its way to the disk, where it may or may not have arrived. `nano` is what memory has booked for it, 0
 * for a correction that counts only once it is written.
 */
export type UnderWay = { keyId: string; day: number; nano: bigint };

export function rememberedIn(database: Database, underWay: Iterable<[bigint, UnderWay]>): Remembered {
  const purse = database.query<PurseRow, [number]>(
    'SELECT id, owner, balance_nano, expires_at_ms FROM purses WHERE id = ?',
  );
  const tally = database.query<SumRow, [string]>(
    `SELECT sum(calls) AS calls, sum(input_tokens) AS input, sum(output_tokens) AS output, sum(amount_nano) AS spent,
     max(last_ms) AS last FROM days WHERE key = ?`,
  );
  // one statement, so that the writer cannot commit between its two halves
  const since = database.query<{ spent: bigint }, [string, number, string]>(
    `SELECT coalesce((SELECT sum(amount_nano) FROM days WHERE key = ?1 AND day >= ?2), 0)
     - coalesce((SELECT sum(iif(debit = ${BOOKS.adjustments}, -amount_nano, amount_nano)) FROM entries
       WHERE id IN (SELECT value FROM json_each(?3)) AND key = ?1 AND day >= ?2), 0) AS spent`,
  );
  // the same for all keys; a day is asked for once, so that it needs no index
  const on = database.query<{ spent: bigint }, [number, string]>(
    `SELECT coalesce((SELECT sum(amount_nano) FROM days WHERE day = ?1), 0)
     - coalesce((SELECT sum(iif(debit = ${BOOKS.adjustments}, -amount_nano, amount_nano)) FROM entries
       WHERE id IN (SELECT value FROM json_each(?2)) AND day = ?1), 0) AS spent`,
  );
  const underWayWhere = (counts: (entry: UnderWay) => boolean): { ids: string; nano: bigint } => {
    const found = [...underWay].filter(([, entry]) => counts(entry));
    return {
      ids: `[${found.map(([id]) => id).join()}]`,
      nano: found.reduce((sum, [, { nano }]) => sum + nano, 0n),
    };
  };
  return {
    purse(id) {
      const row = purse.get(id);
      if (row === null) return undefined;
      const { owner, balance_nano: balanceNano, expires_at_ms: expires } = row;
      return { id, owner, balanceNano, ...(expires === null ? {} : { expiresAtMs: Number(expires) }) };
    },
    tally(keyId) {
      const row = tally.get(keyId);
      return {
        calls: Number(row?.calls ?? 0n),
        inputTokens: Number(row?.input ?? 0n),
        outputTokens: Number(row?.output ?? 0n),
        spentNano: row?.spent ?? 0n,
        lastUsedMs: Number(row?.last ?? 0n),
      };
    },
    spentSince(keyId, sinceDay) {
      const { ids, nano } = underWayWhere((entry) => entry.keyId === keyId && entry.day >= sinceDay);
      return (since.get(keyId, sinceDay, ids)?.spent ?? 0n) + nano;
    },
    spentOn(day) {
      const { ids, nano } = underWayWhere((entry) => entry.day === day);
      return (on.get(day, ids)?.spent ?? 0n) + nano;
    },
  };
}
