// Accounts as people read them.

import { asArray, asNumber, asObject, type JsonObject } from '../lib/json.ts';
import { cut, dollars, keyTable, text, timeOf } from './key-text.ts';
import { formatTable } from './table.ts';
import { whole } from './usage-text.ts';

/** One row for each account; `filtered` tells that others may exist. */
export function accountTable(accounts: JsonObject[], filtered: boolean): string {
  if (accounts.length === 0)
    return filtered
      ? 'No account fits. `osiris accounts list` shows all of them.\n'
      : 'There are no accounts yet: osiris keys create --name ana --account ana@example.com --credit 5\n';
  const rows = accounts.map((account) => [
    cut(text(account.email), 40),
    `${whole(account.active_keys)} of ${whole(account.all_keys)}`,
    dollars(account.balance_usd),
    dollars(account.spent_usd),
    whole(account.requests),
    timeOf(account.trial_at).slice(0, 10),
    timeOf(account.created_at).slice(0, 10),
  ]);
  return formatTable(
    ['EMAIL', 'ACTIVE KEYS', 'BALANCE', 'SPENT', 'REQUESTS', 'TRIAL', 'CREATED'],
    rows,
    new Set([1, 2, 3, 4]),
  );
}

/** Everything about one account, a line each, then its keys. */
export function describeAccount(account: JsonObject): string {
  const lines: [string, string][] = [
    ['email', text(account.email)],
    ['mailbox', account.mailbox === account.email ? '' : text(account.mailbox)],
    ['balance', dollars(account.balance_usd)],
    ['shared by its keys', sharedOf(account)],
    ['shared part ends', timeOf(account.shared_balance_expires_at)],
    ['requests so far', text(account.requests)],
    ['spent so far', dollars(account.spent_usd)],
    ['had its trial', timeOf(account.trial_at)],
    ['created', timeOf(account.created_at)],
    ['keys', `${account.active_keys} of ${account.all_keys} active`],
  ];
  const facts = lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(20)} ${value}\n`)
    .join('');
  const keys = asArray(account.keys).map(asObject);
  return keys.length === 0 ? facts : `${facts}\n${keyTable(keys)}`;
}

/** What keys without a balance of their own draw on; empty when there is none. */
function sharedOf({ shared_balance_usd: balance, shared_held_usd: held }: JsonObject): string {
  const heldUsd = asNumber(held) ?? 0;
  if (balance === 0 && heldUsd === 0) return '';
  return `${dollars(balance)}${heldUsd > 0 ? `, ${dollars(heldUsd)} of it held by running calls` : ''}`;
}
