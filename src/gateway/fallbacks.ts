// The models that a Messages client lets its provider ask in place of its own (`fallbacks`): by our names, prices and rules.

import { isFree } from '../billing/rates.ts';
import type { Loss } from '../canonical/loss.ts';
import { isModelAllowed } from '../catalog/list.ts';
import type { Model, Price } from '../catalog/model.ts';
import { isSameModel } from '../catalog/name.ts';
import { priceAt } from '../catalog/price.ts';
import { type ModelIndex, modelNamed } from '../catalog/resolve.ts';
import { hasTags } from '../catalog/tags.ts';
import type { Codec } from '../formats/codec.ts';
import { geoIn, isPricedGeo, unpricedGeo } from '../formats/inference-geo.ts';
import { tierEdits } from '../formats/service-tier.ts';
import { asNumber, asString, isObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import type { Edit } from '../lib/splice.ts';
import type { Call } from './call.ts';
import { type Candidate, formatsOf } from './candidates/candidate.ts';
import type { Pauses } from './health/pauses.ts';

/** One entry of the list; without a model where none of that name is sold here. */
type Entry = { name: string; asked: JsonObject; known: { model: Model; price: Price } | undefined };

/** `server`: the provider chooses by itself. `null` stands for an entry that names nothing, for the provider to refuse. */
export type Fallbacks = { entries: (Entry | null)[]; server: boolean };

/** A model that the provider may ask: by the client's name, and by the one it has at the provider. */
export type Sent = { name: string; sentAs: string; model: Model; price: Price };

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
  { fallbacks, key, body }: Call,
  tier: string | undefined,
  outputCap: number | undefined,
) {
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

export type FallbackPorts = { pauses: Pick<Pauses, 'isEmpty' | 'of'> };

/**
 * The list as this provider takes it: by its own names, without the models that may not answer, each of which is a
 * loss. `isFast`: the request itself goes out with `speed: fast`.
 */
export function fitFallbacks(
  call: Call,
  candidate: Candidate,
  { pauses }: FallbackPorts,
  isFast: boolean,
  losses: Loss[],
): { edits: Edit[]; sent: Sent[] } {
  const { fallbacks, key, body } = call;
  if (!fallbacks || losses.some(({ path }) => path === 'fallbacks')) return { edits: [], sent: [] };
  const drop = (path: string, reason: string) => losses.push({ path, action: 'dropped', reason });
  if (fallbacks.server) {
    if (key.models === undefined && key.requireTags === undefined) return { edits: [], sent: [] };
    drop('fallbacks', 'this key may not use every model, and which one would answer is not known');
    return { edits: [{ path: ['fallbacks'], json: undefined }], sent: [] };
  }
  const sent: Sent[] = [];
  let changed = false;
  const list = fallbacks.entries.flatMap((entry, i): JsonValue[] => {
    const given = (body.fallbacks as JsonValue[])[i] ?? null;
    if (!entry) return [given];
    const fitted = fitEntry(entry, call, candidate, pauses);
    if ('why' in fitted) {
      changed = true;
      drop(`fallbacks[${i}]`, fitted.why);
      return [];
    }
    sent.push(fitted);
    const { speed, lost } = fitSpeed(entry, fitted.price, isFast, call);
    for (const loss of lost) losses.push({ ...loss, path: `fallbacks[${i}].${loss.path}` });
    if (lost.length === 0 && fitted.sentAs === entry.name) return [given];
    changed = true;
    const { speed: _, ...rest } = entry.asked;
    return [{ ...rest, model: fitted.sentAs, ...(speed === undefined ? {} : { speed }) }];
  });
  if (!changed) return { edits: [], sent };
  return {
    edits: [{ path: ['fallbacks'], json: list.length === 0 ? undefined : JSON.stringify(list) }],
    sent,
  };
}

function fitEntry(
  { name, known }: Entry,
  { key, body, codec }: Call,
  { provider }: Candidate,
  pauses: FallbackPorts['pauses'],
): Sent | { why: string } {
  if (!known) return { why: 'no model of this name is sold here' };
  const { model, price } = known;
  if (!isModelAllowed(model, key.models)) return { why: 'this key may not use the model' };
  const deployment = model.deployments.find(
    (each) =>
      each.provider === provider.id &&
      formatsOf({ deployment: each, provider }).includes(codec.id) &&
      hasTags(each, provider, key.requireTags),
  );
  if (!deployment) return { why: 'the provider that answers does not have the model for this key' };
  if (!pauses.isEmpty && pauses.of({ deployment, provider }, model)) return { why: 'the model is paused' };
  const geo = geoIn(body, codec);
  if (geo !== undefined && !isPricedGeo(geo, isFree(price) ? 'every' : Object.keys(price.inferenceGeo ?? {})))
    return { why: unpricedGeo(geo) };
  return { name, sentAs: deployment.model, model, price };
}

/** Each can be asked for a speed of its own, and has that of the request where it says nothing. */
function fitSpeed(
  { asked }: Entry,
  price: Price,
  isFast: boolean,
  { codec }: Call,
): { speed: JsonValue | undefined; lost: Loss[] } {
  const own = asked.speed;
  const wanted = own === undefined ? isFast && 'fast' : own;
  const lost: Loss[] = [];
  if (typeof wanted !== 'string') return { speed: own, lost };
  tierEdits({ speed: wanted }, isFree(price) ? 'every' : Object.keys(price.tiers ?? {}), codec, lost);
  if (lost.length === 0) return { speed: own, lost };
  return { speed: isFast ? 'standard' : undefined, lost };
}

/** Which of them a name in an answer stands for. */
export function sentAs(sent: readonly Sent[], name: string): Sent | undefined {
  return sent.find((each) => isSameModel(each.sentAs, name));
}
