// The grammar of Chat streams: `first delta* finish usage? DONE`, where an error may stand for everything that is left.

import { asArray, asObject, isObject, type JsonObject } from '../../src/lib/json.ts';
import { demand, demandError, type Ending, type Grammar, type Wire } from './grammar-rule.ts';

type Call = { custom: boolean; input: string };

class ChatGrammar implements Grammar {
  #head: string | undefined;
  #stage: 'nothing' | 'answer' | 'finished' | 'usage' | 'done' | 'failed' = 'nothing';
  #reason = '';
  readonly #calls: Call[] = [];

  read({ event, value }: Wire): void {
    demand(event === undefined || event === 'error', 'chunks have no event names');
    demand(this.#stage !== 'done' && this.#stage !== 'failed', 'something after the end');
    if (!value) {
      demand(this.#stage === 'finished' || this.#stage === 'usage', '[DONE] without a finish');
      this.#stage = 'done';
      return;
    }
    if (value.error !== undefined) {
      demandError(value);
      demand(this.#stage !== 'finished' && this.#stage !== 'usage', 'an error after the finish');
      this.#stage = 'failed';
      return;
    }
    this.#readChunk(value);
  }

  #readChunk(chunk: JsonObject): void {
    demand(typeof chunk.id === 'string' && chunk.id !== '', 'a chunk has an id');
    demand(
      typeof chunk.created === 'number' && typeof chunk.model === 'string',
      'a chunk has a time and a model',
    );
    demand(chunk.object === 'chat.completion.chunk', 'a chunk says what it is');
    const head = JSON.stringify([chunk.id, chunk.created, chunk.model]);
    this.#head ??= head;
    demand(head === this.#head, 'id, time and model stay the same');
    demand(Array.isArray(chunk.choices), 'every chunk has choices');
    const choices = asArray(chunk.choices);
    if (choices.length === 0) {
      demand(
        this.#stage === 'finished' && isObject(chunk.usage),
        'no choices only in the usage chunk behind the finish',
      );
      this.#stage = 'usage';
      return;
    }
    demand(choices.length === 1, 'one choice');
    demand(this.#stage === 'nothing' || this.#stage === 'answer', 'content after the finish');
    const choice = asObject(choices[0]);
    demand(choice.index === 0 && isObject(choice.delta), 'a choice has index 0 and a delta');
    this.#readDelta(asObject(choice.delta));
    this.#stage = 'answer';
    const reason = choice.finish_reason ?? null;
    if (reason === null) return;
    demand(typeof reason === 'string', 'a finish is a word');
    demand(Object.keys(asObject(choice.delta)).length === 0, 'the finish carries no content');
    this.#reason = String(reason);
    this.#stage = 'finished';
  }

  #readDelta(delta: JsonObject): void {
    demand(
      (delta.role === 'assistant') === (this.#stage === 'nothing'),
      'the role stands in the first chunk only',
    );
    for (const name of ['content', 'refusal', 'reasoning_content']) {
      const text = delta[name] ?? null;
      demand(text === null || typeof text === 'string', `${name} is a text`);
    }
    for (const one of asArray(delta.tool_calls)) this.#readCall(asObject(one));
  }

  #readCall(fragment: JsonObject): void {
    const { index } = fragment;
    demand(typeof index === 'number', 'a call has an index');
    const custom = isObject(fragment.custom);
    const body = asObject(custom ? fragment.custom : fragment.function);
    const input = custom ? body.input : body.arguments;
    demand(typeof input === 'string', 'a fragment has arguments');
    const known = this.#calls[index];
    if (known) {
      demand(!('id' in fragment) && !('name' in body), 'id and name are said once');
      demand(known.custom === custom, 'a call stays of its kind');
      known.input += input;
      return;
    }
    demand(index === this.#calls.length, 'calls are counted from 0 without gaps');
    demand(typeof fragment.id === 'string' && fragment.id !== '', 'a call opens with its id');
    demand(typeof body.name === 'string', 'a call opens with its name');
    demand(fragment.type === (custom ? 'custom' : 'function'), 'a call opens with its kind');
    this.#calls.push({ custom, input });
  }

  end(): Ending {
    if (this.#stage === 'failed') return 'failed';
    demand(this.#stage === 'done', 'the stream is not closed');
    const cut = this.#reason === 'length' || this.#reason === 'content_filter';
    const hasCalls = this.#calls.length > 0;
    demand(
      cut || !hasCalls || this.#reason === 'tool_calls' || this.#reason === 'stop',
      'calls end in tool_calls',
    );
    demand(hasCalls || this.#reason !== 'tool_calls', 'tool_calls without a call');
    for (const call of this.#calls)
      demand(call.custom || cut || call.input !== '', 'arguments are never empty');
    return 'finished';
  }
}

export function chatGrammar(): Grammar {
  return new ChatGrammar();
}
