// What answered costs the operator more than the price of the model says: who is told of it.

import { geoFactor, isFree, type Priced } from '../../billing/rates.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Price } from '../../catalog/model.ts';
import type { Codec } from '../../formats/codec.ts';
import { isDearGeo } from '../../formats/inference-geo.ts';
import { log } from '../../lib/log.ts';

type What = 'tier' | 'geography' | 'model';
export type Unpriced = { what: What; name: string };

/** As the ledger keeps it. */
const LOSSES: Record<What, Loss> = {
  tier: {
    path: 'usage.service_tier',
    action: 'changed',
    reason: 'a dearer tier answered that has no price; charged at the model’s own',
  },
  geography: {
    path: 'usage.inference_geo',
    action: 'changed',
    reason: 'it ran in a geography that has no price; charged at the model’s own',
  },
  model: { path: 'usage.iterations', action: 'changed', reason: 'the model has no price here' },
};

const WORDS: Record<What, string> = {
  tier: 'a dearer service tier answered that has no price: it is charged at the price of the model. Add the tier to its price, or turn the tier off at the provider',
  geography:
    'an answer ran in a geography that has no price: it is charged at the price of the model. Add it to `inference_geo` in its price, or change the default of the workspace at the provider',
  model:
    'a model that has no price here answered, or gave advice: it is charged at the price of the model that was asked for. Add the model with a price',
};

/** Nothing in it can be of that kind. */
export function isOrdinary({ requests, tier, geo, other }: Usage): boolean {
  return (requests ?? tier ?? geo ?? other) === undefined;
}

/**
 * Everything of that kind in a usage that has its prices already. Tiers as `codec` has them; `find` knows the models
 * that are sold here.
 */
export function unpricedIn(
  usage: Usage,
  price: Price,
  { dearTiers }: Codec,
  find: (model: string) => Priced | undefined,
): Unpriced[] {
  const found: Unpriced[] = [];
  const add = (what: What, name: string) => {
    if (!found.some((other) => other.what === what)) found.push({ what, name });
  };
  for (const { tier, geo, other } of usage.requests ?? [usage]) {
    if (other && !other.rates) {
      add('model', other.model);
      continue;
    }
    const own = other ? find(other.model)?.price : price;
    if (!own || isFree(own)) continue;
    const name = tier?.toLowerCase();
    if (name !== undefined && dearTiers.includes(name) && !Object.hasOwn(own.tiers ?? {}, name))
      add('tier', name);
    if (geo !== undefined && isDearGeo(geo) && geoFactor(own, geo) === undefined) add('geography', geo);
  }
  return found;
}

/** The losses of an answer of such a codec that was charged with these left out. */
export function lossesOfUnpriced(unpriced: readonly Unpriced[], { asksOthers }: Codec): Loss[] {
  const hasOneName = asksOthers?.toldIn === 'model';
  return unpriced.map(({ what }) =>
    what === 'model' && hasOneName ? { ...LOSSES.model, path: 'answer.model' } : LOSSES[what],
  );
}

/** Prices whose gaps the log has told of. */
const toldOf = new WeakMap<Price, Set<string>>();
/** More than any price has; who invents them does not fill the log. */
const TOLD_MAX = 100;
const NAME_MAX = 64;

/** Once for each of them, until the price changes. */
export function tellUnpriced(
  { what, name }: Unpriced,
  price: Price,
  { model, provider }: { model: string; provider: string },
): void {
  const told = toldOf.get(price) ?? new Set<string>();
  toldOf.set(price, told);
  const key = `${what} ${name}`;
  if (told.has(key) || told.size >= TOLD_MAX) return;
  told.add(key);
  const shown = name.slice(0, NAME_MAX);
  log.warn(WORDS[what], { model, provider, [what === 'model' ? 'answered' : what]: shown });
}
