// Counts the streams under way, and has what opening them left behind collected before it lies between them.

import { edenGC } from 'bun:jsc';

/** A collection takes 4 ms for so many new ones. */
const COLLECT_EVERY = 256;

/**
 * The engine collects the later the more memory it takes to be in use, and it takes each stream to use the 256 kB that
 * Bun sets aside for its next bytes (1.4.5): with thousands open, garbage of thousands would keep the memory between
 * them. Only growth costs anything: streams that come and go do not.
 */
export class OpenStreams {
  readonly #collect: () => void;
  #open = 0;
  /** As many as were open at the last collection, or not many more than there are now. */
  #collectedAt = 0;

  constructor(collect: () => void = edenGC) {
    this.#collect = collect;
  }

  opened(): void {
    this.#open += 1;
    if (this.#open < this.#collectedAt + COLLECT_EVERY) return;
    this.#collectedAt = this.#open;
    this.#collect();
  }

  /** Once for each that was opened; may come first. */
  closed(): void {
    this.#open -= 1;
    this.#collectedAt = Math.min(this.#collectedAt, this.#open + COLLECT_EVERY);
  }
}
