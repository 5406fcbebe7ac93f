// What the limiter and the ledger say beforehand is what they do, all of it, and saying it takes nothing.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createMemoryLimiter } from '../../src/store/memory/limiter.ts';
import { keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { fakeClock } from '../support/store-fixtures.ts';

removeScratchAfterEach();

describe('the limiter', () => {
  test('names every limit that is in the way', () => {
    const limiter = createMemoryLimiter(fakeClock());
    const limits = { requestsPerMinute: 1, concurrent: 1, tokensPerMinute: 60, nanoPerMinute: 60n };
    expect(limiter.foresee('key_a', limits)).toEqual([]);
    limiter.admit('key_a', limits);
    limiter.spend('key_a', { tokens: 65, nano: 70n });
    expect(limiter.foresee('key_a', limits)).toMatchObject([
      { why: 'requests', retryAfterS: 60 },
      { why: 'tokens', retryAfterS: 6 },
      { why: 'usd', retryAfterS: 11 },
      { why: 'concurrency' },
    ]);
  });

  test('foresees a refusal exactly when there is one, and takes nothing by it', () => {
    const limits = { requestsPerMinute: 3, concurrent: 2, tokensPerMinute: 100 };
    const step = fc.record({
      waitMs: fc.nat(30_000),
      tokens: fc.nat(120),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const clock = fakeClock();
        const limiter = createMemoryLimiter(clock);
        for (const { waitMs, tokens, ends } of steps) {
          clock.advance(waitMs);
          const before = limiter.standing('key_a', limits);
          const foreseen = limiter.foresee('key_a', limits);
          expect(limiter.standing('key_a', limits)).toEqual(before);
          const verdict = limiter.admit('key_a', limits);
          expect(verdict.allowed).toBe(foreseen.length === 0);
          if (!verdict.allowed) {
            const { allowed: _, ...told } = verdict;
            expect(foreseen).toContainEqual({ allowed: false, ...told });
            continue;
          }
          limiter.spend('key_a', { tokens, nano: 0n });
          if (ends) verdict.release();
        }
      }),
    );
  });
});

describe('the ledger', () => {
  test('names an empty balance and a used up budget at once, and puts nothing aside', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, { creditNano: 50n, budget: { amountNano: 60n, period: 'day' } });
    expect(store.ledger.foresee(orderFor(key, { needNano: 50n, holdNano: 50n }))).toEqual([]);
    expect(store.ledger.foresee(orderFor(key, { needNano: 70n, holdNano: 70n }))).toMatchObject([
      { why: 'empty' },
      { why: 'budget' },
    ]);
    expect(store.ledger.purse(key.purse)).toMatchObject({ balanceNano: 50n, heldNano: 0n });
    store.ledger.hold(orderFor(key, { needNano: 40n, holdNano: 40n }));
    expect(store.ledger.foresee(orderFor(key, { needNano: 30n, holdNano: 30n }))).toMatchObject([
      { why: 'held' },
      { why: 'held' },
    ]);
    await store.close();
  });

  test('looks at the quota of a time key, and at nothing for what is free', async () => {
    const store = await storeIn(scratchDir());
    const key = keyIn(store, {
      kind: 'time',
      quotaNano: 10n,
      budget: { amountNano: 5n, period: 'week' },
    });
    expect(store.ledger.foresee(orderFor(key, { needNano: 20n, holdNano: 20n }))).toMatchObject([
      { why: 'quota' },
      { why: 'budget' },
    ]);
    expect(store.ledger.foresee(orderFor(key, { needNano: 0n, holdNano: 0n }))).toEqual([]);
    await store.close();
  });
});
