// Reads a Responses stream into canonical events.

import { followedBy, type StreamEvent } from '../../../canonical/event.ts';
import { Fault } from '../../../canonical/fault.ts';
import { Sequencer } from '../../../canonical/sequencer.ts';
import type { CodeSeen, Usage } from '../../../canonical/usage.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { jsonOf, type SseFrame } from '../../../lib/sse.ts';
import type { StreamDecoder } from '../../codec.ts';
import { containerOf, containerSizes } from '../containers.ts';
import { decodeInnerError } from '../errors.ts';
import { readFinish, type Shown } from '../finish.ts';
import { countRuns, type HostedRun, runOf } from '../hosted-runs.ts';
import { readUsage } from '../usage.ts';
import { type ItemKind, ItemReader, kindOfItem } from './item-reader.ts';

type Slot = {
  reader: ItemReader;
  run: HostedRun | undefined;
  container: string | undefined;
};

/**
 * Items are found by `output_index`, then by id, then by being the last one: upstreams leave out either. The whole
 * answer in the terminal event completes whatever the events before it left out.
 */
export class ResponsesStreamDecoder implements StreamDecoder {
  readonly #sequencer = new Sequencer();
  readonly #slots: Slot[] = [];
  /** The first and the last of them by number and by id: an upstream may send thousands. */
  readonly #first = new Map<number | string, Slot>();
  readonly #last = new Map<number | string, Slot>();
  readonly #shown: Shown = { calls: false, texts: false, refusals: false };
  usage: Usage | undefined = undefined;
  /** An upstream numbers its items wrongly, so numbers tell nothing about what was streamed. */
  #isMisnumbered = false;
  #hasStarted = false;
  #hasEnded = false;
  #openParts = 0;

  /** How large the containers are stands at the end only. */
  get code(): CodeSeen {
    const { code_execution: runs = 0 } = countRuns(
      this.#slots.map((slot) => slot.run),
      [],
    );
    const containers = containerSizes(
      this.#slots.map((slot) => slot.container),
      undefined,
    );
    return { runs, containers: containers ?? {} };
  }

  push(frame: SseFrame): StreamEvent[] {
    if (this.#hasEnded) return [];
    const data = jsonOf(frame);
    if (!isObject(data)) return [];
    return this.#note(this.#read(asString(data.type) ?? frame.event ?? '', data));
  }

  end(): StreamEvent[] {
    if (this.#hasEnded) return [];
    this.#hasEnded = true;
    const message = 'The provider’s stream ended before the answer was complete; try again.';
    return [{ type: 'error', fault: new Fault('upstream_truncated', message) }];
  }

  /** The events of an answer that came whole. */
  whole(response: JsonObject): StreamEvent[] {
    return this.#note(this.#terminate(response));
  }

  /** Remembers what kinds of parts went out, for the finish reason. */
  #note(events: StreamEvent[]): StreamEvent[] {
    for (const event of events) {
      if (event.type === 'part-end') this.#openParts--;
      if (event.type !== 'part-start') continue;
      this.#openParts++;
      this.#see(event);
    }
    return events;
  }

  #see(event: StreamEvent): void {
    if (event.type !== 'part-start') return;
    if (event.part.kind === 'tool-call') this.#shown.calls = true;
    if (event.part.kind === 'text') this.#shown.texts = true;
    if (event.part.kind === 'refusal') this.#shown.refusals = true;
  }

