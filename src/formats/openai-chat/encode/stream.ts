// Writes a streamed answer as Chat chunks.

import type { PartDelta, PartStart, StreamEvent } from '../../../canonical/event.ts';
import type { Citation, OpaquePart, Seal } from '../../../canonical/part.ts';
import type { Finish } from '../../../canonical/response.ts';
import type { Usage } from '../../../canonical/usage.ts';
import type { JsonObject, JsonValue } from '../../../lib/json.ts';
import { writeFrame } from '../../../lib/sse.ts';
import type { Dress, StreamEncoder } from '../../codec.ts';
import { codePoints, encodeAnnotation, encodeLogprobs } from '../annotations.ts';
import { isLegacy } from '../decode/tools.ts';
import { errorBody } from '../errors.ts';
import { encodeFinish } from '../finish.ts';
import { belongsOnCall, detailOf, ISSUER, SECTION_GAP, signedCall, wholeText } from '../thought-details.ts';
import { answerTier, encodeUsage } from '../usage.ts';
import { AFTER_HOSTED_TOOL, callName, imageMember, imagesOf, LEGACY_FINISH } from './response.ts';

/** A part that has begun and not ended. */
type OpenPart = {
  kind: PartStart['kind'];
  /** Tool calls: the dense index clients count by. */
  call: number;
  form: 'json' | 'text';
  /** Tool calls: anything but blanks has been written as input. */
  hasInput: boolean;
  /** Reasoning: the form and section written last. */
  thought: { form: 'summary' | 'content'; section: number } | undefined;
  /** Reasoning: everything readable, whether it was written or not, and what proves it. */
  summary: string[];
  content: string[];
  seal: Seal | undefined;
  /** Text: code points of the answer before this part, and of the part so far. */
  offset: number;
  length: number;
  /** Text: citations of all of it, some of which come before it. */
  citations: Citation[];
};

/** It names no range, so it is about the whole part. */
function coversAll(citation: Citation): boolean {
  return citation.kind === 'url' && citation.end === undefined;
}

/**
 * A stream's chunks share id, time and model; the role comes first and once, a call's id and name once, exactly one
 * finish. Law 6: events in any order give a legal stream; what belongs to nothing is left out.
 */
export class ChatStreamEncoder implements StreamEncoder {
  readonly #dress: Dress;
  readonly #head: string;
  readonly #tail: string;
  #started = false;
  #over = false;
  #open = new Map<number, OpenPart>();
  /** Texts that are over; their sources may still be told. */
  readonly #texts = new Map<number, OpenPart>();
  #calls = 0;
  #textLength = 0;
  #afterHosted = false;
  #afterThought = false;
  #refused = false;
  #details: JsonObject[] = [];
  /** State that stands on the call, should one follow at once. */
  #unsaid: OpenPart | undefined;
  #usage: Usage | undefined;
  #serviceTier: string | undefined;
  readonly #isLegacy: boolean;

  constructor(dress: Dress) {
    this.#dress = dress;
    this.#isLegacy = isLegacy(dress.request);
    const { id, createdS, model } = dress;
    const head = JSON.stringify({ id, object: 'chat.completion.chunk', created: createdS, model });
    this.#head = head.slice(0, -1);
    this.#tail = dress.includeUsage ? ',"usage":null}' : '}';
  }

