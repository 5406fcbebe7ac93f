// Lets a request in, or says why not: key, size, form, permission, limits, in this order.

import { Fault } from '../canonical/fault.ts';
import { isModelAllowed } from '../catalog/list.ts';
import type { Price } from '../catalog/model.ts';
import { type ModelIndex, resolveModel } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import { type BodyKind, checkBody } from '../formats/check.ts';
import type { Codec } from '../formats/codec.ts';
import { nowMs } from '../lib/clock.ts';
import { newCallId } from '../lib/id.ts';
import { resolveLimits } from '../store/key-limits.ts';
import type { Key, Limiter, LimitVerdict } from '../store/ports.ts';
import { parseBody, readBody } from './body.ts';
import type { Call } from './call.ts';
import { identify } from './credentials.ts';
import { type PutAsidePorts, putAside } from './put-aside.ts';
import type { Watch } from './watch.ts';

/** The route a request came in by. `free` routes have a limit of their own and cost nothing. */
export type Door = { path: string; codec: Codec; kind: BodyKind; free: boolean };

/** Token counts are free, but not a way to flood the server. */
const FREE_REQUESTS_PER_MINUTE = 600;

export type AdmitPorts = PutAsidePorts & {
  config: Config;
  models: ModelIndex;
  limiter: Limiter;
  watch: Watch;
};

/**
 * The call a request becomes. Throws Fault in the order 401, 413, 400, 403, 429, 402; what was thrown before the
 * 429 check has taken nothing from the key's limits.
 */
export async function admit(
  request: Request,
  door: Door,
  requestId: string,
  ports: AdmitPorts,
): Promise<Call> {
  const startedMs = nowMs();
  const { config, directory, limiter } = ports;
  const key = identify(request.headers, directory);
  const own = resolveLimits(key, config, config.server.maxBodyBytesByRoute[door.path]);
  const bytes = await readBody(request, own.maxBodyBytes, {
    watch: ports.watch,
    timeoutMs: own.requestTimeoutMs,
  });
  const body = parseBody(bytes);
  checkBody(door.kind, body);
  const modelName = body.model as string;
  const resolution = resolveModel(ports.models, modelName);
  if (!isModelAllowed(resolution.model, key.models))
    throw new Fault(
      'model_not_allowed',
      'This API key may not use this model. GET /v1/models lists what it may use.',
      {
        param: 'model',
      },
    );
  const limits = door.free ? FREE_LIMITS : own;
  const verdict = limiter.admit(door.free ? `free:${key.id}` : key.id, limits);
  if (!verdict.allowed) throw refused(verdict, limits.concurrent);
  const { release, limit, remaining, resetS } = verdict;
  const { model } = resolution;
  const call: Call = {
    id: newCallId(),
    requestId,
    key,
    codec: door.codec,
    bytes,
    body,
    modelName,
    model,
    resolution,
    price: model.price ?? NO_PRICE,
    stream: !door.free && body.stream === true,
    headers: request.headers,
    startedMs,
    requestTimeoutMs: own.requestTimeoutMs,
    abort: new AbortController(),
    hasLeft: false,
    limit: { limit, remaining, resetS },
    release,
  };
  try {
    refuseExpired(key, startedMs);
    if (!door.free) await putAside(call, ports);
  } catch (thrown) {
    release();
    throw thrown;
  }
  return call;
}

/** A model without a price does not resolve, so nothing is ever charged by this. */
const NO_PRICE: Price = { input: 0, output: 0, source: '', asOf: '' };

const FREE_LIMITS = { requestsPerMinute: FREE_REQUESTS_PER_MINUTE, concurrent: FREE_REQUESTS_PER_MINUTE };

/** Throws Fault `key_expired`. */
function refuseExpired(key: Key, atMs: number): void {
  if (key.expiresAtMs === undefined || key.expiresAtMs > atMs) return;
  throw new Fault(
    'key_expired',
    'This API key has expired. Ask the operator to extend it or to make a new one.',
  );
}

/** The 429 of a limit, with the headers' figures in its details. */
function refused(verdict: LimitVerdict & { allowed: false }, concurrent: number): Fault {
  const { limit, remaining, resetS, retryAfterS } = verdict;
  const details = { limit, remaining, reset: resetS };
  if (verdict.why === 'concurrency') {
    const message = `This key already has ${concurrent} calls running. Wait for one to end, or ask for a higher limit.`;
    return new Fault('concurrency_limit', message, { retryAfterS, details });
  }
  const message = `This key may make ${limit} requests a minute. Try again in ${retryAfterS} s.`;
  return new Fault('rate_limit_exceeded', message, { retryAfterS, details });
}
