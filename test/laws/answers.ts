// The generators of provider answers by format, and what else all laws about streams share.

import type { StreamEvent } from '../../src/canonical/event.ts';
import { Fold } from '../../src/canonical/fold.ts';
import type { FormatId } from '../../src/canonical/part.ts';
import type { CanonicalResponse } from '../../src/canonical/response.ts';
import type { ShownCost } from '../../src/canonical/usage.ts';
import type { Codec, Dress } from '../../src/formats/codec.ts';
import { CODECS } from '../../src/formats/index.ts';
import { TranscodedStream } from '../../src/gateway/answer/transcode.ts';
import { Meter } from '../../src/gateway/meter.ts';
import type { TranscodePlan } from '../../src/gateway/plans/transcode.ts';
import { AnswerSeals } from '../../src/gateway/reasoning/answer-seals.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { FrameSplitter, parseFrames } from '../../src/lib/sse.ts';
import { chatAnswer } from './answer-chat.ts';
import { googleAnswer } from './answer-google.ts';
import { messagesAnswer } from './answer-messages.ts';
import { responsesAnswer } from './answer-responses.ts';
import type { Choices } from './choices.ts';
import type { Oddity, WireAnswer } from './wire-answer.ts';

const ANSWERS: Partial<Record<FormatId, (choices: Choices, oddity: Oddity) => WireAnswer>> = {
  'openai-chat': chatAnswer,
  'openai-responses': responsesAnswer,
  'anthropic-messages': messagesAnswer,
  'google-generate-content': googleAnswer,
};

/** The codecs whose answers can be generated. */
export const FORMATS = CODECS.filter((codec) => ANSWERS[codec.id] !== undefined);

/** Every ordered pair of two formats. */
export const PAIRS: [from: Codec, to: Codec][] = FORMATS.flatMap((from) =>
  FORMATS.filter((to) => to !== from).map((to): [Codec, Codec] => [from, to]),
);

export function answerOf(codec: Codec, choices: Choices, oddity: Oddity): WireAnswer {
  const make = ANSWERS[codec.id];
  if (!make) throw new Error(`no generator of ${codec.id} answers`);
  return make(choices, oddity);
}

const CODE_TOOL = { type: 'code_execution_20250825', name: 'code_execution' };
/** One that a search may find. */
const LOOK = {
  type: 'function',
  name: 'look',
  parameters: { type: 'object', properties: {} },
  defer_loading: true,
};

export function dressOf(codec: Codec): Dress {
  return {
    model: 'client-model',
    id: `${codec.idPrefix}dressed`,
    createdS: 1_763_700_123,
    includeUsage: true,
    // who has the tool is shown what another provider's ran
    request: { model: 'client-model', tools: codec.id === 'anthropic-messages' ? [CODE_TOOL] : [LOOK] },
    requestId: 'request-1',
  };
}

/** Everything the decoder says about the stream, its end included. */
export function decodeStream(codec: Codec, chunks: Uint8Array[]): StreamEvent[] {
  const splitter = new FrameSplitter();
  const decoder = codec.streamDecoder();
  const events: StreamEvent[] = [];
  for (const chunk of chunks)
    for (const frame of parseFrames(splitter.push(chunk))) events.push(...decoder.push(frame));
  for (const frame of parseFrames(splitter.rest())) events.push(...decoder.push(frame));
  return [...events, ...decoder.end()];
}

/** The whole answer the events add up to; throws the fault that ended them. */
export function foldAll(events: StreamEvent[]): CanonicalResponse {
  const fold = new Fold();
  for (const event of events) fold.push(event);
  if (fold.fault) throw fold.fault;
  if (!fold.finished) throw new Error('the stream did not finish');
  return fold.response();
}

const SEAL_KEY = new Uint8Array(32);
const SCOPE = 'the-provider';

/** A stream from one format to the other as the gateway converts it. */
export function transcoded(from: Codec, to: Codec, meter = new Meter()): TranscodedStream {
  // who answers and what was sent plays no part in the conversion of an answer
  const plan = {
    kind: 'transcode',
    upstream: from,
    losses: [],
    restore: () => undefined,
    sealing: { key: SEAL_KEY, scope: SCOPE, sealsTexts: false },
  } as unknown;
  return new TranscodedStream(plan as TranscodePlan, to, dressOf(to), meter, {
    clean: (fault) => fault,
    costOf: () => FREE,
  });
}

export const FREE: ShownCost = {
  cost_usd_total: 0,
  cost_usd_request: 0,
  cost_usd_input: 0,
  cost_usd_cached_input: 0,
  cost_usd_output: 0,
};

/** The whole answer of one format as a client of the other gets it. */
export function transcodedBody(body: JsonObject, from: Codec, to: Codec): JsonObject {
  const response = from.decodeResponse(body);
  const seals = new AnswerSeals({ key: SEAL_KEY, scope: SCOPE, sealsTexts: false }, to.issuer);
  return to.encodeResponse(seals.response(response), dressOf(to));
}
