// Carries a streamed answer to the client: flushes, keeps alive, watches the clock, settles before the last bytes.

import { Fault } from '../../canonical/fault.ts';
import type { ServerConfig } from '../../config/config.ts';
import { monotonicMs } from '../../lib/clock.ts';
import { failpoint } from '../../lib/failpoint.ts';
import type { Reader } from '../../lib/http-client/reader.ts';
import type { SettleRule } from '../../store/ports.ts';
import { clientLeft } from '../call.ts';
import { ruleOf, unrecordedFault } from '../settle.ts';
import type { Sent } from '../trace.ts';
import type { Watch, Watched } from '../watch.ts';
import type { Conversion, Piece } from './conversion.ts';
import { DRAIN_MS, drain } from './reader.ts';

/** A client's proxy may cut a connection that is silent for longer; Bun's own default is 10 s. */
const BEAT_AFTER_MS = 8_000;
/** Until then a failure can still become an honest status code or another provider's answer. */
const COMMIT_AFTER_MS = 8_000;

export interface RelayPorts {
  readonly watch: Watch;
  readonly server: ServerConfig;
  readonly conversion: Conversion;
  /** When the call came in: what was lost with others counts. */
  readonly calledMs: number;
  /** Sent while the upstream is silent. */
  readonly beat: string;
  /** Told of all that leaves, but for beats. */
  readonly sent: Sent;
  /** Ends the call; resolves when the charge is durable. Called once or more, the first one counts. */
  settle(rule: SettleRule): Promise<void>;
  /** The last bytes are with the client's connection; not called when it closes before. */
  delivered(): void;
  /** Stops the upstream call. */
  abort(reason: Fault): void;
  /** The client format's own way to end in an error, in the place of the words that would have ended it well. */
  breakOff(fault: Fault, words: Uint8Array | string): string;
  /** Why the answer is not to be shown, before any of it has gone out: somebody else is asked then. */
  unwanted(): Fault | undefined;
  /** What a thrown read error means. */
  faultOf(thrown: unknown): Fault;
}

/**
 * One stream on its way. `open()` resolves when there is something worth committing to: content, the end, or
 * eight seconds of waiting; it rejects with the fault of an upstream that failed before. Then `body` is the
 * client's stream.
 */
export class Relay implements Watched, UnderlyingDefaultSource<Uint8Array> {
  place: number | undefined = undefined;
  readonly #ports: RelayPorts;
  readonly #reader: Reader;
  readonly #startedMs = monotonicMs();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Output made before there was a client stream to put it in. */
  #early: Uint8Array[] = [];
  #opening: Promise<void> | undefined;
  #commit: (() => void) | undefined;
  #upstreamMs = this.#startedMs;
  #writtenMs = this.#startedMs;
  #stalledMs: number | undefined;
  /** Runs out a while after an answer whose count of tokens is still awaited. */
  #patience: Promise<{ done: true }> | undefined;
  #closed = false;
  /** Everything is settled and written, and only the end of the client's stream is left. */
  #isWhole = false;

