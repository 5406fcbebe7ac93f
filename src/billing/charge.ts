// What a call costs and what is charged for it, in integers from the first token to the last nanodollar.

import type { Usage } from '../canonical/usage.ts';
import type { Price } from '../catalog/model.ts';
import { Exact } from './exact.ts';
import { isFree, ratesFor } from './rates.ts';

/** How a call ended, as far as money goes. */
export type SettleRule = 'finished' | 'cache' | 'upstream-failed' | 'our-failure' | 'client-left' | 'crashed';

/**
 * Ten-thousandths of a picodollar (1e-16 USD), exact: prices are whole picodollars, and factors on them have four digits.
 * `input` holds all of the prompt but cache reads, `other` what is no token.
 */
export type ExactCost = { input: bigint; cachedInput: bigint; output: bigint; other: bigint };

/** `parts` add up to `costNano`; `chargeNano` is that with the minimum applied. */
export type Charge = {
  costNano: bigint;
  chargeNano: bigint;
  parts: { inputNano: bigint; cachedInputNano: bigint; outputNano: bigint; otherNano: bigint };
};

/**
 * Who pays when it breaks (design 1.2). `produced`: the cost, or nothing as long as nothing came out; `share`: a part of
 * what the call that was answered first would be charged now.
 */
const WHO_PAYS = {
  finished: 'cost',
  cache: 'share',
  'client-left': 'produced',
  'upstream-failed': 'nothing',
  'our-failure': 'nothing',
  crashed: 'nothing',
} as const satisfies Record<SettleRule, 'cost' | 'share' | 'produced' | 'nothing'>;

/** All of it, in ten-thousandths. */
export const WHOLE_SHARE = 10_000;

/** Units of an exact cost. */
const EXACT_PER_NANO = 10_000_000n;

/**
 * What a call that ended by `rule` is charged. Its usage is recorded even where this is nothing. `share` is the part of
 * it that an answer out of the cache costs, in ten-thousandths.
 */
export function billOf(
  rule: SettleRule,
  usage: Usage,
  price: Price,
  minimumNano: bigint,
  share = WHOLE_SHARE,
): Charge {
  const pays = WHO_PAYS[rule];
  switch (pays) {
    case 'cost':
      return chargeOf(usage, price, minimumNano);
    case 'share':
      return {
        ...chargeOf(usage, price, minimumNano),
        chargeNano: shareOf(usage, price, minimumNano, share),
      };
    case 'produced':
      return usage.output > 0 || imagesOf(usage) > 0 ? chargeOf(usage, price, minimumNano) : noCharge();
    case 'nothing':
      return noCharge();
    default:
      return pays satisfies never;
  }
}

/**
 * The charge for a usage. Rounded up once, to nanodollars, at the total; each part is what the rounded running total
 * grows by when it is added (input, cached input, output, other), so that the parts add up to the cost exactly.
 */
export function chargeOf(usage: Usage, price: Price, minimumNano: bigint): Charge {
  const { input, cachedInput, output, other } = sumsOf(usage, price);
  const total = new Exact();
  const totalNanoWith = (part: Exact): bigint => {
    total.include(part);
    return total.nano;
  };
  const inputNano = totalNanoWith(input);
  const afterCached = totalNanoWith(cachedInput);
  const afterOutput = totalNanoWith(output);
  const costNano = totalNanoWith(other);
  return {
    costNano,
    chargeNano: costNano >= minimumNano || isFree(price) ? costNano : minimumNano,
    parts: {
      inputNano,
      cachedInputNano: afterCached - inputNano,
      outputNano: afterOutput - afterCached,
      otherNano: costNano - afterOutput,
    },
  };
}

/** Of the charge with its minimum, rounded up once. */
function shareOf(usage: Usage, price: Price, minimumNano: bigint, share: number): bigint {
  const { input, cachedInput, output, other } = costOf(usage, price);
  const cost = input + cachedInput + output + other;
  const least = isFree(price) ? 0n : minimumNano * EXACT_PER_NANO;
  const shares = (cost > least ? cost : least) * BigInt(share);
  const whole = EXACT_PER_NANO * BigInt(WHOLE_SHARE);
  return (shares + whole - 1n) / whole;
}

