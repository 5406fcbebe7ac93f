// What a call that moves to a dearer model puts aside.

import { describe, expect, test } from 'bun:test';
import { endOf, keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

describe('a call under way', () => {
  test('puts more aside as if it had put nothing aside yet, never less, and gives all of it back', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 250n });
    const order = orderFor(key);
    store.ledger.hold(order);
    expect(store.ledger.raise({ ...order, needNano: 250n, holdNano: 250n })).toEqual({ ok: true });
    expect(store.ledger.purse(key.purse)?.heldNano).toBe(250n);
    expect(store.ledger.hold(orderFor(key))).toEqual({ ok: false, why: 'held' });
    expect(store.ledger.raise({ ...order, needNano: 10n, holdNano: 10n })).toEqual({ ok: true });
    expect(store.ledger.purse(key.purse)?.heldNano).toBe(250n);
    await store.ledger.settle(endOf(order, { chargeNano: 30n })).durable;
    expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 220n, heldNano: 0n });
    await store.close();
  });

  test('puts no more aside than others have left, and keeps what it has', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 250n });
    const [order, other] = [orderFor(key), orderFor(key)];
    store.ledger.hold(order);
    store.ledger.hold(other);
    const more = { ...order, needNano: 151n, holdNano: 151n };
    expect(store.ledger.raise(more)).toEqual({ ok: false, why: 'held' });
    expect(store.ledger.raise({ ...more, needNano: 251n })).toEqual({ ok: false, why: 'empty' });
    expect(store.ledger.purse(key.purse)?.heldNano).toBe(200n);
    await store.ledger.settle(endOf(other, { chargeNano: 0n })).durable;
    expect(store.ledger.raise(more)).toEqual({ ok: true });
    await store.close();
  });

  test('puts nothing aside once it has been settled: nobody would give it back', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 250n });
    const order = orderFor(key);
    store.ledger.hold(order);
    await store.ledger.settle(endOf(order, { chargeNano: 30n })).durable;
    expect(store.ledger.raise(order).ok).toBe(false);
    expect(store.ledger.purse(key.purse)?.heldNano).toBe(0n);
    await store.close();
  });
});
