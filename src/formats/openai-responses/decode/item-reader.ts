// Reads one output item as its events arrive and turns it into canonical parts.

import { isNoInput } from '../../../canonical/call-input.ts';
import { followedBy, type PartStart, type StreamEvent } from '../../../canonical/event.ts';
import type { ToolCallPart } from '../../../canonical/part.ts';
import type { Sequencer } from '../../../canonical/sequencer.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../../lib/json.ts';
import { readClientCall, toolOfCall } from '../client-tools.ts';
import { codeIn, hostedText, searchIn } from '../hosted-items.ts';
import { remoteIn } from '../remote-calls.ts';
import { readAnnotation, readAnnotations, readLogprobs } from '../text-marks.ts';
import { toolSearchIn } from '../tool-search.ts';
import { readCall } from './items.ts';

export type ItemKind = 'message' | 'reasoning' | 'call' | 'whole';
type Spoken = {
  kind: 'text' | 'refusal';
  text: string;
  citations: number;
  hasLogprobs: boolean;
  isOpen: boolean;
};

/** What kind of reader an item needs; everything unknown is taken whole when it is done. */
export function kindOfItem(item: JsonObject): ItemKind {
  switch (item.type) {
    case 'message':
      return 'message';
    case 'reasoning':
      return 'reasoning';
    case 'function_call':
    case 'custom_tool_call':
      return 'call';
    default:
      return 'whole';
  }
}

/**
 * One item. Deltas may come without their beginnings and beginnings without deltas: `finish` adds whatever of the
 * whole item has not been streamed. Every method returns the events that follow.
 */
export class ItemReader {
  readonly kind: ItemKind;
  readonly id: string | undefined;
  isDone = false;
  readonly #sequencer: Sequencer;
  readonly #key: string;
  readonly #announced: JsonObject;
  readonly #phase: string | undefined;
  readonly #spoken = new Map<number, Spoken>();
  readonly #thoughts = { summary: new Map<number, string>(), content: new Map<number, string>() };
  #input = '';
  #isOpen = false;

  constructor(sequencer: Sequencer, key: string, kind: ItemKind, item: JsonObject) {
    this.#sequencer = sequencer;
    this.#key = key;
    this.kind = kind;
    this.id = asString(item.id);
    this.#announced = item;
    this.#phase = asString(item.phase);
  }

  /** What the item's announcement already tells. */
  begin(item: JsonObject): StreamEvent[] {
    if (this.kind === 'reasoning') return this.#openThoughts();
    if (this.kind !== 'call' || !asString(item.name) || !asString(item.call_id)) return [];
    return this.#openCall(readCall(item));
  }

  beginPart(index: number, part: JsonObject): StreamEvent[] {
    const kind = spokenKind(part);
    return kind === undefined || this.kind !== 'message' ? [] : this.#openSpoken(index, kind);
  }

