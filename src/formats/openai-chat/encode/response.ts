// Writes a whole answer as a Chat client expects it.

import type { AudioPart, MediaSource, Part, ReasoningPart } from '../../../canonical/part.ts';
import type { CanonicalResponse } from '../../../canonical/response.ts';
import { asObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Dress } from '../../codec.ts';
import { addressOf } from '../../data-url.ts';
import { isPcm, wavOf } from '../../pcm.ts';
import { codePoints, encodeAnnotation, encodeLogprobs } from '../annotations.ts';
import { isLegacy } from '../decode/tools.ts';
import { encodeFinish } from '../finish.ts';
import { belongsOnCall, detailOf, ISSUER, SECTION_GAP, signedCall, wholeText } from '../thought-details.ts';
import { answerTier, encodeUsage } from '../usage.ts';

/** What stands between a text and the next one when a hosted tool ran in between. */
export const AFTER_HOSTED_TOOL = '\n\n';

/** A `chat.completion` with one choice. Members the type requires are always there, null when unknown. */
export function encodeResponse(response: CanonicalResponse, dress: Dress): JsonObject {
  const message: JsonObject = { role: 'assistant', content: null, refusal: null };
  const said = gather(response.parts);
  const { text, calls, thoughts, details, annotations, images, sounds, logprobs } = said;
  const refusal =
    said.refusal === '' && response.finish.reason === 'refusal'
      ? (response.finish.explanation ?? '')
      : said.refusal;
  if (text !== '') message.content = text;
  // null says "something else was answered": an empty answer is an empty text
  else if (calls.length === 0 && refusal === '') message.content = '';
  const audio = encodeSounds(sounds, dress);
  if (audio) message.audio = audio;
  if (refusal !== '') message.refusal = refusal;
  if (thoughts.length > 0) message.reasoning_content = thoughts.join(SECTION_GAP);
  if (details.length > 0) message.reasoning_details = details;
  if (annotations.length > 0) message.annotations = annotations;
  if (images.length > 0) message.images = images;
  const legacyCall = isLegacy(dress.request) ? calls.find((call) => call.type === 'function') : undefined;
  if (legacyCall) message.function_call = legacyCall.function ?? null;
  else if (calls.length > 0) message.tool_calls = calls;
  const finishReason = encodeFinish(response.finish, calls.length > 0);
  const choice: JsonValue = {
    index: dress.choice?.index ?? 0,
    message,
    logprobs: encodeLogprobs(logprobs),
    finish_reason: legacyCall && finishReason === 'tool_calls' ? LEGACY_FINISH : finishReason,
  };
  const tier = answerTier(response.serviceTier);
  return {
    id: dress.id,
    object: 'chat.completion',
    created: dress.createdS,
    model: dress.model,
    choices: [choice],
    ...(response.usage ? { usage: encodeUsage(response.usage) } : {}),
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
}

/** What the parts of an answer come to, for the members of its message. */
function gather(parts: readonly Part[]) {
  const calls: JsonObject[] = [];
  const thoughts: string[] = [];
  const details: JsonObject[] = [];
  const annotations: JsonObject[] = [];
  const images: JsonObject[] = [];
  const sounds: AudioPart[] = [];
  const logprobs = parts.flatMap((part) => (part.kind === 'text' ? (part.logprobs ?? []) : []));
  let text = '';
  let refusal = '';
  let isAfterHosted = false;
  for (const [position, part] of parts.entries()) {
    switch (part.kind) {
      case 'text': {
        if (isAfterHosted && text !== '') text += AFTER_HOSTED_TOOL;
        isAfterHosted = false;
        const offset = part.citations ? codePoints(text) : 0;
        for (const citation of part.citations ?? []) {
          const annotation = encodeAnnotation(citation, offset, codePoints(part.text));
          if (annotation) annotations.push(annotation);
        }
        text += part.text;
        break;
      }
      case 'refusal':
        refusal += part.text;
        break;
      case 'reasoning':
        thoughts.push(...readable(part));
        // what belongs on the call that follows is written with it
        if (part.seal?.issuer !== ISSUER || signatureFor(parts[position + 1], part)) break;
        details.push(detailOf(part.seal, wholeText(part), details.length));
        break;
      case 'tool-call':
        calls.push({
          ...encodeAnswerCall(part.id, callName(part), part.form, part.input),
          ...signatureFor(part, parts[position - 1]),
        });
        break;
      case 'audio':
        sounds.push(part);
        break;
      case 'image':
        images.push(...imagesOf(part.source));
        break;
      case 'opaque':
        if (part.code && part.text) text += (text === '' ? '' : AFTER_HOSTED_TOOL) + part.text;
        images.push(...(part.code?.pictures ?? []).map(imageMember));
        isAfterHosted = true;
        break;
      case 'file':
      case 'tool-result':
        break;
      default:
        part satisfies never;
    }
  }
  return { text, refusal, calls, thoughts, details, annotations, images, sounds, logprobs };
}

/** The word of clients that know `functions` only. */
export const LEGACY_FINISH = 'function_call';

/** One sound of however many parts; bare samples become the file that was asked for. */
function encodeSounds(parts: AudioPart[], dress: Dress): JsonObject | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const sources = parts.map(({ source }) => source).filter((source) => source.from === 'base64');
  const [{ mediaType, data: only } = { mediaType: '', data: '' }] = sources;
  const bytes = () => Buffer.concat(sources.map(({ data }) => Buffer.from(data, 'base64')));
  const data = sources.length > 1 ? bytes().toString('base64') : only;
  const wantsFile = asObject(dress.request.audio).format === 'wav' && isPcm(mediaType);
  return {
    id: first.id ?? `audio_${dress.id}`,
    data: wantsFile ? wavOf(data, mediaType) : data,
    transcript: parts.map(({ transcript = '' }) => transcript).join(''),
    expires_at: dress.createdS,
  };
}

/** The summary when there is one, as in a stream, where it comes first; sealed parts have nothing to show. */
function readable(part: ReasoningPart): string[] {
  const sections = part.summary.some((section) => section !== '') ? part.summary : part.content;
  return sections.filter((section) => section !== '');
}

/** The members of a call that stands right behind the state that belongs on it. */
function signatureFor(call: Part | undefined, before: Part | undefined): JsonObject | undefined {
  if (call?.kind !== 'tool-call' || before?.kind !== 'reasoning') return undefined;
  return belongsOnCall(before.seal) ? signedCall(before.seal) : undefined;
}

/** A picture as vendors of this format show theirs; none for one that has no address. */
export function imagesOf(source: MediaSource): JsonObject[] {
  const url = addressOf(source);
  return url === undefined ? [] : [imageMember(url)];
}

export function imageMember(url: string): JsonObject {
  return { type: 'image_url', image_url: { url } };
}

/** The name a Chat client knows a namespaced tool by. */
export function callName(call: { name: string; namespace?: string }): string {
  return call.namespace === undefined ? call.name : `${call.namespace}__${call.name}`;
}

function encodeAnswerCall(id: string, name: string, form: 'json' | 'text', input: string): JsonObject {
  if (form === 'text') return { id, type: 'custom', custom: { name, input } };
  return { id, type: 'function', function: { name, arguments: input.trim() === '' ? '{}' : input } };
}
