// Which of a model's prices a call is charged by: its service tier, its step, where it ran, and a parent for what has no price.

import type { TokenRates, Usage } from '../canonical/usage.ts';
import type { Price, SteppedPrices, TokenPrices } from '../catalog/model.ts';

export type Rates = TokenRates;

/**
 * The rates of a call with `promptTokens` in all that was answered in `tier`, and ran in `geo`. A step changes the whole
 * call.
 */
export function ratesFor(price: Price, promptTokens: number, tier: string | undefined, geo?: string): Rates {
  const prices = tierOf(price, tier);
  const rates = withParents(prices.steps?.findLast((step) => promptTokens > step.aboveTokens) ?? prices);
  const factor = geoFactor(price, geo);
  return factor === undefined ? rates : { ...rates, factor };
}

/** What the price of the tokens is multiplied by, in ten-thousandths; undefined where the price does not know the place. */
export function geoFactor({ inferenceGeo = {} }: Price, geo: string | undefined): number | undefined {
  const name = geo?.toLowerCase();
  return name !== undefined && Object.hasOwn(inferenceGeo, name) ? inferenceGeo[name] : undefined;
}

/** A model that is sold here, by our name. */
export type Priced = { model: string; price: Price };

/**
 * The usage with the requests of other models at the prices these have now, as far as they have one; the same object
 * where there is none.
 */
export function withOtherRates(usage: Usage, find: (model: string) => Priced | undefined): Usage {
  if (!asksOthers(usage)) return usage;
  const requests = usage.requests?.map((request): Usage => {
    const found = request.other && find(request.other.model);
    if (!found) return request;
    const rates = ratesFor(found.price, request.input, request.tier, request.geo);
    return { ...request, other: { model: found.model, rates } };
  });
  return { ...usage, ...(requests ? { requests } : {}) };
}

/** Whether some of the tokens are another model's. */
export function asksOthers({ requests }: Usage): boolean {
  return requests?.some(({ other }) => other !== undefined) === true;
}

/** Every set of rates that a call with up to `promptTokensMax` may be charged by, in whichever tier may answer. */
export function everyRates(
  price: Price,
  promptTokensMax: number,
  mayAnswer: (tier: string) => boolean = () => true,
): Rates[] {
  const tiers = Object.entries(price.tiers ?? {}).filter(([tier]) => mayAnswer(tier));
  return [price, ...tiers.map(([, prices]) => prices)].flatMap((prices) => {
    const steps = prices.steps?.filter((step) => promptTokensMax > step.aboveTokens) ?? [];
    return [prices, ...steps].map(withParents);
  });
}

/** Whether nothing a call could use has a price above zero. */
export function isFree(price: Price): boolean {
  const known = freePrices.get(price);
  if (known !== undefined) return known;
  const free = costsNothing(price);
  freePrices.set(price, free);
  return free;
}

/** Prices are frozen, and every call asks twice. */
const freePrices = new WeakMap<Price, boolean>();

function costsNothing(price: Price): boolean {
  const { perSearch = 0, perRequest = 0, perImage = 0, perContainer = 0, perCodeRun = 0 } = price;
  if (perSearch + perRequest + perImage + perContainer + perCodeRun > 0) return false;
  return everyRates(price, Number.POSITIVE_INFINITY).every((rates) =>
    Object.values(rates).every((rate) => rate === 0),
  );
}

/** A tier without a price of its own costs what the model costs. */
function tierOf(price: Price, tier: string | undefined): SteppedPrices {
  const name = tier?.toLowerCase();
  if (name === undefined || !price.tiers || !Object.hasOwn(price.tiers, name)) return price;
  return price.tiers[name] ?? price;
}

/** Prices are frozen, and every call asks twice. */
const parented = new WeakMap<TokenPrices, Rates>();

function withParents(prices: TokenPrices): Rates {
  const known = parented.get(prices);
  if (known) return known;
  const rates = ratesOf(prices);
  parented.set(prices, rates);
  return rates;
}

function ratesOf(prices: TokenPrices): Rates {
  const { input, output, cacheWrite = input } = prices;
  return {
    input,
    cachedInput: prices.cachedInput ?? input,
    cacheWrite,
    cacheWrite1h: prices.cacheWrite1h ?? cacheWrite,
    inputAudio: prices.inputAudio ?? input,
    inputImage: prices.inputImage ?? input,
    output,
    outputAudio: prices.outputAudio ?? output,
    outputImage: prices.outputImage ?? output,
    reasoning: prices.reasoning ?? output,
  };
}
