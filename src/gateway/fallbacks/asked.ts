// The models that a Messages client lets its provider ask in place of its own (`fallbacks`), and what to put aside for them.

import type { HoldRequest } from '../../billing/hold.ts';
import { isModelAllowed } from '../../catalog/list.ts';
import type { Model, Price } from '../../catalog/model.ts';
import { priceAt } from '../../catalog/price.ts';
import { type ModelIndex, modelNamed } from '../../catalog/resolve.ts';
import type { Codec } from '../../formats/codec.ts';
import { asNumber, asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Key } from '../../store/ports.ts';

/** One entry of the list; without a model where none of that name is sold here. */
export type Entry = { name: string; asked: JsonObject; known: { model: Model; price: Price } | undefined };

/** `server`: the provider chooses by itself. `null` stands for an entry that names nothing, for the provider to refuse. */
export type Fallbacks = { entries: (Entry | null)[]; server: boolean };

/** What a body lets its provider choose from; undefined where that is nothing but the model it names. */
export function readFallbacks(
  { fallbacks = null }: JsonObject,
  codec: Codec,
  models: ModelIndex,
  atMs: number,
): Fallbacks | undefined {
  if (codec.id !== 'anthropic-messages' || fallbacks === null) return undefined;
  if (!Array.isArray(fallbacks)) return { entries: [], server: true };
  return { entries: fallbacks.map((each) => readEntry(each, models, atMs)), server: false };
}

function readEntry(asked: JsonValue, models: ModelIndex, atMs: number): Entry | null {
  const name = isObject(asked) ? asString(asked.model) : undefined;
  if (!isObject(asked) || name === undefined) return null;
  const model = modelNamed(models, name);
  const price = model && priceAt(model, atMs);
  return { name, asked, known: price && { model, price } };
}

/** What a hold has to know of each of them that the key may use. */
export function heldFor(
  { fallbacks, key, body }: { fallbacks?: Fallbacks | undefined; key: Pick<Key, 'models'>; body: JsonObject },
  tier: string | undefined,
  outputCap: number | undefined,
): NonNullable<HoldRequest['others']> {
  return (fallbacks?.entries ?? []).flatMap((entry) => {
    if (!entry?.known || !isModelAllowed(entry.known.model, key.models)) return [];
    const { model, price } = entry.known;
    const isFast = (entry.asked.speed === undefined ? body.speed : entry.asked.speed) === 'fast';
    return {
      price,
      maxOutputTokens: model.maxOutputTokens,
      outputCap: asNumber(entry.asked.max_tokens) ?? outputCap,
      tier: isFast ? 'fast' : tier === 'fast' ? undefined : tier,
    };
  });
}
