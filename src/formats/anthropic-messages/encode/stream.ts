// Writes a Messages event stream that is legal whatever order of events it is given.

import type { PartDelta, PartStart, StreamEvent } from '../../../canonical/event.ts';
import type { Fault } from '../../../canonical/fault.ts';
import type { Finish } from '../../../canonical/response.ts';
import { noUsage, type Usage } from '../../../canonical/usage.ts';
import { isObject, type JsonObject, jsonBehind } from '../../../lib/json.ts';
import { writeFrame } from '../../../lib/sse.ts';
import type { Dress, StreamEncoder } from '../../codec.ts';
import { FORMAT } from '../decode/block.ts';
import { errorFrame } from '../errors.ts';
import { encodeFinish } from '../finish.ts';
import { HostedBlocks } from '../hosted-blocks.ts';
import { messageBody } from '../response.ts';
import { encodeDeltaUsage, encodeUsage } from '../usage.ts';
import {
  inputObject,
  redactedBlock,
  SECTION_BREAK,
  shownCitation,
  signatureOf,
  textBlock,
  thinkingBlock,
  toolBlock,
} from './answer-blocks.ts';

/** The one part that is being written. `open` once its block has been started on the wire. */
type Writing = {
  index: number;
  start: PartStart;
  open: boolean;
  /** Reasoning: which section the text so far belongs to. */
  section: string | undefined;
  signature: string | undefined;
  /** Free text of a custom tool, which the format can only carry as a whole. */
  text: string;
};

export class MessagesEncoder implements StreamEncoder {
  readonly #dress: Dress;
  readonly #hosted: HostedBlocks;
  #usage: Usage | undefined;
  #begun = false;
  #done = false;
  #next = 0;
  #part: Writing | undefined;
  #called = false;
  /** The block written last holds text. */
  #isText = false;
  /** Thoughts that nobody can read, behind a text: they wait until something follows them. */
  #held: string[] = [];

  constructor(dress: Dress) {
    this.#dress = dress;
    this.#hosted = new HostedBlocks(dress);
  }

  push(event: StreamEvent): string {
    if (this.#done) return '';
    switch (event.type) {
      case 'start':
        // held back until there is content, so that the counts known by then go with it
        if (event.usage) this.#usage = event.usage;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'part-start':
        return this.#closePart() + this.#beginPart(event.index, event.part);
      case 'part-delta':
        return this.#part?.index === event.index ? this.#feed(this.#part, event.delta) : '';
      case 'part-end':
        return this.#part?.index === event.index ? this.#closePart() : '';
      case 'finish':
        return this.#finish(event.finish);
      case 'error':
        return this.#fail(event.fault);
      default:
        return event satisfies never;
    }
  }

  #beginPart(index: number, start: PartStart): string {
    const part: Writing = { index, start, open: false, section: undefined, signature: undefined, text: '' };
    this.#part = part;
    const hosted = start.kind === 'opaque' ? this.#hosted.of(start) : undefined;
    if (hosted) return this.#wholes(hosted);
    const before = this.#wholes(this.#hosted.rest());
    if (start.kind === 'tool-call') {
      this.#called = true;
      return before + this.#open(part, toolBlock(start, {}));
    }
    if (start.kind === 'opaque' && start.raw.format === FORMAT && isObject(start.raw.value)) {
      return before + this.#beginOpaque(part, start.raw.value);
    }
    // code that another provider ran is something to read at least
    if (start.kind === 'opaque' && start.code) return before + this.#writeText(part, start.text ?? '');
    // texts and thoughts open with their first words: clients echo an empty block, and Anthropic refuses it
    return before;
  }

