// The prices of a model over time: which one is in force, which ones are coming, what makes two of them the same.

import { isObject } from '../lib/json.ts';
import type { Model, Price, SteppedPrices, TokenPrices } from './model.ts';

/** A margin, or any other factor on prices, of 1.15 is 11,500 of these. */
export const MARGIN_ONE = 10_000;

/** The price in force at a moment; undefined when the model has none yet. */
export function priceAt(model: Model, atMs: number): Price | undefined {
  const { price, laterPrices } = model;
  if (laterPrices === undefined && price?.fromMs === undefined) return price;
  return pricesOf(model).findLast((price) => startsAt(price) <= atMs);
}

/** The prices that take over after a moment, by date. */
export function pricesAfter(model: Model, atMs: number): Price[] {
  return pricesOf(model).filter((price) => startsAt(price) > atMs);
}

/** Every price of the model, by date. */
export function pricesOf(model: Model): Price[] {
  return model.price === undefined ? [] : [model.price, ...(model.laterPrices ?? [])];
}

/** The price as canonical JSON: equal prices have equal keys, and the key tells all of the price. */
export function priceKey(price: Price): string {
  return canonicalJson(price);
}

/** The price times a margin in ten-thousandths, every figure rounded up to whole picodollars. */
export function withMargin(price: Price, margin: number): Price {
  if (margin === MARGIN_ONE) return price;
  const raise = (pico: number): number =>
    Number((BigInt(pico) * BigInt(margin) + BigInt(MARGIN_ONE - 1)) / BigInt(MARGIN_ONE));
  const raiseTokens = <Prices extends TokenPrices>(prices: Prices): Prices => {
    const raised = { ...prices };
    for (const name of TOKEN_CLASSES) {
      const pico = prices[name];
      if (pico !== undefined) raised[name] = raise(pico);
    }
    return raised;
  };
  const raiseStepped = <Prices extends SteppedPrices>(prices: Prices): Prices => ({
    ...raiseTokens(prices),
    ...(prices.steps === undefined ? {} : { steps: prices.steps.map(raiseTokens) }),
  });
  const raised: Price = { ...raiseStepped(price), source: `${price.source}, with the operator's margin` };
  for (const name of UNIT_CLASSES) {
    const pico = price[name];
    if (pico !== undefined) raised[name] = raise(pico);
  }
  if (price.tiers !== undefined) {
    const tiers = Object.entries(price.tiers).map(([tier, prices]) => [tier, raiseStepped(prices)] as const);
    raised.tiers = Object.fromEntries(tiers);
  }
  return raised;
}

/** Members of TokenPrices, in the order in which they are shown. */
export const TOKEN_CLASSES = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWrite1h',
  'inputAudio',
  'inputImage',
  'output',
  'reasoning',
  'outputAudio',
  'outputImage',
] as const satisfies readonly (keyof TokenPrices)[];

/** Prices of one thing each. */
export const UNIT_CLASSES = [
  'perRequest',
  'perSearch',
  'perImage',
  'perContainer',
  'perCodeRun',
] as const satisfies readonly (keyof Price)[];

function startsAt({ fromMs }: Price): number {
  return fromMs ?? Number.NEGATIVE_INFINITY;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
