// Compares the prices of db/catalog.json with published price lists and, with --write, takes them over.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogModel, CatalogPrice } from '../src/catalog/builtin.ts';
import type { TokenPrices } from '../src/catalog/model.ts';
import { TOKEN_CLASSES } from '../src/catalog/price.ts';
import { formatTokenPrice } from '../src/lib/money.ts';
import { type PriceSource, type Quote, withPriceSources } from './catalog-sources.ts';

const FILE = join(import.meta.dir, '..', 'db', 'catalog.json');
const RULE = 'an hour in the cache is twice the input price by the rule of the vendor';

type Finding = { model: string; says: string };

/** Only prices come from elsewhere; names, limits, capabilities and deployments are kept by hand. */
function reviewModel(
  model: CatalogModel,
  sources: PriceSource[],
): { model: CatalogModel; findings: Finding[] } {
  const [home] = model.deployments;
  const quotes = sources.flatMap((source) => {
    const quote = home === undefined ? undefined : source.quote(home);
    return quote === undefined ? [] : [{ source, quote }];
  });
  const [first, second] = quotes;
  const found = (says: string): Finding => ({ model: model.id, says });
  if (first === undefined) return { model, findings: [found('no source has a price')] };
  if (model.laterPrices !== undefined)
    return { model, findings: [found('has dated prices: review by hand')] };
  const findings: Finding[] = [];
  for (const name of second === undefined ? [] : TOKEN_CLASSES) {
    const [ours, theirs] = [first.quote[name], second?.quote[name]];
    if (ours === undefined || theirs === undefined || ours === theirs) continue;
    findings.push(
      found(
        `${name}: ${first.source.name} has ${formatTokenPrice(ours)}, ${second?.source.name} ${formatTokenPrice(theirs)}`,
      ),
    );
  }
  const price = mergeQuotes(model, quotes);
  for (const name of TOKEN_CLASSES) {
    const [before, after] = [model.price?.[name], price[name]];
    if (before !== after) findings.push(found(`${name}: ${shown(before)} becomes ${shown(after)}`));
  }
  const changes = TOKEN_CLASSES.some((name) => model.price?.[name] !== price[name]);
  if (changes && price.tiers !== undefined) findings.push(found('has tiers: review them by hand'));
  if (JSON.stringify(model.price?.steps) !== JSON.stringify(price.steps))
    findings.push(found('steps change'));
  return { model: { ...model, price }, findings };
}

/** The fresher source wins; what it does not know comes from the other one, then from the catalogue. */
function mergeQuotes(model: CatalogModel, quotes: { source: PriceSource; quote: Quote }[]): CatalogPrice {
  const all = Object.assign({}, ...quotes.map((each) => each.quote).toReversed()) as Quote;
  const { input = 0, output = 0 } = all;
  const names = quotes.map((each) => each.source.name);
  const needsRule = model.ownedBy === 'anthropic' && all.cacheWrite1h === undefined;
  const prices = withHourPrice({ ...all, input, output }, model);
  const steps = all.steps?.map((step) => ({
    aboveTokens: step.aboveTokens,
    ...inOrder(withHourPrice(step, model)),
  }));
  const perSearch = model.capabilities.webSearch ? (all.perSearch ?? model.price?.perSearch) : undefined;
  return {
    ...inOrder(prices),
    ...(steps === undefined ? {} : { steps }),
    ...(perSearch === undefined ? {} : { perSearch }),
    ...keptByHand(model.price),
    source: [...names, ...(needsRule ? [RULE] : []), ...feeSources(model)].join('; '),
    asOf: quotes[0]?.source.asOf ?? '',
  };
}

/** Where the fees of searches and code, the prices of tiers and the factors of geographies are from when they were read by hand. */
function feeSources(model: CatalogModel): string[] {
  return model.price?.source.match(/(?:a search|code|tiers|inference_geo) by [^;]+/g) ?? [];
}

/** What no source tells. */
function keptByHand(price: CatalogPrice | undefined): Partial<CatalogPrice> {
  const { perRequest, perImage, perContainer, perCodeRun, tiers, inferenceGeo } = price ?? {};
  return {
    ...(perRequest === undefined ? {} : { perRequest }),
    ...(perImage === undefined ? {} : { perImage }),
    ...(perContainer === undefined ? {} : { perContainer }),
    ...(perCodeRun === undefined ? {} : { perCodeRun }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(inferenceGeo === undefined ? {} : { inferenceGeo }),
  };
}

function withHourPrice(prices: TokenPrices, model: CatalogModel): TokenPrices {
  if (model.ownedBy !== 'anthropic' || prices.cacheWrite1h !== undefined) return prices;
  return { ...prices, cacheWrite1h: 2 * prices.input };
}

function inOrder(prices: TokenPrices): TokenPrices {
  const ordered: TokenPrices = { input: prices.input, output: prices.output };
  for (const name of TOKEN_CLASSES) {
    const value = prices[name];
    if (value !== undefined) ordered[name] = value;
  }
  return ordered;
}

function shown(pico: number | undefined): string {
  return pico === undefined ? 'nothing' : formatTokenPrice(pico);
}

const { models }: { models: CatalogModel[] } = JSON.parse(readFileSync(FILE, 'utf8'));
const reviews = await withPriceSources((sources) => models.map((model) => reviewModel(model, sources)));
for (const { model, says } of reviews.flatMap((each) => each.findings)) console.log(`${model}: ${says}`);
const text = `${JSON.stringify({ models: reviews.map((each) => each.model) }, null, 2)}\n`;
const differs = text !== readFileSync(FILE, 'utf8');
if (process.argv.includes('--write')) writeFileSync(FILE, text);
console.log(`${models.length} models; ${differs ? 'the catalogue differs' : 'the catalogue is up to date'}.`);
