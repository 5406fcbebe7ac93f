// What a call costs and what is charged for it, in integers from the first token to the last nanodollar.

import type { Usage } from '../canonical/usage.ts';
import type { Price } from '../catalog/model.ts';
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

const PICO_PER_NANO = 1000n;

/** All of it, in ten-thousandths. */
export const WHOLE_SHARE = 10_000;

/** Units of an exact cost. */
const EXACT_PER_PICO = 10_000n;
const EXACT_PER_NANO = EXACT_PER_PICO * PICO_PER_NANO;

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
      return usage.output > 0 || imagesOf(usage) > 0n ? chargeOf(usage, price, minimumNano) : noCharge();
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
  const cost = costOf(usage, price);
  const afterInput = wholeNano(cost.input);
  const afterCached = wholeNano(cost.input + cost.cachedInput);
  const afterOutput = wholeNano(cost.input + cost.cachedInput + cost.output);
  const costNano = wholeNano(cost.input + cost.cachedInput + cost.output + cost.other);
  return {
    costNano,
    chargeNano: costNano >= minimumNano || isFree(price) ? costNano : minimumNano,
    parts: {
      inputNano: afterInput,
      cachedInputNano: afterCached - afterInput,
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
  const other = hostedCost(usage, price) * EXACT_PER_PICO;
  const total: ExactCost = { input: 0n, cachedInput: 0n, output: 0n, other };
  for (const request of usage.requests ?? [usage]) addRequest(total, request, price);
  return total;
}

/** What is no token; requests may share what their provider hosts for them. */
function hostedCost(usage: Usage, price: Price): bigint {
  return (
    times(count(usage.serverTools.web_search), price.perSearch) +
    times(imagesOf(usage), price.perImage) +
    hostedCode(usage, price)
  );
}

function addRequest(total: ExactCost, usage: Usage, price: Price): void {
  const rates = usage.other?.rates ?? ratesFor(price, usage.input, usage.tier, usage.geo);
  const exact = rates.factor === undefined ? EXACT_PER_PICO : BigInt(rates.factor);
  const { ttl5m, ttl30m, unknown, ttl1h, ttl12h } = usage.cacheWrite;
  // Providers do not say how much of the sound or the pictures was cached: they count as uncached first.
  const uncached = costOfParts(usage.inputUncached, rates.input, [
    [usage.inputAudio, rates.inputAudio],
    [usage.inputImage, rates.inputImage],
  ]);
  const written =
    times(count(ttl5m) + count(ttl30m) + count(unknown), rates.cacheWrite) +
    times(count(ttl1h) + count(ttl12h), rates.cacheWrite1h);
  total.input += (uncached + written) * exact;
  total.cachedInput += times(count(usage.cacheRead), rates.cachedInput) * exact;
  const output = costOfParts(usage.output, rates.output, [
    [usage.outputAudio, rates.outputAudio],
    [usage.outputImage, rates.outputImage],
    [usage.outputReasoning, rates.reasoning],
  ]);
  total.output += output * exact;
  total.other += BigInt(price.perRequest ?? 0) * EXACT_PER_PICO;
}

function hostedCode({ serverTools }: Usage, price: Price): bigint {
  return (
    times(count(serverTools.container), price.perContainer) +
    times(count(serverTools.code_execution), price.perCodeRun)
  );
}

/** What of a cost the code is that the provider ran, beside its tokens. */
export function codeNano(usage: Usage, price: Price): bigint {
  return roundUp(hostedCode(usage, price));
}

/** What of a cost the searches are. */
export function searchesNano(usage: Usage, price: Price): bigint {
  return roundUp(times(count(usage.serverTools.web_search), price.perSearch));
}

/** Picodollars in nanodollars, rounded up. */
export function roundUp(pico: bigint): bigint {
  return (pico + PICO_PER_NANO - 1n) / PICO_PER_NANO;
}

function wholeNano(exact: bigint): bigint {
  return (exact + EXACT_PER_NANO - 1n) / EXACT_PER_NANO;
}

function noCharge(): Charge {
  return {
    costNano: 0n,
    chargeNano: 0n,
    parts: { inputNano: 0n, cachedInputNano: 0n, outputNano: 0n, otherNano: 0n },
  };
}

function imagesOf(usage: Usage): bigint {
  return count(usage.serverTools.image_generation);
}

/** Each part at its own rate, none larger than what the ones before it have left; the rest at the rate of the whole. */
function costOfParts(whole: number, rate: number, parts: [tokens: number, rate: number][]): bigint {
  let left = count(whole);
  let cost = 0n;
  for (const [tokens, ownRate] of parts) {
    let taken = count(tokens);
    if (taken > left) taken = left;
    left -= taken;
    cost += times(taken, ownRate);
  }
  return cost + times(left, rate);
}

function times(amount: bigint, pico: number | undefined): bigint {
  // most classes are empty, and an integer without end is dear to make
  return amount === 0n || !pico ? 0n : amount * BigInt(pico);
}

/** Whatever a provider reported as a whole number of at least 0: money must not fail on a report. */
function count(reported: number | undefined): bigint {
  return reported !== undefined && Number.isFinite(reported) && reported > 0
    ? BigInt(Math.floor(reported))
    : 0n;
}
