// A call whose answer is a stream under way: what its relay asks of it, and what becomes of it at its end.

import { Fault } from '../../canonical/fault.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { ServerConfig } from '../../config/config.ts';
import { isObject } from '../../lib/json.ts';
import { jsonOf, parseFrames } from '../../lib/sse.ts';
import type { Provider } from '../../providers/provider.ts';
import type { SettleRule } from '../../store/ports.ts';
import type { Attempts } from '../attempts.ts';
import type { Call } from '../call.ts';
import { logFailure } from '../failure-log.ts';
import type { Heard } from '../meter.ts';
import type { Latch } from '../settle.ts';
import type { Sent } from '../trace.ts';
import { upstreamFault } from '../upstream.ts';
import type { Watch } from '../watch.ts';
import type { Conversion } from './conversion.ts';
import type { OpenStreams } from './open-streams.ts';
import { refused } from './refusal.ts';
import type { RelayPorts } from './relay.ts';

export type StreamedPorts = { watch: Watch; server: ServerConfig; streams: OpenStreams };

export type StreamedParts = {
  call: Call;
  latch: Latch;
  attempts: Attempts;
  heard: Heard;
  provider: Provider;
  losses: Loss[];
  conversion: Conversion;
  ports: StreamedPorts;
  /** Keeps the answer for the next request that asks the same, when it has been settled as finished. */
  keep: (() => void) | undefined;
};

/** One object in place of many functions, and nothing of the request in it: there may be thousands, for minutes. */
export class StreamedCall implements RelayPorts {
  readonly #parts: StreamedParts;

  constructor(parts: StreamedParts) {
    this.#parts = parts;
  }

  get watch(): Watch {
    return this.#parts.ports.watch;
  }

  get server(): ServerConfig {
    return this.#parts.ports.server;
  }

  get conversion(): Conversion {
    return this.#parts.conversion;
  }

  get calledMs(): number {
    return this.#parts.call.begunMs;
  }

  get beat(): string {
    return this.#parts.call.codec.telltale.beat;
  }

  get sent(): Sent {
    return this.#parts.call.trace.sent;
  }

  settle(rule: SettleRule): Promise<void> {
    const { call, latch, attempts, heard, provider, losses, conversion, keep, ports } = this.#parts;
    const { fault } = conversion;
    if (!latch.done) {
      ports.streams.closed();
      if (fault && rule !== 'client-left') logFailure(fault, call.requestId, call, { isBegun: true });
    }
    call.trace.fault ??= fault;
    attempts.ended(rule, fault);
    const settled = latch.settle(rule, { provider: provider.id, losses }, () => heard.usage());
    return keep && rule === 'finished' && heard.isPlain ? settled.then(keep) : settled;
  }

  delivered(): void {
    this.#parts.latch.delivered();
  }

  abort(reason: Fault): void {
    // that of the attempt under way then
    this.#parts.call.abort.abort(reason);
  }

  breakOff(fault: Fault, words: Uint8Array | string): string {
    const { call } = this.#parts;
    const { codec, requestId } = call;
    logFailure(fault, requestId, call, { isBegun: true });
    // whose answer it is stands where it would have ended as where it began
    const frames =
      this.sent.bytes === 0 ? [] : parseFrames(typeof words === 'string' ? Buffer.from(words) : words);
    const end = frames.map(jsonOf).findLast(isObject);
    return codec.breakOff(fault, { first: end, frames: end ? 1 : 0, requestId });
  }

  /** As long as another may be asked for. */
  unwanted(): Fault | undefined {
    const { heard, attempts } = this.#parts;
    return heard.refused && attempts.hasOtherForRefusal ? refused() : undefined;
  }

  faultOf(thrown: unknown): Fault {
    const { call, provider } = this.#parts;
    return streamFault(call, provider, thrown);
  }
}

/** What a thrown read error means: a connection that broke while it carried an answer truncated it. */
export function streamFault(call: Call, provider: Provider, thrown: unknown): Fault {
  const fault = upstreamFault(call, provider, thrown);
  if (fault.code !== 'upstream_unreachable') return fault;
  const message = 'The provider broke off the stream before the answer was complete.';
  return new Fault('upstream_truncated', message, { cause: fault.cause });
}
