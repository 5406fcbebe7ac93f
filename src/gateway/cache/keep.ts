// Keeps good answers for the next request that asks the same.

import { asksOthers } from '../../billing/rates.ts';
import type { AnswerChange } from '../../canonical/answer-change.ts';
import { Fold } from '../../canonical/fold.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Codec } from '../../formats/codec.ts';
import { parseFrames } from '../../lib/sse.ts';
import type { Cache } from '../../store/ports.ts';
import { type Piece, Wrapped } from '../answer/conversion.ts';
import { readWhole, type WholeReply } from '../answer/whole.ts';
import type { Call } from '../call.ts';
import { inTier, underPricedNames } from '../costs/tiers.ts';
import type { Plan } from '../plan.ts';
import { type KeptAnswer, packAnswer } from './kept-answer.ts';

export type KeepPorts = { cache: Pick<Cache, 'put'>; config: { cache: { ttlMs: number } } };

/** So much of one stream is held back to be kept; a longer one is not. */
const STREAM_BYTES_MAX = 16 * 1024 * 1024;

/** Keeps the answer of one attempt, once it has been settled as finished. It holds nothing of the request. */
export type Keep = (raw: WholeReply, usage: Usage) => void;

/** Undefined when the answer of this attempt is not to be kept. */
export function keepFor(call: Call, plan: Plan, { cache, config }: KeepPorts): Keep | undefined {
  const { caching } = call;
  if (!caching?.keeps || caching.name === undefined || call.model.id !== caching.modelId) return undefined;
  const { name } = caching;
  const { ttlMs } = config.cache;
  const { upstream, candidate } = plan;
  const { provider } = candidate;
  const restore = plan.kind === 'transcode' ? plan.restore : () => undefined;
  const about: Omit<KeptAnswer, 'response' | 'usage'> = {
    provider: provider.id,
    format: call.codec.id,
    losses: [...plan.losses],
    scope: plan.kind === 'transcode' ? plan.sealing.scope : plan.scope,
    sealsTexts: provider.quirks.reasoningContent === true,
  };
  const { isCapped } = caching;
  const keyId = call.key.id;
  const { price, tier, codec } = call;
  const isCounted = codec.makes !== undefined;
  return (raw, reported) => {
    const response = responseIn(raw, { upstream, candidate }, restore);
    if (!response || !isWorthKeeping(response, reported, isCapped)) return;
    const { usage: told, ...rest } = response;
    const usage = underPricedNames(inTier(reported, tier), price, upstream);
    const kept = { ...about, usage, response: told || isCounted ? { ...rest, usage } : rest };
    cache.put(name, packAnswer(kept), ttlMs, keyId);
  };
}

/** The client's answer as far as it is one: broken ones are for whoever relays them to tell of. */
function responseIn(
  raw: WholeReply,
  from: Pick<Plan, 'upstream' | 'candidate'>,
  restore: () => AnswerChange | undefined,
): CanonicalResponse | undefined {
  const streamed = raw.isStream ? foldStream(raw.bytes, from.upstream, restore()) : undefined;
  if (streamed) return streamed;
  try {
    const response = readWhole(raw, from);
    return restore()?.response(response) ?? response;
  } catch {
    return undefined;
  }
}

/** A change may end the answer before its provider does. */
function foldStream(
  bytes: Uint8Array,
  upstream: Codec,
  change: AnswerChange | undefined,
): CanonicalResponse | undefined {
  const decoder = upstream.streamDecoder();
  const fold = new Fold();
  const hear = (events: ReturnType<typeof decoder.push>) => {
    for (const told of events)
      for (const event of change?.events(told) ?? [told]) if (!fold.finished) fold.push(event);
  };
  for (const frame of parseFrames(bytes)) if (!fold.finished) hear(decoder.push(frame));
  if (!fold.finished) hear(decoder.end());
  return fold.finished && !fold.fault ? fold.response() : undefined;
}

/** Whole, of the model's own knowledge, and no refusal: who asks again hopes for better. */
function isWorthKeeping({ finish, parts }: CanonicalResponse, usage: Usage, isCapped: boolean): boolean {
  if (Object.values(usage.serverTools).some((runs) => runs > 0) || asksOthers(usage)) return false;
  const says = parts.some(
    (part) =>
      (part.kind === 'text' && part.text !== '') || part.kind === 'tool-call' || part.kind === 'opaque',
  );
  switch (finish.reason) {
    case 'end':
    case 'stop-sequence':
    case 'tool':
      return says;
    // what the client itself has cut
    case 'length':
      return says && isCapped;
    case 'context':
    case 'filter':
    case 'refusal':
    case 'pause':
    case 'compaction':
    case 'bad-tool':
      return false;
    default:
      return finish.reason satisfies never;
  }
}

/** A stream of which all that its provider sends is held until it is over. */
export class RecordedStream extends Wrapped {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** All of it; undefined when it was too long. */
  get recorded(): Uint8Array | undefined {
    return this.#bytes > STREAM_BYTES_MAX ? undefined : Buffer.concat(this.#pieces);
  }

  override push(chunk: Uint8Array): Piece {
    this.#bytes += chunk.length;
    if (this.#bytes <= STREAM_BYTES_MAX) this.#pieces.push(chunk);
    else this.#pieces = [];
    return super.push(chunk);
  }
}
