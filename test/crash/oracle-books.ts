// What must hold in the ledger whatever the calls were: balances, sums, no hold left behind.

import type { Database } from 'bun:sqlite';

type Sums = { id: bigint; owner: string; balance: bigint; moved: bigint; named: bigint };
type Day = { place: string; told: string; counted: string };

/** `moved`: everything in less everything out. `named`: credits less charges and forfeits, by their kinds. */
const BALANCES = `WITH moves AS (
    SELECT credit AS purse, kind, sum(amount_nano) AS came, 0 AS went FROM entries GROUP BY credit, kind
    UNION ALL SELECT debit, kind, 0, sum(amount_nano) FROM entries GROUP BY debit, kind)
  SELECT id, owner, balance_nano AS balance, coalesce(sum(came - went), 0) AS moved,
    coalesce(sum(CASE WHEN kind IN ('purchase', 'grant') THEN came WHEN kind = 'adjust' THEN came - went
      WHEN kind IN ('charge', 'forfeit') THEN -went END), 0) AS named
  FROM purses LEFT JOIN moves ON purse = id GROUP BY id`;

/** The purses below are the books of the house, for which only `moved` means something. */
const FIRST_CLIENT_PURSE = 100n;

const DAYS = `WITH counted AS (
    SELECT key, day, model, count(*) || ' calls ' || sum(amount_nano) || ' nano ' || sum(coalesce(output, 0)) || ' out' AS sums
    FROM entries WHERE kind IN ('charge', 'release') GROUP BY key, day, model)
  SELECT key || ' ' || model AS place, calls || ' calls ' || amount_nano || ' nano ' || output_tokens || ' out' AS told,
    coalesce(sums, 'nothing') AS counted
  FROM days LEFT JOIN counted USING (key, day, model) WHERE told <> counted`;

/** Everything that is wrong. After a restart, before anybody calls, no hold may be open. */
export function judgeBooks(database: Database, restarted: boolean): string[] {
  const problems: string[] = [];
  let total = 0n;
  for (const { id, owner, balance, moved, named } of database.query<Sums, []>(BALANCES).all()) {
    total += balance;
    if (balance !== moved) problems.push(`purse ${owner}: holds ${balance}, its entries make ${moved}`);
    if (id >= FIRST_CLIENT_PURSE && balance !== named)
      problems.push(`purse ${owner}: holds ${balance}, credits − charges − forfeits are ${named}`);
  }
  if (total !== 0n) problems.push(`all purses together hold ${total}`);
  for (const { place, told, counted } of database.query<Day, []>(DAYS).all())
    problems.push(`day of ${place}: ${told}, counted ${counted}`);
  const holds = database.query<{ count: bigint }, []>('SELECT count(*) AS count FROM holds').get()?.count;
  if (restarted && holds !== 0n) problems.push(`${holds} holds are open after the start`);
  return problems;
}
