// Which models a provider may ask in place of its own (`fallbacks` of Messages clients), in its own words.

import { isFree } from '../../billing/rates.ts';
import type { Loss } from '../../canonical/loss.ts';
import { isModelAllowed } from '../../catalog/list.ts';
import type { Model, Price } from '../../catalog/model.ts';
import { isSameModel } from '../../catalog/name.ts';
import { hasTags } from '../../catalog/tags.ts';
import { geoIn, isPricedGeo, unpricedGeo } from '../../formats/inference-geo.ts';
import { tierEdits } from '../../formats/service-tier.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { Edit } from '../../lib/splice.ts';
import type { Call } from '../call.ts';
import { type Candidate, formatsOf } from '../candidates/candidate.ts';
import type { Pauses } from '../health/pauses.ts';
import type { Entry } from './asked.ts';

/** A model that the provider may ask: by the client's name, and by the one it has at the provider. */
export type Sent = { name: string; sentAs: string; model: Model; price: Price };

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
