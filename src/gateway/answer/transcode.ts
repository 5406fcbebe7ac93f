// A stream in one format read, understood and written again in another.

import type { AnswerChange } from '../../canonical/answer-change.ts';
import type { StreamEvent } from '../../canonical/event.ts';
import { Fault } from '../../canonical/fault.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { CostOf, Usage } from '../../canonical/usage.ts';
import type { Codec, Dress, StreamDecoder, StreamEncoder } from '../../formats/codec.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { FRAME_BYTES_MAX, FrameSplitter, parseFrames, type SseFrame } from '../../lib/sse.ts';
import type { Meter } from '../meter.ts';
import type { TranscodePlan } from '../plans/transcode.ts';
import { AnswerSeals } from '../reasoning/answer-seals.ts';
import { type Conversion, isContent, type Piece } from './conversion.ts';
import type { Rounds } from './rounds.ts';
import { usageMember } from './tail.ts';
import { noteUnshown } from './unshown.ts';

/** What a client is shown of an answer beside its content. */
export type Eyes = {
  /** Takes out of a fault what is not the client's to see. */
  clean: (fault: Fault) => Fault;
  /** Stands beside the tokens. */
  costOf: CostOf;
  /** What all answers used together with this one, when it is one of several and the last to end. */
  together?: (usage: Usage) => Usage;
};

/** A piece that is all text: whatever is written anew is. */
export type TextPiece = Piece & { now: string; last: string | undefined };

export class TranscodedStream implements Conversion {
  committed = false;
  /** Its last words have been written. */
  isOver = false;
  fault: Fault | undefined;
  isCut = false;
  #splitter = new FrameSplitter();
  #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #restore: AnswerChange | undefined;
  readonly #seals: AnswerSeals;
  readonly #meter: Meter;
  readonly #eyes: Eyes;
  readonly #usageNeedle: string;
  readonly #to: Codec;
  readonly #losses: Loss[];
  /** The part that began last. */
  #part = -1;
  readonly #upstream: Codec;
  readonly #rounds: Rounds | undefined;
  /** The request that is being read. */
  #round = 1;

