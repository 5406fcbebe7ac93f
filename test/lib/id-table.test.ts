// The table of ids: it answers as a Map does, also when it has grown and when most of it has gone again.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { newCallId } from '../../src/lib/id.ts';
import { IdTable } from '../../src/lib/id-table.ts';

const sorted = (entries: Iterable<[bigint, string]>) =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

test('a table of ids answers as a Map does, whatever is done to both', () => {
  // few ids, some of which differ in their upper half only
  const id = fc.tuple(fc.nat(3), fc.nat(40)).map(([high, low]) => (BigInt(high) << 40n) | BigInt(low));
  const step = fc.tuple(fc.constantFrom('set', 'delete'), id, fc.string({ maxLength: 2 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new IdTable<string>();
      const map = new Map<bigint, string>();
      for (const [what, id, value] of steps) {
        if (what === 'set') {
          table.set(id, value);
          map.set(id, value);
        } else {
          table.take(id);
          map.delete(id);
        }
        expect(table.get(id)).toBe(map.get(id));
        expect(table.has(id)).toBe(map.has(id));
      }
      expect(table.size).toBe(map.size);
      expect(sorted(table)).toEqual(sorted(map));
    }),
  );
});

test('ten thousand call ids are all found, and none after they have gone', () => {
  const table = new IdTable<number>();
  const ids = Array.from({ length: 10_000 }, () => newCallId());
  for (const [place, id] of ids.entries()) table.set(id, place);
  expect(ids.every((id, place) => table.get(id) === place)).toBe(true);
  for (const id of ids) table.take(id);
  expect(table.size).toBe(0);
  expect(ids.some((id) => table.has(id))).toBe(false);
});
