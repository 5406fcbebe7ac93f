// What every store of thoughts must do, whatever it is kept in.

import { describe, expect, test } from 'bun:test';
import type { Clock } from '../../src/lib/clock.ts';
import type { ThoughtStore } from '../../src/store/ports.ts';
import { fakeClock } from './store-fixtures.ts';

export type ThoughtBounds = { bytes: number; count: number; ageMs: number };

const ROOMY: ThoughtBounds = { bytes: 1_000_000, count: 1000, ageMs: 60_000 };

/** Declares the tests; `open` makes an empty store on the given clock within the bounds. */
export function describeThoughts(
  name: string,
  open: (clock: Clock, bounds: ThoughtBounds) => ThoughtStore,
): void {
  describe(`${name} store of thoughts`, () => {
    test('gives thoughts back under each of their names', () => {
      const store = open(fakeClock(), ROOMY);
      store.remember('key_a', ['call 1', 'call 2'], 'hm');
      expect([store.recall('key_a', 'call 1'), store.recall('key_a', 'call 2')]).toEqual(['hm', 'hm']);
      expect(store.recall('key_a', 'call 3')).toBeUndefined();
    });

    test('shows no key the thoughts of another one, whatever the names are', () => {
      const store = open(fakeClock(), ROOMY);
      store.remember('key_a', ['call 1', 'b call 1'], 'hm');
      for (const key of ['key_b', 'key_', 'key_a b', 'key_a call', ''])
        for (const call of ['call 1', '1', 'a call 1', 'key_a call 1'])
          expect(store.recall(key, call)).toBeUndefined();
    });

    test('knows for whom it remembers nothing', () => {
      const store = open(fakeClock(), ROOMY);
      expect(store.hasAny('key_a')).toBe(false);
      store.remember('key_a', ['call 1'], 'hm');
      expect([store.hasAny('key_a'), store.hasAny('key_b')]).toEqual([true, false]);
    });

    test('keeps the later thoughts of one name', () => {
      const store = open(fakeClock(), ROOMY);
      store.remember('key_a', ['call 1'], 'hm');
      store.remember('key_a', ['call 1'], 'ah');
      expect(store.recall('key_a', 'call 1')).toBe('ah');
    });

    test('forgets what is too old, and reading makes nothing younger', () => {
      const clock = fakeClock();
      const store = open(clock, ROOMY);
      store.remember('key_a', ['call 1'], 'hm');
      clock.advance(ROOMY.ageMs - 1);
      expect(store.recall('key_a', 'call 1')).toBe('hm');
      clock.advance(2);
      expect(store.recall('key_a', 'call 1')).toBeUndefined();
    });

    test('forgets the least recently used beyond its number', () => {
      const store = open(fakeClock(), { ...ROOMY, count: 2 });
      for (const name of ['1', '2']) store.remember('key_a', [name], name);
      store.recall('key_a', '1');
      store.remember('key_a', ['3'], '3');
      expect(['1', '2', '3'].map((name) => store.recall('key_a', name))).toEqual(['1', undefined, '3']);
    });

    test('holds no more than its bytes, and nothing that alone is more', () => {
      const store = open(fakeClock(), { ...ROOMY, bytes: 10_000 });
      const names = Array.from({ length: 10 }, (_, i) => `call ${i}`);
      for (const name of names) store.remember('key_a', [name], 'x'.repeat(1000));
      const kept = names.filter((name) => store.recall('key_a', name) !== undefined);
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.length).toBeLessThan(10);
      expect(kept).toContain('call 9');
      store.remember('key_a', ['huge'], 'x'.repeat(10_000));
      expect(store.recall('key_a', 'huge')).toBeUndefined();
    });
  });
}
