// Writes one reasoning item of an answer.

import type { PartDelta } from '../../../canonical/event.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

/** Summaries go out as summary parts, the raw chain as content parts, the seal with the finished item. */
export class ReasoningWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { output_index: number; item_id: string };
  readonly #done = { summary: [] as JsonObject[], content: [] as JsonObject[] };
  #section: { form: 'summary' | 'content'; number: number; text: string } | undefined;
  #seal: string | undefined;

  constructor(send: Send, index: number, id: string) {
    this.#send = send;
    this.#at = { output_index: index, item_id: id };
  }

  begin(): void {
    this.#send('response.output_item.added', {
      output_index: this.#at.output_index,
      item: this.#item('in_progress'),
    });
  }

  take(delta: PartDelta): void {
    // a client sends it back as OpenAI's own, so no other issuer's seal may stand there
    if (delta.kind === 'seal' && delta.seal.issuer === 'openai') this.#seal = delta.seal.data;
    if (delta.kind !== 'reasoning') return;
    const { form, section: number, text } = delta;
    if (this.#section?.form !== form || this.#section.number !== number) {
      this.#endSection();
      this.#section = { form, number, text: '' };
      const part = { type: form === 'summary' ? 'summary_text' : 'reasoning_text', text: '' };
      this.#send(
        form === 'summary' ? 'response.reasoning_summary_part.added' : 'response.content_part.added',
        {
          ...this.#place(form),
          part,
        },
      );
    }
    this.#section.text += text;
    const type =
      form === 'summary' ? 'response.reasoning_summary_text.delta' : 'response.reasoning_text.delta';
    if (text !== '') this.#send(type, { ...this.#place(form), delta: text });
  }

  endPart(): void {
    this.#endSection();
  }

  finish(status: ItemStatus): JsonObject {
    this.#endSection();
    const item = this.#item(status);
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #place(form: 'summary' | 'content'): JsonObject {
    const number = this.#done[form].length;
    return form === 'summary'
      ? { ...this.#at, summary_index: number }
      : { ...this.#at, content_index: number };
  }

  #endSection(): void {
    if (!this.#section) return;
    const { form, text } = this.#section;
    const place = this.#place(form);
    const isSummary = form === 'summary';
    const part = { type: isSummary ? 'summary_text' : 'reasoning_text', text };
    this.#send(isSummary ? 'response.reasoning_summary_text.done' : 'response.reasoning_text.done', {
      ...place,
      text,
    });
    this.#send(isSummary ? 'response.reasoning_summary_part.done' : 'response.content_part.done', {
      ...place,
      part,
    });
    this.#done[form].push(part);
    this.#section = undefined;
  }

  #item(status: string): JsonObject {
    const { summary, content } = this.#done;
    return compact({
      id: this.#at.item_id,
      type: 'reasoning',
      status,
      summary: [...summary],
      content: content.length === 0 ? undefined : [...content],
      encrypted_content: this.#seal,
    });
  }
}
