// Lets a request in, or says why not: key, size, form, permission, limits, in this order.

import { estimatePromptTokens, estimateTextTokens } from '../../billing/body-tokens.ts';
import { expectedUse } from '../../billing/hold.ts';
import { Fault } from '../../canonical/fault.ts';
import { isModelAllowed } from '../../catalog/list.ts';
import type { Model, Price } from '../../catalog/model.ts';
import { priceAt } from '../../catalog/price.ts';
import { type ModelIndex, resolveModel } from '../../catalog/resolve.ts';
import type { Config } from '../../config/config.ts';
import { checkBody } from '../../formats/check.ts';
import type { Address, Codec } from '../../formats/codec.ts';
import { Abort } from '../../lib/abort.ts';
import { monotonicMs } from '../../lib/clock.ts';
import { newCallId } from '../../lib/id.ts';
import type { JsonObject } from '../../lib/json.ts';
import { resolveLimits } from '../../store/key-limits.ts';
import type { CallLimits, Directory, Key, Limiter, ThoughtStore } from '../../store/ports.ts';
import { type CachingPorts, cachingOf } from '../cache/caching.ts';
import type { Call } from '../call.ts';
import { mayAskApart, refuseTags } from '../candidates/candidate.ts';
import { refusePaused } from '../candidates/course.ts';
import { readFallbacks } from '../costs/fallbacks/asked.ts';
import type { Pauses } from '../health/pauses.ts';
import { itemKeeper, withKeptItems } from '../kept-items.ts';
import { newTrace } from '../trace.ts';
import type { Watch } from '../watch.ts';
import type { Arrival, Door } from './arrival.ts';
import { parseBody, readBody } from './body.ts';
import { identify } from './credentials.ts';
import type { FloodGate } from './flood-gate.ts';
import { takeCall, takeFree } from './limits.ts';
import { holdRequestOf, type PutAsidePorts, putAside } from './put-aside.ts';
import type { Turns } from './turns.ts';
import type { Uploads } from './uploads.ts';

export type KnownAdmitPorts = PutAsidePorts &
  CachingPorts & {
    config: Config;
    models: ModelIndex;
    pauses: Pauses;
    thoughts: ThoughtStore;
    limiter: Pick<Limiter, 'admit'>;
    watch: Watch;
    turns: Turns;
    uploads: Uploads;
  };
export type AdmitPorts = KnownAdmitPorts & { directory: Directory; limiter: Limiter };

/**
 * The call a request becomes. Throws Fault in the order 401, 413, 400, 403, 429, 402, or the gate's 429 in place of a
 * 401; what is wrong with the key, at once.
 */
export function admit(arrival: Arrival, ports: AdmitPorts, gate: FloodGate): Promise<Call> {
  const { request, door } = arrival;
  const key = identify(request, ports.directory, gate, door.secrets);
  arrival.key = key;
  return admitKnown(key, arrival, ports);
}