  constructor(upstream: Reader, ports: RelayPorts) {
    this.#ports = ports;
    this.#reader = upstream;
    ports.watch.add(this);
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#commit = resolve;
      this.#opening = this.#readUntilContent();
      this.#opening.then(resolve, reject);
    });
    this.#commit = undefined;
    // nobody reads yet: a client that never does counts as stalled
    this.#stalledMs = monotonicMs();
  }

  /** The client's stream. Only whole frames are ever enqueued, so a beat fits between any two pieces. */
  get body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(this);
  }

  async #readUntilContent(): Promise<void> {
    const { conversion } = this.#ports;
    while (!conversion.committed && !this.#closed && this.#commit !== undefined) {
      const piece = await this.#read();
      if (this.#closed) return;
      // nothing has gone out yet: the failure may still be answered with a status, or by someone else
      const fault = conversion.fault ?? this.#ports.unwanted();
      if (fault && this.#controller === undefined && this.#commit !== undefined) {
        this.#close();
        void this.#reader.cancel().catch(() => {});
        throw fault;
      }
      const wrote = this.#put(piece.now, this.#upstreamMs);
      if (piece.last !== undefined) await this.#end(piece.last, wrote);
    }
  }

  /** Called by the client's stream. */
  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#controller = controller;
    // the upstream was not read while the client was busy: its silence counts from now
    if (this.#stalledMs !== undefined) this.#upstreamMs = monotonicMs();
    this.#stalledMs = undefined;
    try {
      if (this.#flushEarly(controller)) return;
      if (this.#opening) {
        await this.#opening;
        this.#opening = undefined;
        if (this.#flushEarly(controller)) return;
      }
      // asked for more behind the last bytes: those have left
      if (this.#isWhole) return this.#finish();
      while (!this.#closed) {
        const { now, last } = await this.#read();
        // whoever closed the stream meanwhile has said its last words
        if (this.#closed) break;
        const wrote = this.#put(now, this.#upstreamMs);
        if (wrote) failpoint('after-first-frame');
        if (last !== undefined) await this.#end(last, wrote);
        else if (wrote) {
          this.#stalledMs = this.#upstreamMs;
          break;
        }
      }
    } finally {
      this.#stalledMs ??= monotonicMs();
    }
  }

  #flushEarly(controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    const early = this.#early;
    if (early.length === 0 && !this.#closed) return false;
    this.#early = [];
    for (const bytes of early) controller.enqueue(bytes);
    return early.length > 0;
  }

  /** The next piece; failures of any kind become the stream's own end. */
  async #read(): Promise<Piece> {
    const { conversion } = this.#ports;
    try {
      const { done, value } = await (conversion.awaitsUsage ? this.#readBriefly() : this.#reader.read());
      if (this.#closed) return NOTHING;
      this.#upstreamMs = monotonicMs();
      return done || value === undefined ? conversion.end() : conversion.push(value);
    } catch (thrown) {
      if (this.#closed) return NOTHING;
      this.#upstreamMs = monotonicMs();
      return conversion.awaitsUsage ? conversion.end() : conversion.fail(this.#ports.faultOf(thrown));
    }
  }

  /** What may follow a complete answer is not waited for long. */
  #readBriefly(): ReturnType<Reader['read']> {
    this.#patience ??= new Promise((resolve) => {
      this.#ports.watch.after(DRAIN_MS, () => resolve({ done: true }));
    });
    return Promise.race([this.#reader.read(), this.#patience]);
  }

  /** The last bytes leave when the call has been settled; `wrote` tells whether others have been put before them. */
  async #end(words: Uint8Array | string, wrote: boolean): Promise<void> {
    const { conversion } = this.#ports;
    let last = words;
    try {
      await this.#ports.settle(conversion.fault ? ruleOf(conversion.fault) : 'finished');
    } catch (thrown) {
      last = this.#ports.breakOff(unrecordedFault(thrown), words);
    }
    if (this.#closed) return;
    failpoint('before-last-frame');
    const hasLast = this.#put(last);
    this.#close();
    this.#isWhole = true;
    // nothing was enqueued that could bring the client's stream to ask once more
    if (!wrote && !hasLast) this.#finish();
    const isUnwanted = conversion.fault !== undefined || conversion.isCut === true;
    void drain(this.#reader, this.#ports.watch, isUnwanted);
  }

  /** `atMs`: now, where somebody has just looked at the clock. */
  #put(output: Uint8Array | string, atMs = monotonicMs()): boolean {
    if (output.length === 0) return false;
    const bytes = typeof output === 'string' ? encoder.encode(output) : output;
    if (this.#controller && !this.#opening) this.#controller.enqueue(bytes);
    else if (this.#controller && this.#early.length === 0) this.#controller.enqueue(bytes);
    else this.#early.push(bytes);
    this.#writtenMs = atMs;
    if (output !== this.#ports.beat) this.#ports.sent.add(bytes);
    return true;
  }

  #finish(): void {
    if (this.#controller === undefined || this.#early.length > 0) return;
    try {
      this.#controller.close();
      this.#ports.delivered();
    } catch {
      // the client cancelled in the same turn: there is nothing left to close
    }
  }

  /** Called by the client's stream when the client is gone; also when it was given up: stop paying for it. */
  cancel(): void {
    if (this.#closed) return;
    this.#close();
    this.#ports.abort(clientLeft());
    void this.#reader.cancel().catch(() => {});
    this.#ports.settle('client-left').catch(() => {});
  }

  #close(): void {
    this.#closed = true;
    this.#ports.watch.remove(this);
  }

  tick(now: number): void {
    const ports = this.#ports;
    const { server, beat, calledMs } = ports;
    if (this.#commit && now - this.#startedMs >= COMMIT_AFTER_MS) this.#commit();
    const wanted = this.#controller && (this.#controller.desiredSize ?? 0) > 0;
    if (this.#stalledMs !== undefined && now - this.#stalledMs >= server.clientStallTimeoutMs) {
      this.#controller?.error(new Error('the client stopped reading'));
      this.cancel();
    } else if (now - calledMs >= server.streamTotalTimeoutMs) {
      ports.abort(new Fault('request_timeout', 'The stream ran longer than this gateway allows.'));
    } else if (this.#stalledMs === undefined && now - this.#upstreamMs >= server.streamIdleTimeoutMs) {
      const silent = Math.round(server.streamIdleTimeoutMs / 1000);
      ports.abort(new Fault('upstream_timeout', `The provider sent nothing for ${silent} s.`));
    } else if (wanted && now - this.#writtenMs >= BEAT_AFTER_MS) this.#put(beat);
  }
}

const encoder = new TextEncoder();
const NOTHING: Piece = { now: '', last: undefined };
