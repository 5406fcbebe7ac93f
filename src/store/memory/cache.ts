// Answers for requests that come again, in memory: within bounds of bytes and age.

import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Cache, CachedAnswer } from '../ports.ts';

/** What an entry costs beside its bytes: its name, and its place in the lists. */
const ENTRY_BYTES = 400;

type Entry = { answer: Uint8Array; storedAtMs: number };

/** A cache that forgets everything with the process; the least recently used goes first. */
export function createMemoryCache(maxBytes: number, clock: Clock = systemClock): Cache {
  let entries = newEntries(maxBytes, clock);
  let bytes = maxBytes;
  const aged = (entry: Entry | undefined): CachedAnswer | undefined =>
    entry && { answer: entry.answer, ageMs: Math.max(0, clock.nowMs() - entry.storedAtMs) };
  return {
    put(name, answer, ttlMs) {
      entries?.set(name, { answer, storedAtMs: clock.nowMs() }, { ttl: ttlMs });
    },
    get: (name) => aged(entries?.get(name)),
    peek: (name) => aged(entries?.peek(name)),
    bound(nextBytes) {
      if (nextBytes === bytes) return;
      const kept = entries?.dump() ?? [];
      bytes = nextBytes;
      entries = newEntries(nextBytes, clock);
      entries?.load(kept);
    },
  };
}

/** Undefined where there is no room at all: the library takes 0 for no bound. */
function newEntries(maxBytes: number, clock: Clock): LRUCache<string, Entry> | undefined {
  if (maxBytes < 1) return undefined;
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: ({ answer }) => ENTRY_BYTES + answer.length,
    ttlResolution: 0,
    perf: { now: () => clock.nowMs() },
  });
}
