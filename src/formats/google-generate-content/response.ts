// Whole answers of this format.

import { Fault } from '../../canonical/fault.ts';
import { Fold } from '../../canonical/fold.ts';
import type { AudioPart, ImagePart, Part } from '../../canonical/part.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { Dress } from '../codec.ts';
import { soundType } from '../pcm.ts';
import { AnswerReader } from './decode/answer-reader.ts';
import { codeParts } from './decode/opaque.ts';
import { callArgs, callName } from './encode/call-args.ts';
import { decodeInnerError, isErrorBody } from './errors.ts';
import { encodeFinish } from './finish.ts';
import { type CitedText, encodeGrounding, encodePages } from './grounding.ts';
import { encodeLogprobs } from './logprobs.ts';
import { FORMAT } from './names.ts';
import { runIn } from './own-runs.ts';
import { SignatureHolder, thoughtText } from './signature-holder.ts';
import { encodeUsage } from './usage.ts';

/** Reads an answer as the stream of one piece that it is; see the codec contract for its faults. */
export function decodeResponse(body: JsonObject): CanonicalResponse {
  if (isErrorBody(body)) throw decodeInnerError(body);
  if (!Array.isArray(body.candidates) && !isObject(body.promptFeedback))
    throw new Fault('bad_gateway', 'The provider sent something that is not an answer; try again.');
  const reader = new AnswerReader(true);
  const fold = new Fold();
  for (const event of [...reader.read(body), ...reader.finish()]) fold.push(event);
  if (fold.fault) throw fold.fault;
  return fold.response();
}

/** Writes a `GenerateContentResponse` with one candidate. */
export function encodeResponse(response: CanonicalResponse, dress: Dress): JsonObject {
  const holder = new SignatureHolder();
  const parts: JsonObject[] = [];
  const cited: CitedText[] = [];
  for (const part of response.parts) {
    const written = encodeAnswerPart(part, holder);
    if (part.kind === 'text' && part.citations)
      cited.push({ text: part.text, citations: part.citations, partIndex: parts.length });
    parts.push(...written);
  }
  parts.push(...holder.release());
  const logprobs = encodeLogprobs(
    response.parts.flatMap((part) => (part.kind === 'text' ? (part.logprobs ?? []) : [])),
  );
  const searches = response.parts.flatMap((part) =>
    part.kind === 'opaque' && part.search ? [part.search] : [],
  );
  const grounding = encodeGrounding(cited, searches);
  const candidate: JsonObject = {
    content: { parts, role: 'model' },
    ...encodeFinish(response.finish),
    index: dress.choice?.index ?? 0,
    ...(grounding === undefined ? {} : { groundingMetadata: grounding }),
    ...encodePages(response.parts.flatMap((part) => (part.kind === 'opaque' ? (part.pages ?? []) : []))),
    ...(logprobs === undefined ? {} : { logprobsResult: logprobs }),
  };
  return {
    candidates: [candidate],
    ...(response.usage ? { usageMetadata: encodeUsage(response.usage, response.serviceTier) } : {}),
    modelVersion: dress.model,
    responseId: dress.id,
  };
}

/** The wire parts of one part of an answer; none for what the format cannot show. */
export function encodeAnswerPart(part: Part, holder: SignatureHolder): JsonObject[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [holder.sign({ text: part.text })];
    case 'reasoning': {
      const before = holder.release();
      const run = runIn(part.seal);
      if (run) return [...before, run];
      const text = part.redacted ? '' : thoughtText(part);
      holder.hold(part.seal, text !== '');
      return text === '' ? before : [...before, { text, thought: true }];
    }
    case 'tool-call':
      return [
        holder.signCall({ functionCall: { id: part.id, name: callName(part), args: callArgs(part).args } }),
      ];
    case 'audio':
    case 'image': {
      if (part.source.from === 'base64' && part.source.data !== '')
        return [holder.sign({ inlineData: { mimeType: soundTypeOf(part), data: part.source.data } })];
      return part.kind === 'audio' && part.transcript ? [holder.sign({ text: part.transcript })] : [];
    }
    case 'opaque':
      if (part.raw.format === FORMAT && isObject(part.raw.value)) return [holder.sign(part.raw.value)];
      return part.code ? codeParts(part.code) : [];
    case 'file':
    case 'tool-result':
      return [];
    default:
      return part satisfies never;
  }
}

/** Chat does not say what its sound is: the bytes do. */
function soundTypeOf({ kind, source }: AudioPart | ImagePart): string {
  if (source.from !== 'base64') return '';
  return kind === 'audio' && source.mediaType === 'audio/wav' ? soundType(source.data) : source.mediaType;
}
