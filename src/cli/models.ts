// `osiris models`: what clients can ask for, and for how much.

import type { Command } from 'commander';
import { viewCapabilities } from '../catalog/capability-view.ts';
import type { Model, Price } from '../catalog/model.ts';
import { sameName } from '../catalog/name.ts';
import { priceAt, pricesAfter } from '../catalog/price.ts';
import { viewPrices, type Write } from '../catalog/price-view.ts';
import { buildModelIndex, resolveModel, whyUnpriced } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import { dayNumber, formatDay } from '../lib/calendar.ts';
import { nowMs } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { formatTokenPrice, formatUnitPrice } from '../lib/money.ts';
import { requireConfig } from './config.ts';
import { modelPage } from './model-page.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';
import { formatTable } from './table.ts';

type Flags = ConfigFlags & { json?: boolean; all?: boolean };

export function addModelsCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('models [name]')))
    .description('list the models that can be called now, with prices in USD per million tokens, or show one')
    .option('--all', 'also those whose provider has no credential or that have no price')
    .action((name: string | undefined, flags: Flags) => {
      const config = requireConfig(ports, flags);
      const atMs = nowMs();
      if (name !== undefined) {
        const model = findModel(name, config);
        host.stdout(flags.json ? asJson(modelJson(model, config, atMs)) : modelPage(model, config, atMs));
        return;
      }
      const models = [...config.models.values()].filter(
        (model) => flags.all || isServed(model, config, atMs),
      );
      models.sort((left, right) => (left.id < right.id ? -1 : 1));
      host.stdout(
        flags.json
          ? asJson(models.map((model) => modelJson(model, config, atMs)))
          : modelTable(models, config, atMs),
      );
    });
}

/** By any spelling, served or not; throws the Fault a client would get for a name that is none. */
function findModel(name: string, config: Config): Model {
  const index = buildModelIndex(config);
  return (index.byName.get(sameName(name)) ?? resolveModel(index, name)).model;
}

function asJson(value: JsonObject | JsonObject[]): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function isServed(model: Model, config: Config, atMs: number): boolean {
  return priceAt(model, atMs) !== undefined && readyProviders(model, config).length > 0;
}

function readyProviders(model: Model, config: Config): string[] {
  const names = model.deployments.map((each) => each.provider).filter((name) => config.providers.has(name));
  return [...new Set(names)];
}

const asText: Write = (pico, scale) => (scale === 6 ? formatTokenPrice(pico) : formatUnitPrice(pico));

function modelJson(model: Model, config: Config, atMs: number): JsonObject {
  return {
    id: model.id,
    aliases: model.aliases,
    owned_by: model.ownedBy,
    price: viewPrices(model, atMs, asText),
    ...(priceAt(model, atMs) === undefined ? { not_served: whyUnpriced(model) } : {}),
    context: model.contextTokens ?? null,
    max_output: model.maxOutputTokens ?? null,
    capabilities: viewCapabilities(model),
    providers: readyProviders(model, config),
  };
}

function modelTable(models: Model[], config: Config, atMs: number): string {
  if (models.length === 0) {
    return 'No model can be called: set a provider key such as OPENAI_API_KEY, or add one to osiris.yaml. --all shows the catalogue.\n';
  }
  const usd = (pico: number | undefined): string => (pico === undefined ? '-' : formatTokenPrice(pico));
  const rows = models.map((model) => {
    const price = priceAt(model, atMs);
    return [
      model.id,
      usd(price?.input),
      usd(price?.output),
      usd(price?.cachedInput),
      usd(price?.cacheWrite),
      furtherPrices(price, pricesAfter(model, atMs), config.billing.timezone),
      model.contextTokens?.toLocaleString('en-US') ?? '-',
      readyProviders(model, config).join(', ') || '-',
    ];
  });
  const head = ['MODEL', 'INPUT', 'OUTPUT', 'CACHED', 'WRITE', 'FURTHER', 'CONTEXT', 'PROVIDERS'];
  const unpriced = models
    .filter((model) => priceAt(model, atMs) === undefined)
    .map((model) => `${model.id} is not served: it ${whyUnpriced(model)}.\n`);
  return [
    formatTable(head, rows, new Set([1, 2, 3, 4, 6])),
    '\nUSD per 1M tokens. `osiris models NAME` shows every price of a model, its source and its date.\n',
    ...unpriced,
  ].join('');
}

/** Which prices a model has beside those with a column, in a word each. */
function furtherPrices(price: Price | undefined, coming: Price[], timezone: string): string {
  const words: string[] = [];
  if (price !== undefined) {
    if (price.cacheWrite1h !== undefined) words.push('1h write');
    if (price.inputAudio !== undefined || price.outputAudio !== undefined) words.push('audio');
    if (price.inputImage !== undefined || price.outputImage !== undefined) words.push('images');
    if (price.reasoning !== undefined) words.push('reasoning');
    if (price.perSearch !== undefined) words.push('search');
    if (price.perRequest !== undefined) words.push('request');
    if (price.perImage !== undefined) words.push('picture');
    if (price.perContainer !== undefined || price.perCodeRun !== undefined) words.push('code');
    for (const { aboveTokens } of price.steps ?? []) words.push(`>${aboveTokens / 1000}k`);
    words.push(...Object.keys(price.tiers ?? {}));
    for (const geo of Object.keys(price.inferenceGeo ?? {})) words.push(`in ${geo}`);
  }
  // as `from` is written
  for (const { fromMs = 0 } of coming) words.push(`changes ${formatDay(dayNumber(fromMs, timezone))}`);
  return words.join(', ');
}
