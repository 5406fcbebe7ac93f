// The desk where keys are made, shown, filled, changed, rotated and revoked: behind `/admin/keys` and the command line.

import { Fault } from '../canonical/fault.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import type { LimitRules } from '../store/key-limits.ts';
import type { Directory, Key, Ledger } from '../store/ports.ts';
import { addCredit, forfeitEnded, grantOf } from './credit-key.ts';
import { findKey } from './find-key.ts';
import { parseGrace, parseKeyChange } from './key-change.ts';
import { keyJson } from './key-json.ts';
import { type ListQuery, pageOfKeys } from './key-list.ts';
import type { KeyRules } from './key-rules.ts';
import { checkRevival, createKey, newSecret } from './keys.ts';
import { parseNewKey } from './new-key.ts';

export type { ListQuery } from './key-list.ts';

/** The configuration fits as it is. */
export type DeskRules = KeyRules & LimitRules;

export type DeskPorts = {
  directory: Directory;
  ledger: Ledger;
  /** Asked anew each time, so that the configuration can change. */
  rules: () => DeskRules;
  clock?: Clock;
};

export type KeyPage = { data: JsonObject[]; hasMore: boolean };

/**
 * `key` is an id, a visible beginning or a name. Bodies and answers are those of `/admin/keys`. Everything rejects with
 * a Fault, `param` being the member at fault.
 */
export interface KeyDesk {
  /** The answer holds the whole secret as `key`, this once. */
  create(body: unknown): Promise<JsonObject>;
  /** Newest first unless the query says otherwise. */
  list(query: ListQuery): Promise<KeyPage>;
  show(key: string): Promise<JsonObject>;
  /** Gives money to the purse the key draws on, or takes it. */
  credit(key: string, body: unknown): Promise<JsonObject>;
  change(key: string, body: unknown): Promise<JsonObject>;
  /** A new secret as `key`; the one before it opens for the grace it is given. */
  rotate(key: string, body: unknown): Promise<JsonObject>;
  revoke(key: string): Promise<JsonObject>;
}

export function keyDesk({ directory, ledger, rules, clock = systemClock }: DeskPorts): KeyDesk {
  const find = (word: string) => findKey(directory, word);
  const jsonOf = (key: Key) => keyJson(key, { ledger, rules: rules(), nowMs: clock.nowMs() });
  return {
    async create(body) {
      const input = parseNewKey(body, rules());
      const { key, secret } = input.sharePurse
        ? await createSharing(input)
        : createKey(directory, input, clock);
      return { key: secret, ...jsonOf(key) };
    },
    async list(query) {
      const { page, hasMore } = await pageOfKeys(directory.list(), query, {
        nowMs: clock.nowMs(),
        standingOf: (key) => ({
          ...ledger.tally(key),
          balanceNano: key.kind === 'time' ? undefined : ledger.purse(key.purse)?.balanceNano,
        }),
      });
      return { data: page.map(jsonOf), hasMore };
    },
    show: async (word) => jsonOf(find(word)),
    async credit(word, body) {
      const key = find(word);
      const entry = await addCredit(key, body, ledger, clock.nowMs());
      return { ...jsonOf(key), entry };
    },
    async change(word, body) {
      const key = find(word);
      const change = parseKeyChange(body, key);
      if (change.expiresAtMs !== undefined) checkRevival(directory, key, change.expiresAtMs, clock.nowMs());
      return jsonOf(known(directory.change(key.id, change)));
    },
    async rotate(word, body) {
      const { id, revokedAtMs } = find(word);
      const graceMs = parseGrace(body);
      if (revokedAtMs !== undefined)
        throw new Fault('conflict', 'This key is revoked: it cannot open again. Make a new one.');
      const { secret, hashed } = newSecret();
      const rotated = known(directory.rotate(id, hashed, clock.nowMs() + graceMs));
      return { key: secret, ...jsonOf(rotated) };
    },
    async revoke(word) {
      const { id } = find(word);
      directory.revoke(id);
      return jsonOf(find(id));
    },
  };

  /** What calls draw on at this moment is in the ledger's memory, so only the ledger may fill a purse that is shared. */
  async function createSharing(input: ReturnType<typeof parseNewKey>) {
    const { creditNano, ...rest } = input;
    const created = createKey(directory, { ...rest, creditNano: 0n }, clock);
    if (creditNano === 0n) return created;
    try {
      const note = `credit with ${created.key.id}`;
      const { purse } = created.key;
      await forfeitEnded(purse, ledger, clock.nowMs());
      await ledger.post(grantOf({ purse, amountNano: creditNano, note }, ledger, clock.nowMs()));
    } catch (thrown) {
      directory.revoke(created.key.id);
      throw thrown;
    }
    return created;
  }
}

function known(key: Key | undefined): Key {
  if (key === undefined) throw new Fault('not_found', 'The key is gone.');
  return key;
}
