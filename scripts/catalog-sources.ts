// Reads list prices out of published price packages, unpacked into a directory that is thrown away.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'bun';
import type { Deployment, Price, TokenPrices } from '../src/catalog/model.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  tryParseJson,
} from '../src/lib/json.ts';
import { parseTokenPrice, parseUnitPrice } from '../src/lib/money.ts';

/** What one source says of one model. Only the classes it has a price for. */
export type Quote = Partial<TokenPrices> & Pick<Price, 'steps' | 'perSearch'>;

export type PriceSource = {
  /** Name and version, as it is written into the catalogue. */
  name: string;
  /** The day its figures are from. */
  asOf: string;
  /** The price of exactly this model at exactly this provider; a similar name is not good enough. */
  quote(deployment: Deployment): Quote | undefined;
};

/** Bump these to take newer prices. */
const FRESH = { name: '@earendil-works/pi-ai', label: 'pi-ai', version: '1.5.2', asOf: '2026-11-10' };
const THOROUGH = {
  name: '@pydantic/genai-prices',
  label: 'genai-prices',
  version: '0.1.8',
  asOf: '2026-09-23',
};

/** Fetches both packages, hands the sources to `use`, freshest first, and removes everything again. */
export async function withPriceSources<T>(use: (sources: PriceSource[]) => T): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'osiris-prices-'));
  try {
    const fresh = await unpack(FRESH, directory);
    const thorough = await unpack(THOROUGH, directory);
    return use([readFresh(fresh), await readThorough(thorough)]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function unpack(
  source: { name: string; label: string; version: string },
  directory: string,
): Promise<string> {
  const target = join(directory, source.label);
  // npm only downloads here: nothing of the package is run by it.
  const packed =
    await $`npm pack ${`${source.name}@${source.version}`} --pack-destination ${directory} --silent`.text();
  await $`mkdir -p ${target} && tar -xzf ${join(directory, packed.trim())} -C ${target}`;
  return join(target, 'package');
}

/** Names of our providers in the first package, where they differ. */
const FRESH_PROVIDERS: Record<string, string> = { moonshot: 'moonshotai' };

function readFresh(root: string): PriceSource {
  const folder = join(root, 'dist', 'providers', 'data');
  const models = new Map<string, JsonObject>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const provider = file.slice(0, -'.json'.length);
    const apis = Object.values(asObject(tryParseJson(readFileSync(join(folder, file), 'utf8'))));
    for (const entry of apis.filter(isObject).flatMap((api) => Object.values(api).filter(isObject))) {
      const id = asString(entry.id);
      if (id !== undefined && entry.type === 'chat') models.set(`${provider} ${id}`, asObject(entry.cost));
    }
  }
  const quote = ({ provider, model }: Deployment): Quote | undefined => {
    const cost = models.get(`${FRESH_PROVIDERS[provider] ?? provider} ${model}`);
    if (cost === undefined) return undefined;
    const steps = asArray(cost.tiers).map((each) => {
      const tier = asObject(each);
      const { input = 0, output = 0, ...rest } = freshPrices(tier);
      return { aboveTokens: asNumber(tier.inputTokensAbove) ?? 0, input, output, ...rest };
    });
    return { ...freshPrices(cost), ...(steps.length === 0 ? {} : { steps }) };
  };
  return { name: `${FRESH.label} ${FRESH.version}`, asOf: FRESH.asOf, quote };
}

/** Zero means "no such price" for caches in this package. */
function freshPrices(cost: JsonObject): Partial<TokenPrices> {
  return present({
    input: perToken(cost.input),
    output: perToken(cost.output),
    cachedInput: cost.cacheRead === 0 ? undefined : perToken(cost.cacheRead),
    cacheWrite: cost.cacheWrite === 0 ? undefined : perToken(cost.cacheWrite),
  });
}

const THOROUGH_PROVIDERS: Record<string, string> = { xai: 'x-ai', moonshot: 'moonshotai' };
/** Models that go by another name there. */
const THOROUGH_NAMES: Record<string, string> = { 'claude-sonnet-4-20250514': 'claude-sonnet-4-0' };

type Calculated = { model: { id: string }; model_price: JsonObject } | null;
type Calculator = { calcPrice(usage: object, id: string, options: { providerId: string }): Calculated };

async function readThorough(root: string): Promise<PriceSource> {
  const { calcPrice }: Calculator = await import(join(root, 'dist', 'index.js'));
  const quote = ({ provider, model }: Deployment): Quote | undefined => {
    const id = THOROUGH_NAMES[model] ?? model;
    const usage = { input_tokens: 1, output_tokens: 1 };
    const found = calcPrice(usage, id, { providerId: THOROUGH_PROVIDERS[provider] ?? provider });
    // It matches by prefix: `claude-sonnet-5-5` would be sold at the price of `claude-sonnet-5`.
    if (found === null || found.model.id !== id) return undefined;
    const price = found.model_price;
    const perSearch = asNumber(price.web_searches_kcount);
    return present({
      input: perToken(price.input_mtok),
      output: perToken(price.output_mtok),
      cachedInput: perToken(price.cache_read_mtok),
      cacheWrite: perToken(price.cache_write_mtok),
      cacheWrite1h: perToken(price.cache_write_1h_mtok),
      inputAudio: perToken(price.input_audio_mtok),
      perSearch: perSearch === undefined ? undefined : parseUnitPrice((perSearch / 1000).toFixed(6)),
    });
  };
  return { name: `${THOROUGH.label} ${THOROUGH.version}`, asOf: THOROUGH.asOf, quote };
}

/** USD per million tokens, plain or as the base of a tiered price. */
function perToken(value: unknown): number | undefined {
  const usd = asNumber(isObject(value) ? value.base : value);
  return usd === undefined ? undefined : parseTokenPrice(usd);
}

function present<T extends Record<string, number | undefined>>(
  prices: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  const known = Object.entries(prices).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: NonNullable<T[K]> };
}
