// What the holder's own key has cost by day and model, and which of its calls failed last.

import { Elysia } from 'elysia';
import type { Reports } from '../accounts/reports.ts';
import { usageJson } from '../accounts/usage-report.ts';
import type { FloodGate } from '../gateway/admission/flood-gate.ts';
import { type VisitPorts, visit } from '../gateway/admission/visit.ts';
import { formatTime } from '../lib/clock.ts';
import { formatCallId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Journal, JournalRow } from '../store/journal-port.ts';
import { answerLook } from './look-door.ts';
import { routeDetail } from './openapi.ts';

export type KeyUsagePorts = {
  gateway: () => VisitPorts & { journal: Pick<Journal, 'find'> };
  reports: Pick<Reports, 'usage'>;
};

const ERRORS_SHOWN = 20;
/** Clients that left are no errors; so many rows are looked through for those that are. */
const CLIENT_LEFT_STATUS = 499;
const ROWS_READ = 100;
const FAILED = { from: 400, to: 599 };

/** `GET /v1/key/usage`, with the limit of pages that cost nothing. */
export function keyUsage({ gateway, reports }: KeyUsagePorts, gate: FloodGate) {
  const show = ({ request }: { request: Request }) =>
    answerLook(request, async () => {
      const { key, limit } = visit(request, gateway(), gate);
      const days = new URL(request.url).searchParams.get('days') ?? '';
      const [report, failed] = await Promise.all([
        reports.usage({ by: 'day,model', key: key.id, days, undelivered: 'false' }),
        gateway().journal.find({ keyId: key.id, status: FAILED, limit: ROWS_READ }),
      ]);
      const errors = failed.rows.filter(({ status }) => status !== CLIENT_LEFT_STATUS).slice(0, ERRORS_SHOWN);
      return { body: { ...usageJson(report), object: 'key.usage', errors: errors.map(errorJson) }, limit };
    });
  return new Elysia({ name: 'key-usage' })
    .get('/v1/key/usage', show, { detail: routeDetail('key-usage') })
    .get('/v1/v1/key/usage', show, { detail: { hide: true } });
}

/** Nothing the holder was not told already: no provider, no client, no bodies. */
function errorJson(row: JournalRow): JsonObject {
  return {
    id: formatCallId(row.callId),
    request_id: row.requestId,
    at: formatTime(row.atMs),
    status: row.status,
    code: row.code ?? null,
    message: row.message ?? null,
    model: row.model ?? row.modelAsked ?? null,
  };
}
