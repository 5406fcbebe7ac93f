// Writes a search that another provider ran as the item this format has for it.

import type { HostedSearch } from '../../../canonical/part.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

/** The item stays open behind its part, for the sources that some providers tell in a part of their own. */
export class SearchWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { item_id: string; output_index: number };
  readonly #queries: string[];
  readonly #sources: string[];

  constructor(send: Send, outputIndex: number, id: string, { queries, sources }: HostedSearch) {
    this.#send = send;
    this.#at = { item_id: id, output_index: outputIndex };
    this.#queries = queries;
    this.#sources = sources.map(({ url }) => url);
  }

  begin(): void {
    const { output_index } = this.#at;
    this.#send('response.output_item.added', { output_index, item: this.#item('in_progress') });
    this.#send('response.web_search_call.in_progress', this.#at);
    this.#send('response.web_search_call.searching', this.#at);
  }

  /** What was found. */
  add({ sources }: HostedSearch): void {
    this.#sources.push(...sources.map(({ url }) => url));
  }

  /** A search is known as a whole from its beginning. */
  take(): void {}

  endPart(): void {}

  finish(_status: ItemStatus): JsonObject {
    const item = this.#item('completed');
    this.#send('response.web_search_call.completed', this.#at);
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #item(status: string): JsonObject {
    const queries = [...this.#queries];
    const sources = this.#sources.map((url) => ({ type: 'url', url }));
    const query = queries[0] ?? '';
    const action: JsonObject = { type: 'search', query, queries };
    if (sources.length > 0) action.sources = sources;
    return { id: this.#at.item_id, type: 'web_search_call', status, action };
  }
}
