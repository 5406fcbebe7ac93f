// Reads a Messages event stream, tolerant of what vendors leave out or repeat.

import { followedBy, type PartDelta, type PartStart, type StreamEvent } from '../../../canonical/event.ts';
import { Fault } from '../../../canonical/fault.ts';
import { Sequencer } from '../../../canonical/sequencer.ts';
import { type CodeSeen, countOf, type Usage } from '../../../canonical/usage.ts';
import { asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { jsonOf, type SseFrame } from '../../../lib/sse.ts';
import type { StreamDecoder } from '../../codec.ts';
import { decodeErrorEvent } from '../errors.ts';
import { decodeFinish } from '../finish.ts';
import { type CodeBeside, containersOf, decodeUsage, isCodeRun, mergeUsage } from '../usage.ts';
import { BlockReader } from './block-reader.ts';

export class MessagesDecoder implements StreamDecoder {
  readonly #parts = new Sequencer();
  readonly #blocks = new Map<string, BlockReader>();
  #begun = false;
  #done = false;
  #called = false;
  #messageId: string | undefined;
  #usage: JsonObject | undefined;
  /** A later snapshot than the first arrived, so the output count is not a mere start. */
  #counted = false;
  readonly #code: CodeBeside = { runs: 0, container: undefined };
  /** The model that has taken over from the one that was asked. */
  #servedBy: string | undefined;
  #stop: JsonObject = {};
  #opened = 0;
  /** Key of the block that deltas without an index belong to. */
  #last: string | undefined;

  push(frame: SseFrame): StreamEvent[] {
    if (this.#done || frame.data === '' || frame.data === '[DONE]') return [];
    const body = jsonOf(frame);
    if (!isObject(body))
      return this.#fail(new Fault('bad_gateway', 'The provider sent a broken event; try again.'));
    const type = asString(body.type) ?? frame.event;
    switch (type) {
      case 'message_start':
        return this.#start(asObject(body.message));
      case 'content_block_start':
        return followedBy(this.#begin(), this.#openBlock(indexOf(body), asObject(body.content_block)));
      case 'content_block_delta':
        return followedBy(this.#begin(), this.#feedBlock(indexOf(body), asObject(body.delta)));
      case 'content_block_stop':
        return followedBy(this.#begin(), this.#closeBlock(indexOf(body) ?? this.#last));
      case 'message_delta':
        this.#noteDelta(body);
        return this.#begin();
      case 'message_stop':
        return this.#finish();
      case 'error':
        return this.#fail(decodeErrorEvent(body));
      default:
        return isObject(body.error) ? this.#fail(decodeErrorEvent(body)) : [];
    }
  }

  get usage(): Usage | undefined {
    return decodeUsage(this.#usage, this.#counted ? 'reported' : 'partial', this.#code);
  }

  get code(): CodeSeen {
    return { runs: this.#code.runs, containers: containersOf(this.#code), servedBy: this.#servedBy };
  }

  end(): StreamEvent[] {
    if (this.#done) return [];
    // the reason to stop comes after all content and with the final usage: only the farewell is missing. Blocks that
    // look open prove nothing: of a stream that passes through only the frames with a needle are read
    if (asString(this.#stop.stop_reason) !== undefined) return this.#finish();
    return this.#fail(
      new Fault('upstream_truncated', 'The provider’s stream ended before the answer did; try again.'),
    );
  }

  #start(message: JsonObject): StreamEvent[] {
    this.#noteContainer(message.container);
    if (isObject(message.usage)) this.#usage = mergeUsage(this.#usage ?? {}, message.usage);
    // some vendors repeat the start; an answer begins once
    if (this.#begun) return [];
    this.#begun = true;
    const event: StreamEvent = { type: 'start' };
    const id = asString(message.id);
    const model = asString(message.model);
    const usage = decodeUsage(message.usage, 'partial');
    this.#messageId = id;
    if (id !== undefined) event.id = id;
    if (model !== undefined) event.model = model;
    if (usage) event.usage = usage;
    if (usage?.tier !== undefined) event.serviceTier = usage.tier;
    return [event];
  }

  #begin(): StreamEvent[] {
    return this.#begun ? [] : this.#start({});
  }

  #openBlock(index: string | undefined, block: JsonObject): StreamEvent[] {
    const key = index ?? `unnumbered ${this.#opened}`;
    // the same number twice: the earlier block cannot go on
    const events = this.#closeBlock(key);
    const reader = new BlockReader(block, `${this.#messageId ?? 'call'}_${this.#opened}`);
    this.#blocks.set(key, reader);
    this.#last = key;
    this.#opened++;
    if (isCodeRun(block)) this.#code.runs += 1;
    if (block.type === 'fallback') this.#servedBy = asString(asObject(block.to).model) ?? this.#servedBy;
    if (reader.start) events.push(...this.#parts.open(key, reader.start));
    if (reader.start?.kind === 'tool-call') this.#called = true;
    for (const delta of reader.firstDeltas()) events.push(...this.#parts.delta(key, delta));
    return events;
  }

  #feedBlock(index: string | undefined, delta: JsonObject): StreamEvent[] {
    const key = index ?? this.#last;
    const reader = key === undefined ? undefined : this.#blocks.get(key);
    if (key !== undefined && reader) return reader.read(delta).flatMap((one) => this.#parts.delta(key, one));
    const block = blockFor(delta);
    if (!block) return [];
    const opened = this.#openBlock(key, block);
    const fresh = this.#last;
    const rest = fresh === undefined ? [] : (this.#blocks.get(fresh)?.read(delta) ?? []);
    return [...opened, ...rest.flatMap((one) => this.#parts.delta(fresh ?? '', one))];
  }

  #closeBlock(key: string | undefined): StreamEvent[] {
    const reader = key === undefined ? undefined : this.#blocks.get(key);
    if (key === undefined || !reader) return [];
    this.#blocks.delete(key);
    const events: StreamEvent[] = [];
    const late: PartStart | undefined = reader.lateStart();
    if (late) events.push(...this.#parts.open(key, late));
    const rest: PartDelta[] = reader.lastDeltas();
    for (const delta of rest) events.push(...this.#parts.delta(key, delta));
    return [...events, ...this.#parts.close(key)];
  }

  #noteDelta(body: JsonObject): void {
    const delta = asObject(body.delta);
    this.#noteContainer(delta.container);
    // a later snapshot may repeat the members as null
    for (const name of ['stop_reason', 'stop_sequence', 'stop_details']) {
      const value = delta[name];
      if (value !== undefined && value !== null) this.#stop[name] = value;
    }
    if (!isObject(body.usage)) return;
    this.#usage = mergeUsage(this.#usage ?? {}, body.usage);
    this.#counted ||= countOf(body.usage.output_tokens) !== undefined;
  }

  #noteContainer(value: JsonValue | undefined): void {
    this.#code.container = asString(asObject(value).id) ?? this.#code.container;
  }

  #finish(): StreamEvent[] {
    const events = this.#begin();
    for (const key of [...this.#blocks.keys()]) events.push(...this.#closeBlock(key));
    this.#done = true;
    const { usage } = this;
    if (usage) {
      const { tier } = usage;
      events.push({ type: 'usage', usage, ...(tier === undefined ? {} : { serviceTier: tier }) });
    }
    events.push({ type: 'finish', finish: decodeFinish(this.#stop, this.#called) });
    return events;
  }

  #fail(fault: Fault): StreamEvent[] {
    this.#done = true;
    return [{ type: 'error', fault }];
  }
}

function indexOf(body: JsonObject): string | undefined {
  return typeof body.index === 'number' ? String(body.index) : undefined;
}

/** The block a delta without a start must belong to; a call without its name cannot be made up. */
function blockFor(delta: JsonObject): JsonObject | undefined {
  switch (delta.type) {
    case 'text_delta':
    case 'citations_delta':
      return { type: 'text', text: '' };
    case 'thinking_delta':
    case 'signature_delta':
      return { type: 'thinking', thinking: '' };
    default:
      return undefined;
  }
}
