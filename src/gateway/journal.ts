// What the journal says of a call: its row, built when the call has ended or was refused.

import type { Fault } from '../canonical/fault.ts';
import { lossHeader } from '../canonical/loss.ts';
import type { Usage } from '../canonical/usage.ts';
import { nowMs } from '../lib/clock.ts';
import { newCallId } from '../lib/id.ts';
import { redact } from '../lib/log.ts';
import type { Journal, JournalEntry, JournalRow, JournalRule } from '../store/journal-port.ts';
import type { Arrival } from './admission/arrival.ts';
import type { Call } from './call.ts';
import { clientOf } from './client-name.ts';
import type { Trace } from './trace.ts';

/** Names may be shown, cut to this; what a client puts in their place may be anything (design 1.1). */
const NAME_CHARS_MAX = 64;
const MESSAGE_CHARS_MAX = 500;
const CLIENT_CLOSED_STATUS = 499;

export type CallEnd = {
  rule: JournalRule;
  /** Empty when none answered. */
  provider: string;
  usage: Usage | undefined;
  atMs: number;
};

/**
 * Notes an admitted call at its end, once. Its row is completed a moment later, when its last bytes have left. Until
 * then it waits without its call, which holds the request: memory that outlives its call is dear to collect.
 */
export function recordCall(journal: Journal, call: Call, end: CallEnd): void {
  const { trace } = call;
  const row = rowOf(call, end);
  journal.record(() => entryOf(row, trace));
}

/**
 * Notes a request that was not let in. One without a valid key belongs to nobody and is only counted, so that
 * strangers cannot fill the journal.
 */
export function recordRefusal(journal: Journal, arrival: Arrival, fault: Fault): void {
  const { request, door, requestId, startedMs, key, modelName, bytes = 0 } = arrival;
  if (fault.status === 401 || !key) {
    journal.countUnknownKey();
    return;
  }
  const userAgent = request.headers.get('user-agent');
  const row: JournalRow = {
    callId: newCallId(),
    requestId,
    atMs: startedMs,
    keyId: key.id,
    ...clientOf(userAgent),
    path: door.path,
    format: door.codec.id,
    ...(modelName === undefined ? {} : { modelAsked: nameOf(modelName) }),
    stream: false,
    status: fault.status,
    ...failureOf(fault),
    attempts: 0,
    durationMs: Math.max(0, nowMs() - startedMs),
    bytesIn: bytes,
    bytesOut: 0,
  };
  journal.record(() => ({ row }));
}

/** What is known of a call when it ends. */
function rowOf(call: Call, end: CallEnd): JournalRow & { rule: JournalRule } {
  const row: JournalRow & { rule: JournalRule } = {
    callId: call.id,
    requestId: call.requestId,
    atMs: call.startedMs,
    keyId: call.key.id,
    path: call.trace.path,
    format: call.codec.id,
    modelAsked: call.modelName,
    model: call.model.id,
    stream: call.stream,
    status: 200,
    attempts: 0,
    rule: end.rule,
    durationMs: Math.max(0, end.atMs - call.startedMs),
    bytesIn: call.trace.bytesIn,
    bytesOut: 0,
  };
  if (end.provider !== '') row.provider = end.provider;
  if (end.usage) {
    row.inputTokens = end.usage.input;
    row.outputTokens = end.usage.output;
    row.cachedTokens = end.usage.cacheRead;
  }
  return row;
}

function entryOf(row: JournalRow & { rule: JournalRule }, trace: Trace): JournalEntry {
  const { sent } = trace;
  Object.assign(row, clientOf(trace.userAgent), outcomeOf(row.rule, trace.fault));
  row.modelAsked = nameOf(row.modelAsked ?? '');
  row.attempts = trace.attempts;
  row.bytesOut = sent.bytes;
  if (trace.upstreamStatus !== undefined) row.upstreamStatus = trace.upstreamStatus;
  if (trace.failed) row.failedAttempts = trace.failed.join('; ');
  if (trace.losses.length > 0) row.losses = lossHeader([...trace.losses]);
  if (trace.chargedNano !== undefined) row.costNano = trace.chargedNano;
  if (sent.firstMs !== undefined) {
    row.firstByteMs = Math.max(0, sent.firstMs - row.atMs);
    // the charge, by which the end is told, is on disk before an answer in one piece leaves
    row.durationMs = Math.max(row.durationMs, row.firstByteMs);
  }
  if (trace.request === undefined) return { row };
  const request = { bytes: trace.request, totalBytes: trace.bytesIn };
  return { row, bodies: { request, answer: { bytes: sent.beginning(), totalBytes: sent.bytes } } };
}

function outcomeOf(
  rule: JournalRule,
  fault: Fault | undefined,
): Pick<JournalRow, 'status' | 'code' | 'message'> {
  if (rule === 'client-left') return { status: CLIENT_CLOSED_STATUS, code: 'client_closed' };
  return fault ? { status: fault.status, ...failureOf(fault) } : { status: 200 };
}

/** The provider's own words may repeat the prompt; of those only the kind is kept. */
const THEIR_WORDS = new Set<string>([
  'upstream_rejected',
  'reasoning_rejected',
  'context_length_exceeded',
  'content_policy_violation',
  'thread_unsupported_request',
]);

function failureOf(fault: Fault): { code: string; message: string } {
  const theirs = THEIR_WORDS.has(fault.code) && fault.cause !== undefined;
  const cause = typeof fault.cause === 'string' ? ` (${fault.cause})` : '';
  const message = theirs
    ? `The provider refused the request${cause}; its words went to the client only.`
    : fault.message;
  return { code: fault.code, message: redact(message).slice(0, MESSAGE_CHARS_MAX) };
}

function nameOf(name: string): string {
  return redact(name.slice(0, NAME_CHARS_MAX));
}
