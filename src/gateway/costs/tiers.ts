// The service tier and the geography that answered, where an answer leaves that open, and under which name they have a price.

import { geoFactor } from '../../billing/rates.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Price } from '../../catalog/model.ts';
import type { Codec } from '../../formats/codec.ts';
import { isDearGeo } from '../../formats/inference-geo.ts';

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

/** The usage with where it was to run where it names no geography itself; the same object where that is undefined. */
export function inGeo(usage: Usage, geo: string | undefined): Usage {
  return geo === undefined ? usage : forEach(usage, (own) => (own.geo === undefined ? { ...own, geo } : own));
}

/**
 * The usage with its one request by itself where its geography has a price, or may get one later: only requests keep
 * theirs in the ledger.
 */
export function withGeoApart(usage: Usage, price: Price): Usage {
  const isTold = geoFactor(price, usage.geo) !== undefined || isDearGeo(usage.geo);
  const isPlain = usage.requests !== undefined || !isTold;
  return isPlain ? usage : { ...usage, requests: [usage] };
}

function forEach(usage: Usage, change: (own: Usage) => Usage): Usage {
  const { requests } = usage;
  return requests ? { ...change(usage), requests: requests.map(change) } : change(usage);
}
