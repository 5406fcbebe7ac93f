// Ends a call exactly once, whatever ended it.

import { Fault } from '../canonical/fault.ts';
import { type Loss, lossHeader } from '../canonical/loss.ts';
import type { Usage } from '../canonical/usage.ts';
import { nowMs } from '../lib/clock.ts';
import type { Journal } from '../store/journal-port.ts';
import type { Ledger, Limiter, Settlement, SettleRule } from '../store/ports.ts';
import type { Call, CallsUnderWay } from './call.ts';
import type { Bill } from './costs/bill.ts';
import { noteOf } from './costs/containers.ts';
import { recordCall } from './journal.ts';

export type SettlePorts = {
  ledger: Ledger;
  /** Gets a row for each call. */
  journal: Journal;
  /** Takes what a call used from its key's tokens and money a minute. */
  limiter: Pick<Limiter, 'spend'>;
  /** Every call that is not settled yet. */
  running: CallsUnderWay & { add(call: Call): unknown; delete(call: Call): unknown };
};

/** Who answered, and what the way there lost. */
export type Answerer = { provider: string; losses: Loss[] };

/**
 * A once-latch around a call's end. The first `settle` writes the settlement, gives the key its place back and takes
 * what was used from its minute; later ones return the same promise. It resolves when the settlement is durable and
 * rejects when it cannot be.
 */
export class Latch {
  readonly #call: Call;
  readonly #bill: Bill;
  readonly #ports: SettlePorts;
  #settled: Promise<void> | undefined;

  /** `running` holds the call from now until it is settled. */
  constructor(call: Call, bill: Bill, ports: SettlePorts) {
    this.#call = call;
    this.#bill = bill;
    this.#ports = ports;
    ports.running.add(call);
  }

  get done(): boolean {
    return this.#settled !== undefined;
  }

  /** `usage` is a function so that it is only worked out by the one who gets to write it. */
  settle(rule: SettleRule, { provider, losses }: Answerer, usage: () => Usage): Promise<void> {
    if (this.#settled) return this.#settled;
    const { ledger, journal, limiter, running } = this.#ports;
    const call = this.#call;
    const bill = this.#bill;
    call.limit.release();
    call.turn?.end();
    running.delete(call);
    const { usage: used, paid, undo } = bill.due(usage());
    const atMs = nowMs();
    const { costNano, chargeNano } = bill.charge(rule, used);
    const note = (ended: SettleRule) =>
      recordCall(journal, call, { rule: ended, provider, usage: used, atMs });
    const settlement: Settlement = {
      callId: call.id,
      key: call.key,
      model: call.model.id,
      provider,
      price: ledger.priceVersion(call.model.id, call.price),
      rule,
      usage: used,
      costNano,
      chargeNano: bill.asTold(chargeNano),
      losses: lossesOf(bill.withUnpriced(losses, used, rule, provider)),
      note: costNano > 0n ? noteOf(paid) : undefined,
      atMs,
    };
    const { durable, chargedNano } = ledger.settle(settlement, (isWritten) => {
      if (!isWritten) {
        undo();
        call.trace.chargedNano = 0n;
        call.trace.fault ??= unrecordedFault(undefined);
      }
      // the row of a call tells what has left, and the last of it leaves when the charge is durable
      if (rule !== 'client-left') note(isWritten || !SERVED.has(rule) ? rule : 'our-failure');
    });
    call.trace.chargedNano = chargedNano;
    if (costNano === 0n) undo();
    // of an answer that was there already no provider has counted a token
    const tokens = rule === 'cache' ? 0 : used.input + used.output;
    limiter.spend(call.key.id, { tokens, nano: chargedNano });
    if (rule === 'client-left') note(rule);
    this.#settled = durable;
    return durable;
  }

  /** The last bytes of the answer are with the client's connection. */
  delivered(): void {
    if (!this.#call.hasLeft) this.#ports.ledger.delivered(this.#call.id);
  }
}

/** Who has had an answer, whose end waits for the charge. */
const SERVED: ReadonlySet<SettleRule> = new Set(['finished', 'cache']);

/** As the ledger keeps them. */
function lossesOf(losses: Loss[]): string | undefined {
  return losses.length === 0 ? undefined : lossHeader(losses);
}

/** What the client is told when its settlement could not be written. */
export function unrecordedFault(cause: unknown): Fault {
  return new Fault('storage_fault', 'The answer could not be recorded; try again.', { cause });
}

/** Who is to blame for a call that ended in a fault (design: "who pays when it breaks"). */
export function ruleOf(fault: Fault): SettleRule {
  if (fault.code === 'client_closed') return 'client-left';
  if (OURS.has(fault.code)) return 'our-failure';
  return fault.rule.failover || UPSTREAM_REFUSALS.has(fault.code) ? 'upstream-failed' : 'our-failure';
}

const OURS = new Set<string>([
  'draining',
  'paused',
  'overloaded',
  'request_timeout',
  'internal_error',
  'storage_fault',
]);
const UPSTREAM_REFUSALS = new Set<string>([
  'upstream_rejected',
  'reasoning_rejected',
  'context_length_exceeded',
  'content_policy_violation',
]);
