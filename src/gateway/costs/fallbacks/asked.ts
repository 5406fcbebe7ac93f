// The models that a client lets its provider ask in place of its own (`fallbacks`, `models`), and what to put aside for them.

import type { HoldRequest } from '../../../billing/hold.ts';
import { isModelAllowed } from '../../../catalog/list.ts';
import type { Deployment, Model, Price } from '../../../catalog/model.ts';
import { priceAt } from '../../../catalog/price.ts';
import { type ModelIndex, modelNamed, type Resolution } from '../../../catalog/resolve.ts';
import type { Codec } from '../../../formats/codec.ts';
import { asNumber, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Key } from '../../../store/ports.ts';

/** A model that can be charged for. */
export type Sold = { model: Model; price: Price };

/** One entry of the list; without a model where none of that name is sold here. */
export type Entry = { name: string; asked: JsonObject; known: Sold | undefined };

/**
 * `member`: `fallbacks` of Anthropic, or `models` of OpenRouter, where whoever answers is told by the `model` of the
 * answer. `server`: the provider chooses by itself, of these as far as they are sold here. `null` stands for an entry
 * that names nothing.
 */
export type Fallbacks = {
  member: 'fallbacks' | 'models';
  entries: (Entry | null)[];
  server?: readonly Sold[];
};

/** What a body lets its provider choose from; undefined where that is nothing but the model it names. */
export function readFallbacks(
  { fallbacks = null, models: listed = null, route = null }: JsonObject,
  codec: Codec,
  models: ModelIndex,
  resolution: Pick<Resolution, 'deployments'>,
  atMs: number,
): Fallbacks | undefined {
  const { member } = codec.asksOthers ?? {};
  if (member === 'models' && (listed !== null || route !== null)) {
    const providers = new Set(resolution.deployments.map(({ provider }) => provider));
    const read = (each: JsonValue) =>
      typeof each === 'string' ? entryOf(each, { model: each }, models, atMs, [...providers]) : null;
    return { member: 'models', entries: Array.isArray(listed) ? listed.map(read) : [] };
  }
  if (member !== 'fallbacks' || fallbacks === null) return undefined;
  if (!Array.isArray(fallbacks))
    return { member: 'fallbacks', entries: [], server: soldBeside(codec.id, resolution, models, atMs) };
  const entries = fallbacks.map((each) => readEntry(each, models, atMs));
  return { member: 'fallbacks', entries };
}

/** Every other model that the same providers have and can be asked for in the same format. */
function soldBeside(
  format: Codec['id'],
  { deployments }: Pick<Resolution, 'deployments'>,
  { models, providers }: ModelIndex,
  atMs: number,
): Sold[] {
  const isAsked = ({ provider, format: only }: Deployment) =>
    only === undefined ? providers.get(provider)?.formats.includes(format) : only === format;
  const asked = new Set(deployments.filter(isAsked).map(({ provider }) => provider));
  return [...models.values()].flatMap((model) => {
    const price = priceAt(model, atMs);
    const isBeside = model.deployments.some(
      (each) => asked.has(each.provider) && isAsked(each) && !deployments.includes(each),
    );
    return price && isBeside ? { model, price } : [];
  });
}

/** What names a model by its `model`. */
export function readEntry(asked: JsonValue, models: ModelIndex, atMs: number): Entry | null {
  const name = isObject(asked) ? asString(asked.model) : undefined;
  return isObject(asked) && name !== undefined ? entryOf(name, asked, models, atMs) : null;
}

/** `providers`: by whose own names it may be called, too. */
function entryOf(
  name: string,
  asked: JsonObject,
  models: ModelIndex,
  atMs: number,
  providers: readonly string[] = [],
): Entry {
  const names = [name, ...providers.map((provider) => `${provider}/${name}`)];
  const model = names.map((each) => modelNamed(models, each)).find((found) => found !== undefined);
  const price = model && priceAt(model, atMs);
  return { name, asked, known: price && { model, price } };
}

type Restricted = Pick<Key, 'models' | 'requireTags'>;

/** Others are answered by nobody whom their provider chooses by itself. */
export function mayUseEvery({ models, requireTags }: Restricted): boolean {
  return models === undefined && requireTags === undefined;
}

/** What a hold has to know of each of them that the key may use. */
export function heldFor(
  { fallbacks, key, body }: { fallbacks?: Fallbacks | undefined; key: Restricted; body: JsonObject },
  tier: string | undefined,
  outputCap: number | undefined,
): Pick<HoldRequest, 'others' | 'isOnePaid' | 'oneOf'> {
  const isOnePaid = fallbacks?.member === 'models';
  const server = mayUseEvery(key) ? fallbacks?.server : undefined;
  const oneOf = (server ?? []).map(({ price, model: { maxOutputTokens } }) => ({
    ...{ price, maxOutputTokens, outputCap, tier },
  }));
  const others = (fallbacks?.entries ?? []).flatMap((entry) => {
    if (!entry?.known || !isModelAllowed(entry.known.model, key.models)) return [];
    const { model, price } = entry.known;
    const { maxOutputTokens } = model;
    if (isOnePaid) return { price, maxOutputTokens, outputCap, tier };
    const isFast = (entry.asked.speed === undefined ? body.speed : entry.asked.speed) === 'fast';
    return {
      price,
      maxOutputTokens,
      outputCap: asNumber(entry.asked.max_tokens) ?? outputCap,
      tier: isFast ? 'fast' : tier === 'fast' ? undefined : tier,
    };
  });
  return { others, isOnePaid, oneOf };
}
