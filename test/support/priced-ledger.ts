// A ledger whose charges follow from prices and usage, as those of the gateway do.

import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { billOf, type SettleRule } from '../../src/billing/charge.ts';
import { noUsage, settleUsage, type Usage } from '../../src/canonical/usage.ts';
import type { Price } from '../../src/catalog/model.ts';
import { callIdAt, newCallId } from '../../src/lib/id.ts';
import type { Key } from '../../src/store/ports.ts';
import type { Store } from '../../src/store/sqlite/store.ts';

export const MINIMUM_NANO = 1_000_000n;

export const PRICE: Price = {
  input: 3_000_000,
  output: 15_000_000,
  cachedInput: 300_000,
  cacheWrite: 3_750_000,
  cacheWrite1h: 6_000_000,
  perSearch: 10_000_000_000,
  perContainer: 7_500_000_000,
  perCodeRun: 5_000_000_000,
  source: 'test',
  asOf: '2026-01-01',
};

export const USAGE: Usage = settleUsage({
  ...noUsage(),
  inputUncached: 1234,
  cacheRead: 1000,
  cacheWrite: { ttl5m: 70, ttl1h: 11, ttl30m: 0, ttl12h: 0, unknown: 0 },
  output: 567,
  outputReasoning: 100,
  serverTools: { web_search: 2, container: 4, code_execution: 3 },
});

export type Spent = {
  model?: string;
  provider?: string;
  price?: Price;
  usage?: Usage;
  rule?: SettleRule;
  strict?: boolean;
  /** Of an answer out of the cache, in ten-thousandths. */
  share?: number;
  /** When it ended and, unless said otherwise, began. */
  atMs?: number;
  begunMs?: number;
};

/** Holds and settles one call as the gateway would; resolves to its id and what was charged when it is on disk. */
export async function spend(
  store: Store,
  key: Key,
  spent: Spent = {},
): Promise<{ id: bigint; nano: bigint }> {
  const {
    model = 'm',
    provider = 'p',
    price = PRICE,
    usage = USAGE,
    rule = 'finished',
    strict = false,
  } = spent;
  const begunMs = spent.begunMs ?? spent.atMs;
  // the clock's part of the id is its beginning, the rest stays unlike any other
  const callId = begunMs === undefined ? newCallId() : callIdAt(begunMs) + (newCallId() & 0x3fffffn);
  const atMs = spent.atMs ?? Date.now();
  store.ledger.hold({ callId, key, model, needNano: 1n, holdNano: 1n, strict, atMs });
  const { costNano, chargeNano } = billOf(rule, usage, price, MINIMUM_NANO, spent.share);
  const { chargedNano, durable } = store.ledger.settle({
    ...{ callId, key, model, provider, rule, usage, costNano, chargeNano, atMs, losses: undefined },
    price: store.ledger.priceVersion(model, price),
  });
  await durable;
  return { id: callId, nano: chargedNano };
}

/** Writes past every guard: the named triggers are gone while `change` runs, and come back as they were. */
export function tamper(dataDir: string, triggers: string[], change: (database: Database) => void): void {
  const database = new Database(join(dataDir, 'osiris.db'), { safeIntegers: true });
  const find = database.query<{ sql: string }, [string]>('SELECT sql FROM sqlite_schema WHERE name = ?');
  const texts = triggers.map((name) => find.get(name)?.sql ?? '');
  for (const name of triggers) database.run(`DROP TRIGGER ${name}`);
  change(database);
  for (const text of texts) database.run(text);
  database.close();
}
