// Ends a call exactly once, whatever ended it.

import { billOf, type Charge, codeNano, searchesNano } from '../billing/charge.ts';
import type { HoldRules } from '../billing/hold.ts';
import { asksOthers, isFree, type Priced, withOtherRates } from '../billing/rates.ts';
import { shownCost } from '../billing/shown-cost.ts';
import { Fault } from '../canonical/fault.ts';
import { type Loss, lossHeader } from '../canonical/loss.ts';
import type { ShownCost, Usage } from '../canonical/usage.ts';
import { isSameModel } from '../catalog/name.ts';
import { priceAt } from '../catalog/price.ts';
import { type ModelIndex, modelNamed } from '../catalog/resolve.ts';
import type { Codec } from '../formats/codec.ts';
import { nowMs } from '../lib/clock.ts';
import type { Journal } from '../store/journal-port.ts';
import type { Ledger, Limiter, Settlement, SettleRule } from '../store/ports.ts';
import type { Call, CallsUnderWay } from './call.ts';
import {
  type Due,
  hasFreeContainers,
  noteOf,
  type PaidContainers,
  withoutContainers,
} from './costs/containers.ts';
import { type Sent, sentAs } from './costs/fallbacks/fit.ts';
import { inGeo, inTier, underPricedNames, withGeoApart } from './costs/tiers.ts';
import { isOrdinary, lossesOfUnpriced, tellUnpriced, unpricedIn } from './costs/unpriced.ts';
import { recordCall } from './journal.ts';
import type { Plan } from './plan.ts';

