// A stream whose bytes go through as they came, listened to but not rewritten.

import type { Fault } from '../../canonical/fault.ts';
import type { CodeSeen, CostOf } from '../../canonical/usage.ts';
import type { Codec, StreamDecoder, StreamMender } from '../../formats/codec.ts';
import { bufferOf, type JsonNeedles, jsonNeedlesOf, NextNeedle } from '../../lib/bytes.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { putMembers } from '../../lib/splice.ts';
import {
  FRAME_BYTES_MAX,
  FrameSplitter,
  frameEndIn,
  jsonOf,
  parseFrames,
  type SseFrame,
} from '../../lib/sse.ts';
import type { Meter } from '../meter.ts';
import { type NoteSeals, noteSealsInFrames } from '../reasoning/seal-notes.ts';
import { type Conversion, isContent, type Piece } from './conversion.ts';
import { FrameNames } from './frame-names.ts';
import { editJson, isBroken, isComment, soundRun } from './raw-frames.ts';
import type { Renames } from './shown-names.ts';
import { usageMember } from './tail.ts';
import { lastFrames, oversized } from './transcode.ts';

export type PassOptions = {
  codec: Codec;
  meter: Meter;
  requestId: string;
  /** Shows the names of models that the client knows in place of the upstream's, if they differ. */
  renames: Renames | undefined;
  /** The provider may ask another model in place of its own. */
  mayHandOver?: boolean;
  /** And tells which one it was by the model of the frames. */
  tellsModel?: boolean;
  /** Drop the usage chunk that only we asked for. */
  hideUsage: boolean;
  /** Takes out of a fault what is not the client's to see. */
  clean: (fault: Fault) => Fault;
  /** Where it is absent, every byte stays as it came. */
  mender?: StreamMender | undefined;
  /** What is shown beside the tokens. */
  costOf?: CostOf;
  /** Wants to know the sealed reasoning that passes. */
  noteSeals?: NoteSeals | undefined;
};

/**
 * Whole frames only: a frame cut by a dying upstream is never shown. Frames are parsed until the answer has
 * begun; after that only those that can carry usage, an error or the end.
 */
export class PassedStream implements Conversion {
  committed = false;
  fault: Fault | undefined;
  readonly #options: PassOptions;
  readonly #splitter = new FrameSplitter();
  readonly #decoder: StreamDecoder;
  readonly #needles: JsonNeedles;
  readonly #names: FrameNames | undefined;
  #first: JsonObject | undefined;
  #frames = 0;
  /** Frames before the first one with content. */
  #opening = 0;
  #ended = false;
  /** What may have been the last frame, of formats that end with their connection. */
  #held: Uint8Array = NO_BYTES;
  /** The last word of an answer that has not been counted yet; it leaves behind the count. */
  #lastWord: Uint8Array = NO_BYTES;