  push(event: StreamEvent): string {
    if (this.#over) return '';
    switch (event.type) {
      case 'start':
        this.#serviceTier = answerTier(event.serviceTier) ?? this.#serviceTier;
        this.#usage = event.usage ?? this.#usage;
        return this.#begin();
      case 'part-start':
        return this.#begin() + this.#openPart(event.index, event.part);
      case 'part-delta':
        return this.#begin() + this.#writeDelta(event.index, event.delta);
      case 'part-end':
        return this.#closePart(event.index);
      case 'usage':
        this.#usage = event.usage;
        this.#serviceTier = answerTier(event.serviceTier) ?? this.#serviceTier;
        return '';
      case 'finish':
        return this.#begin() + this.#finish(event.finish);
      case 'error':
        // no finish and no [DONE]: agents must not take a broken answer for a whole one
        this.#over = true;
        return writeFrame(JSON.stringify(errorBody(event.fault, this.#dress.requestId)));
      default:
        return event satisfies never;
    }
  }

  #begin(): string {
    if (this.#started) return '';
    this.#started = true;
    return this.#chunk({ role: 'assistant', content: '', refusal: null });
  }

  #openPart(index: number, part: PartStart): string {
    const before = this.#closePart(index);
    const open: OpenPart = {
      kind: part.kind,
      call: this.#calls,
      form: 'json',
      hasInput: false,
      thought: undefined,
      summary: [],
      content: [],
      seal: undefined,
      offset: this.#textLength,
      length: 0,
      citations: [],
    };
    this.#open.set(index, open);
    if (part.kind === 'opaque') this.#afterHosted = this.#textLength > 0;
    if (part.kind === 'audio') {
      const id = part.id ?? `audio_${this.#dress.id}`;
      return before + this.#chunk({ audio: { id, transcript: '' } });
    }
    const signature = part.kind === 'tool-call' ? this.#unsaid?.seal : undefined;
    if (signature) this.#unsaid = undefined;
    this.#detailUnsaid();
    if (part.kind === 'opaque') return before + this.#writeCode(open, part);
    if (part.kind === 'image') return before + this.#showImages(imagesOf(part.source));
    if (part.kind !== 'tool-call') return before;
    this.#calls++;
    open.form = part.form;
    const name = callName(part);
    if (this.#isLegacy) {
      // there is room for one
      return before + (open.call === 0 ? this.#chunk({ function_call: { name, arguments: '' } }) : '');
    }
    const body =
      part.form === 'text' ? { custom: { name, input: '' } } : { function: { name, arguments: '' } };
    const type = part.form === 'text' ? 'custom' : 'function';
    const signed = signature ? signedCall(signature) : {};
    return (
      before + this.#chunk({ tool_calls: [{ index: open.call, id: part.id, type, ...body, ...signed }] })
    );
  }

  /** A stream says all of it at once: SDKs keep only the last list they were sent. */
  #detailUnsaid(): void {
    const { seal, ...part } = this.#unsaid ?? { seal: undefined, summary: [], content: [] };
    this.#unsaid = undefined;
    if (seal) this.#details.push(detailOf(seal, wholeText(part), this.#details.length));
  }

  #writeDelta(index: number, delta: PartDelta): string {
    const part = this.#open.get(index);
    switch (delta.kind) {
      case 'text':
        return this.#writeText(part, delta.text, delta.logprobs ? encodeLogprobs(delta.logprobs) : null);
      case 'citation':
        if (part?.kind !== 'text' || !coversAll(delta.citation))
          return this.#cite(delta.citation, part ?? this.#texts.get(index));
        part.citations.push(delta.citation);
        return '';
      case 'refusal':
        if (delta.text === '') return '';
        this.#refused = true;
        return this.#chunk({ refusal: delta.text });
      case 'reasoning':
        return this.#writeThought(part, delta);
      case 'seal':
        if (part?.kind === 'reasoning' && delta.seal.issuer === ISSUER) part.seal = delta.seal;
        return '';
      case 'input':
        if (part?.kind !== 'tool-call' || delta.text === '') return '';
        if (delta.text.trim() !== '') part.hasInput = true;
        return this.#writeInput(part, delta.text);
      case 'audio': {
        const audio: JsonObject = {};
        if (delta.data !== undefined) audio.data = delta.data;
        if (delta.transcript !== undefined) audio.transcript = delta.transcript;
        return this.#chunk({ audio });
      }
      default:
        return delta satisfies never;
    }
  }

  #cite(citation: Citation, part: OpenPart | undefined): string {
    const annotation = encodeAnnotation(citation, part?.offset ?? 0, part?.length ?? this.#textLength);
    return annotation ? this.#chunk({ annotations: [annotation] }) : '';
  }

  #writeText(part: OpenPart | undefined, text: string, logprobs: JsonValue): string {
    if (text === '' && logprobs === null) return '';
    const gap = this.#afterHosted && text !== '' ? AFTER_HOSTED_TOOL : '';
    if (gap !== '') {
      this.#afterHosted = false;
      this.#textLength += gap.length;
      if (part && part.length === 0) part.offset = this.#textLength;
    }
    const length = codePoints(text);
    this.#textLength += length;
    if (part) part.length += length;
    return this.#chunk({ content: gap + text }, logprobs);
  }

  /** Code that the provider ran, and what it printed, stand among the text. */
  #writeCode(open: OpenPart, { code, text = '' }: OpaquePart): string {
    if (!code) return '';
    const said = this.#writeText(open, text, null);
    this.#afterHosted = this.#textLength > 0;
    return said + this.#showImages((code.pictures ?? []).map(imageMember));
  }