/**
 * The exact cost before any rounding; within one step and tier it is linear in the tokens. Several requests cost what
 * each of them costs by its own prompt, tier, geography and model.
 */
export function costOf(usage: Usage, price: Price): ExactCost {
  const { input, cachedInput, output, other } = sumsOf(usage, price);
  return {
    input: input.units,
    cachedInput: cachedInput.units,
    output: output.units,
    other: other.units,
  };
}

type Sums = Record<keyof ExactCost, Exact>;

function sumsOf(usage: Usage, price: Price): Sums {
  const sums: Sums = {
    input: new Exact(),
    cachedInput: new Exact(),
    output: new Exact(),
    other: new Exact(),
  };
  addHosted(sums.other, usage, price);
  if (usage.requests) for (const request of usage.requests) addRequest(sums, request, price);
  else addRequest(sums, usage, price);
  return sums;
}

/** What is no token; requests may share what their provider hosts for them. */
function addHosted(sum: Exact, usage: Usage, price: Price): void {
  addSearches(sum, usage, price);
  sum.add(imagesOf(usage), price.perImage);
  addCode(sum, usage, price);
}

function addSearches(sum: Exact, { serverTools }: Usage, price: Price): void {
  sum.add(count(serverTools.web_search), price.perSearch);
}

function addCode(sum: Exact, { serverTools }: Usage, price: Price): void {
  sum.add(count(serverTools.container), price.perContainer);
  sum.add(count(serverTools.code_execution), price.perCodeRun);
}

function addRequest(sums: Sums, usage: Usage, price: Price): void {
  const rates = usage.other?.rates ?? ratesFor(price, usage.input, usage.tier, usage.geo);
  const { factor } = rates;
  const { ttl5m, ttl30m, unknown, ttl1h, ttl12h } = usage.cacheWrite;
  // Providers do not say how much of the sound or the pictures was cached: they count as uncached first.
  let plain = count(usage.inputUncached);
  plain -= addPart(sums.input, usage.inputAudio, plain, rates.inputAudio, factor);
  plain -= addPart(sums.input, usage.inputImage, plain, rates.inputImage, factor);
  sums.input.add(plain, rates.input, factor);
  sums.input.add(count(ttl5m) + count(ttl30m) + count(unknown), rates.cacheWrite, factor);
  sums.input.add(count(ttl1h) + count(ttl12h), rates.cacheWrite1h, factor);
  sums.cachedInput.add(count(usage.cacheRead), rates.cachedInput, factor);
  let text = count(usage.output);
  text -= addPart(sums.output, usage.outputAudio, text, rates.outputAudio, factor);
  text -= addPart(sums.output, usage.outputImage, text, rates.outputImage, factor);
  text -= addPart(sums.output, usage.outputReasoning, text, rates.reasoning, factor);
  sums.output.add(text, rates.output, factor);
  sums.other.add(1, price.perRequest);
}

/** Adds tokens that are part of others, which leave room for no more than `most`; returns how many it were. */
function addPart(sum: Exact, tokens: number, most: number, rate: number, factor: number | undefined): number {
  const part = Math.min(count(tokens), most);
  sum.add(part, rate, factor);
  return part;
}

/** What of a cost the code is that the provider ran, beside its tokens. */
export function codeNano(usage: Usage, price: Price): bigint {
  const { container, code_execution } = usage.serverTools;
  if (!container && !code_execution) return 0n;
  const sum = new Exact();
  addCode(sum, usage, price);
  return sum.nano;
}

/** What of a cost the searches are. */
export function searchesNano(usage: Usage, price: Price): bigint {
  if (!usage.serverTools.web_search) return 0n;
  const sum = new Exact();
  addSearches(sum, usage, price);
  return sum.nano;
}

function noCharge(): Charge {
  return {
    costNano: 0n,
    chargeNano: 0n,
    parts: { inputNano: 0n, cachedInputNano: 0n, outputNano: 0n, otherNano: 0n },
  };
}

function imagesOf(usage: Usage): number {
  return count(usage.serverTools.image_generation);
}

/** Whatever a provider reported as a whole number of at least 0: money must not fail on a report. */
function count(reported: number | undefined): number {
  return reported !== undefined && Number.isFinite(reported) && reported > 0 ? Math.floor(reported) : 0;
}
