// Writes code that another provider ran as the item this format has for it.

import type { HostedCode } from '../../../canonical/part.ts';
import type { JsonObject, JsonValue } from '../../../lib/json.ts';
import { foreignCode } from '../foreign-code.ts';
import type { ItemStatus, ItemWriter, Send } from './item-writer.ts';

/** The item stays open behind its part, for what the code printed and drew, which may come in parts of their own. */
export class CodeWriter implements ItemWriter {
  readonly #send: Send;
  readonly #at: { item_id: string; output_index: number };
  readonly #code: string;
  readonly #outputs: JsonValue[] = [];

  constructor(send: Send, outputIndex: number, id: string, code: HostedCode & { code: string }) {
    this.#send = send;
    this.#at = { item_id: id, output_index: outputIndex };
    this.#code = code.code;
    this.add(code);
  }

  begin(): void {
    const { output_index } = this.#at;
    const item = foreignCode(this.#at.item_id, 'in_progress', '', []);
    this.#send('response.output_item.added', { output_index, item });
    this.#send('response.code_interpreter_call.in_progress', this.#at);
    this.#send('response.code_interpreter_call_code.delta', { ...this.#at, delta: this.#code });
    this.#send('response.code_interpreter_call_code.done', { ...this.#at, code: this.#code });
    this.#send('response.code_interpreter_call.interpreting', this.#at);
  }

  /** What came of it. */
  add({ output = '', files = [], pictures = [] }: HostedCode): void {
    const logs = [output, ...files.map((id) => `[file ${id}]`)].filter((line) => line !== '');
    this.#outputs.push(...logs.map((each) => ({ type: 'logs', logs: each })));
    this.#outputs.push(...pictures.map((url) => ({ type: 'image', url })));
  }

  /** Code is known as a whole from its beginning. */
  take(): void {}

  endPart(): void {}

  finish(status: ItemStatus): JsonObject {
    const item = foreignCode(this.#at.item_id, status, this.#code, this.#outputs);
    if (status === 'completed') this.#send('response.code_interpreter_call.completed', this.#at);
    this.#send('response.output_item.done', { output_index: this.#at.output_index, item });
    return item;
  }
}
