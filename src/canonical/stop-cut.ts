// Ends an answer before the first stop text, for upstreams that cannot be told of stop texts.

import type { AnswerChange } from './answer-change.ts';
import type { StreamEvent } from './event.ts';
import type { Part, TextPart, TokenLogprob } from './part.ts';
import type { CanonicalResponse } from './response.ts';

/** After the cut nothing comes any more: what the provider still writes is nobody's answer. */
export class StopCut implements AnswerChange {
  readonly #words: string[];
  readonly #reach: number;
  /** What could be the beginning of a stop text, of the part that is open. */
  #held = '';
  #logprobs: TokenLogprob[] = [];
  #isCut = false;

  constructor(words: string[]) {
    this.#words = words;
    this.#reach = Math.max(...words.map((word) => word.length)) - 1;
  }

  events(event: StreamEvent): StreamEvent[] {
    if (this.#isCut) return [];
    // what was held turned out to be no stop text
    if (event.type !== 'part-delta') return [...this.#release(event), event];
    const { delta, index } = event;
    if (delta.kind !== 'text') return [event];
    const text = this.#held + delta.text;
    this.#logprobs.push(...(delta.logprobs ?? []));
    const found = firstOf(text, this.#words);
    if (found) {
      this.#isCut = true;
      return [
        ...this.#show(index, text.slice(0, found.at)),
        { type: 'part-end', index },
        { type: 'finish', finish: { reason: 'stop-sequence', stopSequence: found.word } },
      ];
    }
    const safe = text.length - this.#heldLength(text);
    this.#held = text.slice(safe);
    return this.#show(index, text.slice(0, safe));
  }

  response(response: CanonicalResponse): CanonicalResponse {
    const parts: Part[] = [];
    for (const part of response.parts) {
      const found = part.kind === 'text' ? firstOf(part.text, this.#words) : undefined;
      if (!found || part.kind !== 'text') parts.push(part);
      else {
        parts.push(cutText(part, found.at));
        return { ...response, parts, finish: { reason: 'stop-sequence', stopSequence: found.word } };
      }
    }
    return response;
  }

  #release(event: StreamEvent): StreamEvent[] {
    const text = this.#held;
    this.#held = '';
    return text === '' || event.type !== 'part-end' ? [] : this.#show(event.index, text);
  }

  #show(index: number, text: string): StreamEvent[] {
    if (text === '') return [];
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    const delta = { kind: 'text' as const, text, ...(logprobs.length > 0 ? { logprobs } : {}) };
    return [{ type: 'part-delta', index, delta }];
  }

  /** How many characters at the end could begin a stop text. */
  #heldLength(text: string): number {
    for (let length = Math.min(this.#reach, text.length); length > 0; length--) {
      const end = text.slice(-length);
      if (this.#words.some((word) => word.startsWith(end))) return length;
    }
    return 0;
  }
}

/** The stop text that ends first wins, as a provider would have noticed it first. */
function firstOf(text: string, words: string[]): { at: number; word: string } | undefined {
  let first: { at: number; word: string } | undefined;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at === -1) continue;
    if (!first || at + word.length < first.at + first.word.length) first = { at, word };
  }
  return first;
}

/** Sources and token probabilities of what is left. */
function cutText(part: TextPart, chars: number): TextPart {
  const out: TextPart = { ...part, text: part.text.slice(0, chars) };
  if (part.citations)
    out.citations = part.citations.filter((one) => one.kind !== 'url' || (one.end ?? 0) <= chars);
  let said = 0;
  if (part.logprobs)
    out.logprobs = part.logprobs.filter(({ token }) => {
      said += token.length;
      return said <= chars;
    });
  return out;
}
