// Answers that are not streamed: read whole, checked, and given the form the client asked for.

import { Fault } from '../../canonical/fault.ts';
import { Fold } from '../../canonical/fold.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { unfold } from '../../canonical/unfold.ts';
import { isBelievable, type ShownCost, type Usage } from '../../canonical/usage.ts';
import type { Codec } from '../../formats/codec.ts';
import { nowS } from '../../lib/clock.ts';
import { newAnswerToken } from '../../lib/id.ts';
import { isObject, type JsonValue, tryParseJson } from '../../lib/json.ts';
import { putMembers, spliceJson } from '../../lib/splice.ts';
import { parseFrames, type SseFrame } from '../../lib/sse.ts';
import { type Call, dressOf } from '../call.ts';
import type { Meter } from '../meter.ts';
import type { PassPlan, Plan } from '../plan.ts';
import { AnswerSeals } from '../reasoning/answer-seals.ts';
import type { Received } from '../upstream.ts';
import { usageAtEnd, usageMember, withCostAtEnd } from './tail.ts';
import { bareFrames } from './transcode.ts';

const ERROR_BODY_BYTES_MAX = 64 * 1024;

/** The fault an upstream's error response stands for. */
export function failureOf({ status, headers, body }: Received, upstream: Codec): Fault {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array(0);
  const text = new TextDecoder().decode(bytes.subarray(0, ERROR_BODY_BYTES_MAX));
  return upstream.decodeError(status, tryParseJson(text) ?? text, headers);
}

/**
 * The client's answer out of a whole upstream response: its own bytes when the formats agree, else converted; as a
 * one-shot stream when a stream was asked for. Throws Fault `bad_gateway` for anything that is no answer.
 */
export function answerWhole(
  call: Call,
  plan: Plan,
  received: { bytes: Uint8Array; isStream: boolean },
  meter: Meter,
  costOf: (usage: Usage) => ShownCost | undefined,
): { body: Uint8Array; stream: boolean } {
  const { upstream } = plan;
  const bytes = withoutMark(received.bytes);
  const { isStream } = received;
  if (!looksLikeJson(bytes) && (isStream || looksLikeEvents(bytes))) {
    return answerFolded(call, plan, parseFrames(bytes), meter, costOf);
  }
  const end = plan.kind === 'pass' && !call.stream ? usageAtEnd(bytes, upstream) : undefined;
  // a report without output is only true of an answer without text, one without input of none
  const isPlain = end && isBelievable(end.usage) && end.usage.input > 0 && end.usage.output > 0;
  if (isPlain && plan.kind === 'pass') {
    meter.hearUsage(end.usage);
    const cost = costOf(end.usage);
    const priced = cost ? withCostAtEnd(bytes, end.start, usageMember(upstream), cost) : bytes;
    return { body: ownAnswer(priced, call, plan), stream: false };
  }
  const value = tryParseJson(new TextDecoder().decode(bytes));
  if (Array.isArray(value) && bareFrames(value).length > 0)
    return answerFolded(call, plan, bareFrames(value), meter, costOf);
  const decoded = decodeValue(value, plan);
  meter.hearWhole(decoded);
  if (call.stream) return { body: encodeStream(call, plan, withCost(decoded, meter, costOf)), stream: true };
  if (plan.kind === 'transcode')
    return { body: encodeWhole(call, plan, withCost(decoded, meter, costOf)), stream: false };
  const cost = decoded.usage && costOf(meter.billed(decoded.usage));
  const priced = cost ? putMembers(bytes, [usageMember(upstream)], cost) : bytes;
  return { body: ownAnswer(priced, call, plan), stream: false };
}

/** A provider's own bytes with what only we know: the name the client asked for, and the end it should have told. */
function ownAnswer(bytes: Uint8Array, call: Call, plan: PassPlan): Uint8Array {
  const mended = plan.upstream.mending?.whole(bytes) ?? bytes;
  return plan.renamed ? showModel(mended, call) : mended;
}

