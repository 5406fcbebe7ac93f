// Who may start a call: a burst of N, then one each 60/N seconds, and so many at once.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createMemoryLimiter } from '../../src/store/memory/limiter.ts';
import type { LimitVerdict } from '../../src/store/ports.ts';
import { fakeClock } from '../support/store-fixtures.ts';

const WIDE = 1_000_000;

function limiterOn(requestsPerMinute: number, concurrent = WIDE) {
  const clock = fakeClock();
  const limiter = createMemoryLimiter(clock);
  const admit = (keyId = 'key_a', rate = requestsPerMinute) =>
    limiter.admit(keyId, { requestsPerMinute: rate, concurrent });
  return { clock, admit };
}

const release = (verdict: LimitVerdict) => verdict.allowed && verdict.release();

describe('requests a minute', () => {
  test('go through in a burst of N, and the next is told when to come back', () => {
    const { admit } = limiterOn(4);
    const burst = [1, 2, 3, 4].map(() => admit());
    expect(
      burst.map(({ allowed, limit, remaining, resetS }) => ({ allowed, limit, remaining, resetS })),
    ).toEqual([3, 2, 1, 0].map((remaining) => ({ allowed: true, limit: 4, remaining, resetS: 15 })));
    expect(admit()).toEqual({
      allowed: false,
      why: 'requests',
      limit: 4,
      remaining: 0,
      resetS: 15,
      retryAfterS: 15,
    });
  });

  test.each([1, 3, 7, 15, 40, 60, 600])('come back one each 60/N seconds when N is %d', (rate) => {
    const { clock, admit } = limiterOn(rate);
    for (let count = 0; count < rate; count++) expect(admit().allowed).toBe(true);
    for (let count = 0; count < 3; count++) {
      expect(admit().allowed).toBe(false);
      clock.advance(60_000 / rate);
      expect(admit().allowed).toBe(true);
    }
    expect(admit().allowed).toBe(false);
  });

  test('are never refused to one who waited as long as he was told', () => {
    const { clock, admit } = limiterOn(7);
    for (let count = 0; count < 50; count++) {
      const verdict = admit();
      if (verdict.allowed) continue;
      clock.advance(verdict.retryAfterS * 1000);
      expect(admit().allowed).toBe(true);
    }
  });

  test('take nothing when they are refused', () => {
    const { clock, admit } = limiterOn(2);
    admit();
    admit();
    for (let count = 0; count < 100; count++) expect(admit().allowed).toBe(false);
    clock.advance(30_000);
    expect(admit().allowed).toBe(true);
  });

  test('are counted for each key alone', () => {
    const { admit } = limiterOn(1);
    expect([admit('key_a'), admit('key_a'), admit('key_b')].map((each) => each.allowed)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('follow a limit that is raised or lowered', () => {
    const { admit } = limiterOn(1);
    admit();
    expect(admit('key_a', 1).allowed).toBe(false);
    expect([admit('key_a', 3), admit('key_a', 3), admit('key_a', 3)].map((each) => each.allowed)).toEqual([
      true,
      true,
      false,
    ]);
    expect(admit('key_b', 10).remaining).toBe(9);
    expect(admit('key_b', 2).remaining).toBe(1);
  });

  test('never exceed N plus the refill in any window, nor follow a clock that goes back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: -500, max: 5000 })),
        (rate, steps) => {
          const { clock, admit } = limiterOn(rate);
          let forwardMs = 0;
          let allowed = 0;
          for (const step of steps) {
            clock.advance(step);
            forwardMs += Math.max(0, step);
            if (admit().allowed) allowed += 1;
          }
          expect(allowed).toBeLessThanOrEqual(rate + (forwardMs * rate) / 60_000 + 1e-3);
        },
      ),
    );
  });
});

describe('requests at once', () => {
  test('are refused above the limit until one ends, and take no request from the minute', () => {
    const { admit } = limiterOn(10, 2);
    const first = admit();
    expect(admit().remaining).toBe(8);
    expect(admit()).toMatchObject({ allowed: false, why: 'concurrency', remaining: 8, retryAfterS: 1 });
    release(first);
    expect(admit()).toMatchObject({ allowed: true, remaining: 7 });
    expect(admit().allowed).toBe(false);
  });

  test('give back one place each, however often they are released', () => {
    const { admit } = limiterOn(100, 2);
    const [first] = [admit(), admit()];
    for (let count = 0; count < 5; count++) if (first) release(first);
    expect([admit().allowed, admit().allowed]).toEqual([true, false]);
  });
});
