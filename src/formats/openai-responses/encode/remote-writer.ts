// Writes a call that another provider made to a remote MCP server as the item this format has for it.

import type { RemoteCall } from '../../../canonical/part.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { remoteItem } from '../remote-calls.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

/** The item stays open behind its part, for what came of the call, which may come in a part of its own. */
export class RemoteWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { item_id: string; output_index: number };
  #call: RemoteCall;

  constructor(send: Send, outputIndex: number, id: string, call: RemoteCall) {
    this.#send = send;
    this.#at = { item_id: id, output_index: outputIndex };
    this.#call = call;
  }

  begin(): void {
    const { output_index, item_id } = this.#at;
    const { called } = this.#call;
    const { input = '' } = called ?? {};
    const item = remoteItem(item_id, 'in_progress', called ? { called: { ...called, input: '' } } : {});
    this.#send('response.output_item.added', { output_index, item });
    this.#send('response.mcp_call.in_progress', this.#at);
    this.#send('response.mcp_call_arguments.delta', { ...this.#at, delta: input });
    this.#send('response.mcp_call_arguments.done', { ...this.#at, arguments: input });
  }

  /** What came of it. */
  add({ output, failed }: RemoteCall): void {
    this.#call = {
      ...this.#call,
      ...(output === undefined ? {} : { output }),
      ...(failed === undefined ? {} : { failed }),
    };
  }

  /** A call is known as a whole from its beginning. */
  take(): void {}

  endPart(): void {}

  finish(status: ItemStatus): JsonObject {
    const { output_index, item_id } = this.#at;
    const { output, failed } = this.#call;
    const ended = failed ? 'failed' : output === undefined ? 'incomplete' : status;
    const item = remoteItem(item_id, ended, this.#call);
    if (ended !== 'incomplete') this.#send(`response.mcp_call.${ended}`, this.#at);
    this.#send('response.output_item.done', { output_index, item });
    return item;
  }
}
