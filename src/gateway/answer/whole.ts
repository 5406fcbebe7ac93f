// Answers that are not streamed: read whole, checked, and given the form the client asked for.

import { Fault } from '../../canonical/fault.ts';
import { Fold } from '../../canonical/fold.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { unfold } from '../../canonical/unfold.ts';
import { type CostOf, isBelievable } from '../../canonical/usage.ts';
import type { Codec } from '../../formats/codec.ts';
import { withoutMark } from '../../lib/bytes.ts';
import { nowS } from '../../lib/clock.ts';
import { newAnswerToken } from '../../lib/id.ts';
import { isObject, type JsonValue, tryParseJson } from '../../lib/json.ts';
import { putMembers } from '../../lib/splice.ts';
import { parseFrames, type SseFrame } from '../../lib/sse.ts';
import { type Call, dressOf } from '../call.ts';
import { decodeExactly } from '../exactly.ts';
import type { Meter } from '../meter.ts';
import type { Plan } from '../plan.ts';
import type { PassPlan } from '../plans/pass.ts';
import type { TranscodePlan } from '../plans/transcode.ts';
import { AnswerSeals } from '../reasoning/answer-seals.ts';
import type { Received } from '../upstream.ts';
import { renamesOf } from './shown-names.ts';
import { usageAtEnd, usageMember, withCostAtEnd } from './tail.ts';
import { bareFrames } from './transcode.ts';
import { noteUnshown } from './unshown.ts';

/** What a provider has sent, all of it; `isStream`: under the type of a stream, or under none. */
export type WholeReply = { bytes: Uint8Array; isStream: boolean };

/** An answer as it leaves, all of it: one body, or the events of a stream. */
export type Whole = { body: Uint8Array; stream: boolean };

const ERROR_BODY_BYTES_MAX = 64 * 1024;

/** The fault an upstream's error response stands for. */
export function failureOf({ status, headers, body }: Received, upstream: Codec): Fault {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array(0);
  const text = new TextDecoder().decode(bytes.subarray(0, ERROR_BODY_BYTES_MAX));
  return upstream.decodeError(status, tryParseJson(text) ?? text, headers);
}

/**
 * The client's answer out of a whole upstream response of its own format: its very bytes, or the one-shot stream of
 * them when a stream was asked for. Throws Fault `bad_gateway` for anything that is no answer.
 */
export function answerPassed(
  call: Call,
  plan: PassPlan,
  received: WholeReply,
  meter: Meter,
  costOf: CostOf,
): Whole {
  const { upstream } = plan;
  const bytes = withoutMark(received.bytes);
  const { isStream } = received;
  if (!looksLikeJson(bytes) && (isStream || looksLikeEvents(bytes))) {
    return answerFolded(call, plan, parseFrames(bytes), meter, costOf);
  }
  const tellsModel = call.fallbacks?.member === 'models';
  // who answered stands in front of the usage
  const end = call.stream || tellsModel ? undefined : usageAtEnd(bytes, upstream);
  // a report without output is only true of an answer without text, one without input of none
  const says = upstream.makes === undefined;
  const isPlain = end && isBelievable(end.usage) && end.usage.input > 0 && (end.usage.output > 0 || !says);
  if (isPlain) {
    meter.hearUsage(end.usage);
    const cost = costOf(end.usage);
    const priced = cost ? withCostAtEnd(bytes, end.start, usageMember(upstream), cost) : bytes;
    return { body: ownAnswer(priced, call, plan), stream: false };
  }
  const value = tryParseJson(new TextDecoder().decode(bytes));
  if (Array.isArray(value) && bareFrames(value).length > 0)
    return answerFolded(call, plan, bareFrames(value), meter, costOf);
  const decoded = decodeValue(value, bytes, plan);
  if (tellsModel) meter.hearModel(decoded.model);
  meter.hearWhole(decoded);
  if (call.stream) return write(call, withCost(decoded, meter, costOf));
  const cost = decoded.usage && costOf(meter.billed(decoded.usage));
  const priced = cost ? putMembers(bytes, [usageMember(upstream)], cost) : bytes;
  return { body: ownAnswer(priced, call, plan), stream: false };
}

