// Turns the `price` of a model in the file, one or several with dates, into prices.

import type { Price, SteppedPrices, TokenPrices } from '../catalog/model.ts';
import { MARGIN_ONE, type UNIT_CLASSES } from '../catalog/price.ts';
import { parseDay, startOfDay } from '../lib/calendar.ts';
import { parseFactor, parseTokenPrice, parseUnitPrice } from '../lib/money.ts';
import type { PriceNotes } from './money-schema.ts';
import { pointerTo, type Report } from './problem.ts';

export type Origin = {
  /** Name of the file prices come from, and the day it was last changed. */
  source: string;
  asOf: string;
  /** Seconds since 1970 of the same. */
  writtenS: number;
  /** Where the days of prices begin. */
  timezone: string;
};

/** The prices by date. Pointers of problems begin with `/price`. */
export function readPrices(
  notes: PriceNotes | (PriceNotes | undefined)[],
  origin: Origin,
  report: Report,
): Price[] {
  if (!Array.isArray(notes)) return [readPrice(notes, '/price', origin, report)];
  const prices = notes.flatMap((each, index) => {
    const pointer = pointerTo('price', index);
    return each === undefined ? [] : [{ pointer, price: readPrice(each, pointer, origin, report) }];
  });
  const dates = new Set<number | undefined>();
  for (const { pointer, price } of prices) {
    if (dates.has(price.fromMs) && price.fromMs === undefined)
      report(pointer, 'has no date, nor has another price of the model; give one of them a `from`');
    else if (dates.has(price.fromMs))
      report(`${pointer}/from`, 'is the date of another price of the model too; keep one of them');
    dates.add(price.fromMs);
  }
  return prices.map(({ price }) => price).toSorted((a, b) => (a.fromMs ?? 0) - (b.fromMs ?? 0));
}

function readPrice(notes: PriceNotes, path: string, origin: Origin, report: Report): Price {
  const price: Price = {
    ...readStepped(notes, path, report),
    source: origin.source,
    asOf: origin.asOf,
  };
  for (const [name, member] of Object.entries(UNITS) as [keyof typeof UNITS, Unit][]) {
    const written = notes[name];
    if (written !== undefined) price[member] = readUsd(written, `${path}/${name}`, UNIT_PRICE, report);
  }
  if (notes.tiers !== undefined) {
    const tiers = Object.entries(notes.tiers).map(([name, tier]): [string, SteppedPrices] => [
      name.toLowerCase(),
      readStepped(tier, `${path}${pointerTo('tiers', name)}`, report),
    ]);
    price.tiers = Object.fromEntries(tiers);
  }
  if (notes.inference_geo !== undefined) {
    const factors = Object.entries(notes.inference_geo).map(([name, written]): [string, number] => [
      name.toLowerCase(),
      readFactor(written, `${path}${pointerTo('inference_geo', name)}`, report),
    ]);
    price.inferenceGeo = Object.fromEntries(factors);
  }
  if (notes.from !== undefined) {
    const day = parseDay(notes.from);
    if (day === undefined) report(`${path}/from`, 'must be a date such as `2026-12-01`');
    else price.fromMs = startOfDay(day, origin.timezone);
  }
  return price;
}

const GEO_FACTOR_MAX = 10;

/** In ten-thousandths. */
function readFactor(written: string | number, path: string, report: Report): number {
  const factor = parseFactor(written, GEO_FACTOR_MAX);
  if (factor === undefined)
    report(
      path,
      `must be a factor above 0 such as \`1.1\`, with at most four digits behind the point and at most ${GEO_FACTOR_MAX}`,
    );
  return factor ?? MARGIN_ONE;
}

type Unit = (typeof UNIT_CLASSES)[number];
const UNITS = {
  per_search: 'perSearch',
  per_request: 'perRequest',
  per_image: 'perImage',
  per_container: 'perContainer',
  per_code_run: 'perCodeRun',
} as const satisfies Record<string, keyof Price>;

type WrittenPrices = Pick<PriceNotes, 'input' | 'output' | keyof typeof CLASSES>;

function readStepped(
  notes: WrittenPrices & Pick<PriceNotes, 'steps'>,
  path: string,
  report: Report,
): SteppedPrices {
  const prices = readTokenPrices(notes, path, report);
  if (notes.steps === undefined) return prices;
  const seen = new Set<number>();
  const steps = notes.steps.flatMap((step, index) => {
    if (step === undefined) return [];
    const pointer = `${path}/steps/${index}`;
    if (seen.has(step.above)) report(`${pointer}/above`, 'is the same as in another step; keep one of them');
    seen.add(step.above);
    return [{ aboveTokens: step.above, ...readTokenPrices(step, pointer, report) }];
  });
  return { ...prices, steps: steps.toSorted((a, b) => a.aboveTokens - b.aboveTokens) };
}

const CLASSES = {
  cached_input: 'cachedInput',
  cache_write: 'cacheWrite',
  cache_write_1h: 'cacheWrite1h',
  input_audio: 'inputAudio',
  input_image: 'inputImage',
  output_audio: 'outputAudio',
  output_image: 'outputImage',
  reasoning: 'reasoning',
} as const satisfies Record<string, keyof TokenPrices>;

function readTokenPrices(notes: WrittenPrices, path: string, report: Report): TokenPrices {
  const read = (written: string | number, name: string): number =>
    readTokenPrice(written, `${path}/${name}`, report);
  const prices: TokenPrices = { input: read(notes.input, 'input'), output: read(notes.output, 'output') };
  for (const [name, member] of Object.entries(CLASSES) as [keyof typeof CLASSES, keyof TokenPrices][]) {
    const written = notes[name];
    if (written !== undefined) prices[member] = read(written, name);
  }
  return prices;
}

type Reading = { parse: (usd: string | number) => number | undefined; terms: string };
const TOKEN_PRICE: Reading = {
  parse: parseTokenPrice,
  terms: 'not negative, at most six digits behind the point, at most `100000` (for a million tokens)',
};
const UNIT_PRICE: Reading = {
  parse: parseUnitPrice,
  terms: 'not negative, at most twelve digits behind the point, at most `1000`',
};

/** USD for a million tokens, in picodollars for one. */
export function readTokenPrice(written: string | number, path: string, report: Report): number {
  return readUsd(written, path, TOKEN_PRICE, report);
}

function readUsd(written: string | number, path: string, { parse, terms }: Reading, report: Report): number {
  const parsed = parse(written);
  if (parsed === undefined) report(path, `must be an amount in USD such as \`5.00\`: ${terms}`);
  return parsed ?? 0;
}
