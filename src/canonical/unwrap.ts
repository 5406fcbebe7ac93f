// Takes off what stands around the JSON text that a client asked for.

import type { AnswerChange } from './answer-change.ts';
import type { StreamEvent } from './event.ts';
import type { Part } from './part.ts';
import type { CanonicalResponse } from './response.ts';

/** `maybe` says what may still become it; of a closing that is the end of a text behind which nothing has come yet. */
export type Wrapping = { opening: RegExp; maybeOpening: RegExp; closing: RegExp; maybeClosing: RegExp };

/** What a model writes around a text that it was only asked for in words. */
export const CODE_FENCE: Wrapping = {
  opening: /^\s*```[a-zA-Z]*[ \t]*\n/,
  maybeOpening: /^\s*(`{0,2}|```[a-zA-Z]*[ \t]*)$/,
  closing: /\s*```\s*$/,
  maybeClosing: /\s*`{0,3}\s*$/,
};

/** The member of the object that stands around an answer which is none itself. */
export const WRAPPER_MEMBER = 'value';

export const WRAPPER: Wrapping = {
  opening: /^\s*\{\s*"value"\s*:\s*(?=\S)/,
  maybeOpening: /^\s*(\{\s*("(v(a(l(u(e("\s*(:\s*)?)?)?)?)?)?)?)?)?$/,
  closing: /\s*\}\s*$/,
  maybeClosing: /\s*\}?\s*$/,
};

/** The quotes around a word. */
export const QUOTES: Wrapping = {
  opening: /^\s*"/,
  maybeOpening: /^\s*$/,
  closing: /"\s*$/,
  maybeClosing: /"?\s*$/,
};

type Reading = { held: string; state: 'start' | 'wrapped' | 'plain' };

/** Texts that do not begin with the opening stay as they are. */
export class Unwrap implements AnswerChange {
  readonly #wrapping: Wrapping;
  readonly #texts = new Map<number, Reading>();

  constructor(wrapping: Wrapping) {
    this.#wrapping = wrapping;
  }

  events(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start' && event.part.kind === 'text')
      this.#texts.set(event.index, { held: '', state: 'start' });
    if (event.type === 'part-end') {
      const reading = this.#texts.get(event.index);
      this.#texts.delete(event.index);
      const rest = reading ? this.#lastOf(reading) : '';
      return rest === '' ? [event] : [textDelta(event.index, rest), event];
    }
    if (event.type !== 'part-delta' || event.delta.kind !== 'text') return [event];
    const reading = this.#texts.get(event.index);
    if (!reading) return [event];
    const text = this.#readOn(reading, event.delta.text);
    return text === '' ? [] : [{ ...event, delta: { ...event.delta, text } }];
  }

  response(response: CanonicalResponse): CanonicalResponse {
    const { opening, closing } = this.#wrapping;
    const unwrapped = (text: string) =>
      opening.test(text) ? text.replace(opening, '').replace(closing, '') : text;
    const parts = response.parts.map(
      (part): Part => (part.kind === 'text' ? { ...part, text: unwrapped(part.text) } : part),
    );
    return { ...response, parts };
  }

  /** What can be shown after more text has come; the rest is held. */
  #readOn(reading: Reading, text: string): string {
    const { opening, maybeOpening, maybeClosing } = this.#wrapping;
    if (reading.state === 'plain') return text;
    reading.held += text;
    if (reading.state === 'start') {
      if (opening.test(reading.held)) {
        reading.state = 'wrapped';
        reading.held = reading.held.replace(opening, '');
      } else if (!maybeOpening.test(reading.held)) reading.state = 'plain';
      else return '';
    }
    const { held, state } = reading;
    const until = state === 'plain' ? held.length : held.search(maybeClosing);
    reading.held = held.slice(until);
    return held.slice(0, until);
  }

  #lastOf({ held, state }: Reading): string {
    return state === 'wrapped' ? held.replace(this.#wrapping.closing, '') : held;
  }
}

function textDelta(index: number, text: string): StreamEvent {
  return { type: 'part-delta', index, delta: { kind: 'text', text } };
}
