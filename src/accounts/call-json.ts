// Calls of the journal, and the clients they came from, as the admin routes and the command line show them.

import { formatTime } from '../lib/clock.ts';
import { formatCallId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import type { ClientCalls, ClientReport, ClientSummary } from '../store/client-sums.ts';
import type { JournalRow, KeptBody, ShownCall } from '../store/journal-port.ts';

/** The name of a key by its id; undefined for one that is unknown. */
export type KeyNames = (keyId: string) => string | undefined;

/** USD as numbers, times as ISO text, absent members as null. */
export function callJson(row: JournalRow, nameOf: KeyNames): JsonObject {
  return {
    id: formatCallId(row.callId),
    request_id: row.requestId,
    at: formatTime(row.atMs),
    key: row.keyId ?? null,
    key_name: (row.keyId === undefined ? undefined : nameOf(row.keyId)) ?? null,
    client: row.client ?? null,
    client_version: row.clientVersion ?? null,
    path: row.path,
    format: row.format,
    model_asked: row.modelAsked ?? null,
    model: row.model ?? null,
    provider: row.provider ?? null,
    stream: row.stream,
    status: row.status,
    code: row.code ?? null,
    message: row.message ?? null,
    upstream_status: row.upstreamStatus ?? null,
    attempts: row.attempts,
    failed_attempts: row.failedAttempts ?? null,
    losses: row.losses ?? null,
    input_tokens: row.inputTokens ?? null,
    output_tokens: row.outputTokens ?? null,
    cached_tokens: row.cachedTokens ?? null,
    cost_usd: row.costNano === undefined ? null : usd(row.costNano),
    rule: row.rule ?? null,
    duration_ms: row.durationMs,
    first_byte_ms: row.firstByteMs ?? null,
    bytes_in: row.bytesIn,
    bytes_out: row.bytesOut,
  };
}

/** With its bodies, null where none were kept. */
export function shownCallJson({ row, bodies }: ShownCall, nameOf: KeyNames): JsonObject {
  return {
    ...callJson(row, nameOf),
    request_body: bodies ? bodyJson(bodies.request) : null,
    answer_body: bodies ? bodyJson(bodies.answer) : null,
  };
}

/** As `/admin/clients` answers. `client` is null for calls that named no program. */
export function clientsJson({ clients, otherCalls }: ClientReport): JsonObject {
  return { object: 'list', data: clients.map(clientJson), other_calls: otherCalls };
}

function clientJson({ client, versions, errors, ...sums }: ClientSummary): JsonObject {
  return {
    client: client ?? null,
    ...callsJson(sums),
    versions: versions.map(({ version, ...own }) => ({ version: version ?? null, ...callsJson(own) })),
    errors: errors.map(({ status, code, calls, lastMs, lastCallId, message }) => ({
      status,
      code,
      calls,
      last_at: formatTime(lastMs),
      last_id: formatCallId(lastCallId),
      message: message ?? null,
    })),
  };
}

function callsJson({ calls, failed, left, firstMs, lastMs }: ClientCalls): JsonObject {
  return { calls, failed, left, first_at: formatTime(firstMs), last_at: formatTime(lastMs) };
}

function bodyJson({ text, totalBytes }: KeptBody): JsonObject {
  return { text, bytes: totalBytes };
}
