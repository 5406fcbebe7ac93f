// What every directory of keys must do, whatever it is kept in.

import { describe, expect, test } from 'bun:test';
import type { Clock } from '../../src/lib/clock.ts';
import { sha256Hex } from '../../src/lib/crypto.ts';
import type { Directory } from '../../src/store/ports.ts';
import { FULL_KEY, fakeClock, PLAIN_KEY, secretOf } from './store-fixtures.ts';

/** Declares the tests; `open` makes an empty directory on the given clock. */
export function describeDirectory(name: string, open: (clock: Clock) => Directory): void {
  describe(`${name} directory`, () => {
    test('gives a key back as it was stored, under its hash and its id', () => {
      const clock = fakeClock();
      const directory = open(clock);
      const made = directory.create(FULL_KEY, secretOf('sk-osiris-ab12cd'));
      const { creditNano: _, ...rest } = FULL_KEY;
      expect(made).toEqual({
        ...rest,
        id: made.id,
        purse: made.purse,
        prefix: 'sk-osiris-ab12',
        createdAtMs: clock.nowMs(),
      });
      expect(made.id).toMatch(/^key_[0-9A-Za-z]{16}$/);
      expect(directory.findByHash(sha256Hex('sk-osiris-ab12cd'))).toEqual(made);
      expect(directory.findById(made.id)).toEqual(made);
      directory.close();
    });

    test('leaves out members that were not set', () => {
      const directory = open(fakeClock());
      const { id } = directory.create(PLAIN_KEY, secretOf('a'));
      expect(Object.keys(directory.findById(id) ?? {}).toSorted()).toEqual(
        ['account', 'createdAtMs', 'id', 'kind', 'limits', 'name', 'prefix', 'purse'].toSorted(),
      );
      directory.close();
    });

    test('knows no key that was not made, nor one by its secret', () => {
      const directory = open(fakeClock());
      directory.create(PLAIN_KEY, secretOf('sk-osiris-secret'));
      expect(directory.findByHash(sha256Hex('other'))).toBeUndefined();
      expect(directory.findByHash('sk-osiris-secret')).toBeUndefined();
      expect(directory.findById('key_0000000000000000')).toBeUndefined();
      directory.close();
    });

    test('lists the newest key first, also within one millisecond', () => {
      const directory = open(fakeClock());
      const ids = ['a', 'b', 'c'].map((text) => directory.create(PLAIN_KEY, secretOf(text)).id);
      expect(directory.list().map((key) => key.id)).toEqual(ids.toReversed());
      directory.close();
    });

    test('refuses a second key with the same secret and keeps the first', () => {
      const directory = open(fakeClock());
      const first = directory.create(PLAIN_KEY, secretOf('a'));
      expect(() => directory.create({ ...PLAIN_KEY, name: 'second' }, secretOf('a'))).toThrow();
      expect(directory.list()).toEqual([first]);
      directory.close();
    });

    test('still finds a revoked key, which keeps the time of the first revocation and its place', () => {
      const clock = fakeClock();
      const directory = open(clock);
      const { id } = directory.create(PLAIN_KEY, secretOf('a'));
      const other = directory.create(PLAIN_KEY, secretOf('b'));
      clock.advance(5000);
      const revokedAtMs = clock.nowMs();
      expect(directory.revoke(id)).toBe(true);
      clock.advance(5000);
      expect(directory.revoke(id)).toBe(true);
      expect(directory.findByHash(sha256Hex('a'))).toMatchObject({ id, revokedAtMs });
      expect(directory.findById(other.id)?.revokedAtMs).toBeUndefined();
      expect(directory.list().map((key) => key.id)).toEqual([other.id, id]);
      directory.close();
    });

    test('says so when there is no key to revoke', () => {
      const directory = open(fakeClock());
      expect(directory.revoke('key_0000000000000000')).toBe(false);
      directory.close();
    });

    test('keeps facts, the last value of each', () => {
      const directory = open(fakeClock());
      expect(directory.getFact('colour')).toBeUndefined();
      directory.setFact('colour', 'red');
      directory.setFact('colour', '');
      directory.setFact('shape', 'round');
      expect(directory.getFact('colour')).toBe('');
      expect(directory.getFact('shape')).toBe('round');
      directory.close();
    });
  });
}
