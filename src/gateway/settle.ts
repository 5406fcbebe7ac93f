// Ends a call exactly once, whatever ended it.

import type { Fault } from '../canonical/fault.ts';
import type { Usage } from '../canonical/usage.ts';
import { nowMs } from '../lib/clock.ts';
import type { Ledger, SettleRule } from '../store/ports.ts';
import type { Call } from './call.ts';

/**
 * A once-latch around a call's end. The first `settle` writes the settlement, gives the key its place
 * back and takes what was used from its minute; later ones return the same promise. It resolves when the settlement is durable and rejects when it cannot be.
 */
export class Latch {
  readonly #call: Call;
  readonly #ledger: Ledger;
  readonly #running: Set<Call>;
  #settled: Promise<void> | undefined;

  /** `running` holds the call from now until it is settled. */
  constructor(call: Call, ledger: Ledger, running: Set<Call>) {
    this.#call = call;
    this.#ledger = ledger;
    this.#running = running;
    running.add(call);
  }

  get done(): boolean {
    return this.#settled !== undefined;
  }

  /** `usage` is a function so that it is only worked out by the one who gets to write it. */
  settle(rule: SettleRule, provider: string, usage: () => Usage): Promise<void> {
    if (this.#settled) return this.#settled;
    const call = this.#call;
    call.release();
    this.#running.delete(call);
    const used = usage();
    call.spend({ tokens: used.input + used.output, nano: 0n });
    this.#settled = this.#ledger.settle({
      callId: call.id,
      keyId: call.key.id,
      model: call.model.id,
      provider,
      rule,
      usage: used,
      atMs: nowMs(),
    });
    return this.#settled;
  }
}

/** Who is to blame for a call that ended in a fault (design: "who pays when it breaks"). */
export function ruleOf(fault: Fault): SettleRule {
  if (fault.code === 'client_closed') return 'client-left';
  if (OURS.has(fault.code)) return 'our-failure';
  return fault.rule.failover || UPSTREAM_REFUSALS.has(fault.code) ? 'upstream-failed' : 'our-failure';
}

const OURS = new Set<string>(['draining', 'request_timeout', 'internal_error', 'storage_fault']);
const UPSTREAM_REFUSALS = new Set<string>([
  'upstream_rejected',
  'context_length_exceeded',
  'content_policy_violation',
]);
