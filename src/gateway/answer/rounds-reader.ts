// Reads the streams of all requests that one answer takes as if they were one.

import type { Fault } from '../../canonical/fault.ts';
import type { Reader } from '../../lib/http-client/reader.ts';
import type { Received } from '../upstream.ts';
import type { Watch } from '../watch.ts';
import { drain } from './reader.ts';
import type { Rounds } from './rounds.ts';

/** Behind a stream's `done` there may be another stream: as long as the rounds owe one. */
export class RoundsReader implements Reader {
  #reader: Reader;
  #isCancelled = false;
  readonly #rounds: Rounds;
  readonly #ports: { watch: Watch; faultOf: (thrown: unknown) => Fault };

  constructor(first: Reader, rounds: Rounds, ports: { watch: Watch; faultOf: (thrown: unknown) => Fault }) {
    this.#reader = first;
    this.#rounds = rounds;
    this.#ports = ports;
  }

  /** Whether more has to be read though the last stream has ended. */
  get isOwed(): boolean {
    return this.#rounds.isOwed;
  }

  async read(): ReturnType<Reader['read']> {
    for (;;) {
      if (this.#rounds.isOwed) await this.#turn();
      try {
        return await this.#reader.read();
      } catch (thrown) {
        if (this.#isCancelled || !this.#rounds.replaces(this.#ports.faultOf(thrown))) throw thrown;
      }
    }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#isCancelled = true;
    await this.#reader.cancel(reason);
  }

  async #turn(): Promise<void> {
    void drain(this.#reader, this.#ports.watch, false);
    this.#reader = readerOf(await this.#rounds.ask());
    if (this.#isCancelled) await this.#reader.cancel();
  }
}

/** A body that is here already is a stream of one piece. */
export function readerOf({ body }: Pick<Received, 'body'>): Reader {
  if (!(body instanceof Uint8Array)) return body;
  let left: Uint8Array | undefined = body;
  return {
    async read() {
      const value = left;
      left = undefined;
      return value ? { done: false, value } : { done: true };
    },
    async cancel() {
      left = undefined;
    },
  };
}