  constructor(options: PassOptions) {
    this.#options = options;
    this.#decoder = options.codec.streamDecoder();
    options.meter.watchCode(() => this.#code());
    this.#needles = jsonNeedlesOf(options.codec.telltale.needles);
    const { modelPath } = options.codec.telltale;
    this.#names = options.renames && new FrameNames(options.renames, modelPath.at(-1) ?? '');
  }

  /** Another model may have answered from the start: then the message bears its name. */
  #code(): CodeSeen | undefined {
    const { code } = this.#decoder;
    if (!this.#options.mayHandOver || !code) return code;
    return { ...code, servedBy: code.servedBy ?? asString(asObject(this.#first?.message).model) };
  }

  get awaitsUsage(): boolean {
    return this.#decoder.awaitsUsage === true;
  }

  push(chunk: Uint8Array): Piece {
    const whole = bufferOf(this.#splitter.push(chunk));
    if (this.#splitter.pendingBytes > FRAME_BYTES_MAX) return this.fail(oversized());
    if (this.#options.noteSeals) noteSealsInFrames(whole, this.#options.noteSeals);
    return whole.length === 0 ? NOTHING : this.#pass(whole);
  }

  end(): Piece {
    const rest = this.#splitter.rest();
    const [frame] = lastFrames(rest);
    const isFrame = frame !== undefined && parseFrames(rest).length > 0;
    const piece = isFrame ? this.#pass(bufferOf(rest), true) : NOTHING;
    if (piece.last !== undefined) return piece;
    // a bare object is no frame to pass on, but it may say why there is no stream
    const said = frame === undefined || isFrame ? [] : this.#decoder.push(frame);
    const events = said.some((event) => event.type === 'error') ? said : this.#decoder.end();
    for (const event of events) this.#options.meter.hear(event);
    const error = events.find((event) => event.type === 'error');
    const held = joined(this.#held, this.#lastWord);
    this.#held = NO_BYTES;
    // the answer is complete, only its last words are missing
    if (!error) return { now: piece.now, last: joined(held, this.#options.codec.telltale.farewell) };
    return { now: joined(piece.now, held), last: this.#breakOff(error.fault) };
  }

  fail(fault: Fault): Piece {
    this.#options.meter.hear({ type: 'error', fault });
    return { now: this.#hold(NO_BYTES, 0), last: this.#breakOff(fault) };
  }

  #breakOff(broken: Fault): string {
    const { codec, requestId, clean } = this.#options;
    const fault = clean(broken);
    this.fault = fault;
    return codec.breakOff(fault, { first: this.#first, frames: this.#frames, requestId });
  }

  #pass(whole: Buffer, unterminated = false): Piece {
    this.#options.mender?.notice(whole);
    const tells = new NextNeedle(whole, this.#needles);
    const tellAt = this.committed ? tells.next(0) : 0;
    const nameAt = this.#names?.next(whole, 0) ?? -1;
    if (tellAt === -1 && nameAt === -1 && !unterminated && this.#passesUnread) {
      const { end, frames } = soundRun(whole, 0, whole.length);
      if (end === whole.length) {
        this.#frames += frames;
        this.#countFrames();
        return { now: whole, last: undefined };
      }
    }
    return this.#passEach(whole, unterminated, { tells, tellAt, nameAt });
  }

  /** Frame by frame, but for rows of frames that pass unread. */
  #passEach(whole: Buffer, unterminated: boolean, places: Places): Piece {
    const shown = new Selection(whole);
    const endOf = frameEndIn(whole);
    let { tellAt, nameAt } = places;
    // signs of life belong to the frame before them, which may be the last one
    let lastBytes = this.#held.length;
    for (let start = 0; start < whole.length; ) {
      if (this.#passesUnread && !unterminated) {
        const { end, frames } = soundRun(whole, start, firstOf(tellAt, nameAt) ?? whole.length);
        this.#frames += frames;
        if (frames > 0) shown.goOn();
        shown.take(start, end);
        start = end;
        if (start === whole.length) break;
      }
      const end = endOf(start);
      const raw = whole.subarray(start, end);
      const wasCommitted = this.committed;
      const tells = tellAt !== -1 && tellAt < end;
      const telling = !wasCommitted || this.awaitsUsage || tells || isBroken(raw);
      const isNamed = nameAt !== -1 && nameAt < end;
      if (this.#ended) {
        shown.beginEnd();
        shown.take(start, end);
      } else if (isComment(raw)) {
        if (this.awaitsUsage) this.#lastWord = Buffer.concat([this.#lastWord, raw]);
        else shown.take(start, end);
        lastBytes += raw.length;
      } else if (!telling && !isNamed) {
        this.#frames++;
        shown.goOn();
        shown.take(start, end);
        lastBytes = raw.length;
      } else {
        const left = this.#passFrame(raw, telling);
        if (this.fault) return { now: this.#hold(shown.bytes(), 0), last: this.#breakOff(this.fault) };
        lastBytes = left?.length ?? lastBytes;
        if (this.#ended || (tells && wasCommitted)) shown.beginEnd();
        else shown.goOn();
        if (this.awaitsUsage) this.#lastWord = Buffer.concat([this.#lastWord, left ?? NO_BYTES]);
        else if (left === raw) shown.take(start, end);
        else if (left) shown.insert(left);
        if (this.committed && (tells || !wasCommitted) && end < whole.length) tellAt = places.tells.next(end);
        if (isNamed) nameAt = this.#names?.next(whole, end) ?? -1;
      }
      start = end;
    }
    this.#countFrames();
    if (unterminated && this.awaitsUsage) this.#lastWord = Buffer.concat([this.#lastWord, BLANK_LINE]);
    else if (unterminated) shown.insert(BLANK_LINE);
    if (unterminated) lastBytes += BLANK_LINE.length;
    if (!this.#ended) return { now: this.#hold(shown.bytes(), lastBytes), last: undefined };
    const { before, end } = shown.parts();
    return { now: this.#hold(before, 0), last: joined(end, this.#lastWord) };
  }

  /** The frame that ends the answer has no token in it: what it costs may have been shown before. */
  #countFrames(): void {
    if (!this.committed) return;
    this.#options.meter.hearFrames(this.#frames - this.#opening - (this.#ended ? 1 : 0));
  }

  /** The answer has begun and may not be over: a frame that tells of nothing is as good as any other. */
  get #passesUnread(): boolean {
    const { mayBeOver, awaitsUsage } = this.#decoder;
    return this.committed && !this.#ended && !mayBeOver && !awaitsUsage;
  }

  /** What may leave now: all but a last frame that must wait until the call is settled, as it may end the answer. */
  #hold(bytes: Uint8Array, lastBytes: number): Uint8Array {
    const kept = this.#decoder.mayBeOver ? lastBytes : 0;
    if (kept === 0 && this.#held.length === 0) return bytes;
    const all = Buffer.concat([this.#held, bytes]);
    this.#held = all.subarray(all.length - kept);
    return all.subarray(0, all.length - kept);
  }

  /** The frame as it leaves; undefined when it is not the client's to see. */
  #passFrame(raw: Uint8Array, telling: boolean): Uint8Array | undefined {
    // behind the last word nothing is said any more
    if (!this.awaitsUsage) this.#frames++;
    const frame = telling ? parseFrames(raw)[0] : undefined;
    if (!frame) return this.#shown(raw);
    if (!this.#first) {
      const shown = this.#shown(raw);
      const told = shown === raw ? frame : parseFrames(shown)[0];
      const value = told && jsonOf(told);
      if (isObject(value)) this.#first = value;
    }
    if (this.#options.tellsModel) this.#options.meter.hearModel(modelIn(frame));
    for (const event of this.#decoder.push(frame)) {
      this.#options.meter.hear(event);
      if (isContent(event)) this.#begin();
      if (event.type === 'finish') this.#ended = true;
      if (event.type === 'error') this.fault = event.fault;
    }
    const unreadable = isBroken(raw);
    // our own words stand in its place, or nothing
    if (this.fault || unreadable) this.#frames--;
    const { codec, meter } = this.#options;
    this.#countFrames();
    if (frame.data.includes(`"${usageMember(codec)}"`)) meter.hearReport(this.#decoder.usage);
    if (this.#options.hideUsage && isUsageChunk(frame)) return undefined;
    if (unreadable) return undefined;
    const shown = this.#shown(this.#withCost(raw, frame));
    return this.#options.mender?.mend(shown, frame) ?? shown;
  }

  #shown(raw: Uint8Array): Uint8Array {
    return this.#names?.show(raw) ?? raw;
  }

  #begin(): void {
    if (this.committed) return;
    this.committed = true;
    this.#opening = this.#frames - 1;
  }

  #withCost(raw: Uint8Array, frame: SseFrame): Uint8Array {
    const { costOf, codec, meter, hideUsage } = this.#options;
    // what the client did not ask for ends with a count it is not shown: a cost on the way would be its last
    if (hideUsage && this.#decoder.isEnding === false) return raw;
    // a format that reports in every frame is shown the cost in the one that may be its last
    if (!costOf || this.#decoder.mayBeOver === false || !frame.data.includes(`"${usageMember(codec)}"`))
      return raw;
    const { usage } = this.#decoder;
    const cost = usage && costOf(meter.billed(usage));
    return cost ? editJson(raw, (json) => putMembers(json, codec.telltale.usagePath, cost)) : raw;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Both pieces as one; nothing is copied when one of them is empty. */
function joined(first: Uint8Array | string, second: Uint8Array | string): Uint8Array | string {
  if (first.length === 0) return second;
  return second.length === 0 ? first : Buffer.concat([Buffer.from(first), Buffer.from(second)]);
}

const NOTHING: Piece = { now: '', last: undefined };
const BLANK_LINE = new TextEncoder().encode('\n\n');

/** Where the first members that tell of something, and that may hold a name, stand in a chunk; -1 where none does. */
type Places = { tells: NextNeedle; tellAt: number; nameAt: number };

/** The smaller of two places; undefined when there is neither. */
function firstOf(one: number, other: number): number | undefined {
  if (one === -1) return other === -1 ? undefined : other;
  return other === -1 ? one : Math.min(one, other);
}

function isUsageChunk(frame: SseFrame): boolean {
  const value = jsonOf(frame);
  return isObject(value) && isObject(value.usage) && asArray(value.choices).length === 0;
}

function modelIn(frame: SseFrame): string | undefined {
  return asString(asObject(jsonOf(frame)).model);
}

/** Ranges of one chunk and what stands between them; neighbouring ranges stay one piece. */
class Selection {
  readonly #whole: Uint8Array;
  readonly #pieces: Uint8Array[] = [];
  #from = 0;
  #to = 0;
  /** Where what may be the end of the answer begins: in which piece, and how many bytes into it. */
  #end: { piece: number; offset: number } | undefined;

  constructor(whole: Uint8Array) {
    this.#whole = whole;
  }

  take(start: number, end: number): void {
    if (start !== this.#to) this.#flush(start);
    this.#to = end;
  }

  insert(bytes: Uint8Array): void {
    this.#flush(this.#to);
    this.#pieces.push(bytes);
  }

  /** What comes from here on may be the end of the answer, whose words leave together. */
  beginEnd(): void {
    this.#end ??= { piece: this.#pieces.length, offset: this.#to - this.#from };
  }

  /** It was not: more of the answer comes. */
  goOn(): void {
    this.#end = undefined;
  }

  bytes(): Uint8Array {
    this.#flush(this.#to);
    return oneOf(this.#pieces);
  }

  parts(): { before: Uint8Array; end: Uint8Array } {
    this.#flush(this.#to);
    const { piece, offset } = this.#end ?? { piece: this.#pieces.length, offset: 0 };
    const broken = this.#pieces[piece] ?? NO_BYTES;
    const before = this.#pieces.slice(0, piece);
    if (offset > 0) before.push(broken.subarray(0, offset));
    return { before: oneOf(before), end: oneOf([broken.subarray(offset), ...this.#pieces.slice(piece + 1)]) };
  }

  #flush(next: number): void {
    const isAll = this.#from === 0 && this.#to === this.#whole.length;
    if (isAll) this.#pieces.push(this.#whole);
    else if (this.#to > this.#from) this.#pieces.push(this.#whole.subarray(this.#from, this.#to));
    this.#from = next;
    this.#to = next;
  }
}

function oneOf(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only ? only : Buffer.concat(pieces);
}