/** The same for a request whose key is known; throws from 413 on. */
export async function admitKnown(key: Key, arrival: Arrival, ports: KnownAdmitPorts): Promise<Call> {
  const { request, door, requestId, startedMs } = arrival;
  const begunMs = monotonicMs();
  const { config, limiter, watch, uploads } = ports;
  const limits = resolveLimits(key, config, config.server.maxBodyBytesByRoute[door.path]);
  const received = await readBody(request, limits.maxBodyBytes, {
    watch,
    timeoutMs: limits.requestTimeoutMs,
    uploads,
    keyId: key.id,
    atOnce: limits.concurrent,
  });
  arrival.bytes = received.length;
  const parsed = parseBody(received);
  checkBody(door.kind, parsed);
  const { codec } = door;
  const { maxBodyBytes } = limits;
  const asSent = { bytes: received, body: parsed };
  const { bytes, body } = withKeptItems(asSent, codec, key.id, ports.thoughts, maxBodyBytes);
  const extras = codec.extras?.(body);
  const { model: modelName, stream } = door.address ?? addressIn(body);
  arrival.modelName = modelName;
  const resolution = resolveModel(ports.models, modelName);
  refuseModel(key, resolution.model);
  refuseOtherKind(resolution.model, door.codec);
  refuseTags(key, resolution, config.providers);
  refusePaused(resolution, ports);
  const place = door.free ? takeFree(key, limiter) : takeCall(key, limits, limiter);
  const { model } = resolution;
  const call: Call = {
    id: newCallId(),
    requestId,
    key,
    codec,
    bytes,
    body,
    extras,
    keepItems: door.free ? undefined : itemKeeper(codec, body, key.id, ports.thoughts),
    promptTokens: promptTokensIn(bytes, door),
    modelName,
    model,
    resolution,
    price: priceAt(model, startedMs) ?? NO_PRICE,
    fallbacks: door.free ? undefined : readFallbacks(body, codec, ports.models, resolution, startedMs),
    stream: !door.free && stream,
    headers: request.headers,
    startedMs,
    begunMs,
    requestTimeoutMs: limits.requestTimeoutMs,
    abort: new Abort(),
    hasLeft: false,
    limit: place,
    caching: undefined,
    turn: undefined,
    trace: newTrace(door.path, request.headers, bytes, key.logBodies === true),
  };
  try {
    if (!door.free) call.caching = cachingOf(call, ports);
    if (!door.free && !call.caching?.hit) call.turn = ports.turns.enter(key.id, config.server);
    refuseExpired(key, startedMs);
    const asksApart = () => mayAskApart(call, config.providers);
    if (!door.free && !call.caching?.hit && hasMinuteOfUse(limits))
      place.expect(expectedUse(holdRequestOf(call, asksApart), ports.billing));
    const waiting = door.free ? undefined : putAside(call, ports, asksApart, () => request.signal.aborted);
    if (waiting) await waiting;
  } catch (thrown) {
    call.turn?.end();
    // a 402 keeps the request it took: who has no money may not ask without end
    if (thrown instanceof Fault && thrown.rule.kind === 'billing') place.release();
    else place.undo();
    throw thrown;
  }
  arrival.admitted = true;
  return call;
}

/** `base64` in a request for embeddings is how their numbers are to be written: it has no files. */
function promptTokensIn(bytes: Uint8Array, { codec, free }: Door): number {
  if (free) return 0;
  return codec.makes === undefined ? estimatePromptTokens(bytes) : estimateTextTokens(bytes);
}

/** Most keys have no limit of tokens or money a minute. */
function hasMinuteOfUse({ tokensPerMinute, nanoPerMinute }: CallLimits): boolean {
  return tokensPerMinute !== undefined || nanoPerMinute !== undefined;
}

function addressIn(body: JsonObject): Address {
  return { model: body.model as string, stream: body.stream === true };
}

/** A model without a price does not resolve, so nothing is ever charged by this. */
const NO_PRICE: Price = { input: 0, output: 0, source: '', asOf: '' };

/** Throws Fault `model_not_allowed`. */
export function refuseModel(key: Key, model: Model): void {
  if (isModelAllowed(model, key.models)) return;
  const message = 'This API key may not use this model. GET /v1/models lists what it may use.';
  throw new Fault('model_not_allowed', message, { param: 'model' });
}

/** Throws Fault `unsupported_parameter` for a model that is made for something else than what is asked of it. */
export function refuseOtherKind({ capabilities }: Model, { makes }: Codec): void {
  if (capabilities.embeddings !== true || makes === 'embeddings') return;
  const message = 'This model makes embeddings, and no answers: ask it at /v1/embeddings.';
  throw new Fault('unsupported_parameter', message, { param: 'model' });
}

/** Throws Fault `key_expired`. */
export function refuseExpired(key: Key, atMs: number): void {
  if (key.expiresAtMs === undefined || key.expiresAtMs > atMs) return;
  throw new Fault(
    'key_expired',
    'This API key has expired. Ask the operator to extend it or to make a new one.',
  );
}
