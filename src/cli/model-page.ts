// One model in full, for people: names, limits, abilities, where it runs, and what each of its tokens costs.

import type { Model, Price, SteppedPrices, TokenPrices } from '../catalog/model.ts';
import { MARGIN_ONE, priceAt, pricesAfter, TOKEN_CLASSES, UNIT_CLASSES } from '../catalog/price.ts';
import { CLASS_NAMES } from '../catalog/price-view.ts';
import { whyUnpriced } from '../catalog/resolve.ts';
import { unbilledNotes } from '../catalog/unbilled-code.ts';
import { unpricedGeoNotes } from '../catalog/unpriced-geos.ts';
import { unpricedTierNotes } from '../catalog/unpriced-tiers.ts';
import type { Config } from '../config/config.ts';
import { formatTime } from '../lib/clock.ts';
import { formatTokenPrice, formatUnitPrice } from '../lib/money.ts';
import { formatTable } from './table.ts';

const PARENTS: Record<keyof TokenPrices, keyof TokenPrices> = {
  input: 'input',
  cachedInput: 'input',
  cacheWrite: 'input',
  cacheWrite1h: 'cacheWrite',
  inputAudio: 'input',
  inputImage: 'input',
  output: 'output',
  reasoning: 'output',
  outputAudio: 'output',
  outputImage: 'output',
};

const UNIT_WORDS = {
  perRequest: 'a request',
  perSearch: 'a web search',
  perImage: 'a picture made',
  perContainer: 'a container with code, for five minutes and at OpenAI for each GB',
  perCodeRun: 'a run of code',
} as const;

/** The page, with the prices that hold at a moment and those to come. */
export function modelPage(model: Model, config: Config, atMs: number): string {
  const price = priceAt(model, atMs);
  const facts: [string, string][] = [
    ['name', `${model.displayName}, by ${model.ownedBy}`],
    ['aliases', model.aliases.join(', ') || '-'],
    ['context', tokens(model.contextTokens)],
    ['max output', tokens(model.maxOutputTokens)],
    ['can', abilities(model)],
    ['runs at', places(model, config)],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const sections = [
    `${model.id}\n${lines.join('\n')}\n`,
    price === undefined ? `Not served: it ${whyUnpriced(model)}.\n` : priceSection('Price', price),
    ...unbilledNotes([model], config.providers).map(({ note }) => `${note}\n`),
    ...unpricedTierNotes([model], config.providers).map(({ note }) => `${note}\n`),
    ...unpricedGeoNotes([model], config.providers).map(({ note }) => `${note}\n`),
    ...pricesAfter(model, atMs).map((each) => priceSection(`From ${formatTime(each.fromMs ?? 0)}`, each)),
  ];
  return sections.join('\n');
}

/** One column for each set of prices: the base, each step, each tier and its steps. */
function priceSection(title: string, price: Price): string {
  const sets = [...columnsOf('PRICE', price)];
  for (const [tier, prices] of Object.entries(price.tiers ?? {})) sets.push(...columnsOf(tier, prices));
  const shown = TOKEN_CLASSES.filter((name) => sets.some(({ prices }) => prices[name] !== undefined));
  const rows = shown.map((name) => [CLASS_NAMES[name], ...sets.map(({ prices }) => cell(prices, name))]);
  const table = formatTable(
    ['', ...sets.map((set) => set.head)],
    rows,
    new Set(sets.map((_, column) => column + 1)),
  );
  const units = UNIT_CLASSES.flatMap((name) => {
    const pico = price[name];
    return pico === undefined ? [] : [`${UNIT_WORDS[name]}: ${formatUnitPrice(pico)} USD\n`];
  });
  const geos = Object.entries(price.inferenceGeo ?? {}).map(
    ([geo, factor]) => `where it ran in \`${geo}\`: ${factor / MARGIN_ONE} times the price of the tokens\n`,
  );
  const note = rows.some((row) => row.some((each) => each.startsWith('(')))
    ? 'In brackets: no price of its own, billed like its parent.\n'
    : '';
  const head = `${title}, USD per 1M tokens. Source: ${price.source}, as of ${price.asOf}.`;
  return `${head}\n${table}${units.join('')}${geos.join('')}${note}`;
}

type Column = { head: string; prices: TokenPrices };

function columnsOf(head: string, prices: SteppedPrices): Column[] {
  const steps = (prices.steps ?? []).map((step) => ({
    head: `${head === 'PRICE' ? '' : `${head} `}> ${step.aboveTokens.toLocaleString('en-US')}`,
    prices: step,
  }));
  return [{ head, prices }, ...steps];
}

function cell(prices: TokenPrices, name: keyof TokenPrices): string {
  const own = prices[name];
  if (own !== undefined) return formatTokenPrice(own);
  let parent = PARENTS[name];
  while (prices[parent] === undefined) parent = PARENTS[parent];
  return `(${formatTokenPrice(prices[parent] ?? 0)})`;
}

function tokens(count: number | undefined): string {
  return count === undefined ? 'unknown' : `${count.toLocaleString('en-US')} tokens`;
}

function abilities({ capabilities }: Model): string {
  const words: [boolean | undefined, string][] = [
    [capabilities.tools, 'tools'],
    [capabilities.images, 'images'],
    [capabilities.files, 'files'],
    [capabilities.audio, 'audio'],
    [capabilities.structuredOutput, 'structured output'],
    [capabilities.webSearch, 'web search'],
    [capabilities.toolSearch, 'tool search'],
    [capabilities.embeddings, 'embeddings'],
    [capabilities.thinking !== 'none', ['reasoning', ...capabilities.efforts].join(' ')],
  ];
  return words.flatMap(([can, word]) => (can ? [word] : [])).join(', ') || 'text';
}

function places(model: Model, config: Config): string {
  const words = model.deployments.map(({ provider, model: name }) => {
    const absent = config.providers.has(provider) ? '' : ', not set up';
    return `${provider} (${name}${absent})`;
  });
  return words.join(', ') || '-';
}
