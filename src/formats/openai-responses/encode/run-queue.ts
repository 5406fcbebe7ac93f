// Puts what came of hosted tools that ran at the same time behind what each of them was asked: items never overlap.

import type { OpaquePart } from '../../../canonical/part.ts';

export class RunQueue {
  /** What was asked last, whose outcome is still to come. */
  #open: string | undefined;
  readonly #waiting = new Map<string, OpaquePart[]>();

  /** What can be written now that this part has come. */
  take(part: OpaquePart): OpaquePart[] {
    const { run } = part;
    if (run === undefined) return [...this.rest(), part];
    const known = this.#waiting.get(run);
    if (known) {
      known.push(part);
      return [];
    }
    if (run === this.#open) return [part, ...this.#next()];
    if (this.#open !== undefined) {
      this.#waiting.set(run, [part]);
      return [];
    }
    this.#open = run;
    return [part];
  }

  /** Everything that waits, because no outcome comes any more. */
  rest(): OpaquePart[] {
    const parts = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#open = undefined;
    return parts;
  }

  /** The runs that are complete, and the first one behind them that is not. */
  #next(): OpaquePart[] {
    this.#open = undefined;
    const parts: OpaquePart[] = [];
    for (const [run, own] of this.#waiting) {
      this.#waiting.delete(run);
      parts.push(...own);
      if (own.length > 1) continue;
      this.#open = run;
      break;
    }
    return parts;
  }
}
