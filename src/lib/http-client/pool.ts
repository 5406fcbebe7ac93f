// The connections to one server that wait to be used again.

import { monotonicMs } from '../clock.ts';
import { Connection, type Keeper, type Origin } from './connection.ts';
import type { Exchange } from './exchange.ts';

/** More idle connections than that are closed. */
const IDLE_MAX = 512;

export class Pool implements Keeper {
  readonly #origin: Origin;
  /** Called when it has something to look after by `sweep`. */
  readonly #noteIdle: () => void;
  /** The longest idle first. */
  #idle: Connection[] = [];
  #isClosed = false;

  constructor(origin: Origin, noteIdle: () => void) {
    this.#origin = origin;
    this.#noteIdle = noteIdle;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** Over the connection that was used last: the others grow old and go. */
  run(exchange: Exchange): void {
    for (let free = this.#idle.pop(); free; free = this.#idle.pop()) {
      if (free.keptUntilMs > monotonicMs()) {
        free.carry(exchange);
        return;
      }
      free.close();
    }
    this.again(exchange);
  }

  again(exchange: Exchange): void {
    void new Connection(this.#origin, this).open(exchange);
  }

  keep(connection: Connection, keepMs: number): void {
    if (this.#isClosed || this.#idle.length >= IDLE_MAX) {
      connection.close();
      return;
    }
    connection.keptUntilMs = monotonicMs() + keepMs;
    this.#idle.push(connection);
    this.#noteIdle();
  }

  lost(connection: Connection): void {
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Closes those that nobody has used for too long. */
  sweep(): void {
    const now = monotonicMs();
    const old = this.#idle.filter(({ keptUntilMs }) => keptUntilMs <= now);
    if (old.length === 0) return;
    this.#idle = this.#idle.filter(({ keptUntilMs }) => keptUntilMs > now);
    for (const connection of old) connection.close();
  }

  /** Connections under way are closed when their answers are complete. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
