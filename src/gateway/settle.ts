// Ends a call exactly once, whatever ended it.

import type { Fault } from '../canonical/fault.ts';
import type { Usage } from '../canonical/usage.ts';
import { nowMs } from '../lib/clock.ts';
import type { Journal } from '../store/journal-port.ts';
import type { Ledger, SettleRule } from '../store/ports.ts';
import type { Call } from './call.ts';
import { recordCall } from './journal.ts';

/**
 * A once-latch around a call's end. The first `settle` writes the settlement and gives the key its place back;
 * later ones return the same promise. It resolves when the settlement is durable and rejects when it cannot be.
 */
export class Latch {
  readonly #call: Call;
  readonly #ledger: Ledger;
  readonly #journal: Journal;
  readonly #running: Set<Call>;
  #settled: Promise<void> | undefined;

  /** `running` holds the call from now until it is settled. */
  constructor(call: Call, ledger: Ledger, journal: Journal, running: Set<Call>) {
    this.#call = call;
    this.#ledger = ledger;
    this.#journal = journal;
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
    const end = { rule, provider, usage: usage(), atMs: nowMs() };
    recordCall(this.#journal, call, end);
    this.#settled = this.#ledger.settle({
      callId: call.id,
      keyId: call.key.id,
      model: call.model.id,
      ...end,
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