/** The client's answer out of what a provider of another format has answered, which `meter` has heard. */
export function answerTranslated(
  call: Call,
  plan: TranscodePlan,
  response: CanonicalResponse,
  meter: Meter,
  costOf: CostOf,
): Whole {
  const isCounted = response.usage !== undefined || call.codec.makes === undefined;
  const counted = isCounted ? response : { ...response, usage: meter.usage() };
  return write(call, forClient(call, plan, withCost(counted, meter, costOf)));
}

function write(call: Call, answer: CanonicalResponse): Whole {
  return { body: call.stream ? writeStream(call, answer) : writeWhole(call, answer), stream: call.stream };
}

/** A provider's own bytes with what only we know: the name the client asked for, and the end it should have told. */
function ownAnswer(bytes: Uint8Array, call: Call, plan: PassPlan): Uint8Array {
  const mended = plan.upstream.mending?.whole(bytes, call.body) ?? bytes;
  return renamesOf(call, plan, true)?.rename(mended) ?? mended;
}

/** The answer that events add up to which came in one piece. */
function answerFolded(call: Call, plan: PassPlan, frames: SseFrame[], meter: Meter, costOf: CostOf): Whole {
  const folded = foldFrames(frames, plan.upstream);
  if (call.fallbacks?.member === 'models') meter.hearModel(folded.model);
  meter.hearWhole(folded);
  return write(call, withCost(folded, meter, costOf));
}

/** What a whole upstream response says, one JSON body or the events of a stream. Throws as `answerPassed` does. */
export function readWhole(
  { bytes: received, isStream }: WholeReply,
  plan: Pick<Plan, 'upstream' | 'candidate'>,
): CanonicalResponse {
  const bytes = withoutMark(received);
  if (!looksLikeJson(bytes) && (isStream || looksLikeEvents(bytes)))
    return foldFrames(parseFrames(bytes), plan.upstream);
  const value = tryParseJson(new TextDecoder().decode(bytes));
  const bare = Array.isArray(value) ? bareFrames(value) : [];
  return bare.length > 0 ? foldFrames(bare, plan.upstream) : decodeValue(value, bytes, plan);
}

function decodeValue(
  value: JsonValue | undefined,
  bytes: Uint8Array,
  { upstream, candidate }: Pick<Plan, 'upstream' | 'candidate'>,
): CanonicalResponse {
  if (isObject(value))
    return decodeExactly(
      upstream,
      value,
      () => new TextDecoder().decode(bytes),
      (body) => upstream.decodeResponse(body),
      ({ parts }) => parts,
    );
  const { id } = candidate.provider;
  const message = isPage(bytes)
    ? `Provider ${id} sent a web page in the place of an answer: check its \`base_url\` in the configuration.`
    : `Provider ${id} sent something that is not an answer.`;
  throw new Fault('bad_gateway', message);
}

/** What a web server shows at an address that is no API's. */
function isPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype|html)/i.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

function withCost(response: CanonicalResponse, meter: Meter, costOf: CostOf): CanonicalResponse {
  const { usage } = response;
  if (!usage) return response;
  const cost = costOf(meter.isSum ? usage : meter.billed(usage));
  return cost ? { ...response, usage: { ...usage, cost } } : response;
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
export function forClient(
  { codec }: Call,
  plan: TranscodePlan,
  decoded: CanonicalResponse,
): CanonicalResponse {
  for (const part of decoded.parts) noteUnshown(part, codec, plan.losses);
  const restored = plan.restore()?.response(decoded) ?? decoded;
  return new AnswerSeals(plan.sealing, codec.issuer).response(restored);
}
