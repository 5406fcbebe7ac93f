// Writes an answer item by item, each step as the event the published life cycle demands.

import type { PartDelta, PartStart, StreamEvent } from '../../../canonical/event.ts';
import type { Fault } from '../../../canonical/fault.ts';
import type {
  Citation,
  HostedCode,
  HostedSearch,
  MediaSource,
  OpaquePart,
  RemoteCall,
} from '../../../canonical/part.ts';
import type { Finish } from '../../../canonical/response.ts';
import { noUsage, type Usage } from '../../../canonical/usage.ts';
import { asString, entryOf, isObject, type JsonObject } from '../../../lib/json.ts';
import type { Dress } from '../../codec.ts';
import { addressOf } from '../../data-url.ts';
import { CLIENT_TOOLS, clientToolsIn } from '../client-tools.ts';
import { errorMembers, failedError } from '../errors.ts';
import { writeIncomplete } from '../finish.ts';
import { writeAnnotation } from '../text-marks.ts';
import { searchItems } from '../tool-search.ts';
import { writeSearches, writeUsage } from '../usage.ts';
import { type AnswerState, answerBody } from './answer-body.ts';
import { CallWriter } from './call-writer.ts';
import { CodeWriter } from './code-writer.ts';
import type { ItemWriter, Send } from './item-writer.ts';
import { MessageWriter } from './message-writer.ts';
import { PictureWriter } from './picture-writer.ts';
import { ReasoningWriter } from './reasoning-writer.ts';
import { RemoteWriter } from './remote-writer.ts';
import { RunQueue } from './run-queue.ts';
import { SearchWriter } from './search-writer.ts';

/** How the ids of such items begin, by their type. */
const WHOLE_PREFIXES: Record<string, string> = { tool_search_call: 'tsc', tool_search_output: 'tso' };

/**
 * Takes canonical events in any order and keeps the answer legal: items never overlap, are numbered without gaps,
 * and end before the answer does. `send` receives each event without its `sequence_number`.
 */
export class AnswerWriter {
  readonly #dress: Dress;
  readonly #send: Send;
  readonly #clientTools: Set<string>;
  readonly #output: JsonObject[] = [];
  readonly #ids = new Set<string>();
  readonly #runs = new RunQueue();
  #item: ItemWriter | undefined;
  /** The part that takes deltas; its item may stay open behind it. */
  #part: number | undefined;
  /** Texts that have ended. */
  readonly #texts = new Map<number, JsonObject>();
  /** Calls to remote servers by their run. */
  readonly #called = new Map<string, RemoteCall>();
  #usage: Usage | undefined;
  #serviceTier: string | undefined;
  #hasStarted = false;
  #hasRefusal = false;
  /** The answer as it stands after its last event. */
  body: JsonObject | undefined;

  constructor(dress: Dress, send: Send) {
    this.#dress = dress;
    this.#send = send;
    this.#clientTools = clientToolsIn(dress.request.tools);
  }

  get hasEnded(): boolean {
    return this.body !== undefined;
  }

