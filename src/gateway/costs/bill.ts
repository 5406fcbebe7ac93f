// What a call costs: its usage under the prices it began with, shown to the client before it is charged.

import { billOf, type Charge, codeNano, searchesNano } from '../../billing/charge.ts';
import type { HoldRules } from '../../billing/hold.ts';
import { asksOthers, isFree, type Priced, withOtherRates } from '../../billing/rates.ts';
import { shownCost } from '../../billing/shown-cost.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { ShownCost, Usage } from '../../canonical/usage.ts';
import { isSameModel } from '../../catalog/name.ts';
import { priceAt } from '../../catalog/price.ts';
import { type ModelIndex, modelNamed } from '../../catalog/resolve.ts';
import type { Codec } from '../../formats/codec.ts';
import { nowMs } from '../../lib/clock.ts';
import type { Ledger, SettleRule } from '../../store/ports.ts';
import type { Call } from '../call.ts';
import type { Plan } from '../plan.ts';
import { type Due, type Paid, type PaidContainers, withoutContainers } from './containers.ts';
import { type Sent, sentAs } from './fallbacks/fit.ts';
import { inGeo, inTier, underPricedNames, withGeoApart } from './tiers.ts';
import { isOrdinary, lossesOfUnpriced, tellUnpriced, unpricedIn } from './unpriced.ts';

export type BillPorts = {
  ledger: Pick<Ledger, 'reserve'>;
  billing: HoldRules;
  containers: PaidContainers;
  models: ModelIndex;
};

/** One for a call, over all its attempts. It charges nothing: that is the latch's. */
export class Bill {
  readonly #call: Call;
  readonly #ports: BillPorts;
  #finished: { usage: Usage; charge: Charge } | undefined;
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

  constructor(call: Call, ports: BillPorts) {
    this.#call = call;
    this.#ports = ports;
  }

  /** The next attempt is billed by this plan. It is not kept itself: it holds the whole request. */
  goBy(plan: Plan): void {
    const call = this.#call;
    this.#freesContainers = plan.kind === 'pass' && plan.upstream.freesContainers?.(call.body) === true;
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
    const { usage } = this.due(reported);
    if (isFree(price) && !asksOthers(usage)) return undefined;
    const charge = this.charge(this.#call.caching?.hit ? 'cache' : 'finished', usage);
    const chargeNano = this.#ports.ledger.reserve(this.#call.id, charge.chargeNano);
    this.#told = { of: charge.chargeNano, nano: chargeNano };
    const shown = chargeNano === charge.chargeNano ? charge : { ...charge, chargeNano };
    const apart = { searchesNano: searchesNano(usage, price), codeNano: codeNano(usage, price) };
    return shownCost(shown, apart);
  }

  /** What is to be paid of what a provider reported, with everything priced that has rates of its own. */
  due(reported: Usage): Due {
    if (this.#due?.of === reported) return this.#due.due;
    const { startedMs, tier, geo } = this.#call;
    const isPlain = isOrdinary(reported) && tier === undefined && geo === undefined;
    this.#due?.due.undo();
    const due = this.#dueContainers(isPlain ? reported : this.#asPriced(reported), startedMs);
    this.#due = { of: reported, due };
    return due;
  }

  /** What of that is charged under the rule. It is shown before it is charged, mostly of the same usage. */
  charge(rule: SettleRule, usage: Usage): Charge {
    if (rule === 'finished' && this.#finished?.usage === usage) return this.#finished.charge;
    const { price, caching } = this.#call;
    const charge = billOf(rule, usage, price, this.#ports.billing.minimumChargeNano, caching?.share);
    if (rule === 'finished') this.#finished = { usage, charge };
    return charge;
  }

  /** The charge as the client was told it. */
  asTold(chargeNano: bigint): bigint {
    return this.#told?.of === chargeNano ? this.#told.nano : chargeNano;
  }

  /** The losses with those of what has no price; of a charge, the operator hears of it too. */
  withUnpriced(losses: Loss[], used: Usage, rule: SettleRule, provider: string): Loss[] {
    const { price, model } = this.#call;
    const isPaid = rule === 'finished' || rule === 'client-left';
    if (!this.#upstream || !isPaid || isOrdinary(used)) return losses;
    const unpriced = unpricedIn(used, price, this.#upstream, (name) => this.#priced(name));
    for (const each of unpriced) tellUnpriced(each, price, { model: model.id, provider });
    return [...losses, ...lossesOfUnpriced(unpriced, this.#upstream)];
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
      return nothingDue(usage);
    if (this.#freesContainers) return nothingDue(withoutContainers(usage));
    return this.#ports.containers.due(usage, startedMs, nowMs());
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
}

function nothingDue(usage: Usage): Due {
  return { usage, paid: NONE_PAID, undo: NOTHING };
}

const NONE_PAID: Paid = new Map();
const NOTHING = () => {};
