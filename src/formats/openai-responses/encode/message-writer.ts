// Writes one message item of an answer.

import type { PartDelta } from '../../../canonical/event.ts';
import type { Citation } from '../../../canonical/part.ts';
import { compact, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { writeAnnotation, writeLogprobs } from '../text-marks.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

type Content = {
  type: 'output_text' | 'refusal';
  text: string;
  annotations: JsonValue[];
  logprobs: JsonValue[];
  waiting: Citation[];
};

/** A message grows by content parts until a part of another kind or phase comes. */
export class MessageWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { output_index: number; item_id: string };
  readonly #phase: string | undefined;
  readonly #contents: JsonObject[] = [];
  #content: Content | undefined;

  constructor(send: Send, index: number, id: string, phase: string | undefined) {
    this.#send = send;
    this.#at = { output_index: index, item_id: id };
    this.#phase = phase;
  }

  /** A refusal has no phase and joins any message. */
  continues(kind: 'text' | 'refusal', phase: string | undefined): boolean {
    return kind === 'refusal' || phase === this.#phase;
  }

  begin(): void {
    this.#send('response.output_item.added', {
      output_index: this.#at.output_index,
      item: this.#item('in_progress'),
    });
  }

  beginPart(kind: 'text' | 'refusal'): void {
    this.#endContent();
    this.#content = {
      type: kind === 'text' ? 'output_text' : 'refusal',
      text: '',
      annotations: [],
      logprobs: [],
      waiting: [],
    };
    this.#send('response.content_part.added', { ...this.#place(), part: wirePart(this.#content) });
  }

  take(delta: PartDelta): void {
    const content = this.#content;
    if (!content) return;
    if (delta.kind === 'text' && content.type === 'output_text') {
      const logprobs = delta.logprobs ? writeLogprobs(delta.logprobs) : [];
      content.text += delta.text;
      if (logprobs.length > 0) content.logprobs.push(...logprobs);
      if (delta.text === '' && logprobs.length === 0) return;
      this.#send('response.output_text.delta', { ...this.#place(), delta: delta.text, logprobs });
    } else if (delta.kind === 'refusal' && content.type === 'refusal') {
      content.text += delta.text;
      this.#send('response.refusal.delta', { ...this.#place(), delta: delta.text });
    } else if (delta.kind === 'citation' && content.type === 'output_text') {
      // what names no place is about the whole text, which may not have come yet
      if (delta.citation.kind === 'url' && delta.citation.end !== undefined)
        this.#cite(content, delta.citation);
      else content.waiting.push(delta.citation);
    } else if (delta.kind === 'audio' && delta.transcript !== undefined) {
      this.take({ kind: 'text', text: delta.transcript });
    }
  }

  #cite(content: Content, citation: Citation): void {
    const annotation = writeAnnotation(citation, content.text);
    const annotation_index = content.annotations.push(annotation) - 1;
    this.#send('response.output_text.annotation.added', { ...this.#place(), annotation_index, annotation });
  }

  endPart(): void {
    this.#endContent();
  }

  /** The content part that ended last, which the answer at its end shows with the sources that were told after it. */
  get last(): JsonObject | undefined {
    return this.#contents.at(-1);
  }

  finish(status: ItemStatus): JsonObject {
    this.#endContent();
    const item = this.#item(status);
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #place() {
    const { output_index, item_id } = this.#at;
    return { output_index, item_id, content_index: this.#contents.length };
  }

  #endContent(): void {
    const content = this.#content;
    if (!content) return;
    for (const citation of content.waiting) this.#cite(content, citation);
    const place = this.#place();
    const { text, logprobs } = content;
    if (content.type === 'output_text') this.#send('response.output_text.done', { ...place, text, logprobs });
    else this.#send('response.refusal.done', { ...place, refusal: text });
    const part = wirePart(content);
    this.#send('response.content_part.done', { ...place, part });
    this.#contents.push(part);
    this.#content = undefined;
  }

  #item(status: string): JsonObject {
    const content = [...this.#contents];
    const id = this.#at.item_id;
    return compact({ id, type: 'message', status, role: 'assistant', phase: this.#phase, content });
  }
}

/** A copy, since events must show the part as it was then. */
function wirePart({ type, text, annotations, logprobs }: Content): JsonObject {
  if (type === 'refusal') return { type, refusal: text };
  return { type, text, annotations: [...annotations], logprobs: [...logprobs] };
}
