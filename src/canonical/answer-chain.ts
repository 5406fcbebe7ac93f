// Makes one answer of what several requests brought of it.

import type { PartDelta, PartStart, StreamEvent } from './event.ts';

/**
 * Takes the events of one stream after the other and gives those of one answer: one start, parts counted on, one end.
 * A text that a stream was cut off in goes on with the text that the next one begins with.
 */
export class AnswerChain {
  #hasBegun = false;
  /** Parts begun so far, and how many of them are of earlier streams. */
  #count = 0;
  #offset = 0;
  #kind: PartStart['kind'] | undefined;
  /** A text left open for the next stream. */
  #cut = false;
  /** Code points of the text begun last, and how many of them are of earlier streams. */
  #length = 0;
  #before = 0;

  push(event: StreamEvent): StreamEvent[] {
    switch (event.type) {
      case 'start':
        if (this.#hasBegun) return [];
        this.#hasBegun = true;
        return [event];
      case 'part-start':
        return this.#begin(event.index, event.part);
      case 'part-delta':
        return [{ ...event, index: this.#offset + event.index, delta: this.#placed(event.delta) }];
      case 'part-end':
        return [{ ...event, index: this.#offset + event.index }];
      case 'usage':
      case 'finish':
      case 'error':
        return [...this.#endCut(), event];
      default:
        return event satisfies never;
    }
  }

  /** The stream is not the last one: what `push` gave of it, but for the end of a text that goes on. */
  leave(events: StreamEvent[], isCut: boolean): StreamEvent[] {
    const last = events.at(-1);
    this.#offset = this.#count;
    this.#cut ||= isCut && this.#kind === 'text' && last?.type === 'part-end';
    return this.#cut && last?.type === 'part-end' ? events.slice(0, -1) : events;
  }

  #begin(index: number, part: PartStart): StreamEvent[] {
    if (this.#cut && part.kind === 'text') {
      this.#cut = false;
      this.#offset = this.#count - 1 - index;
      this.#before = this.#length;
      return [];
    }
    const ended = this.#endCut();
    this.#kind = part.kind;
    this.#length = 0;
    this.#before = 0;
    this.#count = this.#offset + index + 1;
    return [...ended, { type: 'part-start', index: this.#offset + index, part }];
  }

  /** Places in a text are told from where its stream began. */
  #placed(delta: PartDelta): PartDelta {
    if (delta.kind === 'text') this.#length += [...delta.text].length;
    if (delta.kind !== 'citation' || delta.citation.kind !== 'url' || this.#before === 0) return delta;
    const { start, end } = delta.citation;
    return {
      ...delta,
      citation: {
        ...delta.citation,
        ...(start === undefined ? {} : { start: start + this.#before }),
        ...(end === undefined ? {} : { end: end + this.#before }),
      },
    };
  }

  #endCut(): StreamEvent[] {
    if (!this.#cut) return [];
    this.#cut = false;
    return [{ type: 'part-end', index: this.#count - 1 }];
  }
}
