// For how long our credentials are left alone; when the time is over, one call alone finds out whether one works again.

/** By a name for the credential and what it rests for. It stays known until a call has shown that it works. */
export class Rests {
  readonly #ends = new Map<string, number>();

  get size(): number {
    return this.#ends.size;
  }

  /** Until when it is left alone; 0 when a call may go out with it. */
  untilMs(name: string, nowMs: number): number {
    const endsMs = this.#ends.get(name) ?? 0;
    return endsMs > nowMs ? endsMs : 0;
  }

  /** Its rest is over, and nobody knows yet whether it works. */
  isDue(name: string, nowMs: number): boolean {
    const endsMs = this.#ends.get(name);
    return endsMs !== undefined && endsMs <= nowMs;
  }

  begin(name: string, untilMs: number): void {
    this.#ends.set(name, untilMs);
  }

  /** A call tries it. Of one that is due all others keep off until it is known how that went, or for `leaveMs`. */
  try(name: string, leaveMs: number, nowMs: number): void {
    if (this.isDue(name, nowMs)) this.#ends.set(name, nowMs + leaveMs);
  }

  /** It works; true when that is news. */
  end(name: string): boolean {
    return this.#ends.delete(name);
  }

  keepOnly(isKept: (name: string) => boolean): void {
    for (const name of this.#ends.keys()) if (!isKept(name)) this.#ends.delete(name);
  }
}
