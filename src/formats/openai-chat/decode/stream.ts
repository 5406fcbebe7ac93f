// Reads a Chat stream, tolerating what its many vendors do differently.

import { followedBy, type PartDelta, type PartStart, type StreamEvent } from '../../../canonical/event.ts';
import { Fault, toFault } from '../../../canonical/fault.ts';
import type { Finish } from '../../../canonical/response.ts';
import { Sequencer } from '../../../canonical/sequencer.ts';
import type { Usage } from '../../../canonical/usage.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { jsonOf, type SseFrame } from '../../../lib/sse.ts';
import type { StreamDecoder } from '../../codec.ts';
import { decodeAnnotations, decodeLogprobs } from '../annotations.ts';
import { decodeInnerError, isErrorBody } from '../errors.ts';
import { decodeFinish } from '../finish.ts';
import { DetailReader, detailText } from '../thought-details.ts';
import { decodeUsage } from '../usage.ts';
import { ANSWER_AUDIO_TYPE, textOf, thoughtOf } from './answer-text.ts';
import { CallReader } from './call-reader.ts';

type Plain = 'text' | 'reasoning' | 'refusal' | 'audio';
type Held = { part: PartStart; deltas: PartDelta[] };

/**
 * Decodes choice 0. The finish is held until `[DONE]` or the end, since usage may follow it, and behind `[DONE]` until
 * usage or the end where there was none before. Also right when fed only the frames with a telltale needle: nothing
 * here depends on having seen the frames before.
 */
export class ChatStreamDecoder implements StreamDecoder {
  readonly #sequencer = new Sequencer();
  readonly #calls = new CallReader(this.#sequencer);
  readonly #details = new DetailReader();
  #started = false;
  #over = false;
  #isDone = false;
  #open: Plain | undefined;
  #parts = 0;
  /** Index of the text that was told last. */
  #lastText: number | undefined;
  #sawCall = false;
  /** Thoughts were shown in a member of their own, so the details only repeat them. */
  #sawThought = false;
  /** What came after the first tool call; it follows when the calls are whole. */
  #held: Held[] = [];
  #id: string | undefined;
  #model: string | undefined;
  #createdS: number | undefined;
  #serviceTier: string | undefined;
  readonly #shown = { texts: false, refusals: false };
  #finishReason: string | undefined;
  #usage: Usage | undefined;
  #reported: JsonObject | undefined;
  #isCited = false;

