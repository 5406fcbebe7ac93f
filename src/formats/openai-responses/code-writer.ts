// Writes code that another provider ran as the item this format has for it.

import type { HostedCode } from '../../canonical/part.ts';
import type { JsonObject } from '../../lib/json.ts';
import { foreignCode } from './foreign-code.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

/** The item stays open behind its part, for what the code printed, which comes in a part of its own. */
export class CodeWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { item_id: string; output_index: number };
  readonly #code: string;
  readonly #logs: string[] = [];

  constructor(send: Send, outputIndex: number, id: string, code: string) {
    this.#send = send;
    this.#at = { item_id: id, output_index: outputIndex };
    this.#code = code;
  }

  begin(): void {
    const { output_index } = this.#at;
    this.#send('response.output_item.added', { output_index, item: this.#item('in_progress', '') });
    this.#send('response.code_interpreter_call.in_progress', this.#at);
    this.#send('response.code_interpreter_call_code.delta', { ...this.#at, delta: this.#code });
    this.#send('response.code_interpreter_call_code.done', { ...this.#at, code: this.#code });
    this.#send('response.code_interpreter_call.interpreting', this.#at);
  }

  /** What was printed. */
  add({ output = '' }: HostedCode): void {
    if (output !== '') this.#logs.push(output);
  }

  /** Code is known as a whole from its beginning. */
  take(): void {}

  endPart(): void {}

  finish(status: ItemStatus): JsonObject {
    const item = this.#item(status, this.#code);
    if (status === 'completed') this.#send('response.code_interpreter_call.completed', this.#at);
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }

  #item(status: string, code: string): JsonObject {
    return foreignCode(this.#at.item_id, status, code, this.#logs);
  }
}
