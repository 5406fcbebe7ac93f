// A page of the list of keys.

import { pause } from '../lib/clock.ts';
import { mailboxOf } from '../store/mailbox.ts';
import type { Key } from '../store/ports.ts';
import { statusOf } from './key-json.ts';
import { checkWords, limitOf, startBehind } from './list-words.ts';

type Member = 'account' | 'kind' | 'status' | 'name' | 'sort' | 'order' | 'limit' | 'after';
/** As text, the way an address carries it. */
export type ListQuery = Partial<Record<Member, string | undefined>>;

/** What a key can be sorted by besides itself. */
export type Standing = { balanceNano: bigint | undefined; spentNano: bigint; lastUsedMs: number };

export type KeyListPorts = { nowMs: number; standingOf: (key: Key) => Standing };

type Order = { down: boolean; of: (key: Key, ports: KeyListPorts) => string | number | bigint };

const ORDERS: Record<string, Order> = {
  created: { down: true, of: () => 0 },
  name: { down: false, of: ({ name }) => name.toLowerCase() },
  status: { down: false, of: (key, { nowMs }) => statusOf(key, nowMs) },
  kind: { down: false, of: ({ kind }) => kind },
  // a time key has no balance that could end
  balance: {
    down: true,
    of: (key, { standingOf }) => standingOf(key).balanceNano ?? Number.POSITIVE_INFINITY,
  },
  spent: { down: true, of: (key, { standingOf }) => standingOf(key).spentNano },
  last_used: { down: true, of: (key, { standingOf }) => standingOf(key).lastUsedMs },
};
const CREATED = 'created';

const FILTERS = {
  account: undefined,
  kind: ['credit', 'time', 'trial'],
  status: ['active', 'expired', 'revoked'],
  name: undefined,
  sort: Object.keys(ORDERS),
  order: ['up', 'down'],
};

/** A key's standing may have to be read from disk: so many are looked at between two chances for others. */
const STANDINGS_AT_ONCE = 100;

/** The page of `keys` (newest first) that `query` asks for. Rejects with a Fault that names the member at fault. */
export async function pageOfKeys(
  keys: Key[],
  query: ListQuery,
  ports: KeyListPorts,
): Promise<{ page: Key[]; hasMore: boolean }> {
  checkWords(query, FILTERS, 'keys');
  const { nowMs } = ports;
  const limit = limitOf(query);
  const account = query.account === undefined ? undefined : mailboxOf(query.account);
  const name = query.name?.toLowerCase();
  const fits = (key: Key) =>
    (account === undefined || mailboxOf(key.account) === account) &&
    (query.kind === undefined || key.kind === query.kind) &&
    (query.status === undefined || statusOf(key, nowMs) === query.status) &&
    (name === undefined || key.name.toLowerCase().includes(name));
  const sorted = await inOrder(keys, query, ports);
  const start = startBehind(sorted, query.after, (key) => key.id);
  const found = sorted.slice(start).filter(fits);
  return { page: found.slice(0, limit), hasMore: found.length > limit };
}

async function inOrder(
  keys: Key[],
  { sort = CREATED, order }: ListQuery,
  ports: KeyListPorts,
): Promise<Key[]> {
  const by = ORDERS[sort];
  const down = order === undefined ? by?.down : order === 'down';
  if (by === undefined || sort === CREATED) return down ? keys : keys.toReversed();
  const values = new Map<Key, string | number | bigint>();
  for (const key of keys) {
    values.set(key, by.of(key, ports));
    if (values.size % STANDINGS_AT_ONCE === 0) await pause(0);
  }
  const sign = down ? -1 : 1;
  // of equal ones the newest first
  return keys.toSorted((left, right) => {
    const [a = 0, b = 0] = [values.get(left), values.get(right)];
    return a === b ? 0 : a < b ? -sign : sign;
  });
}
