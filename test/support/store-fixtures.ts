// Keys and a clock for tests of the stores.

import type { Clock } from '../../src/lib/clock.ts';
import { sha256Hex } from '../../src/lib/crypto.ts';
import type { NewKey } from '../../src/store/ports.ts';

/** A clock that a test moves by hand. */
export function fakeClock(startMs = Date.UTC(2026, 0, 15)): Clock & { advance(ms: number): void } {
  let now = startMs;
  return {
    nowMs: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** A key with nothing but what it needs. */
export const PLAIN_KEY: NewKey = {
  name: 'plain',
  kind: 'credit',
  account: 'operator',
  creditNano: 0n,
  limits: {},
};

/** A key with every member set, amounts beyond what a float holds. */
export const FULL_KEY: NewKey = {
  name: 'Ana’s "laptop" 💻',
  kind: 'time',
  account: 'ana@example.com',
  creditNano: 9_007_199_254_740_993n,
  days: 30,
  quotaNano: 999_999_999_999_999_999n,
  budget: { amountNano: 20_000_000_001n, period: 'month' },
  models: ['gpt-5', 'claude-*'],
  limits: { requestsPerMinute: 60, concurrent: 3, tokensPerMinute: 100_000 },
  expiresAtMs: Date.UTC(2026, 11, 31),
};

export const secretOf = (text: string) => ({ hashHex: sha256Hex(text), prefix: text.slice(0, 14) });