  speak(index: number, kind: 'text' | 'refusal', delta: string, logprobs: unknown): StreamEvent[] {
    const events = this.#openSpoken(index, kind);
    const spoken = this.#spoken.get(index);
    if (!spoken?.isOpen || spoken.kind !== kind) return events;
    spoken.text += delta;
    if (kind === 'refusal') return [...events, ...this.#delta(index, { kind, text: delta })];
    const marks = readLogprobs(logprobs);
    if (marks.length === 0) return followedBy(events, this.#delta(index, { kind, text: delta }));
    spoken.hasLogprobs = true;
    return followedBy(events, this.#delta(index, { kind, text: delta, logprobs: marks }));
  }

  annotate(index: number, annotation: JsonObject): StreamEvent[] {
    const events = this.#openSpoken(index, 'text');
    const spoken = this.#spoken.get(index);
    if (!spoken?.isOpen) return events;
    spoken.citations++;
    return [...events, ...this.#delta(index, { kind: 'citation', citation: readAnnotation(annotation) })];
  }

  /** The whole text of a part that goes on: annotations may still follow. */
  completeText(index: number, part: JsonObject): StreamEvent[] {
    const kind = spokenKind(part);
    if (kind === undefined || this.kind !== 'message') return [];
    const events = this.#openSpoken(index, kind);
    const spoken = this.#spoken.get(index);
    if (!spoken?.isOpen) return events;
    const rest = restOf(spoken.text, asString(part.text) ?? asString(part.refusal) ?? '');
    const logprobs = spoken.hasLogprobs ? undefined : part.logprobs;
    if (rest !== '' || readLogprobs(logprobs).length > 0)
      events.push(...this.speak(index, kind, rest, logprobs));
    return events;
  }

  endPart(index: number, part: JsonObject): StreamEvent[] {
    const events = this.completeText(index, part);
    const spoken = this.#spoken.get(index);
    if (!spoken?.isOpen) return events;
    for (const citation of readAnnotations(part.annotations).slice(spoken.citations))
      events.push(...this.#delta(index, { kind: 'citation', citation }));
    spoken.isOpen = false;
    return [...events, ...this.#sequencer.close(this.#partKey(index))];
  }

  think(form: 'summary' | 'content', section: number, text: string): StreamEvent[] {
    if (this.kind !== 'reasoning' || this.isDone) return [];
    const sections = this.#thoughts[form];
    sections.set(section, (sections.get(section) ?? '') + text);
    const delta = { kind: 'reasoning' as const, form, section, text };
    return [...this.#openThoughts(), ...this.#sequencer.delta(this.#key, delta)];
  }

  /** The whole text of one section. */
  completeThought(form: 'summary' | 'content', section: number, text: string): StreamEvent[] {
    const streamed = this.#thoughts[form].get(section);
    const rest = restOf(streamed ?? '', text);
    return rest === '' && streamed !== undefined ? [] : this.think(form, section, rest);
  }

  feed(text: string): StreamEvent[] {
    if (this.kind !== 'call' || this.isDone) return [];
    if (this.#input === '' && this.#announced.type === 'function_call' && isNoInput(text)) return [];
    this.#input += text;
    // until name and id are known the text waits here
    return this.#isOpen ? this.#sequencer.delta(this.#key, { kind: 'input', text }) : [];
  }

  completeInput(text: string): StreamEvent[] {
    const rest = restOf(this.#input, text);
    return rest === '' ? [] : this.feed(rest);
  }

  /** Adds what of the whole item is missing, and ends it. */
  finish(item: JsonObject): StreamEvent[] {
    if (this.isDone) return [];
    const events = this.#rest(item);
    this.isDone = true;
    return events;
  }

  /** Ends an item that was never reported whole, with what is known of it. */
  abandon(): StreamEvent[] {
    if (this.kind === 'call' && !this.#isOpen) return [];
    return this.finish(this.kind === 'whole' ? this.#announced : {});
  }

  #rest(item: JsonObject): StreamEvent[] {
    switch (this.kind) {
      case 'message':
        return this.#finishMessage(item);
      case 'reasoning':
        return this.#finishThoughts(item);
      case 'call': {
        const call = readCall(item);
        const events = this.#openCall(call);
        const whole = asString(item.type === 'custom_tool_call' ? item.input : item.arguments) ?? '';
        return [...events, ...this.completeInput(whole), ...this.#sequencer.close(this.#key)];
      }
      case 'whole':
        return this.#takeWhole(item);
      default:
        return this.kind satisfies never;
    }
  }

  #finishMessage(item: JsonObject): StreamEvent[] {
    const parts =
      typeof item.content === 'string'
        ? [{ type: 'output_text', text: item.content }]
        : asArray(item.content);
    const events = parts.flatMap((part, index) => {
      if (!isObject(part)) return [];
      return spokenKind(part) === undefined ? this.#takePart(index, part) : this.endPart(index, part);
    });
    // parts the whole item does not mention are kept as they were streamed
    for (const [index, spoken] of this.#spoken)
      if (spoken.isOpen) events.push(...this.endPart(index, { type: spoken.kind }));
    return events;
  }

  #takePart(index: number, part: JsonObject): StreamEvent[] {
    const raw = { format: 'openai-responses' as const, value: part };
    const key = this.#partKey(index);
    const opaque = { kind: 'opaque' as const, raw, type: asString(part.type) ?? 'unknown' };
    return [...this.#sequencer.open(key, opaque), ...this.#sequencer.close(key)];
  }

  #finishThoughts(item: JsonObject): StreamEvent[] {
    const events = this.#openThoughts();
    const texts = (value: unknown) => asArray(value).map((part) => asString(asObject(part).text) ?? '');
    for (const form of ['summary', 'content'] as const)
      texts(item[form]).forEach((text, section) => {
        events.push(...this.completeThought(form, section, text));
      });
    const data = asString(item.encrypted_content);
    if (data)
      events.push(...this.#sequencer.delta(this.#key, { kind: 'seal', seal: { issuer: 'openai', data } }));
    return [...events, ...this.#sequencer.close(this.#key)];
  }

  #takeWhole(item: JsonObject): StreamEvent[] {
    const key = this.#key;
    const clientTool = toolOfCall(item);
    const place = asString(asObject(item.environment).type) ?? 'local';
    if (clientTool !== undefined && place === 'local') {
      const call = readClientCall(clientTool, item);
      return [
        ...this.#openCall(call),
        ...this.#sequencer.delta(key, { kind: 'input', text: call.input }),
        ...this.#sequencer.close(key),
      ];
    }
    const text = hostedText(item);
    const search = searchIn(item);
    const code = codeIn(item);
    const toolSearch = toolSearchIn(item);
    const remote = remoteIn(item);
    const part: PartStart = {
      kind: 'opaque',
      raw: { format: 'openai-responses', value: item },
      type: asString(item.type) ?? 'unknown',
      ...(text === undefined ? {} : { text }),
      ...(search === undefined ? {} : { search }),
      ...(code === undefined ? {} : { code }),
      ...(toolSearch === undefined ? {} : { toolSearch }),
      ...(remote === undefined ? {} : { remote }),
    };
    return [...this.#sequencer.open(key, part), ...this.#sequencer.close(key)];
  }

  #openThoughts(): StreamEvent[] {
    if (this.#isOpen) return [];
    this.#isOpen = true;
    const part: PartStart =
      this.id === undefined ? { kind: 'reasoning' } : { kind: 'reasoning', itemId: this.id };
    return this.#sequencer.open(this.#key, part);
  }

  #openCall({ input: _, cache: _cache, at: _at, ...start }: ToolCallPart): StreamEvent[] {
    if (this.#isOpen) return [];
    this.#isOpen = true;
    // a client answers a call by its id, so one that came without gets one
    const events = this.#sequencer.open(this.#key, { ...start, id: start.id || `call_${this.#key}` });
    if (this.#input !== '')
      events.push(...this.#sequencer.delta(this.#key, { kind: 'input', text: this.#input }));
    return events;
  }

  #openSpoken(index: number, kind: 'text' | 'refusal'): StreamEvent[] {
    if (this.kind !== 'message' || this.isDone || this.#spoken.has(index)) return [];
    const events: StreamEvent[] = [];
    for (const [other, spoken] of this.#spoken)
      if (spoken.isOpen) events.push(...this.endPart(other, { type: spoken.kind }));
    this.#spoken.set(index, { kind, text: '', citations: 0, hasLogprobs: false, isOpen: true });
    const phase = this.#phase === undefined ? {} : { phase: this.#phase };
    const part: PartStart = kind === 'text' ? { kind, ...phase } : { kind };
    return [...events, ...this.#sequencer.open(this.#partKey(index), part)];
  }

  #delta(index: number, delta: Parameters<Sequencer['delta']>[1]): StreamEvent[] {
    return this.#sequencer.delta(this.#partKey(index), delta);
  }

  #partKey(index: number): string {
    return `${this.#key}/${index}`;
  }
}

function spokenKind(part: JsonObject): 'text' | 'refusal' | undefined {
  if (part.type === 'refusal') return 'refusal';
  return part.type === 'output_text' || part.type === 'text' ? 'text' : undefined;
}

/** What of the whole text has not been streamed; nothing when the two disagree. */
function restOf(streamed: string, whole: string): string {
  return whole.startsWith(streamed) ? whole.slice(streamed.length) : '';
}
