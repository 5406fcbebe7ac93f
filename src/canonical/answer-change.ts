// What undoes in an answer what was done to its request, and the ways to do so one after the other.

import type { StreamEvent } from './event.ts';
import type { CanonicalResponse } from './response.ts';

/** One per answer: it may remember what it has seen of a stream. */
export interface AnswerChange {
  /** The events the client gets for one of the provider's; what is held back comes with a later one. */
  events(event: StreamEvent): StreamEvent[];
  /** The whole answer as the client gets it. */
  response(response: CanonicalResponse): CanonicalResponse;
}

/** Makes all of the changes for one answer, first one first; undefined when there are none. */
export function chainChanges(makers: (() => AnswerChange | undefined)[]): () => AnswerChange | undefined {
  return () => {
    const chain = makers.map((make) => make()).filter((one) => one !== undefined);
    if (chain.length < 2) return chain[0];
    return {
      events: (event) => chain.reduce((events, one) => events.flatMap((each) => one.events(each)), [event]),
      response: (response) => chain.reduce((answer, one) => one.response(answer), response),
    };
  };
}
