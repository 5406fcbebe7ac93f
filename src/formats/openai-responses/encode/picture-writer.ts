// Writes a picture that another provider drew as the item this format has for it.

import type { JsonObject } from '../../../lib/json.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

/** The bytes are there from the beginning and stand in the finished item only, as OpenAI has it. */
export class PictureWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { item_id: string; output_index: number };
  /** Base64. */
  readonly #data: string;

  constructor(send: Send, outputIndex: number, id: string, data: string) {
    this.#send = send;
    this.#at = { item_id: id, output_index: outputIndex };
    this.#data = data;
  }

  begin(): void {
    const { output_index } = this.#at;
    this.#send('response.output_item.added', { output_index, item: this.#item('in_progress', null) });
    this.#send('response.image_generation_call.in_progress', this.#at);
    this.#send('response.image_generation_call.generating', this.#at);
  }

  take(): void {}

  endPart(): void {}

  finish(_status: ItemStatus): JsonObject {
    const item = this.#item('completed', this.#data);
    this.#send('response.image_generation_call.completed', this.#at);
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #item(status: string, result: string | null): JsonObject {
    return { id: this.#at.item_id, type: 'image_generation_call', status, result };
  }
}