/** The answer that events add up to which came in one piece. */
function answerFolded(
  call: Call,
  plan: Plan,
  frames: SseFrame[],
  meter: Meter,
  costOf: (usage: Usage) => ShownCost | undefined,
): { body: Uint8Array; stream: boolean } {
  const folded = foldFrames(frames, plan.upstream);
  meter.hearWhole(folded);
  const priced = withCost(folded, meter, costOf);
  if (call.stream) return { body: encodeStream(call, plan, priced), stream: true };
  return { body: encodeWhole(call, plan, priced), stream: false };
}

/** What a whole upstream response says, one JSON body or the events of a stream. Throws as `answerWhole` does. */
export function readWhole(
  { bytes, isStream }: { bytes: Uint8Array; isStream: boolean },
  plan: Pick<Plan, 'upstream' | 'candidate'>,
): CanonicalResponse {
  if (isStream && !looksLikeJson(bytes)) return foldFrames(parseFrames(bytes), plan.upstream);
  const value = tryParseJson(new TextDecoder().decode(bytes));
  const bare = Array.isArray(value) ? bareFrames(value) : [];
  return bare.length > 0 ? foldFrames(bare, plan.upstream) : decodeValue(value, plan);
}

function decodeValue(
  value: JsonValue | undefined,
  { upstream, candidate }: Pick<Plan, 'upstream' | 'candidate'>,
): CanonicalResponse {
  if (isObject(value)) return upstream.decodeResponse(value);
  throw new Fault('bad_gateway', `Provider ${candidate.provider.id} sent something that is not an answer.`);
}

function withCost(
  response: CanonicalResponse,
  meter: Meter,
  costOf: (usage: Usage) => ShownCost | undefined,
): CanonicalResponse {
  const { usage } = response;
  const cost = usage && costOf(meter.billed(usage));
  return cost ? { ...response, usage: { ...usage, cost } } : response;
}

/** Some hosts begin with a byte order mark, which JSON has no place for (RFC 8259 8.1). */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function looksLikeJson(bytes: Uint8Array): boolean {
  let at = 0;
  while ((bytes[at] ?? 33) <= 32) at++;
  return bytes[at] === 123 || bytes[at] === 91;
}

/** Events under the content type of something else. */
function looksLikeEvents(bytes: Uint8Array): boolean {
  return /^\uFEFF?(data|event|id|retry)?:/.test(new TextDecoder().decode(bytes.subarray(0, 16)));
}

function foldFrames(frames: SseFrame[], upstream: Codec): CanonicalResponse {
  const decoder = upstream.streamDecoder();
  const fold = new Fold();
  for (const frame of frames) for (const event of decoder.push(frame)) fold.push(event);
  for (const event of decoder.end()) fold.push(event);
  if (fold.fault) throw fold.fault;
  return fold.response();
}

function encodeWhole(call: Call, plan: Plan, decoded: CanonicalResponse): Uint8Array {
  return writeWhole(call, forClient(call, plan, decoded));
}

function encodeStream(call: Call, plan: Plan, decoded: CanonicalResponse): Uint8Array {
  return writeStream(call, forClient(call, plan, decoded));
}

/** What the client is to get, as one body of its format. */
export function writeWhole(call: Call, answer: CanonicalResponse): Uint8Array {
  const dress = dressOf(call, newAnswerToken(), nowS());
  return new TextEncoder().encode(JSON.stringify(call.codec.encodeResponse(answer, dress)));
}

/** The same as the stream it would have been. */
export function writeStream(call: Call, answer: CanonicalResponse): Uint8Array {
  const encoder = call.codec.streamEncoder(dressOf(call, newAnswerToken(), nowS()));
  const text = unfold(answer).map((event) => encoder.push(event));
  return new TextEncoder().encode(text.join(''));
}

/** The answer with the client's own tools, and with seals its format can carry. */
export function forClient({ codec }: Call, plan: Plan, decoded: CanonicalResponse): CanonicalResponse {
  if (plan.kind === 'pass') return decoded;
  const restored = plan.restore()?.response(decoded) ?? decoded;
  return new AnswerSeals(plan.sealing, codec.issuer).response(restored);
}

function showModel(bytes: Uint8Array, { codec, modelName }: Call): Uint8Array {
  return spliceJson(bytes, [{ path: [codec.modelMember], json: JSON.stringify(modelName), present: true }]);
}
