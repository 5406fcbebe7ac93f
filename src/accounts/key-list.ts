// A page of the list of keys.

import { Fault } from '../canonical/fault.ts';
import { nearestNames } from '../lib/nearest.ts';
import { statusOf } from '../store/keys.ts';
import { mailboxOf } from '../store/mailbox.ts';
import type { Key } from '../store/ports.ts';

/** As text, the way an address carries it. */
export type ListQuery = Partial<Record<'account' | 'kind' | 'status' | 'name' | 'limit' | 'after', string>>;

const MEMBERS = ['account', 'kind', 'status', 'name', 'limit', 'after'];
const CHOICES = { kind: ['credit', 'time', 'trial'], status: ['active', 'expired', 'revoked'] };
const DEFAULT_LIMIT = 100;
export const LIMIT_MAX = 1000;

/** The page of `keys` (newest first) that `query` asks for. Throws Fault that names the member at fault. */
export function pageOfKeys(keys: Key[], query: ListQuery, nowMs: number): { page: Key[]; hasMore: boolean } {
  check(query);
  const limit = Number(query.limit ?? DEFAULT_LIMIT);
  const account = query.account === undefined ? undefined : mailboxOf(query.account);
  const name = query.name?.toLowerCase();
  const fits = (key: Key) =>
    (account === undefined || mailboxOf(key.account) === account) &&
    (query.kind === undefined || key.kind === query.kind) &&
    (query.status === undefined || statusOf(key, nowMs) === query.status) &&
    (name === undefined || key.name.toLowerCase().includes(name));
  const found = keys.slice(startOf(keys, query.after)).filter(fits);
  return { page: found.slice(0, limit), hasMore: found.length > limit };
}

/** Keys are never removed, so a cursor stays good whatever happens to its key. */
function startOf(keys: Key[], after: string | undefined): number {
  if (after === undefined) return 0;
  const place = keys.findIndex((key) => key.id === after);
  if (place < 0) throw wrong('after', 'must be the id of the last key of the page before');
  return place + 1;
}

function check(query: ListQuery): void {
  for (const member of Object.keys(query)) {
    if (MEMBERS.includes(member)) continue;
    const shown = member.slice(0, 64);
    const near = nearestNames(member, MEMBERS, 1)[0];
    const hint = near === undefined ? `there are ${MEMBERS.join(', ')}` : `did you mean ${near}?`;
    throw new Fault('unsupported_parameter', `${shown} is no filter of keys; ${hint}`, { param: shown });
  }
  for (const member of ['kind', 'status'] as const) {
    const value = query[member];
    if (value !== undefined && !CHOICES[member].includes(value))
      throw wrong(member, `must be one of ${CHOICES[member].join(', ')}`);
  }
  const { limit } = query;
  if (limit !== undefined && !(/^\d{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= LIMIT_MAX))
    throw wrong('limit', `must be a whole number from 1 to ${LIMIT_MAX}`);
}

function wrong(member: string, rule: string): Fault {
  return new Fault('invalid_value', `${member} ${rule}`, { param: member });
}
