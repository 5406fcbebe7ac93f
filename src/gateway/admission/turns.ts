// Bounds the calls under way at once; what is above the bound waits, and keys are served in turn.

import { Fault } from '../../canonical/fault.ts';
import type { ServerConfig } from '../../config/config.ts';
import { type Clock, monotonicMs } from '../../lib/clock.ts';
import { log } from '../../lib/log.ts';
import type { Watch } from '../watch.ts';

export type TurnLimits = Pick<ServerConfig, 'maxInFlight' | 'queue' | 'queueTimeoutMs'>;

const RETRY_MAX_S = 60;
/** Refusals come by the thousand: the log tells of them so often at most. */
const TELL_EVERY_MS = 60_000;

/**
 * While there is room a call costs a counter. Beyond it every key has a line of its own, and each place that becomes
 * free goes to the next key, so that who sends ten times as much waits ten times as long and nobody else does. A line
 * may be as long as there are places left for all: one flood fills half of them, two a third each, and there is always
 * something left for the next key.
 */
export class Turns {
  readonly #clock: Clock;
  #limits: TurnLimits = { maxInFlight: 1, queue: 0, queueTimeoutMs: 0 };
  #running = 0;
  #waiting = 0;
  /** Lines in the order in which their keys are served; none is empty. */
  readonly #lines = new Map<string, Set<Turn>>();
  /** Since when there has been a line, and how many were served since: what a wait is estimated by. */
  #busy = { sinceMs: 0, served: 0 };

  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock = { nowMs: monotonicMs }) {
    this.#clock = clock;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a call of this key would have to wait now, and the Fault that would refuse it. Takes nothing. */
  foresee(keyId: string, limits: TurnLimits): { waits: boolean; fault: Fault | undefined } {
    const waits = this.#waiting > 0 || this.#running >= limits.maxInFlight;
    return { waits, fault: waits ? this.#refusal(keyId, limits) : undefined };
  }

  /** Throws Fault `queue_full` when this key's line is as long as it may be, `overloaded` when no place is left. */
  enter(keyId: string, limits: TurnLimits): Turn {
    this.#limits = limits;
    const turn = new Turn(this, keyId);
    if (this.#waiting === 0 && this.#running < limits.maxInFlight) {
      this.#running += 1;
      turn.state = 'running';
      return turn;
    }
    const refusal = this.#refusal(keyId, limits);
    if (refusal?.code === 'overloaded') this.#tell();
    if (refusal) throw refusal;
    const line = this.#lines.get(keyId);
    if (this.#waiting === 0) this.#busy = { sinceMs: this.#clock.nowMs(), served: 0 };
    this.#waiting += 1;
    if (line) line.add(turn);
    else this.#lines.set(keyId, new Set([turn]));
    // the bound may have been raised meanwhile
    this.#serve();
    return turn;
  }

  #refusal(keyId: string, { queue }: TurnLimits): Fault | undefined {
    const length = this.#lines.get(keyId)?.size ?? 0;
    const places = queue - this.#waiting;
    if (places <= 0) return this.overloaded('Too many calls are waiting for their turn already.');
    return length >= places ? this.#lineFull(length) : undefined;
  }

  get timeoutMs(): number {
    return this.#limits.queueTimeoutMs;
  }

  /** Gives back what the turn has: its place among those that run, or in its line. */
  end(turn: Turn): void {
    const { state, keyId } = turn;
    turn.state = 'over';
    if (state === 'running') {
      this.#running -= 1;
      this.#serve();
    } else if (state === 'waiting') {
      this.#waiting -= 1;
      const line = this.#lines.get(keyId);
      line?.delete(turn);
      if (line?.size === 0) this.#lines.delete(keyId);
    }
  }

  overloaded(why: string): Fault {
    const retryAfterS = this.#secondsFor(this.#waiting);
    return new Fault('overloaded', `The server is overloaded. ${why} Try again in ${retryAfterS} s.`, {
      retryAfterS,
    });
  }

  #tell(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    log.warn('calls are refused: the server is full', { running: this.#running, waiting: this.#waiting });
  }

  #lineFull(length: number): Fault {
    const retryAfterS = this.#secondsFor(length * this.#lines.size);
    const message = `${length} calls of this key are waiting for their turn already, its share of the queue. Send fewer at once, or try again in ${retryAfterS} s.`;
    return new Fault('queue_full', message, { retryAfterS });
  }

  #serve(): void {
    while (this.#running < this.#limits.maxInFlight) {
      const turn = this.#next();
      if (!turn) return;
      this.#waiting -= 1;
      this.#running += 1;
      this.#busy.served += 1;
      turn.begin();
    }
  }

  /** The oldest turn of the key that was served longest ago, out of its line. */
  #next(): Turn | undefined {
    for (const [keyId, line] of this.#lines) {
      this.#lines.delete(keyId);
      const [turn] = line;
      if (!turn) continue;
      line.delete(turn);
      if (line.size > 0) this.#lines.set(keyId, line);
      return turn;
    }
    return undefined;
  }

  /** In how many seconds so many calls will have been served, at the pace of late. */
  #secondsFor(calls: number): number {
    const { sinceMs, served } = this.#busy;
    const paceMs = (this.#clock.nowMs() - sinceMs) / Math.max(1, served);
    return Math.min(RETRY_MAX_S, Math.max(1, Math.ceil((paceMs * calls) / 1000)));
  }
}

/** One call's place. */
export class Turn {
  state: 'waiting' | 'running' | 'over' = 'waiting';
  readonly keyId: string;
  readonly #turns: Turns;
  #begun: (() => void) | undefined;

  constructor(turns: Turns, keyId: string) {
    this.#turns = turns;
    this.keyId = keyId;
  }

  begin(): void {
    this.state = 'running';
    this.#begun?.();
  }

  /**
   * Resolves when it is this call's turn. Rejects with the reason of `signal`, or with Fault `overloaded` after
   * `queue_timeout` or `patienceMs`, whichever is shorter.
   */
  wait(signal: AbortSignal, watch: Watch, patienceMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.state === 'running') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timeoutMs = Math.min(this.#turns.timeoutMs, patienceMs);
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', leave);
      };
      const leave = () => {
        finish();
        this.end();
        reject(signal.reason);
      };
      const cancel = watch.after(timeoutMs, () => {
        finish();
        this.end();
        const waitedS = Math.max(1, Math.round(timeoutMs / 1000));
        reject(this.#turns.overloaded(`This call has waited ${waitedS} s for its turn.`));
      });
      signal.addEventListener('abort', leave, { once: true });
      this.#begun = () => {
        finish();
        resolve();
      };
      if (signal.aborted) leave();
    });
  }

  /** Once or more; the first one counts. */
  end(): void {
    if (this.state !== 'over') this.#turns.end(this);
  }
}
