// What the grammars of all formats share: frames, endings, and the demand that a rule holds.

import { asObject, type JsonObject } from '../../src/lib/json.ts';

/** How a stream ended: as a whole answer, or in the format's error. */
export type Ending = 'finished' | 'failed';

/** A frame of a stream; `value` is undefined for the one that is no JSON: `[DONE]`. */
export type Wire = { event: string | undefined; value: JsonObject | undefined };

/** Reads frames one by one and throws at the first that is illegal where it stands. */
export interface Grammar {
  read(wire: Wire): void;
  /** The end of the text; throws when the stream is not closed. */
  end(): Ending;
}

export function demand(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Error(`illegal stream: ${rule}`);
}

/** The members of an error that every client reads. */
export function demandError(value: JsonObject): void {
  const error = asObject(value.error);
  demand(typeof error.message === 'string' && error.message !== '', 'an error says what is wrong');
  demand(typeof error.type === 'string' && error.type !== '', 'an error has a type');
}
