// Aborts a call when its provider does not answer in time.

import { Fault } from '../../canonical/fault.ts';
import type { ServerConfig } from '../../config/config.ts';
import { monotonicMs } from '../../lib/clock.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Call } from '../call.ts';
import { isReachable } from '../health/reach.ts';
import type { Watched } from '../watch.ts';

/** Watches one attempt from the moment it is sent; `isOver` ends what may still be under way. */
export class AnswerDeadline implements Watched {
  place: number | undefined = undefined;
  isOver = false;
  readonly #call: Call;
  readonly #provider: Provider;
  readonly #server: ServerConfig;
  readonly #sentMs = monotonicMs();
  #probed: boolean;

  /** `probed`: whether the provider can be reached is known, or cannot be found out. */
  constructor(call: Call, provider: Provider, server: ServerConfig, probed: boolean) {
    this.#call = call;
    this.#provider = provider;
    this.#server = server;
    this.#probed = probed;
  }

  tick(now: number): void {
    const { connectTimeoutMs, firstByteTimeoutMs, streamTotalTimeoutMs } = this.#server;
    const { stream, begunMs, requestTimeoutMs, givesWay } = this.#call;
    const waitedMs = now - this.#sentMs;
    if (stream && waitedMs >= firstByteTimeoutMs) this.#giveUp('upstream_timeout', firstByteTimeoutMs);
    else if (stream && now - begunMs >= streamTotalTimeoutMs)
      this.#giveUp('request_timeout', streamTotalTimeoutMs);
    // the whole time is used up, so there is none left for another provider
    else if (!stream && now - begunMs >= requestTimeoutMs)
      this.#giveUp('request_timeout', requestTimeoutMs, '; a streamed answer may take longer');
    else if (givesWay !== undefined && now >= givesWay.atMs)
      this.#giveUp('upstream_timeout', givesWay.atMs - this.#sentMs);
    else if (givesWay?.isDue()) this.#giveUp('upstream_timeout', waitedMs);
    else if (!this.#probed && waitedMs >= connectTimeoutMs) void this.#probe(connectTimeoutMs);
  }

  /** What was sent over a kept connection may go nowhere, and fetch does not tell who connects from who waits: ask the address itself. */
  async #probe(connectTimeoutMs: number): Promise<void> {
    this.#probed = true;
    const { id, baseUrl } = this.#provider;
    // the next attempt has an abort of its own
    const { abort } = this.#call;
    if ((await isReachable(baseUrl, connectTimeoutMs)) || this.isOver) return;
    const message = `Provider ${id} did not accept a connection within ${connectTimeoutMs / 1000} s.`;
    abort.abort(new Fault('upstream_unreachable', message));
  }

  #giveUp(code: 'upstream_timeout' | 'request_timeout', limitMs: number, advice = ''): void {
    const message = `Provider ${this.#provider.id} did not answer within ${Math.round(limitMs / 1000)} s${advice}.`;
    this.#call.abort.abort(new Fault(code, message));
  }
}