export type SettlePorts = {
  ledger: Ledger;
  /** Gets a row for each call. */
  journal: Journal;
  /** Takes what a call used from its key's tokens and money a minute. */
  limiter: Pick<Limiter, 'spend'>;
  billing: HoldRules;
  containers: PaidContainers;
  models: ModelIndex;
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
  readonly #ports: SettlePorts;
  #settled: Promise<void> | undefined;
  #billed: { usage: Usage; charge: Charge } | undefined;
  /** What the client was told that such a charge comes to: a strict hold may not have covered all of it. */
  #told: { of: bigint; nano: bigint } | undefined;
  /** What is due of the usage looked at last; the same one is always due the same. */
  #due: { of: Usage; due: Due } | undefined;
  /** The provider asks nothing for the containers of this attempt. */
  #freesContainers = false;
  /** What the answer of this attempt is written in, which says what its tiers are called. */
  #upstream: Codec | undefined;
  /** What the model of this attempt is called at its provider, and which others may take over. */
  #askedAs: string | undefined;
  #fallbacks: readonly Sent[] = [];

  /** `running` holds the call from now until it is settled. */
  constructor(call: Call, ports: SettlePorts) {
    this.#call = call;
    this.#ports = ports;
    ports.running.add(call);
  }

  get done(): boolean {
    return this.#settled !== undefined;
  }

  /** What the next attempt is billed by. Not the plan itself is kept: it holds the whole request. */
  goBy(plan: Plan): void {
    const call = this.#call;
    this.#freesContainers = hasFreeContainers(call, plan);
    this.#upstream = plan.upstream;
    this.#askedAs = plan.candidate.deployment.model;
    this.#fallbacks = plan.fallbacks;
    call.tier = plan.tier;
    call.geo = plan.kind === 'pass' ? plan.geo : undefined;
  }

  /**
   * What the client is shown of the cost if the call finishes with this usage. Nothing where nothing can cost anything:
   * such an answer stays as it came.
   */
  costOf(reported: Usage): ShownCost | undefined {
    const { price } = this.#call;
    if (isFree(price) && !this.#call.fallbacks) return undefined;
    const { usage } = this.#dueOf(reported);
    if (isFree(price) && !asksOthers(usage)) return undefined;
    const charge = this.#billOf(this.#call.caching?.hit ? 'cache' : 'finished', usage);
    const chargeNano = this.#ports.ledger.reserve(this.#call.id, charge.chargeNano);
    this.#told = { of: charge.chargeNano, nano: chargeNano };
    const shown = chargeNano === charge.chargeNano ? charge : { ...charge, chargeNano };
    const apart = { searchesNano: searchesNano(usage, price), codeNano: codeNano(usage, price) };
    return shownCost(shown, apart);
  }

  #dueOf(reported: Usage): Due {
    if (this.#due?.of === reported) return this.#due.due;
    const { startedMs, tier, geo } = this.#call;
    const isPlain = isOrdinary(reported) && tier === undefined && geo === undefined;
    this.#due?.due.undo();
    const due = this.#dueContainers(isPlain ? reported : this.#asPriced(reported), startedMs);
    this.#due = { of: reported, due };
    return due;
  }

  #asPriced(reported: Usage): Usage {
    const { price, tier, geo } = this.#call;
    const served = inTier(inGeo(this.#asAsked(reported), geo), tier);
    const named = this.#upstream ? underPricedNames(served, price, this.#upstream) : served;
    const priced = withOtherRates(named, (name) => this.#priced(name));
    return withGeoApart(priced, price);
  }

  #dueContainers(usage: Usage, startedMs: number): Due {
    if (usage.containers === undefined || this.#call.price.perContainer === undefined)
      return { usage, ...NOTHING_DUE };
    if (this.#freesContainers) return { usage: withoutContainers(usage), ...NOTHING_DUE };
    return this.#ports.containers.due(usage, startedMs, nowMs());
  }

  /** The losses with those of what has no price; of a charge, the operator hears of it too. */
  #withUnpriced(losses: Loss[], used: Usage, rule: SettleRule, provider: string): Loss[] {
    const { price, model } = this.#call;
    const isPaid = rule === 'finished' || rule === 'client-left';
    if (!this.#upstream || !isPaid || isOrdinary(used)) return losses;
    const unpriced = unpricedIn(used, price, this.#upstream, (name) => this.#priced(name));
    for (const each of unpriced) tellUnpriced(each, price, { model: model.id, provider });
    return [...losses, ...lossesOfUnpriced(unpriced, this.#upstream.id)];
  }

  /** What was asked for is told by name too where others took a part; its tier is the one it was asked in. */
  #asAsked(usage: Usage): Usage {
    if (!asksOthers(usage)) return usage;
    const { tier, fallbacks } = this.#call;
    // whoever answered in place of another tells its tier itself, if any, and was asked in the same one
    if (fallbacks?.member === 'models') return this.#inOneTier(usage, tier);
    const requests = usage.requests?.map(({ other, ...own }): Usage => {
      if (!other || !this.#isAsked(other.model)) return other ? { ...own, other } : own;
      return tier === undefined ? own : { ...own, tier };
    });
    return { ...usage, ...(requests ? { requests } : {}) };
  }

  #inOneTier(usage: Usage, asked: string | undefined): Usage {
    const requests = (usage.requests ?? []).map(({ other, ...own }): Usage => {
      const tier = own.tier ?? asked;
      const isOther = other !== undefined && !this.#isAsked(other.model);
      return { ...own, ...(tier === undefined ? {} : { tier }), ...(isOther ? { other } : {}) };
    });
    return { ...usage, requests };
  }

  #isAsked(name: string): boolean {
    if (this.#askedAs !== undefined && isSameModel(this.#askedAs, name)) return true;
    return !sentAs(this.#fallbacks, name) && modelNamed(this.#ports.models, name) === this.#call.model;
  }

  /** Of a model that took over or gave advice, by the name it has at its provider. */
  #priced(name: string): Priced | undefined {
    const fallback = sentAs(this.#fallbacks, name);
    if (fallback) return { model: fallback.model.id, price: fallback.price };
    const model = modelNamed(this.#ports.models, name);
    const price = model && priceAt(model, this.#call.startedMs);
    return price && { model: model.id, price };
  }

  /** The cost is shown before it is charged, mostly of the same usage. */
  #billOf(rule: SettleRule, usage: Usage): Charge {
    if (rule === 'finished' && this.#billed?.usage === usage) return this.#billed.charge;
    const { price, caching } = this.#call;
    const charge = billOf(rule, usage, price, this.#ports.billing.minimumChargeNano, caching?.share);
    if (rule === 'finished') this.#billed = { usage, charge };
    return charge;
  }

  /** `usage` is a function so that it is only worked out by the one who gets to write it. */
  settle(rule: SettleRule, { provider, losses }: Answerer, usage: () => Usage): Promise<void> {
    if (this.#settled) return this.#settled;
    const { ledger, journal, limiter, running } = this.#ports;
    const call = this.#call;
    call.limit.release();
    call.turn?.end();
    running.delete(call);
    const { usage: used, paid, undo } = this.#dueOf(usage());
    const atMs = nowMs();
    const { costNano, chargeNano } = this.#billOf(rule, used);
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
      chargeNano: this.#told?.of === chargeNano ? this.#told.nano : chargeNano,
      losses: lossesOf(this.#withUnpriced(losses, used, rule, provider)),
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

const NOTHING_DUE: Omit<Due, 'usage'> = { paid: new Map(), undo: () => {} };

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
  'context_length_exceeded',
  'content_policy_violation',
]);
