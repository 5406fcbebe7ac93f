// Answers for requests that come again, in memory: within bounds of bytes and age.

import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Cache, CachedAnswer, CacheSize } from '../ports.ts';

/** What an entry costs beside its bytes: its name, and its place in the lists. */
const ENTRY_BYTES = 400;

type Entry = { answer: Uint8Array; storedAtMs: number; keyId: string };

/** A cache that forgets everything with the process; the least recently used goes first. */
export function createMemoryCache(maxBytes: number, clock: Clock = systemClock): Cache {
  let entries = newEntries(maxBytes, clock);
  let bytes = maxBytes;
  const aged = (entry: Entry | undefined): CachedAnswer | undefined =>
    entry && { answer: entry.answer, ageMs: Math.max(0, clock.nowMs() - entry.storedAtMs) };
  return {
    put(name, answer, ttlMs, keyId) {
      entries?.set(name, { answer, storedAtMs: clock.nowMs(), keyId }, { ttl: ttlMs });
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
    clear(keyId) {
      const before = sizeOf(entries);
      if (keyId === undefined) entries?.clear();
      for (const [name, entry] of entries?.dump() ?? [])
        if (entry.value.keyId === keyId) entries?.delete(name);
      const left = sizeOf(entries);
      return { answers: before.answers - left.answers, bytes: before.bytes - left.bytes };
    },
    size: () => sizeOf(entries),
  };
}

function sizeOf(entries: LRUCache<string, Entry> | undefined): CacheSize {
  entries?.purgeStale();
  return { answers: entries?.size ?? 0, bytes: entries?.calculatedSize ?? 0 };
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
