// A set of what comes and goes by the thousand.

/** `place` is the bag's own: where the member stands, absent while it is in none. A member is in one bag at a time. */
export type Bagged = { place?: number | undefined };

/**
 * An array that fills its gaps from the end. A Set costs as much as all other bookkeeping of a call, and worse: each
 * table it has outgrown points to the next one and keeps what stood in it until a full collection (JSC).
 */
export class Bag<T extends Bagged> implements Iterable<T> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.place ??= this.#members.push(member) - 1;
  }

  /** Does nothing for what is not in it. */
  delete(member: T): void {
    const { place } = member;
    if (place === undefined) return;
    member.place = undefined;
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[place] = last;
    last.place = place;
  }

  /** From the end, so that members may be taken out on the way: what fills a gap has been seen already. */
  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#members.length - 1; i >= 0; i--) {
      const member = this.#members[i];
      if (member) yield member;
    }
  }
}
