// Reads what the ledger's memory begins with: purses, and the sums of each key.

import type { Database } from 'bun:sqlite';
import type { Remembered } from '../balances.ts';

type PurseRow = { id: bigint; owner: string; balance_nano: bigint; expires_at_ms: bigint | null };
type SumRow = { calls: bigint | null; input: bigint | null; output: bigint | null; spent: bigint | null };

export function rememberedIn(database: Database): Remembered {
  const purse = database.query<PurseRow, [number]>(
    'SELECT id, owner, balance_nano, expires_at_ms FROM purses WHERE id = ?',
  );
  const tally = database.query<SumRow, [string]>(
    `SELECT sum(calls) AS calls, sum(input_tokens) AS input, sum(output_tokens) AS output, sum(amount_nano) AS spent
     FROM days WHERE key = ?`,
  );
  const since = database.query<{ spent: bigint | null }, [string, number]>(
    'SELECT sum(amount_nano) AS spent FROM days WHERE key = ? AND day >= ?',
  );
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
      };
    },
    spentSince: (keyId, sinceDay) => since.get(keyId, sinceDay)?.spent ?? 0n,
  };
}
