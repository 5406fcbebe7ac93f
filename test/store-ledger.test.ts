// The ledger without money: every call counts once.

import { expect, test } from 'bun:test';
import { noUsage } from '../src/canonical/usage.ts';
import { createMemoryLedger } from '../src/store/memory/ledger.ts';
import type { Settlement } from '../src/store/ports.ts';

function settlement(callId: bigint, keyId: string, input: number, output: number): Settlement {
  const usage = { ...noUsage(), input, inputUncached: input, output };
  return { callId, keyId, model: 'm', provider: 'p', rule: 'finished', usage, atMs: 0 };
}

test('calls and tokens add up for each key', async () => {
  const ledger = createMemoryLedger();
  await ledger.settle(settlement(1n, 'a', 10, 5));
  await ledger.settle(settlement(2n, 'a', 1, 2));
  await ledger.settle(settlement(3n, 'b', 100, 0));
  expect(ledger.usageOf('a')).toEqual({ requests: 2, inputTokens: 11, outputTokens: 7 });
  expect(ledger.usageOf('b')).toEqual({ requests: 1, inputTokens: 100, outputTokens: 0 });
  expect(ledger.usageOf('c')).toEqual({ requests: 0, inputTokens: 0, outputTokens: 0 });
});

test('a second settlement of a call changes nothing, whatever it says', async () => {
  const ledger = createMemoryLedger();
  const first = settlement(1n, 'a', 10, 5);
  await Promise.all([
    ledger.settle(first),
    ledger.settle({ ...first, usage: noUsage() }),
    ledger.settle(first),
  ]);
  await ledger.settle(settlement(1n, 'b', 7, 7));
  expect(ledger.usageOf('a')).toEqual({ requests: 1, inputTokens: 10, outputTokens: 5 });
  expect(ledger.usageOf('b').requests).toBe(0);
});

test('what it hands out is a copy', async () => {
  const ledger = createMemoryLedger();
  await ledger.settle(settlement(1n, 'a', 10, 5));
  ledger.usageOf('a').requests = 99;
  expect(ledger.usageOf('a').requests).toBe(1);
});
