// Takes the code fence off a JSON text that a model was only asked for in words.

import type { AnswerChange } from './answer-change.ts';
import type { StreamEvent } from './event.ts';
import type { Part } from './part.ts';
import type { CanonicalResponse } from './response.ts';

const OPENING = /^\s*```[a-zA-Z]*[ \t]*\n/;
/** What may still become an opening fence. */
const MAYBE_OPENING = /^\s*(`{0,2}|```[a-zA-Z]*[ \t]*)$/;
const CLOSING = /\s*```\s*$/;
/** The end of a text that may belong to a closing fence: nothing behind it has come yet. */
const MAYBE_CLOSING = /\s*`{0,3}\s*$/;

type Reading = { held: string; state: 'start' | 'fenced' | 'plain' };

/** Texts that do not begin with a fence stay as they are. */
export class Unfence implements AnswerChange {
  readonly #texts = new Map<number, Reading>();

  events(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start' && event.part.kind === 'text')
      this.#texts.set(event.index, { held: '', state: 'start' });
    if (event.type === 'part-end') {
      const reading = this.#texts.get(event.index);
      this.#texts.delete(event.index);
      const rest = reading ? lastOf(reading) : '';
      return rest === '' ? [event] : [textDelta(event.index, rest), event];
    }
    if (event.type !== 'part-delta' || event.delta.kind !== 'text') return [event];
    const reading = this.#texts.get(event.index);
    if (!reading) return [event];
    const text = readOn(reading, event.delta.text);
    return text === '' ? [] : [{ ...event, delta: { ...event.delta, text } }];
  }

  response(response: CanonicalResponse): CanonicalResponse {
    const parts = response.parts.map(
      (part): Part => (part.kind === 'text' ? { ...part, text: unfenced(part.text) } : part),
    );
    return { ...response, parts };
  }
}

/** What can be shown after more text has come; the rest is held. */
function readOn(reading: Reading, text: string): string {
  if (reading.state === 'plain') return text;
  reading.held += text;
  if (reading.state === 'start') {
    if (OPENING.test(reading.held)) {
      reading.state = 'fenced';
      reading.held = reading.held.replace(OPENING, '');
    } else if (!MAYBE_OPENING.test(reading.held)) reading.state = 'plain';
    else return '';
  }
  const { held, state } = reading;
  const until = state === 'plain' ? held.length : held.search(MAYBE_CLOSING);
  reading.held = held.slice(until);
  return held.slice(0, until);
}

function lastOf({ held, state }: Reading): string {
  return state === 'fenced' ? held.replace(CLOSING, '') : held;
}

function unfenced(text: string): string {
  return OPENING.test(text) ? text.replace(OPENING, '').replace(CLOSING, '') : text;
}

function textDelta(index: number, text: string): StreamEvent {
  return { type: 'part-delta', index, delta: { kind: 'text', text } };
}
