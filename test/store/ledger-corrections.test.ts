// Corrections of charges: what they change, and which ones the database refuses.

import { describe, expect, test } from 'bun:test';
import { DAILY, endOf, keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

describe('a correction', () => {
  const corrected = async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const key = keyIn(store, { creditNano: 1_000n });
    const order = orderFor(key);
    store.ledger.hold(order);
    await store.ledger.settle(endOf(order)).durable;
    const of = { key: key.id, model: 'm', day: DAILY.dayOf(order.atMs) };
    const posting = { kind: 'adjust', purse: key.purse, note: '', of } as const;
    return { dataDir, store, key, of, posting };
  };

  test('changes what a key has spent, once', async () => {
    const { store, key, posting } = await corrected();
    await store.ledger.post({ ...posting, amountNano: 30n });
    await store.ledger.post({ ...posting, amountNano: -7n });
    expect(store.ledger.tally(key).spentNano).toBe(77n);
    expect(store.ledger.purse(key.purse)?.balanceNano).toBe(923n);
    await store.close();
  });

  test.each([30n, -30n])(
    'of %p counts once for a key that has not been seen since the start',
    async (amountNano) => {
      const { dataDir, store, key, posting } = await corrected();
      await store.close();
      const again = await storeIn(dataDir, 'thread');
      const posted = again.ledger.post({ ...posting, amountNano });
      // looked at before it is on disk, and after
      again.ledger.tally(key);
      await posted;
      expect(again.ledger.tally(key).spentNano).toBe(100n - amountNano);
      await again.close();
    },
  );

  test.each([30n, -30n])(
    'of %p is refused where there is no call, or another purse paid',
    async (amountNano) => {
      const { store, key, of, posting } = await corrected();
      const other = keyIn(store, { creditNano: 1_000n });
      const calls = /names a key, a model and a day with calls/;
      const refused = async (change: object, why: RegExp) =>
        expect(store.ledger.post({ ...posting, amountNano, ...change })).rejects.toThrow(why);
      await refused({ of: { ...of, day: of.day - 1 } }, calls);
      await refused({ of: { ...of, model: 'n' } }, calls);
      await refused({ of: { ...of, key: other.id } }, calls);
      await refused({ purse: other.purse }, /the purse its calls were paid from/);
      await refused({ purse: 6 }, /the purse its calls were paid from/);
      expect([store.ledger.tally(key).spentNano, store.ledger.tally(other).spentNano]).toEqual([100n, 0n]);
      for (const [purse, balanceNano] of [
        [key.purse, 900n],
        [other.purse, 1_000n],
      ] as const)
        expect(store.ledger.purse(purse)).toMatchObject({ balanceNano });
      await store.close();
    },
  );
});