  push(frame: SseFrame): StreamEvent[] {
    if (this.#over) return [];
    const data = frame.data.trim();
    if (data === '') return [];
    if (data === '[DONE]') return this.#done();
    const chunk = jsonOf(frame);
    if (this.#isDone) return isObject(chunk) ? this.#readLate(chunk) : [];
    if (!isObject(chunk)) {
      return this.#fail(
        new Fault('bad_gateway', 'The provider sent an unreadable piece of an answer; try again.'),
      );
    }
    if (isErrorBody(chunk) || frame.event === 'error') return this.#fail(decodeInnerError(chunk));
    return this.#read(chunk);
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  get isEnding(): boolean {
    return this.#finishReason !== undefined || this.#isDone;
  }

  get awaitsUsage(): boolean {
    return this.#isDone && !this.#over;
  }

  end(): StreamEvent[] {
    if (this.#over) return [];
    if (this.#finishReason !== undefined || this.#isDone) return this.#finish();
    return this.#fail(truncated());
  }

  #read(chunk: JsonObject): StreamEvent[] {
    this.#id ??= asString(chunk.id) || undefined;
    this.#model ??= asString(chunk.model) || undefined;
    this.#createdS ??= asNumber(chunk.created) || undefined;
    this.#serviceTier = asString(chunk.service_tier) ?? this.#serviceTier;
    const choice = this.#readUsage(chunk);
    if (!choice) return [];
    if (isObject(choice.error)) return this.#fail(decodeInnerError(choice));
    // a whole message instead of a delta; at the end of a real stream it only repeats everything
    const delta = choice.delta ?? (this.#parts === 0 && !this.#sawCall ? choice.message : undefined);
    const events = followedBy(this.#start(), this.#readDelta(asObject(delta), choice));
    this.#finishReason ??= asString(choice.finish_reason) || undefined;
    return events;
  }

  /** Takes the usage of a chunk and hands back its choice. */
  #readUsage(chunk: JsonObject): JsonObject | undefined {
    const choice = firstChoice(chunk.choices);
    this.#isCited ||= decodeAnnotations(asObject(choice?.delta ?? choice?.message).annotations).length > 0;
    const reported = chunk.usage ?? choice?.usage ?? asObject(chunk.x_groq).usage;
    if (isObject(reported)) this.#reported = reported;
    if (reported || this.#isCited)
      this.#usage = decodeUsage(this.#reported, this.#serviceTier, this.#isCited) ?? this.#usage;
    return choice;
  }

  /** Some vendors count behind their last word; anything else there is nothing. */
  #readLate(chunk: JsonObject): StreamEvent[] {
    this.#readUsage(chunk);
    return this.#usage ? this.#finish() : [];
  }

  #start(): StreamEvent[] {
    if (this.#started) return [];
    this.#started = true;
    return [
      {
        type: 'start',
        ...(this.#id === undefined ? {} : { id: this.#id }),
        ...(this.#model === undefined ? {} : { model: this.#model }),
        ...(this.#createdS === undefined ? {} : { createdS: this.#createdS }),
        ...(this.#serviceTier === undefined ? {} : { serviceTier: this.#serviceTier }),
      },
    ];
  }

  #readDelta(delta: JsonObject, choice: JsonObject): StreamEvent[] {
    const events: StreamEvent[] = [];
    this.#details.push(delta.reasoning_details);
    const direct = thoughtOf(delta);
    this.#sawThought ||= direct !== '';
    const thought = this.#sawThought ? direct : detailText(delta.reasoning_details);
    if (thought) {
      const piece = { kind: 'reasoning', form: 'content', section: 0, text: thought } as const;
      events.push(...this.#plain({ kind: 'reasoning' }, piece));
    }
    const text = textOf(delta.content);
    const logprobs = decodeLogprobs(choice.logprobs);
    if (text || logprobs.length > 0) {
      this.#shown.texts = true;
      const piece = { kind: 'text', text, ...(logprobs.length === 0 ? {} : { logprobs }) } as const;
      events.push(...this.#plain({ kind: 'text' }, piece));
    }
    for (const citation of decodeAnnotations(delta.annotations)) {
      events.push(...this.#cite({ kind: 'citation', citation }));
    }
    const refusal = asString(delta.refusal);
    if (refusal) {
      this.#shown.refusals = true;
      events.push(...this.#plain({ kind: 'refusal' }, { kind: 'refusal', text: refusal }));
    }
    if (isObject(delta.audio)) events.push(...this.#readAudio(delta.audio));
    for (const fragment of asArray(delta.tool_calls)) events.push(...this.#readCall(asObject(fragment)));
    if (isObject(delta.function_call)) {
      events.push(...this.#readCall({ index: 0, function: delta.function_call }));
    }
    return events;
  }

  /** A source belongs to the text before it, also to one that is over; alone it has nothing to stand on. */
  #cite(delta: PartDelta): StreamEvent[] {
    const held = this.#held.findLast(({ part }) => part.kind === 'text');
    if (this.#sawCall && held) held.deltas.push(delta);
    else if (!this.#sawCall && this.#open === 'text') return this.#plain({ kind: 'text' }, delta);
    else if (this.#lastText !== undefined)
      return [...this.#start(), { type: 'part-delta', index: this.#lastText, delta }];
    return [];
  }

  #readAudio(audio: JsonObject): StreamEvent[] {
    const id = asString(audio.id);
    const data = asString(audio.data);
    const transcript = asString(audio.transcript);
    const start = {
      kind: 'audio',
      mediaType: ANSWER_AUDIO_TYPE,
      ...(id === undefined ? {} : { id }),
    } as const;
    return this.#plain(start, {
      kind: 'audio',
      ...(data === undefined ? {} : { data }),
      ...(transcript === undefined ? {} : { transcript }),
    });
  }

  #readCall(fragment: JsonObject): StreamEvent[] {
    const closed = this.#closePlain();
    this.#sawCall = true;
    return [...closed, ...this.#calls.push(fragment)];
  }

  /** A piece of text, thinking, refusal or sound: live before the first call, held after it. */
  #plain(part: PartStart & { kind: Plain }, delta: PartDelta): StreamEvent[] {
    if (this.#sawCall) {
      const last = this.#held.at(-1);
      if (last?.part.kind === part.kind) last.deltas.push(delta);
      else this.#held.push({ part, deltas: [delta] });
      return [];
    }
    const events = this.#open === part.kind ? [] : this.#closePlain();
    if (this.#open === undefined) {
      this.#open = part.kind;
      this.#parts++;
      if (part.kind === 'text') this.#lastText = this.#sequencer.count;
      events.push(...this.#sequencer.open('plain', part));
    }
    return followedBy(events, this.#sequencer.delta('plain', delta));
  }

  #closePlain(): StreamEvent[] {
    if (this.#open === undefined) return [];
    const seal = this.#open === 'reasoning' ? this.#details.take() : undefined;
    this.#open = undefined;
    const sealed = seal ? this.#sequencer.delta('plain', { kind: 'seal', seal }) : [];
    return [...sealed, ...this.#sequencer.close('plain')];
  }

  #done(): StreamEvent[] {
    // some vendors never send a reason; words and whole calls then count as an answer, half a call and nothing do not
    const isAnswer = this.#calls.isWhole && (this.#parts > 0 || this.#sawCall);
    if (this.#finishReason === undefined && !isAnswer) return this.#fail(truncated());
    this.#isDone = true;
    return this.#usage ? this.#finish() : [];
  }

  #finish(): StreamEvent[] {
    let finish: Finish;
    try {
      finish = decodeFinish(this.#finishReason, { ...this.#shown, calls: this.#calls.hasCalls });
    } catch (thrown) {
      return this.#fail(toFault(thrown));
    }
    const events = [...this.#start(), ...this.#closePlain(), ...this.#calls.finish(this.#id)];
    events.push(...this.#sequencer.closeAll(), ...this.#releaseHeld(), ...this.#releaseDetails());
    if (this.#usage) events.push(this.#usageEvent(this.#usage));
    events.push({ type: 'finish', finish });
    this.#over = true;
    return events;
  }

  /** Blank text between calls is an artefact of some vendors and is dropped. */
  #releaseHeld(): StreamEvent[] {
    const events: StreamEvent[] = [];
    for (const { part, deltas } of this.#held) {
      const isBlank = deltas.every((delta) => delta.kind === 'text' && delta.text.trim() === '');
      if (isBlank) continue;
      events.push(...this.#sequencer.open('plain', part));
      for (const delta of deltas) events.push(...this.#sequencer.delta('plain', delta));
      events.push(...this.#sequencer.close('plain'));
    }
    return events;
  }

  /** State that came behind the thoughts, or without any. */
  #releaseDetails(): StreamEvent[] {
    const seal = this.#details.take();
    if (!seal) return [];
    return [
      ...this.#sequencer.open('plain', { kind: 'reasoning', redacted: true }),
      ...this.#sequencer.delta('plain', { kind: 'seal', seal }),
      ...this.#sequencer.close('plain'),
    ];
  }

  #usageEvent(usage: Usage): StreamEvent {
    const tier = this.#serviceTier;
    return { type: 'usage', usage, ...(tier === undefined ? {} : { serviceTier: tier }) };
  }

  /** The error ends the stream as it stands: half a call must not look like a whole one. */
  #fail(fault: Fault): StreamEvent[] {
    this.#over = true;
    if (!this.#usage || !this.#started || this.#sawCall) return [{ type: 'error', fault }];
    const usage = this.#usageEvent({ ...this.#usage, source: 'partial' });
    return [...this.#closePlain(), usage, { type: 'error', fault }];
  }
}

function truncated(): Fault {
  return new Fault('upstream_truncated', 'The provider’s answer ended before it was complete; try again.');
}

function firstChoice(choices: JsonValue | undefined): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined;
  for (const each of choices) {
    const choice = asObject(each);
    if ((choice.index ?? 0) === 0) return choice;
  }
  return undefined;
}
