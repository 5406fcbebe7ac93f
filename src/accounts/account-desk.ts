// The desk where accounts are looked up, with their keys and money: behind `/admin/accounts` and the command line.

import { Fault } from '../canonical/fault.ts';
import { formatTime, systemClock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import { mailboxOf } from '../store/mailbox.ts';
import type { Account, Key } from '../store/ports.ts';
import type { DeskPorts } from './key-desk.ts';
import { keyJson, statusOf, timeOrNull } from './key-json.ts';
import { OPERATOR } from './keys.ts';
import { checkWords, limitOf, startBehind } from './list-words.ts';

/** As text, the way an address carries it. */
export type AccountQuery = Partial<
  Record<'email' | 'keys' | 'trial' | 'limit' | 'after', string | undefined>
>;
export type AccountPage = { data: JsonObject[]; hasMore: boolean };

/** Answers are those of `/admin/accounts`. Everything rejects with a Fault, `param` being the member at fault. */
export interface AccountDesk {
  /** Newest first. */
  list(query: AccountQuery): Promise<AccountPage>;
  /** By any spelling of the mailbox; with the account's keys, newest first. */
  show(email: string): Promise<JsonObject>;
}

const FILTERS = { email: undefined, keys: ['active', 'none'], trial: ['used', 'unused'] };

export function accountDesk({ directory, ledger, rules, clock = systemClock }: DeskPorts): AccountDesk {
  const jsonOf = (account: Account, keys: readonly Key[]): JsonObject => {
    const purse = ledger.purse(account.purse);
    const tallies = keys.map((key) => ledger.tally(key));
    const nowMs = clock.nowMs();
    return {
      email: account.email,
      mailbox: account.mailbox,
      // what keys that share the account's purse draw on; other keys have a balance each
      shared_balance_usd: usd(purse?.balanceNano ?? 0n),
      shared_held_usd: usd(purse?.heldNano ?? 0n),
      shared_balance_expires_at: timeOrNull(purse?.expiresAtMs),
      balance_usd: usd(balanceOf(account, keys)),
      active_keys: keys.filter((key) => statusOf(key, nowMs) === 'active').length,
      all_keys: keys.length,
      requests: tallies.reduce((sum, { calls }) => sum + calls, 0),
      spent_usd: usd(tallies.reduce((sum, { spentNano }) => sum + spentNano, 0n)),
      trial_at: timeOrNull(account.trialAtMs),
      created_at: formatTime(account.createdAtMs),
    };
  };

  /** All its purses together, each counted once. */
  const balanceOf = (account: Account, keys: readonly Key[]): bigint => {
    const purses = new Set([account.purse, ...keys.map((key) => key.purse)]);
    return [...purses].reduce((sum, id) => sum + (ledger.purse(id)?.balanceNano ?? 0n), 0n);
  };

  return {
    async list(query) {
      checkWords(query, FILTERS, 'accounts');
      const keys = Map.groupBy(directory.list(), (key) => mailboxOf(key.account));
      const ofAccount = ({ mailbox }: Account) => keys.get(mailbox) ?? [];
      const text = query.email?.toLowerCase() ?? '';
      const nowMs = clock.nowMs();
      const fits = (account: Account) =>
        (account.email.toLowerCase().includes(text) || account.mailbox.includes(text)) &&
        (query.trial === undefined || (account.trialAtMs !== undefined) === (query.trial === 'used')) &&
        (query.keys === undefined ||
          ofAccount(account).some((key) => statusOf(key, nowMs) === 'active') === (query.keys === 'active'));
      const accounts = directory.listAccounts();
      const after = query.after === undefined ? undefined : mailboxOf(query.after);
      const start = startBehind(accounts, after, ({ mailbox }) => mailbox);
      const found = accounts.slice(start).filter(fits);
      const limit = limitOf(query);
      const page = found.slice(0, limit);
      return {
        data: page.map((account) => jsonOf(account, ofAccount(account))),
        hasMore: found.length > limit,
      };
    },
    async show(email) {
      const account = directory.findAccount(email);
      if (account === undefined) throw unknownAccount(email);
      const keys = directory.list().filter((key) => mailboxOf(key.account) === account.mailbox);
      const shown = { ledger, rules: rules(), nowMs: clock.nowMs() };
      return { ...jsonOf(account, keys), keys: keys.map((key) => keyJson(key, shown)) };
    },
  };
}

function unknownAccount(email: string): Fault {
  const hint =
    email.toLowerCase() === OPERATOR
      ? 'The operator is no account; GET /admin/keys?account=operator lists the keys made without one.'
      : 'There is no account with this e-mail address. GET /admin/accounts lists them.';
  return new Fault('not_found', hint);
}
