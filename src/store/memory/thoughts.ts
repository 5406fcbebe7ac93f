// The thoughts of recent answers in memory: within bounds of bytes, number and age.

import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { ThoughtStore } from '../ports.ts';

export type ThoughtBounds = { bytes: number; count: number; ageMs: number };

/** Enough for a working day of agents; what is forgotten only costs a model its earlier thoughts. */
const BOUNDS: ThoughtBounds = { bytes: 64 * 1024 * 1024, count: 50_000, ageMs: 24 * 3_600_000 };

/** What an entry costs beside its texts. */
const ENTRY_BYTES = 200;
/** Strings may hold two bytes a character. */
const CHAR_BYTES = 2;

/** A store that forgets everything with the process; the least recently used goes first. */
export function createMemoryThoughts(
  clock: Clock = systemClock,
  bounds: ThoughtBounds = BOUNDS,
): ThoughtStore {
  const entries = new LRUCache<string, string>({
    max: bounds.count,
    maxSize: bounds.bytes,
    sizeCalculation: (thoughts, name) => ENTRY_BYTES + CHAR_BYTES * (thoughts.length + name.length),
    ttl: bounds.ageMs,
    ttlResolution: 0,
    perf: { now: () => clock.nowMs() },
  });
  const keyIds = new Set<string>();
  return {
    remember(keyId, names, thoughts) {
      keyIds.add(keyId);
      for (const name of names) entries.set(entryOf(keyId, name), thoughts);
    },
    recall: (keyId, name) => entries.get(entryOf(keyId, name)),
    hasAny: (keyId) => keyIds.has(keyId),
  };
}

/** No two pairs have the same one. */
function entryOf(keyId: string, name: string): string {
  return `${keyId.length} ${keyId} ${name}`;
}
