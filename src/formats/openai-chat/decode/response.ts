// Reads a whole Chat answer.

import { callInput } from '../../../canonical/call-input.ts';
import { Fault } from '../../../canonical/fault.ts';
import type { Part, ReasoningPart, Seal, ToolCallPart } from '../../../canonical/part.ts';
import type { CanonicalResponse } from '../../../canonical/response.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../../lib/json.ts';
import { decodeAnnotations, decodeLogprobs } from '../annotations.ts';
import { decodeInnerError, isErrorBody } from '../errors.ts';
import { decodeFinish } from '../finish.ts';
import { DetailReader, detailText, stateSeal } from '../thought-details.ts';
import { decodeUsage } from '../usage.ts';
import { ANSWER_AUDIO_TYPE, argumentsOf, mintCallId, textOf, thoughtOf } from './answer-text.ts';

/** The first choice of the answer. Throws `bad_gateway` when it is none, or the fault the body reports. */
export function decodeResponse(body: JsonObject): CanonicalResponse {
  if (isErrorBody(body)) throw decodeInnerError(body);
  const choices = asArray(body.choices).map(asObject);
  const choice = choices.find((candidate) => (candidate.index ?? 0) === 0) ?? choices[0];
  if (!choice)
    throw new Fault('bad_gateway', 'The provider sent something that is not an answer; try again.');
  if (isObject(choice.error)) throw decodeInnerError(choice);
  const message = asObject(choice.message ?? choice.delta);
  const id = asString(body.id) || undefined;
  const model = asString(body.model) || undefined;
  const createdS = asNumber(body.created) || undefined;
  const serviceTier = asString(body.service_tier);
  const parts = answerParts(message, choice, id);
  const has = (kind: Part['kind']): boolean => parts.some((part) => part.kind === kind);
  const shown = { calls: has('tool-call'), texts: has('text'), refusals: has('refusal') };
  const isCited = parts.some((part) => part.kind === 'text' && part.citations !== undefined);
  const usage = decodeUsage(body.usage ?? choice.usage, serviceTier, isCited);
  return {
    ...(id === undefined ? {} : { id }),
    ...(model === undefined ? {} : { model }),
    ...(createdS === undefined ? {} : { createdS }),
    parts,
    finish: decodeFinish(asString(choice.finish_reason) || undefined, shown),
    ...(usage === undefined ? {} : { usage }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}

function answerParts(message: JsonObject, choice: JsonObject, answerId: string | undefined): Part[] {
  const parts: Part[] = [];
  const thought = thoughtOf(message) || detailText(message.reasoning_details);
  const details = new DetailReader();
  details.push(message.reasoning_details);
  const seal = details.take();
  if (thought)
    parts.push({
      kind: 'reasoning',
      summary: [],
      content: [thought],
      ...(seal === undefined ? {} : { seal }),
    });
  const text = textOf(message.content);
  if (text) {
    const citations = decodeAnnotations(message.annotations);
    const logprobs = decodeLogprobs(choice.logprobs);
    parts.push({
      kind: 'text',
      text,
      ...(logprobs.length === 0 ? {} : { logprobs }),
      ...(citations.length === 0 ? {} : { citations }),
    });
  }
  const refusal = asString(message.refusal);
  if (refusal) parts.push({ kind: 'refusal', text: refusal });
  if (isObject(message.audio)) {
    const { id, data, transcript } = message.audio;
    parts.push({
      kind: 'audio',
      source: { from: 'base64', mediaType: ANSWER_AUDIO_TYPE, data: asString(data) ?? '' },
      ...(typeof id === 'string' ? { id } : {}),
      ...(typeof transcript === 'string' ? { transcript } : {}),
    });
  }
  const calls = asArray(message.tool_calls).map(asObject);
  if (isObject(message.function_call)) calls.push({ function: message.function_call });
  calls.forEach((call, i) => {
    const part = answerCall(call, mintCallId(answerId, i));
    if (part && isObject(call.extra_content))
      parts.push(hiddenPart(stateSeal({ extra_content: call.extra_content })));
    if (part) parts.push(part);
  });
  if (seal && !thought) parts.push(hiddenPart(seal));
  return parts;
}

/** Thoughts that nobody but their vendor can read. */
function hiddenPart(seal: Seal): ReasoningPart {
  return { kind: 'reasoning', redacted: true, summary: [], content: [], seal };
}

/** A call without a name cannot be run by anyone and is left out. */
function answerCall(call: JsonObject, minted: string): ToolCallPart | undefined {
  const id = asString(call.id) || minted;
  if (isObject(call.custom)) {
    const name = asString(call.custom.name);
    return name
      ? { kind: 'tool-call', id, name, form: 'text', input: argumentsOf(call.custom.input) }
      : undefined;
  }
  const called = asObject(call.function);
  const name = asString(called.name);
  if (!name) return undefined;
  return { kind: 'tool-call', id, name, form: 'json', input: callInput(argumentsOf(called.arguments)) };
}
