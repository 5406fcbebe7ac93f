// Listens to what an answer says about itself: usage, text, end. It can never hurt the answer.

import type { StreamEvent } from '../canonical/event.ts';
import type { Fault } from '../canonical/fault.ts';
import type { CanonicalResponse } from '../canonical/response.ts';
import { noUsage, type Usage } from '../canonical/usage.ts';

/** Characters of English text per token, for estimates where a provider reported nothing. */
const CHARS_PER_TOKEN = 3.6;

/** Collects what one answer reports. `ended` is set by its terminal event, `fault` by an error. */
export class Meter {
  ended = false;
  fault: Fault | undefined;
  #usage: Usage | undefined;
  #chars = 0;
  #frames = 0;

  hear(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        if (event.usage) this.#usage = event.usage;
        return;
      case 'part-delta':
        if ('text' in event.delta) this.#chars += event.delta.text.length;
        return;
      case 'usage':
        this.#usage = event.usage;
        return;
      case 'finish':
        this.ended = true;
        return;
      case 'error':
        this.ended = true;
        this.fault = event.fault;
        return;
      case 'part-start':
      case 'part-end':
        return;
      default:
        event satisfies never;
    }
  }

  /** Frames that have left so far without all being decoded; a provider puts about one token in each. */
  hearFrames(frames: number): void {
    this.#frames = frames;
  }

  /** The report of a whole answer that nobody has decoded. */
  hearUsage(usage: Usage): void {
    this.ended = true;
    this.#usage = usage;
  }

  hearWhole(response: CanonicalResponse): void {
    this.ended = true;
    this.#usage = response.usage;
    for (const part of response.parts) {
      if (part.kind === 'text' || part.kind === 'refusal') this.#chars += part.text.length;
      if (part.kind === 'tool-call') this.#chars += part.input.length;
    }
  }

  /**
   * What is known at the end: the provider's report, or an estimate from the request's bytes and the answer's
   * text, marked as one (source `estimated`). A report of an unfinished answer counts at least the output seen so far.
   */
  usage(requestBytes: number): Usage {
    const seen = Math.max(Math.ceil(this.#chars / CHARS_PER_TOKEN), this.#frames);
    if (this.#usage && this.ended) return this.#usage;
    if (this.#usage) return { ...this.#usage, output: Math.max(this.#usage.output, seen), source: 'partial' };
    const input = Math.ceil(requestBytes / CHARS_PER_TOKEN);
    return { ...noUsage('estimated'), input, inputUncached: input, output: seen };
  }
}
