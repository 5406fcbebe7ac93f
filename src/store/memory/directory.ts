// Keys and facts in memory only, for tests and trials.

import { type Clock, systemClock } from '../../lib/clock.ts';
import { newKeyId } from '../../lib/id.ts';
import type { Directory, Key, NewKey } from '../ports.ts';

/** A directory that forgets everything when it is dropped. */
export function createMemoryDirectory(clock: Clock = systemClock): Directory {
  const byHash = new Map<string, Key>();
  const hashById = new Map<string, string>();
  const facts = new Map<string, string>();
  const findById = (id: string) => byHash.get(hashById.get(id) ?? '');

  return {
    findByHash: (hashHex) => byHash.get(hashHex),
    peekByHash: (hashHex) => byHash.get(hashHex),
    findById,
    list: () => [...byHash.values()].reverse(),
    create(key: NewKey, secret): Key {
      if (byHash.has(secret.hashHex)) throw new Error('a key with this secret exists already');
      const created: Key = { ...key, id: newKeyId(), prefix: secret.prefix, createdAtMs: clock.nowMs() };
      byHash.set(secret.hashHex, created);
      hashById.set(created.id, secret.hashHex);
      return created;
    },
    revoke(id) {
      const key = findById(id);
      const hashHex = hashById.get(id);
      if (key === undefined || hashHex === undefined) return false;
      if (key.revokedAtMs === undefined) byHash.set(hashHex, { ...key, revokedAtMs: clock.nowMs() });
      return true;
    },
    getFact: (name) => facts.get(name),
    setFact(name, value) {
      facts.set(name, value);
    },
    close() {},
  };
}
