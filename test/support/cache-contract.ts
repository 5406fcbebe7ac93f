// What every cache must do, whatever it is kept in.

import { describe, expect, test } from 'bun:test';
import type { Clock } from '../../src/lib/clock.ts';
import type { Cache } from '../../src/store/ports.ts';
import { fakeClock } from './store-fixtures.ts';

const ROOMY = 1_000_000;
const TTL_MS = 60_000;
const KEY = 'key_one';

/** Declares the tests; `open` makes an empty cache of so many bytes on the given clock. */
export function describeCache(name: string, open: (bytes: number, clock: Clock) => Cache): void {
  describe(`${name} cache`, () => {
    test('gives back what was put, and when that was', () => {
      const clock = fakeClock();
      const cache = open(ROOMY, clock);
      cache.put('a', bytesOf('hm'), TTL_MS, KEY);
      clock.advance(1000);
      expect(cache.get('a')).toEqual({ answer: bytesOf('hm'), ageMs: 1000 });
      expect(cache.peek('a')?.ageMs).toBe(1000);
      expect(cache.get('b')).toBeUndefined();
    });

    test('keeps the later answer of one name, as young as it is', () => {
      const clock = fakeClock();
      const cache = open(ROOMY, clock);
      cache.put('a', bytesOf('hm'), TTL_MS, KEY);
      clock.advance(TTL_MS - 1);
      cache.put('a', bytesOf('ah'), TTL_MS, KEY);
      clock.advance(TTL_MS - 1);
      expect(textOf(cache.get('a'))).toBe('ah');
    });

    test('forgets each answer at its own age, and reading makes none younger', () => {
      const clock = fakeClock();
      const cache = open(ROOMY, clock);
      cache.put('short', bytesOf('1'), 1000, KEY);
      cache.put('long', bytesOf('2'), TTL_MS, KEY);
      clock.advance(999);
      expect([textOf(cache.get('short')), textOf(cache.get('long'))]).toEqual(['1', '2']);
      clock.advance(2);
      expect([textOf(cache.peek('short')), textOf(cache.get('short')), textOf(cache.get('long'))]).toEqual([
        undefined,
        undefined,
        '2',
      ]);
    });

    test('holds no more than its bytes, the least used go first, and looking on is no use', () => {
      const cache = open(10_000, fakeClock());
      for (const name of ['1', '2', '3']) cache.put(name, new Uint8Array(2_500), TTL_MS, KEY);
      cache.get('1');
      cache.peek('2');
      cache.put('4', new Uint8Array(2_500), TTL_MS, KEY);
      expect(['1', '2', '3', '4'].filter((name) => cache.peek(name))).toEqual(['1', '3', '4']);
    });

    test('takes nothing that alone is more than its bytes, and forgets nothing for it', () => {
      const cache = open(10_000, fakeClock());
      cache.put('1', bytesOf('hm'), TTL_MS, KEY);
      cache.put('2', new Uint8Array(20_000), TTL_MS, KEY);
      expect(['1', '2'].map((name) => cache.get(name) !== undefined)).toEqual([true, false]);
    });

    test('many small answers are held to the bound as well', () => {
      const cache = open(10_000, fakeClock());
      const names = Array.from({ length: 1000 }, (_, i) => `${i}`);
      for (const name of names) cache.put(name, bytesOf('x'), TTL_MS, KEY);
      expect(names.filter((name) => cache.peek(name)).length).toBeLessThan(100);
    });

    test('keeps what fits, and how old it is, when the bound changes', () => {
      const clock = fakeClock();
      const cache = open(10_000, clock);
      for (const name of ['1', '2', '3']) cache.put(name, new Uint8Array(2_500), TTL_MS, KEY);
      clock.advance(1000);
      cache.bound(4_000);
      expect(['1', '2', '3'].map((name) => cache.peek(name)?.ageMs)).toEqual([undefined, undefined, 1000]);
      cache.bound(20_000);
      for (const name of ['4', '5']) cache.put(name, new Uint8Array(5_000), TTL_MS, KEY);
      expect(['3', '4', '5'].every((name) => cache.get(name))).toBe(true);
    });

    test('without any bytes it forgets all and keeps nothing', () => {
      const cache = open(ROOMY, fakeClock());
      cache.put('1', bytesOf('hm'), TTL_MS, KEY);
      cache.bound(0);
      cache.put('2', bytesOf('hm'), TTL_MS, KEY);
      expect(['1', '2'].map((name) => cache.get(name))).toEqual([undefined, undefined]);
      cache.bound(ROOMY);
      expect(cache.get('1')).toBeUndefined();
      cache.put('3', bytesOf('hm'), TTL_MS, KEY);
      expect(textOf(cache.get('3'))).toBe('hm');
    });

    test('forgets what one key got, or all, and tells how much that was', () => {
      const clock = fakeClock();
      const cache = open(ROOMY, clock);
      for (const name of ['1', '2']) cache.put(name, bytesOf('hm'), TTL_MS, KEY);
      cache.put('3', bytesOf('hm'), TTL_MS, 'key_two');
      cache.put('old', bytesOf('hm'), 1, KEY);
      clock.advance(2);
      const all = cache.size();
      expect(all.answers).toBe(3);
      expect(cache.clear('key_none')).toEqual({ answers: 0, bytes: 0 });
      expect(cache.clear(KEY).answers).toBe(2);
      expect(['1', '2', '3'].filter((name) => cache.get(name))).toEqual(['3']);
      expect(cache.clear()).toEqual({ answers: 1, bytes: all.bytes / 3 });
      expect(cache.size()).toEqual({ answers: 0, bytes: 0 });
      cache.put('4', bytesOf('ah'), TTL_MS, KEY);
      expect(textOf(cache.get('4'))).toBe('ah');
    });
  });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(found: { answer: Uint8Array } | undefined): string | undefined {
  return found && new TextDecoder().decode(found.answer);
}
