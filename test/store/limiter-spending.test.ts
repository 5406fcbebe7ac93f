// What the limiter takes, gives back and says: tokens, money, undone calls, and random arrivals of them all.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createMemoryLimiter } from '../../src/store/memory/limiter.ts';
import type { CallLimits, LimitVerdict } from '../../src/store/ports.ts';
import { fakeClock } from '../support/store-fixtures.ts';

const WIDE: CallLimits = { requestsPerMinute: 1_000_000, concurrent: 1_000_000 };
const NOTHING = { tokens: 0, nano: 0n };

function limiterOn(limits: Partial<CallLimits>) {
  const clock = fakeClock();
  const limiter = createMemoryLimiter(clock);
  const all = { ...WIDE, ...limits };
  return {
    clock,
    limiter,
    admit: (keyId = 'key_a') => limiter.admit(keyId, all),
    spend: (used: Partial<typeof NOTHING>, keyId = 'key_a') => limiter.spend(keyId, { ...NOTHING, ...used }),
    standing: (keyId = 'key_a') => limiter.standing(keyId, all),
  };
}

describe.each([
  ['tokens', { tokensPerMinute: 600 }, (amount: number) => ({ tokens: amount })],
  ['usd', { nanoPerMinute: 600n }, (amount: number) => ({ nano: BigInt(amount) })],
] as const)('%s a minute', (why, limits, amountOf) => {
  test('let calls in while anything is left, and then wait until there is again', () => {
    const { clock, admit, spend } = limiterOn(limits);
    admit();
    spend(amountOf(599));
    expect(admit().allowed).toBe(true);
    spend(amountOf(101));
    // 100 below zero, 10 come back a second: at 10 s there is nothing, after it there is
    expect(admit()).toMatchObject({ allowed: false, why, retryAfterS: 11, limit: 1_000_000 });
    clock.advance(10_000);
    expect(admit()).toMatchObject({ allowed: false, why, retryAfterS: 1 });
    clock.advance(1000);
    expect(admit().allowed).toBe(true);
  });

  test('are never more than a minute’s worth after a pause', () => {
    const { clock, admit, spend } = limiterOn(limits);
    admit();
    clock.advance(3_600_000);
    spend(amountOf(600));
    expect(admit()).toMatchObject({ allowed: false, why });
    clock.advance(1000);
    expect(admit().allowed).toBe(true);
  });

  test('are each key’s own, and nothing to a key without such a limit', () => {
    const { admit, spend, limiter } = limiterOn(limits);
    admit();
    admit('key_b');
    spend(amountOf(10_000));
    expect([admit().allowed, admit('key_b').allowed]).toEqual([false, true]);
    limiter.admit('key_c', WIDE);
    spend(amountOf(10_000), 'key_c');
    spend(amountOf(10_000), 'key_never_seen');
    expect(limiter.admit('key_c', WIDE).allowed).toBe(true);
  });

  test('count what open calls are expected to use, until they end and what they used counts', () => {
    const { admit, spend } = limiterOn(limits);
    const first = admit();
    if (!first.allowed) throw new Error('the first call is let in');
    first.expect({ ...NOTHING, ...amountOf(590) });
    const second = admit();
    if (!second.allowed) throw new Error('10 are left, and nobody knows what the second one uses');
    second.expect({ ...NOTHING, ...amountOf(30) });
    second.expect({ ...NOTHING, ...amountOf(9000) });
    // 20 more than there is are spoken for; 10 come back a second
    expect(admit()).toMatchObject({ allowed: false, why, retryAfterS: 3 });
    first.release();
    spend(amountOf(100));
    second.undo();
    expect(admit().allowed).toBe(true);
    spend(amountOf(500));
    expect(admit()).toMatchObject({ allowed: false, why, retryAfterS: 1 });
  });

  test('refuse without taking a request or a place', () => {
    const { admit, spend, standing } = limiterOn({ ...limits, requestsPerMinute: 5, concurrent: 5 });
    admit();
    spend(amountOf(700));
    const before = standing();
    for (let i = 0; i < 20; i++) expect(admit().allowed).toBe(false);
    expect(standing()).toEqual(before);
    expect(before).toMatchObject({ remaining: 4, open: 1 });
  });
});

test('of several limits the one that stays longest is named', () => {
  const limits = { requestsPerMinute: 1, tokensPerMinute: 60, nanoPerMinute: 60n };
  const { admit, spend } = limiterOn(limits);
  admit();
  expect(admit()).toMatchObject({ why: 'requests', retryAfterS: 60 });
  spend({ tokens: 160 });
  expect(admit()).toMatchObject({ why: 'tokens', retryAfterS: 101 });
  spend({ nano: 260n });
  expect(admit()).toMatchObject({ why: 'usd', retryAfterS: 201 });
});

