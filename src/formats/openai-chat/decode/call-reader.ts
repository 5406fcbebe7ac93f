// Puts together the tool calls of a Chat stream from their fragments.

import { isNoInput } from '../../../canonical/call-input.ts';
import type { StreamEvent } from '../../../canonical/event.ts';
import type { Sequencer } from '../../../canonical/sequencer.ts';
import { asNumber, asObject, asString, isObject, type JsonObject, tryParseJson } from '../../../lib/json.ts';
import { stateSeal } from '../thought-details.ts';
import { argumentsOf, mintCallId } from './answer-text.ts';

type Call = {
  key: string;
  index: number | undefined;
  id: string;
  name: string;
  form: 'json' | 'text';
  input: string;
  /** What its vendor wants back with it. */
  extra: JsonObject | undefined;
  /** How much of the input has gone to the sequencer; undefined before the call is opened. */
  sent: number | undefined;
};

/**
 * Reads `delta.tool_calls` as vendors really send them: index missing, counted from 1, or always 0; id repeated,
 * empty or null later; arguments in the opening fragment; calls interleaved. A call opens once its id and name
 * are known and every call before it is open, so that calls keep their order.
 */
export class CallReader {
  readonly #sequencer: Sequencer;
  readonly #calls: Call[] = [];
  /** The latest of each index, and the first of each id: a provider may send thousands of calls. */
  readonly #byIndex = new Map<number, Call>();
  readonly #byId = new Map<string, Call>();
  /** So many of them have been opened, or never will be. */
  #opened = 0;

  constructor(sequencer: Sequencer) {
    this.#sequencer = sequencer;
  }

  get hasCalls(): boolean {
    return this.#calls.some((call) => call.name !== '');
  }

  /** Arguments of every call so far are whole JSON; a stream without a finish can be trusted only then. */
  get isWhole(): boolean {
    return this.#calls.every((call) => call.form === 'text' || isWholeJson(call.input));
  }

  push(fragment: JsonObject): StreamEvent[] {
    const body = isObject(fragment.custom) ? fragment.custom : asObject(fragment.function);
    const name = asString(body.name) ?? '';
    const id = asString(fragment.id) ?? '';
    const index = asNumber(fragment.index);
    const call = this.#find(index, id, name) ?? this.#begin(index);
    if (isObject(fragment.custom) || fragment.type === 'custom') call.form = 'text';
    if (call.sent === undefined) {
      call.id ||= id;
      call.name ||= name;
    }
    if (call.id !== '' && !this.#byId.has(call.id)) this.#byId.set(call.id, call);
    if (isObject(fragment.extra_content)) call.extra ??= fragment.extra_content;
    const text = argumentsOf(call.form === 'text' ? body.input : body.arguments);
    if (call.input !== '' || call.form === 'text' || !isNoInput(text)) call.input += text;
    return [...this.#told(call), ...this.#open(undefined)];
  }

  /** Opens what could not be opened yet, with ids of our own where the provider gave none. */
  finish(answerId: string | undefined): StreamEvent[] {
    return this.#open({ answerId });
  }

  #find(index: number | undefined, id: string, name: string): Call | undefined {
    const last = this.#calls.at(-1);
    if (index !== undefined) {
      const call = this.#byIndex.get(index);
      // several whole calls under one index: each brings its own id and name
      return call && isAnother(call, id, name) ? undefined : call;
    }
    if (id !== '') return this.#byId.get(id) ?? (last && last.id === '' ? last : undefined);
    return last && name !== '' && last.name !== '' && isWholeJson(last.input) ? undefined : last;
  }

  #begin(index: number | undefined): Call {
    const key = `call:${this.#calls.length}`;
    const call: Call = {
      key,
      index,
      id: '',
      name: '',
      form: 'json',
      input: '',
      extra: undefined,
      sent: undefined,
    };
    this.#calls.push(call);
    if (index !== undefined) this.#byIndex.set(index, call);
    return call;
  }

  /** Those that can be opened now, in their order; at the end, all that have a name. */
  #open(final: { answerId: string | undefined } | undefined): StreamEvent[] {
    const events: StreamEvent[] = [];
    for (; this.#opened < this.#calls.length; this.#opened++) {
      const call = this.#calls[this.#opened] as Call;
      if (call.name === '' && final) continue;
      if (!final && (call.name === '' || call.id === '')) return events;
      call.id ||= mintCallId(final?.answerId, this.#opened);
      const { id, name, form } = call;
      if (call.extra) events.push(...this.#seal(`${call.key}:state`, call.extra));
      events.push(...this.#sequencer.open(call.key, { kind: 'tool-call', id, name, form }));
      call.sent = 0;
      events.push(...this.#told(call));
    }
    return events;
  }

  /** What its input has become longer by, once it is open. */
  #told(call: Call): StreamEvent[] {
    if (call.sent === undefined || call.input.length === call.sent) return [];
    const text = call.input.slice(call.sent);
    call.sent = call.input.length;
    return this.#sequencer.delta(call.key, { kind: 'input', text });
  }

  #seal(key: string, extra: JsonObject): StreamEvent[] {
    return [
      ...this.#sequencer.open(key, { kind: 'reasoning', redacted: true }),
      ...this.#sequencer.delta(key, { kind: 'seal', seal: stateSeal({ extra_content: extra }) }),
      ...this.#sequencer.close(key),
    ];
  }
}

function isAnother(call: Call, id: string, name: string): boolean {
  if (id === '' || name === '' || call.id === '' || call.id === id) return false;
  return isWholeJson(call.input);
}

function isWholeJson(input: string): boolean {
  return input.trim() === '' || tryParseJson(input) !== undefined;
}
