// The last calls of the holder's own key, and those under way: how a client that is being set up fares.

import { Elysia } from 'elysia';
import { Fault } from '../canonical/fault.ts';
import { identify } from '../gateway/admission/credentials.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { takeWatch } from '../gateway/admission/limits.ts';
import type { VisitPorts } from '../gateway/admission/visit.ts';
import type { Call, CallsUnderWay } from '../gateway/call.ts';
import { clientOf } from '../gateway/client-name.ts';
import { formatTime } from '../lib/clock.ts';
import { formatCallId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import type { Journal, JournalRow } from '../store/journal-port.ts';
import { answerLook } from './look-door.ts';
import { routeDetail } from './openapi.ts';

export type KeyCallsPorts = VisitPorts & {
  journal: Pick<Journal, 'find' | 'tail'>;
  running: CallsUnderWay;
};

const CALLS_SHOWN = 20;

/** `GET /v1/key/calls`, which takes nothing but its own few requests a minute. */
export function keyCalls(ports: () => KeyCallsPorts, gate: FloodGate) {
  const show = ({ request }: { request: Request }) =>
    answerLook(request, async () => {
      const { directory, limiter, journal, running } = ports();
      const key = identify(request, directory, gate);
      const limit = takeWatch(key, limiter);
      limit.release();
      const after = positionOf(request);
      // taken before the rows are read: what ends meanwhile is told twice rather than never
      const tail = journal.tail(after ?? Number.MAX_SAFE_INTEGER, { keyId: key.id });
      const ended =
        after === undefined || tail.missed
          ? (await journal.find({ keyId: key.id, limit: CALLS_SHOWN })).rows
          : tail.rows.toReversed().slice(0, CALLS_SHOWN);
      const own = [...running].filter((call) => call.key.id === key.id).slice(0, CALLS_SHOWN);
      const data = [...own.map(runningJson), ...ended.map(endedJson)];
      return { body: { object: 'list', data, position: tail.position }, limit };
    });
  return new Elysia({ name: 'key-calls' })
    .get('/v1/key/calls', show, { detail: routeDetail('key-calls') })
    .get('/v1/v1/key/calls', show, { detail: { hide: true } });
}

/** Throws Fault `invalid_value`. */
function positionOf(request: Request): number | undefined {
  const text = new URL(request.url).searchParams.get('after') ?? '';
  if (text === '') return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new Fault('invalid_value', 'after must be the `position` of the answer before', { param: 'after' });
}

/** `status` is null until it ends. */
function runningJson(call: Call): JsonObject {
  const { client, clientVersion } = clientOf(call.trace.userAgent);
  return {
    id: formatCallId(call.id),
    request_id: call.requestId,
    at: formatTime(call.startedMs),
    client: client ?? null,
    client_version: clientVersion ?? null,
    path: call.trace.path,
    stream: call.stream,
    model: call.model.id,
    status: null,
    code: null,
    message: null,
    input_tokens: null,
    output_tokens: null,
    cost_usd: null,
    duration_ms: null,
  };
}

/** Nothing the holder was not told already: no provider, no bodies. */
function endedJson(row: JournalRow): JsonObject {
  return {
    id: formatCallId(row.callId),
    request_id: row.requestId,
    at: formatTime(row.atMs),
    client: row.client ?? null,
    client_version: row.clientVersion ?? null,
    path: row.path,
    stream: row.stream,
    model: row.model ?? row.modelAsked ?? null,
    status: row.status,
    code: row.code ?? null,
    message: row.message ?? null,
    input_tokens: row.inputTokens ?? null,
    output_tokens: row.outputTokens ?? null,
    cost_usd: row.costNano === undefined ? null : usd(row.costNano),
    duration_ms: row.durationMs,
  };
}
