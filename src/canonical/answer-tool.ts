// An answer that came as the arguments of a call made up for it, as the text the client asked for.

import type { AnswerChange } from './answer-change.ts';
import type { StreamEvent } from './event.ts';
import type { Part } from './part.ts';
import type { CanonicalResponse, Finish } from './response.ts';

/** `name` is the made-up tool; calls of other tools stay calls. */
export class AnswerTool implements AnswerChange {
  readonly #name: string;
  /** Indices of parts that are the answer. */
  readonly #answers = new Set<number>();
  #hasCalls = false;

  constructor(name: string) {
    this.#name = name;
  }

  events(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start' && event.part.kind === 'tool-call') {
      if (event.part.name !== this.#name) {
        this.#hasCalls = true;
        return [event];
      }
      this.#answers.add(event.index);
      return [{ ...event, part: { kind: 'text' } }];
    }
    if (event.type === 'part-delta' && event.delta.kind === 'input' && this.#answers.has(event.index))
      return [{ ...event, delta: { kind: 'text', text: event.delta.text } }];
    if (event.type === 'finish' && this.#answers.size > 0)
      return [{ ...event, finish: ended(event.finish, this.#hasCalls) }];
    return [event];
  }

  response(response: CanonicalResponse): CanonicalResponse {
    const isAnswer = (part: Part) => part.kind === 'tool-call' && part.name === this.#name;
    if (!response.parts.some(isAnswer)) return response;
    const parts = response.parts.map(
      (part): Part =>
        part.kind === 'tool-call' && isAnswer(part) ? { kind: 'text', text: part.input } : part,
    );
    const hasCalls = parts.some((part) => part.kind === 'tool-call');
    return { ...response, parts, finish: ended(response.finish, hasCalls) };
  }
}

/** The provider stopped for the call; for the client the answer is simply over. */
function ended(finish: Finish, hasCalls: boolean): Finish {
  return finish.reason === 'tool' && !hasCalls ? { reason: 'end' } : finish;
}
