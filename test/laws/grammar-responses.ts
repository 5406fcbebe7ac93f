// The grammar of Responses streams: `created in_progress item* (error failed | completed | incomplete)`, items with all their stages in order.

import { asArray, asObject, asString, isObject, type JsonObject } from '../../src/lib/json.ts';
import { ItemGrammar } from './grammar-responses-item.ts';
import { demand, type Ending, type Grammar, type Wire } from './grammar-rule.ts';

class ResponsesGrammar implements Grammar {
  #count = 0;
  #id: unknown;
  #hasError = false;
  #ending: Ending | undefined;
  readonly #items: ItemGrammar[] = [];

  read({ event, value }: Wire): void {
    demand(value !== undefined, 'no [DONE] here');
    demand(this.#ending === undefined, 'something after the end');
    demand(event !== undefined && event === value.type, 'the event line names the type');
    demand(
      value.sequence_number === this.#count,
      `events are counted from 0: ${String(value.sequence_number)}`,
    );
    this.#count++;
    demand(!this.#hasError || event === 'response.failed', 'an error is followed by the failed response');
    if (event === 'error') {
      for (const error of [value, asObject(value.error)])
        demand(typeof error.message === 'string' && error.message !== '', 'an error says what is wrong');
      this.#hasError = true;
    } else if (this.#count === 1) {
      demand(event === 'response.created', 'response.created comes first');
      this.#readShell(asObject(value.response), 'in_progress');
    } else if (event === 'response.created') demand(false, 'response.created twice');
    else if (event === 'response.in_progress') this.#readShell(asObject(value.response), 'in_progress');
    else if (event === 'response.failed') this.#fail(asObject(value.response));
    else if (event === 'response.completed' || event === 'response.incomplete')
      this.#finish(event.slice('response.'.length), asObject(value.response));
    else if (event === 'response.output_item.added') this.#add(value);
    else this.#itemOf(value).read(event, value);
  }

  #add(value: JsonObject): void {
    demand(value.output_index === this.#items.length, 'items are counted from 0 without gaps');
    this.#items.push(new ItemGrammar(asObject(value.item)));
  }

  #itemOf(value: JsonObject): ItemGrammar {
    const item = this.#items[typeof value.output_index === 'number' ? value.output_index : -1];
    demand(item !== undefined, `an event of an item that was not added: ${String(value.type)}`);
    return item;
  }

  #readShell(response: JsonObject, status: string): void {
    demand(typeof response.id === 'string' && response.id !== '', 'a response has an id');
    this.#id ??= response.id;
    demand(response.id === this.#id, 'the id stays the same');
    demand(response.object === 'response' && response.status === status, `a response with status ${status}`);
    demand(
      typeof response.created_at === 'number' && typeof response.model === 'string',
      'a time and a model',
    );
    demand(Array.isArray(response.output), 'a response has output');
    for (const name of [
      'error',
      'incomplete_details',
      'instructions',
      'metadata',
      'tools',
      'tool_choice',
      'usage',
    ])
      demand(name in response, `a response has ${name}`);
  }

  #fail(response: JsonObject): void {
    demand(this.#hasError, 'a failed response follows an error, without which libraries do not throw');
    this.#readShell(response, 'failed');
    const error = asObject(response.error);
    demand(typeof error.message === 'string' && error.message !== '', 'a failure says what is wrong');
    demand(typeof error.code === 'string', 'a failure has a code');
    this.#ending = 'failed';
  }

  #finish(status: string, response: JsonObject): void {
    this.#readShell(response, status);
    demand(
      this.#items.every((item) => item.isDone),
      'every item is done at the end',
    );
    const output = asArray(response.output);
    const whole = this.#items.map((item) => item.done);
    demand(
      withoutSources(output) === withoutSources(whole) && sourcesIn(output) >= sourcesIn(whole),
      'the last response holds every item as it was done, but for sources that were told after it',
    );
    const reason = asString(asObject(response.incomplete_details).reason);
    demand((status === 'incomplete') === (reason !== undefined), 'an incomplete answer says why');
    if (status === 'completed')
      demand(
        whole.every((item) => isWhole(asObject(item))),
        'a completed answer has no broken item',
      );
    if (isObject(response.usage))
      demand(typeof response.usage.total_tokens === 'number', 'usage has a total');
    this.#ending = 'finished';
  }

  end(): Ending {
    demand(this.#ending !== undefined, 'the stream is not closed');
    return this.#ending;
  }
}

export function responsesGrammar(): Grammar {
  return new ResponsesGrammar();
}

function withoutSources(output: unknown): string {
  return JSON.stringify(output, (name, value) => (name === 'annotations' ? [] : value));
}

function sourcesIn(output: unknown): number {
  return JSON.stringify(output).split('"url_citation"').length;
}

/** A tool of the provider's that failed is told whole, and a call that has no outcome says so. */
function isWhole({ type, status = 'completed', output, error }: JsonObject): boolean {
  if (type === 'mcp_call')
    return status === (error ? 'failed' : output === null ? 'incomplete' : 'completed');
  return type === 'tool_search_output' || status === 'completed';
}
