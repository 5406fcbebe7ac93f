// The grammar of one item of a Responses stream.

import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { demand } from './grammar-rule.ts';

type Section = { type: string; text: string; annotations: number };

const HOSTED =
  /^response\.(web_search|file_search|code_interpreter|image_generation|mcp)_call(_code|_arguments)?\.\w+$/;

/** Added, then its parts one after the other, then done; the whole item says what its events said. */
export class ItemGrammar {
  isDone = false;
  done: JsonObject = {};
  readonly #type: unknown;
  readonly #id: unknown;
  #input = '';
  #inputDone = false;
  readonly #closed: Record<'content' | 'summary', Section[]> = { content: [], summary: [] };
  #open: { list: 'content' | 'summary'; section: Section } | undefined;

  constructor(item: JsonObject) {
    demand(typeof item.type === 'string', 'an item has a type');
    demand(typeof item.id === 'string' && item.id !== '', 'an item has an id');
    this.#type = item.type;
    this.#id = item.id;
    if (item.type === 'message')
      demand(asArray(item.content).length === 0 && item.role === 'assistant', 'a message begins empty');
    if (item.type === 'reasoning') demand(asArray(item.summary).length === 0, 'reasoning begins empty');
    if (item.type === 'mcp_call')
      demand(item.arguments === '' && item.output === null, 'a remote call begins empty');
    if (item.type === 'function_call') demand(item.arguments === '', 'a call begins empty');
    if (item.type === 'function_call' || item.type === 'custom_tool_call')
      demand(
        typeof item.call_id === 'string' && item.call_id !== '' && typeof item.name === 'string',
        'a call has its id and name',
      );
  }

  read(event: string, value: JsonObject): void {
    demand(!this.isDone, `${event} after the item was done`);
    if (event === 'response.output_item.done') {
      this.#finish(asObject(value.item));
      return;
    }
    demand(value.item_id === this.#id, 'an event names its item');
    switch (event) {
      case 'response.content_part.added':
        this.#begin('content', value.content_index, asObject(value.part));
        return;
      case 'response.reasoning_summary_part.added':
        this.#begin('summary', value.summary_index, asObject(value.part));
        return;
      case 'response.output_text.delta':
        this.#grow('content', value.content_index, 'output_text', value.delta);
        return;
      case 'response.refusal.delta':
        this.#grow('content', value.content_index, 'refusal', value.delta);
        return;
      case 'response.reasoning_text.delta':
        this.#grow('content', value.content_index, 'reasoning_text', value.delta);
        return;
      case 'response.reasoning_summary_text.delta':
        this.#grow('summary', value.summary_index, 'summary_text', value.delta);
        return;
      case 'response.output_text.annotation.added':
        this.#annotate(value);
        return;
      case 'response.output_text.done':
      case 'response.reasoning_text.done':
      case 'response.reasoning_summary_text.done':
        demand(this.#open?.section.text === value.text, `${event} repeats the whole text`);
        return;
      case 'response.refusal.done':
        demand(this.#open?.section.text === value.refusal, 'refusal.done repeats the whole text');
        return;
      case 'response.content_part.done':
        this.#end('content', asObject(value.part));
        return;
      case 'response.reasoning_summary_part.done':
        this.#end('summary', asObject(value.part));
        return;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
      case 'response.mcp_call_arguments.delta':
        demand(!this.#inputDone && typeof value.delta === 'string', 'input grows until it is done');
        this.#input += String(value.delta);
        return;
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done':
      case 'response.mcp_call_arguments.done':
        demand(
          !this.#inputDone && (value.arguments ?? value.input) === this.#input,
          'input.done repeats the whole input',
        );
        this.#inputDone = true;
        return;
      default:
        demand(HOSTED.test(event), `an unknown event ${event}`);
    }
  }

  #begin(list: 'content' | 'summary', index: unknown, part: JsonObject): void {
    demand(!this.#open, 'one part at a time');
    demand(index === this.#closed[list].length, 'parts are counted from 0 without gaps');
    demand((part.text ?? part.refusal) === '', 'a part begins empty');
    this.#open = { list, section: { type: String(part.type), text: '', annotations: 0 } };
  }

  #grow(list: 'content' | 'summary', index: unknown, type: string, delta: unknown): void {
    demand(
      this.#open?.list === list && index === this.#closed[list].length,
      `a ${type} delta belongs to the open part`,
    );
    demand(this.#open.section.type === type, `${type} in a part of type ${this.#open.section.type}`);
    demand(typeof delta === 'string', 'a delta is a text');
    this.#open.section.text += delta;
  }

  #annotate(value: JsonObject): void {
    const open = this.#open?.section;
    demand(
      open?.type === 'output_text' && value.annotation_index === open.annotations,
      'annotations are counted',
    );
    open.annotations++;
  }

  #end(list: 'content' | 'summary', part: JsonObject): void {
    demand(this.#open?.list === list, 'a part ends that was not begun');
    const { section } = this.#open;
    demand(
      (part.text ?? part.refusal) === section.text && part.type === section.type,
      'part.done repeats the part',
    );
    this.#closed[list].push(section);
    this.#open = undefined;
  }

  #finish(item: JsonObject): void {
    demand(!this.#open, 'no part is open when its item is done');
    demand(item.id === this.#id && item.type === this.#type, 'the done item is the added one');
    const texts = (value: unknown) =>
      asArray(value).map((part) => asObject(part).text ?? asObject(part).refusal);
    if (this.#type === 'message' || this.#type === 'reasoning') {
      for (const list of ['content', 'summary'] as const) {
        const said = this.#closed[list].map((section) => section.text);
        demand(
          JSON.stringify(texts(item[list])) === JSON.stringify(said),
          `${list} of the done item is what was streamed`,
        );
      }
    }
    if (this.#type === 'function_call' || this.#type === 'custom_tool_call') {
      demand((item.arguments ?? item.input) === this.#input, 'input of the done item is what was streamed');
      demand(this.#inputDone, 'input is done before its item');
    }
    if (this.#type === 'function_call' && item.status === 'completed')
      demand(item.arguments !== '', 'arguments are never empty');
    this.isDone = true;
    this.done = item;
  }
}