  push(event: StreamEvent): void {
    if (this.hasEnded) return;
    if (!this.#hasStarted) this.#start();
    switch (event.type) {
      case 'start':
        if (event.usage) this.#usage ??= event.usage;
        this.#serviceTier = event.serviceTier ?? this.#serviceTier;
        return;
      case 'part-start':
        this.#part = event.index;
        if (event.part.kind === 'opaque')
          for (const part of this.#runs.take(event.part)) this.#writeOpaque(part);
        else {
          this.#writeWaiting();
          this.#beginPart(event.part);
        }
        return;
      case 'part-delta':
        if (event.index === this.#part) this.#item?.take(event.delta);
        else if (event.delta.kind === 'citation') this.#citeLate(event.index, event.delta.citation);
        return;
      case 'part-end':
        if (event.index !== this.#part) return;
        this.#part = undefined;
        this.#item?.endPart();
        if (this.#item instanceof MessageWriter && this.#item.last)
          this.#texts.set(event.index, this.#item.last);
        return;
      case 'usage':
        this.#usage = event.usage;
        this.#serviceTier = event.serviceTier ?? this.#serviceTier;
        return;
      case 'finish':
        this.#writeWaiting();
        this.#finish(event.finish);
        return;
      case 'error':
        this.#writeWaiting();
        this.#fail(event.fault);
        return;
      default:
        event satisfies never;
    }
  }

  /** An item that is done gets no more events, but the whole answer at the end tells everything. */
  #citeLate(index: number, citation: Citation): void {
    const content = this.#texts.get(index);
    if (!content || !Array.isArray(content.annotations)) return;
    content.annotations.push(writeAnnotation(citation, asString(content.text) ?? ''));
  }

  #start(): void {
    this.#hasStarted = true;
    const response = this.#bodyNow('in_progress', {});
    this.#send('response.created', { response });
    this.#send('response.in_progress', { response });
  }

  #bodyNow(status: AnswerState['status'], members: Partial<AnswerState>): JsonObject {
    return answerBody(this.#dress, {
      status,
      output: [...this.#output],
      usage: null,
      toolUsage: undefined,
      error: null,
      incompleteReason: undefined,
      serviceTier: this.#serviceTier,
      ...members,
    });
  }

  #beginPart(part: PartStart): void {
    switch (part.kind) {
      case 'text':
      case 'refusal': {
        if (part.kind === 'refusal') this.#hasRefusal = true;
        const phase = part.kind === 'text' ? part.phase : undefined;
        if (this.#item instanceof MessageWriter && this.#item.continues(part.kind, phase))
          this.#item.beginPart(part.kind);
        else
          this.#open(
            (index) => new MessageWriter(this.#send, index, this.#newId('msg', index), phase),
          ).beginPart(part.kind);
        return;
      }
      case 'reasoning':
        this.#open((index) => new ReasoningWriter(this.#send, index, this.#newId('rs', index, part.itemId)));
        return;
      case 'tool-call': {
        const isClient = this.#clientTools.has(part.name);
        const own = isClient ? entryOf(CLIENT_TOOLS, part.name)?.idPrefix : undefined;
        const prefix = own ?? (part.form === 'text' ? 'ctc' : 'fc');
        this.#open(
          (index) =>
            new CallWriter(this.#send, index, this.#newId(prefix, index, part.itemId), part, isClient),
        );
        return;
      }
      case 'opaque':
        this.#writeOpaque(part);
        return;
      case 'image':
        this.#showPicture(part.source);
        return;
      case 'audio':
        // no answer of this format holds audio; its transcript is what can be shown
        this.#open(
          (index) => new MessageWriter(this.#send, index, this.#newId('msg', index), undefined),
        ).beginPart('text');
        return;
      default:
        part satisfies never;
    }
  }

  #open<T extends ItemWriter>(make: (index: number) => T): T {
    this.#closeItem('completed');
    const item = make(this.#output.length);
    this.#item = item;
    item.begin();
    return item;
  }

  /** Stable: made of the answer's id and the item's place, unless the upstream's own id can be kept. */
  #newId(prefix: string, index: number, own?: string): string {
    const kept = own?.startsWith(`${prefix}_`) ? this.#keepId(own) : undefined;
    if (kept !== undefined) return kept;
    const id = `${prefix}_${this.#dress.id.replace(/^resp_/, '')}_${index}`;
    this.#ids.add(id);
    return id;
  }

  /** The id itself, unless an earlier item has it. */
  #keepId(id: string | undefined): string | undefined {
    if (id === undefined || this.#ids.has(id)) return undefined;
    this.#ids.add(id);
    return id;
  }

  #writeWaiting(): void {
    for (const part of this.#runs.rest()) this.#writeOpaque(part);
  }

  #writeOpaque(part: OpaquePart): void {
    // what was found stands in a part of its own, right behind what was looked for
    if (part.search?.queries.length === 0 && part.raw.format !== 'openai-responses') {
      if (this.#item instanceof SearchWriter) this.#item.add(part.search);
      return;
    }
    // so does what code printed, behind the code
    if (part.code && this.#item instanceof CodeWriter && part.code.code === undefined) {
      this.#item.add(part.code);
      return;
    }
    if (part.remote && this.#item instanceof RemoteWriter && !part.remote.called) {
      this.#item.add(part.remote);
      return;
    }
    const remote = part.remote && this.#wholeCall(part.remote, part.run);
    this.#closeItem('completed');
    if (part.raw.format === 'openai-responses' && isObject(part.raw.value)) {
      this.#writeWhole(part.raw.value);
    } else if (part.toolSearch)
      for (const item of searchItems(part.toolSearch, this.#dress.request.tools)) this.#writeWhole(item);
    else if (remote?.called)
      this.#open((index) => new RemoteWriter(this.#send, index, this.#newId('mcp', index), remote));
    else if (part.search) this.#writeSearch(part.search);
    else if (part.code?.code !== undefined) this.#writeCode({ ...part.code, code: part.code.code });
    else if (part.text !== undefined) this.#say('text', part.text);
  }

  /** An item that has no events of its own. */
  #writeWhole(whole: JsonObject): void {
    const output_index = this.#output.length;
    const prefix = entryOf(WHOLE_PREFIXES, asString(whole.type)) ?? 'item';
    const id = this.#keepId(asString(whole.id)) ?? this.#newId(prefix, output_index);
    const item: JsonObject = { ...whole, id };
    this.#send('response.output_item.added', { output_index, item });
    this.#send('response.output_item.done', { output_index, item });
    this.#output.push(item);
  }

  #writeSearch(search: HostedSearch): void {
    this.#open((index) => new SearchWriter(this.#send, index, this.#newId('ws', index), search));
  }

  #writeCode(code: HostedCode & { code: string }): void {
    this.#open((index) => new CodeWriter(this.#send, index, this.#newId('ci', index), code));
  }

