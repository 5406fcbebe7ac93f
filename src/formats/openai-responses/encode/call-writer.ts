// Writes one call item of an answer: a function call, a custom call, or a call of a client tool.

import type { PartDelta, PartStart } from '../../../canonical/event.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import { safeToolId } from '../../tool-id.ts';
import { writeClientCall } from '../client-tools.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

type CallStart = Extract<PartStart, { kind: 'tool-call' }>;

/** A call stays open behind its last argument, so that a cut-off answer can still report it as incomplete. */
export class CallWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { output_index: number; item_id: string };
  readonly #call: CallStart;
  /** The client knows the tool as an item of its own kind; such calls go out whole. */
  readonly #isClient: boolean;
  #input = '';

  constructor(send: Send, index: number, id: string, call: CallStart, isClient: boolean) {
    this.#send = send;
    this.#at = { output_index: index, item_id: id };
    // clients send the id back to whichever provider answers next
    this.#call = { ...call, id: safeToolId(call.id) };
    this.#isClient = isClient;
  }

  begin(): void {
    if (!this.#isClient) this.#announce(this.partial('in_progress'));
  }

  take(delta: PartDelta): void {
    if (delta.kind !== 'input' || delta.text === '') return;
    this.#input += delta.text;
    if (!this.#isClient) this.#send(this.#event('delta'), { ...this.#at, delta: delta.text });
  }

  endPart(): void {}

  finish(status: ItemStatus): JsonObject {
    const clientItem = this.#clientItem(status);
    if (clientItem) {
      this.#announce({ ...clientItem, status: 'in_progress' });
      return this.#end(clientItem);
    }
    if (this.#isClient) this.#announce({ ...this.partial('in_progress'), ...this.#text('') });
    // clients parse the arguments of a finished call; none at all stand for an empty object
    if (this.#call.form === 'json' && this.#input.trim() === '' && status === 'completed')
      this.take({ kind: 'input', text: '{}' });
    const name = this.#call.form === 'json' ? { name: this.#call.name } : {};
    this.#send(this.#event('done'), { ...this.#at, ...name, ...this.#text(this.#input) });
    return this.#end(this.partial(status));
  }

  /** The call as far as it got. */
  partial(status = 'incomplete'): JsonObject {
    const { id, name, namespace, form } = this.#call;
    const type = form === 'text' ? 'custom_tool_call' : 'function_call';
    return compact({
      id: this.#at.item_id,
      type,
      status,
      call_id: id,
      name,
      namespace,
      ...this.#text(this.#input),
    });
  }

  #clientItem(status: string): JsonObject | undefined {
    if (!this.#isClient) return undefined;
    const item = writeClientCall({ ...this.#call, input: this.#input }, this.#at.item_id, status);
    return item && this.#call.name === 'shell' ? { ...item, environment: { type: 'local' } } : item;
  }

  #text(text: string): JsonObject {
    return this.#call.form === 'text' ? { input: text } : { arguments: text };
  }

  #event(step: 'delta' | 'done'): string {
    return this.#call.form === 'text'
      ? `response.custom_tool_call_input.${step}`
      : `response.function_call_arguments.${step}`;
  }

  #announce(item: JsonObject): void {
    this.#send('response.output_item.added', { output_index: this.#at.output_index, item });
  }

  #end(item: JsonObject): JsonObject {
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }
}
