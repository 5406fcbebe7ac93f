// Writes a streamed answer as pieces of this format, calls whole.

import type { PartDelta, PartStart, StreamEvent } from '../../../canonical/event.ts';
import type { Citation, HostedSearch, Part } from '../../../canonical/part.ts';
import type { Finish } from '../../../canonical/response.ts';
import type { Usage } from '../../../canonical/usage.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import { writeFrame } from '../../../lib/sse.ts';
import type { Dress, StreamEncoder } from '../../codec.ts';
import { errorFrame } from '../errors.ts';
import { encodeFinish } from '../finish.ts';
import { type CitedText, encodeGrounding, encodePages } from '../grounding.ts';
import { encodeLogprobs } from '../logprobs.ts';
import { runIn } from '../own-runs.ts';
import { encodeAnswerPart } from '../response.ts';
import { SECTION_BREAK, SignatureHolder } from '../signature-holder.ts';
import { encodeUsage } from '../usage.ts';

/** A part that has begun and not ended. */
type OpenPart = {
  start: PartStart;
  /** Text: all of it so far. Calls: the arguments. Sound: base64. */
  held: string;
  transcript: string;
  /** Text: where it stands in the content. */
  partIndex: number;
  citations: Citation[];
  /** Reasoning: the form and section written last. */
  thought: { form: 'summary' | 'content'; section: number } | undefined;
};

/**
 * Every piece is a whole response with what is new in it; the last one tells the reason and the usage. Law 6: events
 * in any order give a legal stream; what belongs to nothing is left out.
 */
export class GoogleStreamEncoder implements StreamEncoder {
  readonly #dress: Dress;
  readonly #signatures = new SignatureHolder();
  readonly #open = new Map<number, OpenPart>();
  readonly #cited: CitedText[] = [];
  readonly #searches: HostedSearch[] = [];
  readonly #pages: string[] = [];
  #usage: Usage | undefined;
  #tier: string | undefined;
  #over = false;

  constructor(dress: Dress) {
    this.#dress = dress;
  }

  push(event: StreamEvent): string {
    if (this.#over) return '';
    switch (event.type) {
      case 'start':
        this.#usage = event.usage ?? this.#usage;
        this.#tier = event.serviceTier ?? this.#tier;
        return '';
      case 'part-start':
        return this.#close(event.index) + this.#begin(event.index, event.part);
      case 'part-delta':
        return this.#write(this.#open.get(event.index) ?? this.#late(event), event.delta);
      case 'part-end':
        return this.#close(event.index);
      case 'usage':
        this.#usage = event.usage;
        this.#tier = event.serviceTier ?? this.#tier;
        return '';
      case 'finish':
        return this.#finish(event.finish);
      case 'error':
        this.#over = true;
        return errorFrame(event.fault, this.#dress.requestId);
      default:
        return event satisfies never;
    }
  }

  get #index(): number {
    return this.#dress.choice?.index ?? 0;
  }

  #begin(index: number, start: PartStart): string {
    if (start.kind === 'opaque' && start.search) this.#searches.push(start.search);
    if (start.kind === 'opaque' && start.pages) this.#pages.push(...start.pages);
    const before = start.kind === 'reasoning' ? this.#say(this.#signatures.release()) : '';
    const open = { held: '', transcript: '', partIndex: index, citations: [], thought: undefined };
    this.#open.set(index, { start, ...open });
    return before;
  }

  #write(part: OpenPart | undefined, delta: PartDelta): string {
    if (!part) return '';
    const { kind } = part.start;
    switch (delta.kind) {
      case 'text': {
        if (kind !== 'text') return '';
        part.held += delta.text;
        const logprobs = encodeLogprobs(delta.logprobs ?? []);
        if (delta.text === '' && logprobs === undefined) return '';
        const said = delta.text === '' ? [] : [this.#signatures.sign({ text: delta.text })];
        return this.#say(said, logprobs === undefined ? {} : { logprobsResult: logprobs });
      }
      case 'refusal':
        return kind !== 'refusal' || delta.text === ''
          ? ''
          : this.#say([this.#signatures.sign({ text: delta.text })]);
      case 'reasoning':
        return this.#writeThought(part, delta);
      case 'seal': {
        const run = kind === 'reasoning' ? runIn(delta.seal) : undefined;
        if (run) return this.#say([run]);
        if (kind === 'reasoning') this.#signatures.hold(delta.seal, part.thought !== undefined);
        return '';
      }
      case 'citation':
        part.citations.push(delta.citation);
        return '';
      case 'input':
        part.held += delta.text;
        return '';
      case 'audio':
        part.held += delta.data ?? '';
        part.transcript += delta.transcript ?? '';
        return '';
      default:
        return delta satisfies never;
    }
  }

