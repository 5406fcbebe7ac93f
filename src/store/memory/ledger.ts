// Calls and tokens per key, in memory only: a ledger without money.

import { LRUCache } from 'lru-cache';
import type { Ledger, Settlement } from '../ports.ts';

/** A call is settled within minutes of its start; a repeat later than this many others does not happen. */
const MAX_REMEMBERED_CALLS = 100_000;

type Sum = { requests: number; inputTokens: number; outputTokens: number };

/** A ledger that forgets everything with the process; each call id counts once. */
export function createMemoryLedger(): Ledger {
  const settled = new LRUCache<bigint, true>({ max: MAX_REMEMBERED_CALLS });
  const sums = new Map<string, Sum>();

  return {
    async settle({ callId, keyId, usage }: Settlement) {
      if (settled.has(callId)) return;
      settled.set(callId, true);
      const sum = sums.get(keyId) ?? { requests: 0, inputTokens: 0, outputTokens: 0 };
      sums.set(keyId, {
        requests: sum.requests + 1,
        inputTokens: sum.inputTokens + usage.input,
        outputTokens: sum.outputTokens + usage.output,
      });
    },
    usageOf: (keyId) => ({ ...(sums.get(keyId) ?? { requests: 0, inputTokens: 0, outputTokens: 0 }) }),
  };
}