  /** The member of vendors whose models draw. */
  #showImages(images: JsonObject[]): string {
    return images.length === 0 ? '' : this.#chunk({ images });
  }

  #writeThought(part: OpenPart | undefined, delta: Extract<PartDelta, { kind: 'reasoning' }>): string {
    const { form, section } = delta;
    while (part && part[form].length <= section) part[form].push('');
    if (part) part[form][section] += delta.text;
    if (delta.text === '') return '';
    const last = part?.thought;
    // a part that shows both its summary and its chain would say everything twice
    if (last && last.form !== form) return '';
    const isNew = last ? last.section !== section : this.#afterThought;
    if (part) part.thought = { form, section };
    if (!last) this.#afterThought = true;
    return this.#chunk({ reasoning_content: isNew ? SECTION_GAP + delta.text : delta.text });
  }

  #writeInput(part: OpenPart, text: string): string {
    if (this.#isLegacy) return part.call === 0 ? this.#chunk({ function_call: { arguments: text } }) : '';
    const body = part.form === 'text' ? { custom: { input: text } } : { function: { arguments: text } };
    return this.#chunk({ tool_calls: [{ index: part.call, ...body }] });
  }

  #closePart(index: number): string {
    const part = this.#open.get(index);
    this.#open.delete(index);
    if (part?.kind === 'text') this.#texts.set(index, part);
    if (part?.seal) {
      this.#detailUnsaid();
      this.#unsaid = part;
      if (!belongsOnCall(part.seal)) this.#detailUnsaid();
    }
    if (part && part.citations.length > 0)
      return part.citations.map((citation) => this.#cite(citation, part)).join('');
    if (part?.kind !== 'tool-call' || part.hasInput || part.form === 'text') return '';
    // agents parse the arguments as JSON, and "" is none
    return this.#writeInput(part, '{}');
  }

  #finish(finish: Finish): string {
    let out = '';
    for (const index of [...this.#open.keys()]) out += this.#closePart(index);
    if (finish.reason === 'refusal' && !this.#refused && finish.explanation) {
      out += this.#chunk({ refusal: finish.explanation });
    }
    this.#over = true;
    this.#detailUnsaid();
    if (this.#details.length > 0) out += this.#chunk({ reasoning_details: this.#details });
    const reason = encodeFinish(finish, this.#calls > 0);
    out += this.#chunk({}, null, this.#isLegacy && reason === 'tool_calls' ? LEGACY_FINISH : reason);
    if (this.#dress.choice?.endsAll() === false) return out;
    if (this.#dress.includeUsage && this.#usage) {
      out += writeFrame(
        `${this.#head},"choices":[]${this.#tier()},"usage":${JSON.stringify(encodeUsage(this.#usage))}}`,
      );
    }
    return `${out}data: [DONE]\n\n`;
  }

  #chunk(delta: JsonObject, logprobs: JsonValue = null, finishReason: string | null = null): string {
    const index = this.#dress.choice?.index ?? 0;
    // put together by hand: most pieces differ from each other in their few words alone
    const end = `"logprobs":${JSON.stringify(logprobs)},"finish_reason":${JSON.stringify(finishReason)}`;
    const choice = `{"index":${index},"delta":${JSON.stringify(delta)},${end}}`;
    return writeFrame(`${this.#head},"choices":[${choice}]${this.#tier()}${this.#tail}`);
  }

  #tier(): string {
    return this.#serviceTier === undefined ? '' : `,"service_tier":${JSON.stringify(this.#serviceTier)}`;
  }
}