  /** A text that has ended whose sources are told only now: they stand at the end of the answer. */
  #late({ index, delta }: { index: number; delta: PartDelta }): OpenPart | undefined {
    const text = delta.kind === 'citation' ? this.#cited.find((one) => one.partIndex === index) : undefined;
    if (!text) return undefined;
    const { citations, partIndex } = text;
    return { start: { kind: 'text' }, held: '', transcript: '', partIndex, citations, thought: undefined };
  }

  #writeThought(part: OpenPart, delta: Extract<PartDelta, { kind: 'reasoning' }>): string {
    const { start, thought: last } = part;
    if (start.kind !== 'reasoning' || start.redacted || delta.text === '') return '';
    const { form, section, text } = delta;
    // a part that shows both its summary and its chain would say everything twice
    if (last && last.form !== form) return '';
    part.thought = { form, section };
    const isNew = last !== undefined && last.section !== section;
    return this.#say([{ text: isNew ? SECTION_BREAK + text : text, thought: true }]);
  }

  /** Parts that only make sense whole are said now, and so are the sources of a text. */
  #close(index: number): string {
    const part = this.#open.get(index);
    if (!part) return '';
    this.#open.delete(index);
    if (part.start.kind !== 'text')
      return this.#say(wholeOf(part).flatMap((one) => encodeAnswerPart(one, this.#signatures)));
    if (part.held === '') return '';
    const isCited = part.citations.length > 0;
    this.#cited.push({ text: part.held, citations: part.citations, partIndex: part.partIndex });
    return isCited ? this.#say([], this.#grounding()) : '';
  }

  /** Clients keep the last one they saw, so each holds all that came before. */
  #grounding(): JsonObject {
    const grounding = encodeGrounding(this.#cited, this.#searches);
    return grounding === undefined ? {} : { groundingMetadata: grounding };
  }

  #finish(finish: Finish): string {
    let out = '';
    for (const index of [...this.#open.keys()]) out += this.#close(index);
    const rest = this.#signatures.release();
    const isLast = this.#dress.choice?.endsAll() !== false;
    const usage = isLast && this.#usage ? encodeUsage(this.#usage, this.#tier) : undefined;
    const candidate = {
      content: { parts: rest.length > 0 ? rest : [{ text: '' }], role: 'model' },
      ...encodeFinish(finish),
      index: this.#index,
      ...this.#grounding(),
      ...encodePages(this.#pages),
    };
    this.#over = true;
    return out + this.#frame(candidate, usage);
  }

  #say(parts: JsonObject[], members: JsonObject = {}): string {
    const hasMembers = Object.keys(members).length > 0;
    if (parts.length === 0 && !hasMembers) return '';
    const content = { parts: parts.length > 0 ? parts : [{ text: '' }], role: 'model' };
    return this.#frame({ content, index: this.#index, ...members });
  }

  #frame(candidate: JsonObject, usageMetadata?: JsonObject): string {
    const { model, id } = this.#dress;
    const body = compact({ candidates: [candidate], usageMetadata, modelVersion: model, responseId: id });
    return writeFrame(JSON.stringify(body));
  }
}

/** The part that was held back until it was whole; none for what has been written piece by piece. */
function wholeOf({ start, held, transcript }: OpenPart): Part[] {
  switch (start.kind) {
    case 'tool-call':
      return [{ ...start, input: held }];
    case 'audio':
      return [
        { kind: 'audio', source: { from: 'base64', mediaType: start.mediaType, data: held }, transcript },
      ];
    case 'image':
    case 'opaque':
      return [start];
    case 'text':
    case 'refusal':
    case 'reasoning':
      return [];
    default:
      return start satisfies never;
  }
}
