// Which models a provider may ask in place of its own (`fallbacks`, `models`), in its own words.

import { isFree } from '../../../billing/rates.ts';
import type { Loss } from '../../../canonical/loss.ts';
import { isModelAllowed } from '../../../catalog/list.ts';
import type { Model, Price } from '../../../catalog/model.ts';
import { isSameModel } from '../../../catalog/name.ts';
import type { ModelIndex } from '../../../catalog/resolve.ts';
import { hasTags } from '../../../catalog/tags.ts';
import type { Codec } from '../../../formats/codec.ts';
import { geoIn, isPricedGeo, unpricedGeo } from '../../../formats/inference-geo.ts';
import { tierEdits } from '../../../formats/service-tier.ts';
import { editsOfList } from '../../../lib/edits-between.ts';
import { asArray, type JsonValue } from '../../../lib/json.ts';
import type { Edit } from '../../../lib/splice.ts';
import type { Call } from '../../call.ts';
import { type Candidate, formatsOf } from '../../candidates/candidate.ts';
import type { Pauses } from '../../health/pauses.ts';
import { type Entry, mayUseEvery, type Sold } from './asked.ts';

/** A model that the provider may ask: by the client's name, and by the one it has at the provider. */
export type Sent = { name: string; sentAs: string; model: Model; price: Price };

export type FallbackPorts = { pauses: Pick<Pauses, 'isEmpty' | 'of'>; models: ModelIndex };

/** One call on its way to a candidate, which is asked in the format of `upstream`. */
export type Asking = { call: Call; candidate: Candidate; ports: FallbackPorts; upstream: Codec };

export type Fitted = { edits: Edit[]; sent: Sent[] };

/**
 * The list as this provider takes it: by its own names, without the models that may not answer, each of which is a
 * loss. `tier`: the dearer service tier that the request itself goes out with.
 */
export function fitFallbacks(asking: Asking, tier: string | undefined, losses: Loss[]): Fitted {
  const { call } = asking;
  const { fallbacks, key, body } = call;
  if (!fallbacks || losses.some(({ path }) => path === fallbacks.member)) return { edits: [], sent: [] };
  if (fallbacks.member === 'models') return fitModels(fallbacks.entries, asking, tier, losses);
  const isFast = tier === 'fast';
  const drop = (path: string, reason: string) => losses.push({ path, action: 'dropped', reason });
  if (fallbacks.server) {
    if (mayUseEvery(key))
      return { edits: [], sent: fallbacks.server.flatMap((sold) => chosenAt(sold, asking)) };
    drop('fallbacks', 'this key may not use every model, and which one would answer is not known');
    return { edits: [{ path: ['fallbacks'], json: undefined }], sent: [] };
  }
  const sent: Sent[] = [];
  const given = asArray(body.fallbacks);
  const list = fallbacks.entries.map((entry, i): JsonValue | undefined => {
    if (!entry) return given[i];
    const fitted = fitEntry(entry, asking);
    if ('why' in fitted) {
      drop(`fallbacks[${i}]`, fitted.why);
      return undefined;
    }
    sent.push(fitted);
    const { speed, lost } = fitSpeed(entry, fitted.price, isFast, call);
    for (const loss of lost) losses.push({ ...loss, path: `fallbacks[${i}].${loss.path}` });
    const { speed: _, ...rest } = entry.asked;
    return { ...rest, model: fitted.sentAs, ...(speed === undefined ? {} : { speed }) };
  });
  return { edits: editsOfList('fallbacks', given, list), sent };
}

/** The same for `models`, of which only names are known; `route` without them lets the provider choose. */
function fitModels(
  entries: readonly (Entry | null)[],
  asking: Asking,
  tier: string | undefined,
  losses: Loss[],
): Fitted {
  const { models = null, route = null } = asking.call.body;
  const drop = (path: string, reason: string) => losses.push({ path, action: 'dropped', reason });
  const edits: Edit[] = [];
  const sent: Sent[] = [];
  const names = entries.map((entry, i) => {
    const fitted = entry ? fitEntry(entry, asking) : { why: 'it names no model' };
    const why = 'why' in fitted ? fitted.why : lacksTier(fitted.price, tier) ? UNPRICED_TIER : undefined;
    if (why !== undefined) drop(`models[${i}]`, why);
    if (why !== undefined || 'why' in fitted) return undefined;
    sent.push(fitted);
    return fitted.sentAs;
  });
  if (Array.isArray(models)) {
    edits.push(...editsOfList('models', models, names));
  } else if (models !== null) {
    drop('models', 'it is no list of names');
    edits.push({ path: ['models'], json: undefined });
  }
  if (route !== null && (route !== 'fallback' || sent.length === 0)) {
    drop('route', 'which model would answer is not known');
    edits.push({ path: ['route'], json: undefined });
  }
  return { edits, sent };
}

const UNPRICED_TIER = 'the service tier that is asked for has no price at this model';

function lacksTier(price: Price, tier: string | undefined): boolean {
  return tier !== undefined && !isFree(price) && !Object.hasOwn(price.tiers ?? {}, tier);
}

/** What the provider may choose by itself, by the name that it has there. */
function chosenAt({ model, price }: Sold, { candidate: { provider }, upstream }: Asking): Sent[] {
  const deployment = model.deployments.find(
    (each) =>
      each.provider === provider.id && formatsOf({ deployment: each, provider }).includes(upstream.id),
  );
  return deployment ? [{ name: model.id, sentAs: deployment.model, model, price }] : [];
}

/** One of the models that are asked for, or why it may not be asked. */
export function fitEntry(
  { name, known }: Entry,
  { call, candidate: { provider }, ports: { pauses }, upstream }: Asking,
): Sent | { why: string } {
  const { key, body, codec } = call;
  if (!known) return { why: 'no model of this name is sold here' };
  const { model, price } = known;
  if (!isModelAllowed(model, key.models)) return { why: 'this key may not use the model' };
  const deployment = model.deployments.find(
    (each) =>
      each.provider === provider.id &&
      formatsOf({ deployment: each, provider }).includes(upstream.id) &&
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
