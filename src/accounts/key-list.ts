// A page of the list of keys.

import { statusOf } from '../store/keys.ts';
import { mailboxOf } from '../store/mailbox.ts';
import type { Key } from '../store/ports.ts';
import { checkWords, limitOf, startBehind } from './list-words.ts';

/** As text, the way an address carries it. */
export type ListQuery = Partial<
  Record<'account' | 'kind' | 'status' | 'name' | 'limit' | 'after', string | undefined>
>;

const FILTERS = {
  account: undefined,
  kind: ['credit', 'time', 'trial'],
  status: ['active', 'expired', 'revoked'],
  name: undefined,
};

/** The page of `keys` (newest first) that `query` asks for. Throws Fault that names the member at fault. */
export function pageOfKeys(keys: Key[], query: ListQuery, nowMs: number): { page: Key[]; hasMore: boolean } {
  checkWords(query, FILTERS, 'keys');
  const limit = limitOf(query);
  const account = query.account === undefined ? undefined : mailboxOf(query.account);
  const name = query.name?.toLowerCase();
  const fits = (key: Key) =>
    (account === undefined || mailboxOf(key.account) === account) &&
    (query.kind === undefined || key.kind === query.kind) &&
    (query.status === undefined || statusOf(key, nowMs) === query.status) &&
    (name === undefined || key.name.toLowerCase().includes(name));
  const start = startBehind(keys, query.after, (key) => key.id);
  const found = keys.slice(start).filter(fits);
  return { page: found.slice(0, limit), hasMore: found.length > limit };
}
