// Balances that have expired: forfeited but for what is held, and open again for what comes in later.

import { describe, expect, test } from 'bun:test';
import { forfeitExpired } from '../../src/accounts/expiry.ts';
import { keyDesk } from '../../src/accounts/key-desk.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { accepted, loadText } from '../support/config-file.ts';
import { endOf, keyIn, orderFor, rowsIn, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { fakeClock } from '../support/store-fixtures.ts';

removeScratchAfterEach();

async function purchased(amountNano = 500n) {
  const dataDir = scratchDir();
  const store = await storeIn(dataDir);
  const key = keyIn(store);
  const clock = fakeClock(Date.now());
  const { purse } = key;
  const expiresAtMs = clock.nowMs() + 60_000;
  await store.ledger.post({ kind: 'purchase', purse, amountNano, note: '', expiresAtMs });
  return {
    ...{ dataDir, store, key, clock, expiresAtMs },
    pass: () => forfeitExpired({ ...store, clock }),
    purse: () => store.ledger.purse(purse),
    forfeits: () =>
      rowsIn<{ amount_nano: bigint }>(dataDir, "SELECT amount_nano FROM entries WHERE kind = 'forfeit'").map(
        (row) => row.amount_nano,
      ),
  };
}

describe('an expired balance', () => {
  test('is forfeited at its time, not before, once', async () => {
    const { store, clock, pass, purse, forfeits } = await purchased();
    expect(await pass()).toBe(0);
    clock.advance(59_999);
    expect(await pass()).toBe(0);
    clock.advance(1);
    expect(await pass()).toBe(1);
    expect(await pass()).toBe(0);
    expect(forfeits()).toEqual([500n]);
    expect(purse()).toEqual(expect.objectContaining({ balanceNano: 0n }));
    expect(purse()?.expiresAtMs).toBeUndefined();
    expect(store.ledger.purse(4)?.balanceNano).toBe(500n);
    await store.close();
  });

  test('does not take the credit of a new key on the same purse with it', async () => {
    const dataDir = scratchDir();
    const store = await storeIn(dataDir);
    const clock = fakeClock(Date.now());
    const config = accepted(loadText('{}'));
    const desk = keyDesk({ ...store, rules: () => config, clock });
    const member = { account: 'a@b.example', share_purse: true };
    await desk.create({ name: 'old', ...member });
    const purse = store.directory.findAccount('a@b.example')?.purse ?? 0;
    const expiresAtMs = clock.nowMs() + 60_000;
    await store.ledger.post({ kind: 'purchase', purse, amountNano: 500n, note: '', expiresAtMs });
    clock.advance(60_000);
    // nothing has swept the purse yet
    await desk.create({ name: 'new', ...member, credit_usd: '0.0000007' });
    await forfeitExpired({ ...store, clock });
    expect(store.ledger.purse(purse)).toMatchObject({ balanceNano: 700n });
    await store.close();
  });

  test.each(['credit_usd', 'amount_usd'])(
    'does not take money given as %s with it while a running call holds some of it',
    async (member) => {
      const dataDir = scratchDir();
      const store = await storeIn(dataDir);
      const clock = fakeClock(Date.now());
      const config = accepted(loadText('{}'));
      const desk = keyDesk({ ...store, rules: () => config, clock });
      const shared = { account: 'a@b.example', share_purse: true };
      const { id } = await desk.create({ name: 'old', ...shared });
      const key = store.directory.findById(String(id));
      if (key === undefined) throw new Error('no key');
      const { purse } = key;
      const expiresAtMs = clock.nowMs() + 60_000;
      await store.ledger.post({ kind: 'purchase', purse, amountNano: 500n, note: '', expiresAtMs });
      const running = orderFor(key, { atMs: clock.nowMs() });
      store.ledger.hold(running);
      clock.advance(60_000);
      const given = { [member]: '0.0000007' };
      if (member === 'credit_usd') await desk.create({ name: 'new', ...shared, ...given });
      else await desk.credit('old', given);
      expect(store.ledger.purse(purse)).toMatchObject({ balanceNano: 800n, heldNano: 100n });
      expect(store.ledger.hold(orderFor(key, { atMs: clock.nowMs() }))).toEqual({ ok: true });
      await store.ledger.settle(endOf(running, { chargeNano: 30n })).durable;
      await forfeitExpired({ ...store, clock });
      expect(store.ledger.purse(purse)?.balanceNano).toBe(770n);
      await store.close();
      const again = await storeIn(dataDir);
      await forfeitExpired({ ...again, clock });
      expect(again.ledger.purse(purse)?.balanceNano).toBe(770n);
      expect(again.ledger.purse(purse)?.expiresAtMs).toBeUndefined();
      await again.close();
    },
  );

  test('that is bought anew is not forfeited while the purchase is on its way to the disk', async () => {
    const { store, key, clock, pass, purse, dataDir } = await purchased();
    clock.advance(60_000);
    const later = clock.nowMs() + 60_000;
    const bought = {
      kind: 'purchase',
      purse: key.purse,
      amountNano: 5n,
      note: '',
      expiresAtMs: later,
    } as const;
    const posted = store.ledger.post(bought);
    expect(await pass()).toBe(0);
    await posted;
    expect(purse()).toMatchObject({ balanceNano: 505n, expiresAtMs: later });
    await store.close();
    expect(rowsIn(dataDir, `SELECT expires_at_ms AS at FROM purses WHERE id = ${key.purse}`)).toEqual([
      { at: BigInt(later) },
    ]);
  });

  test('keeps what is held until its call has ended, and lets nothing new begin', async () => {
    const { dataDir, store, key, clock, pass, purse, forfeits } = await purchased();
    const order = orderFor(key, { atMs: clock.nowMs() });
    store.ledger.hold(order);
    clock.advance(60_000);
    expect(await pass()).toBe(1);
    expect(forfeits()).toEqual([400n]);
    expect(purse()).toMatchObject({ balanceNano: 100n, heldNano: 100n });
    expect(await pass()).toBe(0);
    const late = orderFor(key, { needNano: 1n, holdNano: 1n, atMs: clock.nowMs() });
    expect(store.ledger.hold(late)).toEqual({ ok: false, why: 'ended' });
    await store.ledger.settle(endOf(order, { chargeNano: 30n })).durable;
    expect(store.ledger.hold(late)).toEqual({ ok: false, why: 'ended' });
    expect(await pass()).toBe(1);
    expect(forfeits()).toEqual([400n, 70n]);
    expect(purse()?.balanceNano).toBe(0n);
    await store.close();
    const { checks } = verifyLedger(dataDir, { minimumChargeNano: 0n });
    expect([checks.balances.wrong, checks.zero.wrong, checks.entries.wrong]).toEqual([0, 0, 0]);
  });

  test('starts anew with a later purchase or grant', async () => {
    const { store, key, clock, expiresAtMs, pass, purse } = await purchased();
    clock.advance(60_000);
    await pass();
    await store.ledger.post({ kind: 'grant', purse: key.purse, amountNano: 7n, note: '' });
    expect(await pass()).toBe(0);
    expect(purse()).toMatchObject({ balanceNano: 7n });
    const later = expiresAtMs + 120_000;
    await store.ledger.post({
      kind: 'purchase',
      purse: key.purse,
      amountNano: 5n,
      note: '',
      expiresAtMs: later,
    });
    clock.advance(60_000);
    expect(await pass()).toBe(0);
    expect(purse()).toMatchObject({ balanceNano: 12n, expiresAtMs: later });
    await store.close();
  });

  test('that was prolonged in time is kept', async () => {
    const { store, key, clock, expiresAtMs, pass, purse } = await purchased();
    clock.advance(30_000);
    const longer = expiresAtMs + 60_000;
    await store.ledger.post({
      kind: 'purchase',
      purse: key.purse,
      amountNano: 5n,
      note: '',
      expiresAtMs: longer,
    });
    clock.advance(30_000);
    expect(await pass()).toBe(0);
    expect(purse()?.balanceNano).toBe(505n);
    await store.close();
  });

  test('that is used up or overdrawn ends as well, so that a grant is not lost', async () => {
    const { store, key, clock, pass, purse, forfeits } = await purchased();
    const order = orderFor(key, { atMs: clock.nowMs() });
    store.ledger.hold(order);
    await store.ledger.settle(endOf(order, { chargeNano: 600n })).durable;
    clock.advance(60_000);
    expect(await pass()).toBe(1);
    expect(forfeits()).toEqual([0n]);
    await store.ledger.post({ kind: 'grant', purse: key.purse, amountNano: 300n, note: '' });
    expect(await pass()).toBe(0);
    expect(purse()).toMatchObject({ balanceNano: 200n });
    await store.close();
  });

  test('of a stopped server is forfeited at the next start, from what is on disk', async () => {
    const { dataDir, store, key, clock } = await purchased();
    await store.close();
    clock.advance(120_000);
    const again = await storeIn(dataDir);
    expect(await forfeitExpired({ ...again, clock })).toBe(1);
    expect(again.ledger.purse(key.purse)).toMatchObject({ balanceNano: 0n });
    await again.close();
  });
});
