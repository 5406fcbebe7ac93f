// Ends a call exactly once, whatever ended it.

import type { Usage } from '../canonical/usage.ts';
import { nowMs } from '../lib/clock.ts';
import type { Ledger, SettleRule } from '../store/ports.ts';
import type { Call } from './call.ts';

/**
 * A once-latch around a call's end. The first `settle` writes the settlement and gives the key its place back;
 * later ones return the same promise. It resolves when the settlement is durable and rejects when it cannot be.
 */
export class Latch {
  readonly #call: Call;
  readonly #ledger: Ledger;
  #settled: Promise<void> | undefined;

  constructor(call: Call, ledger: Ledger) {
    this.#call = call;
    this.#ledger = ledger;
  }

  get done(): boolean {
    return this.#settled !== undefined;
  }

  /** `usage` is a function so that it is only worked out by the one who gets to write it. */
  settle(rule: SettleRule, provider: string, usage: () => Usage): Promise<void> {
    if (this.#settled) return this.#settled;
    const call = this.#call;
    call.release();
    this.#settled = this.#ledger.settle({
      callId: call.id,
      keyId: call.key.id,
      model: call.model.id,
      provider,
      rule,
      usage: usage(),
      atMs: nowMs(),
    });
    return this.#settled;
  }
}
