// The service tier that answered: under which name it has a price, and who is told when it has none.

import { isFree } from '../billing/rates.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Price } from '../catalog/model.ts';
import type { Codec } from '../formats/codec.ts';
import { log } from '../lib/log.ts';

/** The usage with the names that the price has for its tiers, where a tier has two; mostly the same object. */
export function underPricedNames(usage: Usage, { tiers = {} }: Price, { tierTwins = {} }: Codec): Usage {
  const named = (own: Usage): Usage => {
    const tier = own.tier?.toLowerCase();
    const twin = tier === undefined || Object.hasOwn(tiers, tier) ? undefined : tierTwins[tier];
    return twin === undefined || !Object.hasOwn(tiers, twin) ? own : { ...own, tier: twin };
  };
  return forEach(usage, named);
}

/** The usage with this tier where it names none itself; the same object where that is undefined. */
export function inTier(usage: Usage, tier: string | undefined): Usage {
  if (tier === undefined) return usage;
  return forEach(usage, (own) => (own.tier === undefined && !own.other ? { ...own, tier } : own));
}

function forEach(usage: Usage, change: (own: Usage) => Usage): Usage {
  const { requests } = usage;
  return requests ? { ...change(usage), requests: requests.map(change) } : change(usage);
}

/** The tier of an answer that its provider asks more for, while the model has no price for it. */
export function unpricedTier(usage: Usage, price: Price, { dearTiers }: Codec): string | undefined {
  const tiers = (usage.requests ?? [usage]).map(({ tier, other }) =>
    other ? undefined : tier?.toLowerCase(),
  );
  const found = tiers.find(
    (tier) => tier !== undefined && dearTiers.includes(tier) && !Object.hasOwn(price.tiers ?? {}, tier),
  );
  return found === undefined || isFree(price) ? undefined : found;
}

/** As the ledger keeps it. */
export const AT_STANDARD_PRICE: Loss = {
  path: 'usage.service_tier',
  action: 'changed',
  reason: 'a dearer tier answered that has no price; charged at the model’s own',
};

/** Prices whose missing tiers the log has told of. */
const toldOf = new WeakMap<Price, Set<string>>();

/** Once for each tier, until the price changes. */
export function tellUnpriced(
  tier: string,
  price: Price,
  { model, provider }: { model: string; provider: string },
): void {
  const told = toldOf.get(price) ?? new Set<string>();
  toldOf.set(price, told);
  if (told.has(tier)) return;
  told.add(tier);
  log.warn(
    'a dearer service tier answered that has no price: it is charged at the price of the model. Add the tier to its price, or turn the tier off at the provider',
    { model, provider, tier },
  );
}
