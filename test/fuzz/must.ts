// What every trial tells, and what it demands of what is thrown and of what is counted.

import { chargeOf } from '../../src/billing/charge.ts';
import { Fault, type FaultCode } from '../../src/canonical/fault.ts';
import type { Usage } from '../../src/canonical/usage.ts';

/** Bytes that came out, and whether the input was understood or refused. */
export type Outcome = { bytesOut: number; understood: boolean };

/** One of them by any number, or all of them. */
export function chosen<T>(all: readonly T[], only: number | undefined): readonly T[] {
  return only === undefined ? all : all.slice(only % all.length).slice(0, 1);
}

const OURS: readonly FaultCode[] = ['internal_error', 'storage_fault'];

/** Throws on what is no fault of the provider or the client. */
export function mustBeFault(thrown: unknown): asserts thrown is Fault {
  if (!(thrown instanceof Fault)) throw thrown;
  if (OURS.includes(thrown.code)) throw thrown.cause ?? thrown;
  if (thrown.message === '') throw new Error(`${thrown.code} without a word`);
}

const PRICE = { input: 1_000_000, output: 5_000_000, source: '', asOf: '' };
/** No call is as dear; a wrong count would be. Nanodollars. */
const CHARGE_NANO_MAX = 100_000_000_000_000n;

/** What is metered can be charged: whole counts, parts no larger than their whole, no absurd sum. */
export function mustBeChargeable(usage: Usage): void {
  const { input, output, inputUncached, cacheRead, outputReasoning } = usage;
  for (const count of [input, output, inputUncached, cacheRead, outputReasoning])
    if (!Number.isSafeInteger(count) || count < 0) throw new Error(`a count of ${count}`);
  if (outputReasoning > output) throw new Error('more reasoning than output');
  const { chargeNano } = chargeOf(usage, PRICE, 1_000_000n);
  if (chargeNano < 0n || chargeNano > CHARGE_NANO_MAX) throw new Error(`a charge of ${chargeNano}`);
}
