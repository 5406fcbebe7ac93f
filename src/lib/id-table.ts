// What is known of calls by their ids, for calls that come and go by the thousand.

type Entry<T> = { readonly id: bigint; value: T; next: Entry<T> | undefined };

const FIRST_CHAINS = 1024;
/** 2^32 over the golden ratio: spreads ids that differ in few bits (Knuth, The Art of Computer Programming 6.4). */
const SPREAD = 0x9e3779b1;

/** An id as its two halves, in half the time that the engine takes to cut a bigint. */
const whole = new BigUint64Array(1);
const halves = new Uint32Array(whole.buffer);
/** Where the one that differs stands on all machines that Bun runs on. */
const LOWER = 0;

/**
 * A map whose entries hang in chains, so that one which is gone is garbage at once. A Map makes its table anew again
 * and again while entries come and go, and each table it has outgrown points to the next one: old tables keep what
 * stood in them until a full collection (JSC). Iterates in no order; what is added on the way may be missed.
 */
export class IdTable<T> implements Iterable<[bigint, T]> {
  #chains: (Entry<T> | undefined)[] = chains(FIRST_CHAINS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: bigint): T | undefined {
    let entry = this.#chains[this.#placeOf(id)];
    while (entry !== undefined && entry.id !== id) entry = entry.next;
    return entry?.value;
  }

  has(id: bigint): boolean {
    return this.get(id) !== undefined;
  }

  set(id: bigint, value: T): void {
    const place = this.#placeOf(id);
    const first = this.#chains[place];
    let entry = first;
    while (entry !== undefined && entry.id !== id) entry = entry.next;
    if (entry) entry.value = value;
    else {
      this.#chains[place] = { id, value, next: first };
      this.#size += 1;
      if (this.#size > 2 * this.#chains.length) this.#lengthen();
    }
  }

  /** What it was; undefined for what is not in it. */
  take(id: bigint): T | undefined {
    const place = this.#placeOf(id);
    let before: Entry<T> | undefined;
    let entry = this.#chains[place];
    while (entry !== undefined && entry.id !== id) {
      before = entry;
      entry = entry.next;
    }
    if (entry === undefined) return undefined;
    if (before) before.next = entry.next;
    else this.#chains[place] = entry.next;
    this.#size -= 1;
    return entry.value;
  }

  *[Symbol.iterator](): Iterator<[bigint, T]> {
    for (const first of this.#chains)
      for (let entry = first; entry !== undefined; entry = entry.next) yield [entry.id, entry.value];
  }

  #placeOf(id: bigint): number {
    whole[0] = id;
    return (Math.imul(halves[LOWER] as number, SPREAD) >>> 8) & (this.#chains.length - 1);
  }

  #lengthen(): void {
    const entries = [...this];
    this.#chains = chains(2 * this.#chains.length);
    this.#size = 0;
    for (const [id, value] of entries) this.set(id, value);
  }
}

function chains<T>(count: number): (Entry<T> | undefined)[] {
  return Array.from({ length: count }, () => undefined);
}
