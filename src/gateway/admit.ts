// Lets a request in, or says why not: key, size, form, permission, limits, in this order.

import { Fault } from '../canonical/fault.ts';
import { isModelAllowed } from '../catalog/list.ts';
import { type ModelIndex, resolveModel } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import { type BodyKind, checkBody } from '../formats/check.ts';
import type { Address, Codec } from '../formats/codec.ts';
import { nowMs } from '../lib/clock.ts';
import { newCallId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Directory, Key, Limiter, LimitVerdict } from '../store/ports.ts';
import { parseBody, readBody } from './body.ts';
import type { Call } from './call.ts';
import { identify } from './credentials.ts';
import type { Watch } from './watch.ts';

/** The route a request came in by. `free` routes have a limit of their own and cost nothing. */
export type Door = {
  path: string;
  codec: Codec;
  kind: BodyKind;
  free: boolean;
  /** What the path said, for formats whose bodies do not have it. */
  address?: Address;
  /** Keys that came in another way than the two common ones, best first. */
  secrets?: readonly (string | null)[];
};

/** Token counts are free, but not a way to flood the server. */
const FREE_REQUESTS_PER_MINUTE = 600;

export type AdmitPorts = {
  config: Config;
  models: ModelIndex;
  directory: Directory;
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
  const key = identify(request.headers, directory, door.secrets);
  const maxBytes = config.server.maxBodyBytesByRoute[door.path] ?? config.server.maxBodyBytes;
  const bytes = await readBody(request, maxBytes, {
    watch: ports.watch,
    timeoutMs: config.server.requestTimeoutMs,
  });
  const body = parseBody(bytes);
  checkBody(door.kind, body);
  const { model: modelName, stream } = door.address ?? addressIn(body);
  const resolution = resolveModel(ports.models, modelName);
  if (!isModelAllowed(resolution.model, key.models))
    throw new Fault(
      'model_not_allowed',
      'This API key may not use this model. GET /v1/models lists what it may use.',
      {
        param: 'model',
      },
    );
  const limits = door.free ? FREE_LIMITS : limitsOf(key, config);
  const verdict = limiter.admit(door.free ? `free:${key.id}` : key.id, limits);
  if (!verdict.allowed) throw refused(verdict, limits.concurrent);
  const { release, limit, remaining, resetS } = verdict;
  try {
    refuseExpired(key, startedMs);
  } catch (thrown) {
    release();
    throw thrown;
  }
  return {
    id: newCallId(),
    requestId,
    key,
    codec: door.codec,
    bytes,
    body,
    modelName,
    model: resolution.model,
    resolution,
    stream: !door.free && stream,
    headers: request.headers,
    startedMs,
    abort: new AbortController(),
    hasLeft: false,
    limit: { limit, remaining, resetS },
    release,
  };
}

function addressIn(body: JsonObject): Address {
  return { model: body.model as string, stream: body.stream === true };
}

const FREE_LIMITS = { requestsPerMinute: FREE_REQUESTS_PER_MINUTE, concurrent: FREE_REQUESTS_PER_MINUTE };

/** Throws Fault `key_expired`. */
function refuseExpired(key: Key, atMs: number): void {
  if (key.expiresAtMs === undefined || key.expiresAtMs > atMs) return;
  throw new Fault(
    'key_expired',
    'This API key has expired. Ask the operator to extend it or to make a new one.',
  );
}

function limitsOf(key: Key, config: Config): { requestsPerMinute: number; concurrent: number } {
  return {
    requestsPerMinute: key.limits.requestsPerMinute ?? config.limits.requestsPerMinute,
    concurrent: key.limits.concurrent ?? config.limits.concurrent,
  };
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
