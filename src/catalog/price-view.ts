// A model's prices as JSON for people and programs outside: USD, every class by name, those to come as well.

import { formatTime } from '../lib/clock.ts';
import type { JsonObject, JsonValue } from '../lib/json.ts';
import type { Model, Price, SteppedPrices, TokenPrices } from './model.ts';
import { MARGIN_ONE, priceAt, pricesAfter, TOKEN_CLASSES, UNIT_CLASSES } from './price.ts';

type TokenClass = (typeof TOKEN_CLASSES)[number];
type UnitClass = (typeof UNIT_CLASSES)[number];

/** The names of the classes outside, as in the configuration file. */
export const CLASS_NAMES: Record<TokenClass | UnitClass, string> = {
  input: 'input',
  cachedInput: 'cached_input',
  cacheWrite: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  inputAudio: 'input_audio',
  inputImage: 'input_image',
  output: 'output',
  reasoning: 'reasoning',
  outputAudio: 'output_audio',
  outputImage: 'output_image',
  perRequest: 'per_request',
  perSearch: 'per_search',
  perImage: 'per_image',
  perContainer: 'per_container',
  perCodeRun: 'per_code_run',
};

/** How an amount is written: `scale` is 6 for picodollars per token as USD per million, 12 for USD each. */
export type Write = (pico: number, scale: 6 | 12) => JsonValue;

/** Exact in every price that can be configured; what a float prints is the shortest decimal that means it. */
export const asNumber: Write = (pico, scale) => pico / 10 ** scale;

/**
 * The price in force and, under `coming`, those that take over later; null when there is neither. A class that is
 * null costs its parent; without a price in force `input` and `output` are null too.
 */
export function viewPrices(model: Model, atMs: number, write: Write): JsonObject | null {
  const price = priceAt(model, atMs);
  const coming = pricesAfter(model, atMs).map((each) => viewPrice(each, write));
  if (price === undefined && coming.length === 0) return null;
  const unit = { currency: 'USD', unit: '1M tokens' };
  if (price === undefined) return { ...unit, input: null, output: null, coming };
  return { ...unit, ...viewPrice(price, write), coming };
}

function viewPrice(price: Price, write: Write): JsonObject {
  const view = viewStepped(price, write);
  for (const name of UNIT_CLASSES) {
    const pico = price[name];
    view[CLASS_NAMES[name]] = pico === undefined ? null : write(pico, 12);
  }
  const tiers = Object.entries(price.tiers ?? {}).map(([tier, prices]) => [tier, viewStepped(prices, write)]);
  const geos = Object.entries(price.inferenceGeo ?? {}).map(([geo, factor]) => [geo, factor / MARGIN_ONE]);
  return {
    ...view,
    tiers: Object.fromEntries(tiers) as JsonObject,
    inference_geo: Object.fromEntries(geos),
    source: price.source,
    as_of: price.asOf,
    from: price.fromMs === undefined ? null : formatTime(price.fromMs),
  };
}

function viewStepped(prices: SteppedPrices, write: Write): JsonObject {
  const steps = (prices.steps ?? []).map((step) => ({ above: step.aboveTokens, ...viewTokens(step, write) }));
  return { ...viewTokens(prices, write), steps };
}

function viewTokens(prices: TokenPrices, write: Write): JsonObject {
  const view: JsonObject = {};
  for (const name of TOKEN_CLASSES) {
    const pico = prices[name];
    view[CLASS_NAMES[name]] = pico === undefined ? null : write(pico, 6);
  }
  return view;
}