describe('a call that is undone', () => {
  test('gives its request and its place back, once', () => {
    const { admit, standing } = limiterOn({ requestsPerMinute: 3, concurrent: 2 });
    const [first, second] = [admit(), admit()];
    for (const verdict of [first, first, first]) if (verdict.allowed) verdict.undo();
    expect(standing()).toMatchObject({ remaining: 2, open: 1 });
    if (first.allowed) first.release();
    if (second.allowed) second.release();
    expect(standing()).toMatchObject({ remaining: 2, open: 0 });
  });

  test('never fills the bucket over its brim', () => {
    const { admit, clock, standing } = limiterOn({ requestsPerMinute: 2 });
    const verdict = admit();
    clock.advance(3_600_000);
    if (verdict.allowed) verdict.undo();
    expect(standing()).toMatchObject({ remaining: 2, resetS: 0 });
    expect([admit(), admit(), admit()].map(({ allowed }) => allowed)).toEqual([true, true, false]);
  });
});

test('looking at how a key stands takes nothing and makes nothing', () => {
  const { admit, clock, standing } = limiterOn({ requestsPerMinute: 40, concurrent: 20 });
  expect(standing()).toEqual({ limit: 40, remaining: 40, resetS: 0, open: 0 });
  admit();
  admit();
  for (let i = 0; i < 100; i++) expect(standing()).toEqual({ limit: 40, remaining: 38, resetS: 2, open: 2 });
  clock.advance(1500);
  expect(standing()).toEqual({ limit: 40, remaining: 39, resetS: 2, open: 2 });
});

type Step =
  | { do: 'wait'; ms: number }
  | { do: 'call' }
  | { do: 'end'; which: number; tokens: number; undo: boolean };

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20_000) }),
    fc.record({ do: fc.constant('call' as const) }),
    fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(9),
      tokens: fc.nat(400),
      undo: fc.boolean(),
    }),
  ) satisfies fc.Arbitrary<Step>,
  { maxLength: 120 },
);

test('whatever arrives and ends, no limit is passed and every figure is true', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
      steps,
      (requestsPerMinute, concurrent, tokensPerMinute, script) => {
        const tokens = tokensPerMinute === undefined ? {} : { tokensPerMinute };
        const subject = limiterOn({ requestsPerMinute, concurrent, ...tokens });
        const running: (LimitVerdict & { allowed: true })[] = [];
        let forwardMs = 0;
        let passed = 0;
        /** What has been spent above what came in; the limiter may not know better. */
        let spent = 0;
        for (const step of script) {
          switch (step.do) {
            case 'wait':
              subject.clock.advance(step.ms);
              forwardMs += step.ms;
              break;
            case 'call': {
              const before = subject.standing();
              const verdict = subject.admit();
              const { limit, remaining, resetS } = verdict;
              expect(subject.standing()).toMatchObject({ limit, remaining, resetS });
              expect(limit).toBe(requestsPerMinute);
              if (verdict.allowed) {
                running.push(verdict);
                passed += 1;
                expect(remaining).toBe(before.remaining - 1);
                if (tokensPerMinute !== undefined)
                  expect(spent).toBeLessThan(tokensPerMinute + (forwardMs * tokensPerMinute) / 60_000 + 1e-3);
              } else {
                expect(subject.standing()).toEqual(before);
                if (verdict.why === 'requests') expect(remaining).toBe(0);
                if (verdict.why === 'concurrency') expect(running.length).toBe(concurrent);
                else forwardMs += checkWait(subject, verdict.retryAfterS);
              }
              break;
            }
            case 'end': {
              const [call] = running.splice(step.which % Math.max(1, running.length), 1);
              if (!call) break;
              if (step.undo) {
                call.undo();
                passed -= 1;
              } else {
                subject.spend({ tokens: step.tokens });
                spent += step.tokens;
              }
              call.release();
              call.release();
              break;
            }
          }
          expect(subject.standing().open).toBe(running.length);
          expect(running.length).toBeLessThanOrEqual(concurrent);
          expect(passed).toBeLessThanOrEqual(
            requestsPerMinute + (forwardMs * requestsPerMinute) / 60_000 + 1e-3,
          );
        }
        for (const place of running) place.release();
        expect(subject.standing().open).toBe(0);
        checkReset(subject);
      },
    ),
    { numRuns: 300 },
  );
});

/** One second before the time it was told a call is still refused, at that time it is not: for its rate, at least. */
function checkWait({ clock, admit }: ReturnType<typeof limiterOn>, retryAfterS: number): number {
  const isOpen = () => {
    const verdict = admit();
    if (verdict.allowed) verdict.undo();
    return verdict.allowed || verdict.why === 'concurrency';
  };
  clock.advance((retryAfterS - 1) * 1000);
  expect(isOpen()).toBe(false);
  clock.advance(1000);
  expect(isOpen()).toBe(true);
  return retryAfterS * 1000;
}

/** One more request is back when it was said to be, and not a second earlier. */
function checkReset({ clock, standing }: ReturnType<typeof limiterOn>): void {
  const { limit, remaining, resetS } = standing();
  expect(resetS === 0).toBe(remaining === limit);
  if (resetS === 0) return;
  clock.advance((resetS - 1) * 1000);
  expect(standing().remaining).toBe(remaining);
  clock.advance(1000);
  expect(standing().remaining).toBeGreaterThan(remaining);
}