  /** A hosted tool's call streams its input like any other; its result stands whole in the start. */
  #beginOpaque(part: Writing, block: JsonObject): string {
    if (!isHostedCall(block)) return this.#open(part, block);
    return this.#open(part, { ...block, input: {} }) + this.#inputOf(block);
  }

  /** The same, begun and ended. */
  #wholes(blocks: JsonObject[]): string {
    return blocks.map((block) => this.#whole(block)).join('');
  }

  #whole(block: JsonObject): string {
    const opened = this.#start(isHostedCall(block) ? { ...block, input: {} } : block);
    const input = isHostedCall(block) ? this.#inputOf(block) : '';
    return opened + input + event('content_block_stop', { index: this.#next++ });
  }

  #inputOf({ input = {} }: JsonObject): string {
    return this.#delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) });
  }

  #feed(part: Writing, delta: PartDelta): string {
    const { kind } = part.start;
    switch (delta.kind) {
      case 'text':
        return kind === 'text' ? this.#writeText(part, delta.text) : '';
      case 'refusal':
        return kind === 'refusal' ? this.#writeText(part, delta.text) : '';
      case 'citation': {
        const citation = shownCitation(delta.citation);
        if (kind !== 'text' || citation === undefined) return '';
        return this.#open(part, textBlock('')) + this.#delta({ type: 'citations_delta', citation });
      }
      case 'reasoning':
        return kind === 'reasoning' ? this.#writeThought(part, delta) : '';
      case 'seal':
        if (kind === 'reasoning') part.signature = signatureOf(delta.seal);
        return '';
      case 'input':
        return part.start.kind === 'tool-call' ? this.#writeInput(part, part.start.form, delta.text) : '';
      case 'audio':
        return kind === 'audio' ? this.#writeText(part, delta.transcript ?? '') : '';
      default:
        return delta satisfies never;
    }
  }

  #writeText(part: Writing, text: string): string {
    if (text === '') return '';
    return this.#open(part, textBlock('')) + this.#delta({ type: 'text_delta', text });
  }

  #writeThought(part: Writing, delta: PartDelta & { kind: 'reasoning' }): string {
    if (delta.text === '' || (part.start.kind === 'reasoning' && part.start.redacted)) return '';
    const section = `${delta.form} ${delta.section}`;
    const isNext = part.section !== undefined && part.section !== section;
    part.section = section;
    const thinking = isNext ? SECTION_BREAK + delta.text : delta.text;
    return this.#open(part, thinkingBlock('', '')) + this.#delta({ type: 'thinking_delta', thinking });
  }

  #writeInput(part: Writing, form: 'json' | 'text', text: string): string {
    if (form === 'text') {
      part.text += text;
      return '';
    }
    return text === '' ? '' : this.#delta({ type: 'input_json_delta', partial_json: text });
  }

  #open(part: Writing, block: JsonObject): string {
    if (part.open) return '';
    part.open = true;
    return this.#start(block);
  }

  #start(block: JsonObject): string {
    const held = this.#held.splice(0).map((data) => this.#redacted(data));
    this.#isText = block.type === 'text';
    return (
      this.#begin() +
      held.join('') +
      event('content_block_start', { index: this.#next, content_block: block })
    );
  }

  #redacted(data: string): string {
    const at = { index: this.#next };
    this.#next += 1;
    return (
      event('content_block_start', { ...at, content_block: redactedBlock(data) }) +
      event('content_block_stop', at)
    );
  }

  #delta(delta: JsonObject): string {
    const type = 'content_block_delta';
    return writeFrame(`{"type":"${type}","index":${this.#next},"delta":${JSON.stringify(delta)}}`, type);
  }

  #closePart(): string {
    const part = this.#part;
    if (!part) return '';
    this.#part = undefined;
    const last = this.#lastWords(part);
    if (!part.open) return last;
    return last + event('content_block_stop', { index: this.#next++ });
  }

  /** What a block can only say when it is complete. */
  #lastWords(part: Writing): string {
    const { start, signature } = part;
    if (start.kind === 'reasoning' && signature !== undefined) {
      if (start.redacted && this.#isText) {
        // see withoutSealedEnd
        this.#held.push(signature);
        return '';
      }
      if (start.redacted) return this.#open(part, redactedBlock(signature));
      return this.#open(part, thinkingBlock('', '')) + this.#delta({ type: 'signature_delta', signature });
    }
    if (start.kind === 'tool-call' && start.form === 'text') {
      const { input } = inputObject({ form: 'text', input: part.text });
      return this.#delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) });
    }
    return '';
  }

  #begin(): string {
    if (this.#begun) return '';
    this.#begun = true;
    const usage = encodeUsage(this.#usage ?? this.#estimate());
    const end: JsonObject = { stop_reason: null, stop_sequence: null, stop_details: null, usage };
    return event('message_start', { message: messageBody(this.#dress, [], end) });
  }

  /** Clients measure their context by the first count; the exact one follows at the end. */
  #estimate(): Usage {
    const input = this.#dress.inputTokensEstimate ?? 0;
    return { ...noUsage('estimated'), input, inputUncached: input };
  }

  #finish(finish: Finish): string {
    const closed = this.#closePart() + this.#wholes(this.#hosted.rest()) + this.#begin();
    this.#done = true;
    const delta: JsonObject = { ...encodeFinish(finish, this.#called), container: null };
    const usage = encodeDeltaUsage(this.#usage);
    return closed + event('message_delta', { delta, usage }) + event('message_stop', {});
  }

  /** Nothing is closed: a half-written call must not look like a whole one. */
  #fail(fault: Fault): string {
    this.#done = true;
    return errorFrame(fault, this.#dress.requestId);
  }
}

function isHostedCall({ type }: JsonObject): boolean {
  return type === 'server_tool_use' || type === 'mcp_tool_use';
}

function event(type: string, members: JsonObject): string {
  return writeFrame(jsonBehind(`"type":"${type}"`, members), type);
}