  constructor(plan: TranscodePlan, to: Codec, dress: Dress, meter: Meter, eyes: Eyes, rounds?: Rounds) {
    this.#eyes = eyes;
    this.#rounds = rounds;
    this.#upstream = plan.upstream;
    this.#usageNeedle = `"${usageMember(plan.upstream)}"`;
    this.#decoder = plan.upstream.streamDecoder();
    this.#to = to;
    this.#losses = plan.losses;
    this.#encoder = to.streamEncoder(dress);
    // not the plan: it holds the whole request
    this.#restore = plan.restore();
    this.#seals = new AnswerSeals(plan.sealing, to.issuer);
    this.#meter = meter;
    meter.watchCode(() => this.#decoder.code);
  }

  get awaitsUsage(): boolean {
    return this.#decoder.awaitsUsage === true;
  }

  push(chunk: Uint8Array): TextPiece {
    this.#beginRound();
    const whole = this.#splitter.push(chunk);
    if (this.#splitter.pendingBytes > FRAME_BYTES_MAX) return this.fail(oversized());
    const piece: TextPiece = { now: '', last: undefined };
    if (whole.length === 0) return piece;
    for (const frame of parseFrames(whole)) this.#read(frame, piece);
    return piece;
  }

  end(): TextPiece {
    this.#beginRound();
    const piece: TextPiece = { now: '', last: undefined };
    for (const frame of lastFrames(this.#splitter.rest())) this.#read(frame, piece);
    if (!this.#isRoundOver) this.#write(this.#decoder.end(), piece);
    return piece;
  }

  fail(fault: Fault): TextPiece {
    const piece: TextPiece = { now: '', last: undefined };
    const events: StreamEvent[] = [{ type: 'error', fault }];
    this.#put(this.#rounds?.close(events) ?? events, piece);
    return piece;
  }

  /** The end of a request has been read which is not that of the answer. */
  get #isRoundOver(): boolean {
    return this.#rounds !== undefined && this.#rounds.number !== this.#round;
  }

  #beginRound(): void {
    if (!this.#rounds || !this.#isRoundOver) return;
    this.#round = this.#rounds.number;
    this.#decoder = this.#upstream.streamDecoder();
    this.#splitter = new FrameSplitter();
  }

  #read(frame: SseFrame, piece: TextPiece): void {
    // nobody wanted the rest, so nobody pays for it
    if (this.isCut || this.#isRoundOver) return;
    this.#write(this.#decoder.push(frame), piece);
    if (frame.data.includes(this.#usageNeedle)) this.#meter.hearReport(this.#decoder.usage);
  }

  #write(events: StreamEvent[], piece: TextPiece): void {
    this.#put(this.#rounds?.join(events, this.committed) ?? events, piece);
    if (!this.isCut) this.#rounds?.turn();
  }

  #put(events: StreamEvent[], piece: TextPiece): void {
    for (const told of events) {
      if (this.isCut) return;
      const heard = told.type === 'error' ? { ...told, fault: this.#eyes.clean(told.fault) } : told;
      this.#meter.hear(heard);
      if (heard.type === 'part-start') noteUnshown(heard.part, this.#to, this.#losses);
      const seen = heard.type === 'usage' ? this.#withCost(heard) : heard;
      for (const event of this.#changed(seen)) {
        if (isContent(event)) this.committed = true;
        if (this.#to.losesLateSources) this.#noteLate(event);
        if (event.type === 'error') this.fault = event.fault;
        let text = '';
        for (const sealed of this.#seals.events(event)) text += this.#encoder.push(sealed);
        this.isOver ||= event.type === 'finish' || event.type === 'error';
        if (event.type === 'finish' || event.type === 'error') piece.last = text;
        else piece.now += text;
      }
    }
  }

  #noteLate(event: StreamEvent): void {
    if (event.type === 'part-start') this.#part = event.index;
    const isLate =
      event.type === 'part-delta' && event.delta.kind === 'citation' && event.index !== this.#part;
    if (isLate && !this.#losses.includes(LATE_SOURCES)) this.#losses.push(LATE_SOURCES);
  }

  #withTotal<Told extends { usage: Usage }>(event: Told, total: Usage): Told {
    const cost = this.#eyes.costOf(total);
    return { ...event, usage: cost ? { ...total, cost } : total };
  }

  /** The client's events for one of the provider's. An answer that is cut short reports what was seen of it. */
  #changed(event: StreamEvent): StreamEvent[] {
    if (!this.#restore) return [event];
    const events = this.#restore.events(event);
    const finish = event.type === 'finish' ? undefined : events.find((each) => each.type === 'finish');
    if (!finish) return events;
    this.isCut = true;
    const meter = this.#meter;
    const used = meter.usage();
    const usage = this.#withCost({ type: 'usage' as const, usage: used }, meter.isSum ? used : undefined);
    return [...events.filter((each) => each !== finish), usage, finish];
  }

  #withCost<Told extends { usage: Usage }>(
    event: Told,
    billed: Usage = this.#meter.billed(event.usage),
  ): Told {
    const { together } = this.#eyes;
    if (together || this.#meter.isSum) return this.#withTotal(event, together?.(billed) ?? billed);
    const cost = this.#eyes.costOf(billed);
    return cost ? { ...event, usage: { ...event.usage, cost } } : event;
  }
}

const LATE_SOURCES: Loss = {
  path: 'citations',
  action: 'dropped',
  reason: 'the provider told the sources of a text after the text had ended',
};

/**
 * What a stream ends with behind its last blank line: a frame that nothing is missing of, or bare JSON, which
 * hosts send in place of a stream under its content type. A frame cut short is none.
 */
export function lastFrames(rest: Uint8Array): SseFrame[] {
  const frames = rest.length === 0 ? [] : parseFrames(rest);
  const [frame] = frames;
  if (frame) return frame.data === '[DONE]' || tryParseJson(frame.data) !== undefined ? frames : [];
  return bareFrames(tryParseJson(new TextDecoder().decode(rest)));
}

/** Bodies in place of events: an object, or Google's array of them. */
export function bareFrames(value: unknown): SseFrame[] {
  return [value].flat().flatMap((one) => (isObject(one) ? [{ data: JSON.stringify(one) }] : []));
}

/** The fault of a frame too large to be one. */
export function oversized(): Fault {
  return new Fault('bad_gateway', 'The provider sent a stream event larger than the gateway accepts.');
}