  #read(type: string, data: JsonObject): StreamEvent[] {
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#begin(asObject(data.response));
      case 'response.completed':
      case 'response.incomplete':
      case 'response.done':
        return this.#terminate({ status: type.slice('response.'.length), ...asObject(data.response) });
      case 'response.failed':
      case 'response.cancelled':
        // clients go by the event, whatever else the response says of itself
        return this.#terminate({ ...asObject(data.response), status: type.slice('response.'.length) });
      case 'error':
        return this.#fail(decodeInnerError(data));
      case 'response.output_item.added':
        return isObject(data.item) ? this.#added(data, data.item) : [];
      case 'response.output_item.done':
        return isObject(data.item) ? this.#done(data, data.item) : [];
      case 'response.content_part.added':
      case 'response.content_part.done':
      case 'response.output_text.delta':
      case 'response.output_text.done':
      case 'response.output_text.annotation.added':
      case 'response.refusal.delta':
      case 'response.refusal.done':
        return this.#readSpoken(type, data);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_summary_text.done':
      case 'response.reasoning_text.delta':
      case 'response.reasoning_text.done':
        return this.#readThought(type, data);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#withSlot(data, 'call', (reader) => reader.feed(asString(data.delta) ?? ''));
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done': {
        const whole = asString(data.arguments) ?? asString(data.input) ?? '';
        return this.#withSlot(data, 'call', (reader) => reader.completeInput(whole));
      }
      default:
        // an error body sent as a frame has no type at all
        return isObject(data.error) && !type.startsWith('response.')
          ? this.#fail(decodeInnerError(data))
          : [];
    }
  }

  #readSpoken(type: string, data: JsonObject): StreamEvent[] {
    const index = asNumber(data.content_index) ?? 0;
    const part = asObject(data.part);
    // a reasoning item's content comes as parts too; its text follows in events of its own
    if (part.type === 'reasoning_text') return [];
    return this.#withSlot(data, 'message', (reader) => {
      switch (type) {
        case 'response.content_part.added':
          return reader.beginPart(index, part);
        case 'response.content_part.done':
          return reader.endPart(index, part);
        case 'response.output_text.delta':
          return reader.speak(index, 'text', asString(data.delta) ?? '', data.logprobs);
        case 'response.refusal.delta':
          return reader.speak(index, 'refusal', asString(data.delta) ?? '', undefined);
        case 'response.output_text.annotation.added':
          return isObject(data.annotation) ? reader.annotate(index, data.annotation) : [];
        case 'response.output_text.done':
          return reader.completeText(index, {
            type: 'output_text',
            text: data.text ?? '',
            logprobs: data.logprobs ?? null,
          });
        default:
          return reader.completeText(index, { type: 'refusal', refusal: data.refusal ?? '' });
      }
    });
  }

  #readThought(type: string, data: JsonObject): StreamEvent[] {
    const form = type.includes('summary') ? 'summary' : 'content';
    const section = sectionOf(data.summary_index ?? data.content_index);
    return this.#withSlot(data, 'reasoning', (reader) =>
      type.endsWith('.delta')
        ? reader.think(form, section, asString(data.delta) ?? '')
        : reader.completeThought(form, section, asString(data.text) ?? ''),
    );
  }

  #begin(response: JsonObject): StreamEvent[] {
    if (this.#hasStarted) return [];
    this.#hasStarted = true;
    const id = asString(response.id);
    const model = asString(response.model);
    const createdS = asNumber(response.created_at);
    const serviceTier = asString(response.service_tier);
    return [
      {
        type: 'start',
        ...(id === undefined ? {} : { id }),
        ...(model === undefined ? {} : { model }),
        ...(createdS === undefined ? {} : { createdS }),
        ...(serviceTier === undefined ? {} : { serviceTier }),
      },
    ];
  }

  #added(data: JsonObject, item: JsonObject): StreamEvent[] {
    const events = this.#begin({});
    const index = asNumber(data.output_index);
    if (index === undefined || this.#first.has(index)) this.#isMisnumbered = true;
    const slot = this.#addSlot(index, kindOfItem(item), item);
    return [...events, ...slot.reader.begin(item)];
  }

  #addSlot(index: number | undefined, kind: ItemKind, item: JsonObject): Slot {
    const at = index ?? this.#slots.length;
    const reader = new ItemReader(this.#sequencer, String(this.#slots.length), kind, item);
    const slot: Slot = { reader, run: runOf(item), container: containerOf(item) };
    this.#slots.push(slot);
    for (const name of [at, reader.id]) {
      if (name === undefined) continue;
      if (!this.#first.has(name)) this.#first.set(name, slot);
      this.#last.set(name, slot);
    }
    return slot;
  }

  /** The item an event belongs to, made up when its announcement never came. */
  #withSlot(data: JsonObject, kind: ItemKind, read: (reader: ItemReader) => StreamEvent[]): StreamEvent[] {
    const events = this.#begin({});
    const slot =
      this.#find(data, asString(data.item_id)) ?? this.#addSlot(asNumber(data.output_index), kind, {});
    return followedBy(events, read(slot.reader));
  }

  #find(data: JsonObject, id: string | undefined): Slot | undefined {
    const index = asNumber(data.output_index);
    const byIndex = index === undefined ? undefined : this.#last.get(index);
    if (byIndex && !this.#isMisnumbered) return byIndex;
    const byId = id === undefined ? undefined : this.#last.get(id);
    if (byId) return byId;
    return index === undefined || this.#isMisnumbered
      ? this.#slots.findLast((slot) => !slot.reader.isDone)
      : undefined;
  }

  #done(data: JsonObject, item: JsonObject): StreamEvent[] {
    const events = this.#begin({});
    const found = this.#find(data, asString(item.id));
    const fits = found && !found.reader.isDone && found.reader.kind === kindOfItem(item);
    const slot = fits ? found : this.#addSlot(asNumber(data.output_index), kindOfItem(item), item);
    slot.run = runOf(item);
    slot.container = containerOf(item);
    return [...events, ...slot.reader.finish(item)];
  }

  #fail(fault: Fault): StreamEvent[] {
    this.#hasEnded = true;
    return [{ type: 'error', fault }];
  }

  #terminate(response: JsonObject): StreamEvent[] {
    const events = this.#begin(response);
    const output = asArray(response.output).filter(isObject);
    const status = asString(response.status) ?? 'completed';
    const runs = countRuns(
      this.#slots.map((slot) => slot.run),
      output.map(runOf),
    );
    const containers = [...this.#slots.map(({ container }) => container), ...output.map(containerOf)];
    const usage = readUsage(response, runs, containers);
    this.usage = usage;
    const serviceTier = asString(response.service_tier);
    const usageEvents: StreamEvent[] = usage
      ? [{ type: 'usage', usage, ...(serviceTier === undefined ? {} : { serviceTier }) }]
      : [];
    if (status !== 'completed' && status !== 'incomplete' && status !== 'done') {
      // half-written parts stay open: closing them would make them look whole
      if (this.#openParts === 0) events.push(...usageEvents);
      return [...events, ...this.#fail(faultOfStatus(status, response))];
    }
    output.forEach((item, index) => {
      events.push(...this.#complete(item, index));
    });
    for (const { reader } of this.#slots) events.push(...reader.abandon());
    events.push(...this.#sequencer.closeAll());
    for (const event of events) this.#see(event);
    this.#hasEnded = true;
    return [...events, ...usageEvents, { type: 'finish', finish: readFinish(response, status, this.#shown) }];
  }

  /** Adds an item of the whole answer, or what is missing of one that was streamed. */
  #complete(item: JsonObject, index: number): StreamEvent[] {
    const id = asString(item.id);
    const streamed = this.#isMisnumbered
      ? this.#slots[index]
      : (this.#first.get(index) ?? (id === undefined ? undefined : this.#first.get(id)));
    if (streamed) return streamed.reader.kind === kindOfItem(item) ? streamed.reader.finish(item) : [];
    const { reader } = this.#addSlot(index, kindOfItem(item), item);
    return [...reader.begin(item), ...reader.finish(item)];
  }
}

/** A body without an end (`queued`, `cancelled`) is no answer. */
function faultOfStatus(status: string, response: JsonObject): Fault {
  if (status === 'failed' || isObject(response.error)) return decodeInnerError(response);
  return new Fault('bad_gateway', 'The provider gave up on this answer; try again.', {
    cause: `status ${status.slice(0, 20)}`,
  });
}

/** Readers hold a place for every section before the highest one, so a damaged figure must not be believed. */
const SECTIONS_MAX = 1_000;

function sectionOf(value: JsonValue | undefined): number {
  const section = asNumber(value) ?? 0;
  return Number.isInteger(section) && section >= 0 && section < SECTIONS_MAX ? section : 0;
}
