// Whatever way one of two providers fails, no client sees it: many calls for each fault, whole and streamed.

import { describe, expect, test } from 'bun:test';
import { FAULTS, openFaulty } from '../support/faulty.ts';
import { openStreet } from '../support/houses.ts';

/** `FAULT_CALLS=500` is the full run. */
const CALLS = Number(process.env.FAULT_CALLS ?? 60);
const AT_ONCE = 10;
/** A provider that says nothing is given up after so long; an answer that is not streamed after two thirds of it. */
const PATIENCE = { request_timeout: '3s', first_byte_timeout: '2s' };
/** 1,000 tokens each way at 1 USD a million. */
const COST_NANO = 2_000_000n;

describe.each([false, true])('no client sees (stream: %p)', (stream) => {
  test.each(FAULTS)(
    '%s at one of two providers, and nobody pays for it',
    async (fault) => {
      const faulty = await openFaulty(fault);
      const deployments = ['ill', 'well'].map((provider) => ({ provider, model: 'm' }));
      const street = await openStreet(
        { ill: 1, well: 1 },
        { models: { m: { price: { input: 1, output: 1 }, deployments } }, routing: { retries: 0 } },
        { ill: { base_url: faulty.baseUrl } },
        PATIENCE,
      );
      try {
        const { here, call } = street;
        const limits = { requestsPerMinute: 100_000, concurrent: 1000 };
        const { key, stored } = here.makeKey(limits, { creditNano: 10_000_000_000n });
        const calls = async (count: number) => {
          let attempts = 0;
          let left = count;
          const work = async () => {
            while (left-- > 0) {
              const told = await call('m', { stream }, { key });
              expect([told.status, told.provider, told.text.includes('well')]).toEqual([200, 'well', true]);
              attempts += told.attempts;
            }
          };
          await Promise.all(Array.from({ length: AT_ONCE }, work));
          return attempts;
        };
        // those who find out
        expect(await calls(AT_ONCE)).toBeLessThanOrEqual(2 * AT_ONCE);
        expect(await calls(CALLS)).toBe(CALLS);
        // it is looked after once in each cooldown (an account that is not accepted in ten)
        here.clock.advance(300_000);
        const probing = await calls(CALLS);
        expect(probing).toBeGreaterThan(CALLS);
        expect(probing).toBeLessThanOrEqual(CALLS * 1.1 + AT_ONCE);
        const total = BigInt(AT_ONCE + 2 * CALLS);
        const { calls: paid, spentNano } = here.store.ledger.tally(stored);
        expect([BigInt(paid), spentNano]).toEqual([total, total * COST_NANO]);
        expect(here.store.ledger.purse(stored.purse)?.heldNano).toBe(0n);
      } finally {
        await street.stop();
        faulty.stop();
      }
    },
    60_000,
  );
});
