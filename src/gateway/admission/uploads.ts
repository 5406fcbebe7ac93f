// Bounds what the bodies of one key may take of memory while they arrive.

import { Fault } from '../../canonical/fault.ts';
import { RefusedBodies } from './refused-bodies.ts';

/** Until a body is here its request counts nowhere: without a bound a key could open as many as there are sockets. */
export class Uploads {
  readonly refused = new RefusedBodies();
  /** By key. */
  readonly #bytes = new Map<string, number>();

  /** Makes room for a body of so many bytes. Throws Fault `concurrency_limit` where the key then had more than `maxBytes`. */
  begin(keyId: string, bytes: number, maxBytes: number): void {
    const held = (this.#bytes.get(keyId) ?? 0) + bytes;
    if (held > maxBytes) {
      const message =
        'This key is sending as much at once as it may. Wait for an upload to end, or ask for a higher limit.';
      throw new Fault('concurrency_limit', message, { retryAfterS: RETRY_AFTER_S });
    }
    this.#bytes.set(keyId, held);
  }

  /** Gives that room back. */
  end(keyId: string, bytes: number): void {
    const left = (this.#bytes.get(keyId) ?? 0) - bytes;
    if (left > 0) this.#bytes.set(keyId, left);
    else this.#bytes.delete(keyId);
  }
}

const RETRY_AFTER_S = 1;
