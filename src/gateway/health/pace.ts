// How long the answers of a deployment have taken of late, and from when on it says something that none comes.

/** What has been measured in this time and in the one before it counts. */
const WINDOW_MS = 300_000;
/** Fewer answers say nothing. */
const ANSWERS_MIN = 10;
/** Somebody may well ask for more than all others did. */
const FACTOR = 4;

export class Pace {
  #beganMs = 0;
  #now = NOTHING;
  #before = NOTHING;

  add(tookMs: number, nowMs: number): void {
    this.#turn(nowMs);
    const { answers, slowestMs } = this.#now;
    this.#now = { answers: answers + 1, slowestMs: Math.max(slowestMs, tookMs) };
  }

  /** Several times the slowest answer of late; undefined where there were too few. */
  patienceMs(nowMs: number): number | undefined {
    this.#turn(nowMs);
    if (this.#now.answers + this.#before.answers < ANSWERS_MIN) return undefined;
    return FACTOR * Math.max(this.#now.slowestMs, this.#before.slowestMs);
  }

  #turn(nowMs: number): void {
    const agoMs = nowMs - this.#beganMs;
    if (agoMs < WINDOW_MS) return;
    this.#before = agoMs < 2 * WINDOW_MS ? this.#now : NOTHING;
    this.#now = NOTHING;
    this.#beganMs = nowMs;
  }
}

const NOTHING = { answers: 0, slowestMs: 0 };