  /** An item that is done gets no outcome any more: one that comes late stands in a second item of the same call. */
  #wholeCall(remote: RemoteCall, run: string | undefined): RemoteCall {
    if (run === undefined) return remote;
    if (remote.called) this.#called.set(run, remote);
    return { ...this.#called.get(run), ...remote };
  }

  /** What code drew belongs to the code. */
  #showPicture(source: MediaSource): void {
    if (source.from === 'base64' && !(this.#item instanceof CodeWriter)) {
      this.#open((index) => new PictureWriter(this.#send, index, this.#newId('ig', index), source.data));
      return;
    }
    const address = addressOf(source);
    if (address === undefined) return;
    if (this.#item instanceof CodeWriter) this.#item.add({ pictures: [address] });
    else this.#say('text', address);
  }

  #say(kind: 'text' | 'refusal', text: string): void {
    const delta: PartDelta = { kind, text };
    this.#beginPart({ kind });
    this.#item?.take(delta);
    this.#item?.endPart();
  }

  #closeItem(status: 'completed' | 'incomplete'): void {
    const item = this.#item?.finish(status);
    this.#item = undefined;
    if (item) this.#output.push(item);
  }

  #finish(finish: Finish): void {
    const incompleteReason = writeIncomplete(finish);
    if (finish.reason === 'refusal' && !this.#hasRefusal)
      this.#say('refusal', finish.explanation ?? 'The model declined to answer.');
    const status = incompleteReason === undefined ? 'completed' : 'incomplete';
    this.#closeItem(status);
    // agents ask again for ever when an answer has no item at all
    if (this.#output.length === 0 && status === 'completed') {
      this.#say('text', '');
      this.#closeItem('completed');
    }
    const usage = writeUsage(this.#usage ?? noUsage());
    const toolUsage = writeSearches(this.#usage);
    this.body = this.#bodyNow(status, { usage, toolUsage, incompleteReason });
    this.#dress.keepItems?.(this.#output);
    this.#send(`response.${status}`, { response: this.body });
  }

  /** A call cut short is not reported as done: clients run what is done. */
  #fail(fault: Fault): void {
    const output = [...this.#output];
    const item =
      this.#part !== undefined && this.#item instanceof CallWriter ? this.#item.partial() : undefined;
    if (item) output.push(item);
    else {
      this.#closeItem(this.#part === undefined ? 'completed' : 'incomplete');
      output.splice(0, output.length, ...this.#output);
    }
    // what fails costs nothing
    const usage = this.#usage ? writeUsage(withoutCost(this.#usage)) : null;
    const toolUsage = writeSearches(this.#usage);
    this.body = this.#bodyNow('failed', { output, usage, toolUsage, error: failedError(fault) });
    this.#send('error', errorMembers(fault));
    this.#send('response.failed', { response: this.body });
  }
}

function withoutCost({ cost: _, ...usage }: Usage): Usage {
  return usage;
}
