// One request and what is answered to it, whichever connection carries them.

import type { Abort, AbortListener } from '../abort.ts';
import type { HeaderValues } from '../header-values.ts';
import { Body, type BodySource } from './body.ts';
import { framingOf } from './body-length.ts';
import { decoded } from './decoding.ts';
import { brokenOff, malformed } from './error.ts';
import type { Framing } from './framing.ts';
import { keepMsOf } from './persistence.ts';
import type { Reader } from './reader.ts';
import { endOfHead, ResponseHead } from './response-head.ts';

/** Its head is here; the body follows, decompressed if it has to be. Whoever does not want it has to cancel it. */
export type Answer = { status: number; headers: HeaderValues; body: Reader };

type Outcome = { resolve(answer: Answer): void; reject(error: unknown): void };

/** Reads one answer out of a connection's bytes. An abort closes the connection that carries it. */
export class Exchange implements AbortListener {
  /** The request in as few parts as it is worth to write. */
  parts: readonly Buffer[];
  /** Nothing of the answer has come yet. */
  isUntouched = true;
  /** The answer is complete. */
  isComplete = false;
  /** How long the connection may be kept behind the complete answer, in milliseconds; 0: not at all. */
  keepMs = 0;
  readonly #abort: Abort | undefined;
  readonly #outcome: Outcome;
  #connection: BodySource | undefined;
  /** The beginning of a head. */
  #early: Buffer | undefined;
  #framing: Framing | undefined;
  #body: Body | undefined;

  constructor(parts: readonly Buffer[], abort: Abort | undefined, outcome: Outcome) {
    this.parts = parts;
    this.#abort = abort;
    this.#outcome = outcome;
    abort?.listen(this);
  }

  carriedBy(connection: BodySource): void {
    this.#connection = connection;
  }

  /** The request has arrived and will not be sent again. */
  forgetRequest(): void {
    this.parts = NOTHING;
  }

  /** The next bytes of the connection. Throws HttpError for what is no HTTP. */
  take(bytes: Buffer): void {
    this.isUntouched = false;
    const rest = this.#framing ? bytes : this.#takeHead(bytes);
    if (!this.#framing || !rest) return;
    this.#body?.push(this.#framing.take(rest));
    if (!this.#framing.isDone) return;
    if (this.#framing.surplus > 0) this.keepMs = 0;
    this.#complete();
  }

  /** What stands behind the head, when that is here. */
  #takeHead(bytes: Buffer): Buffer | undefined {
    let seen = this.#early?.length ?? 0;
    let left = this.#early ? Buffer.concat([this.#early, bytes]) : bytes;
    for (;;) {
      const end = endOfHead(left, seen);
      if (end === -1) {
        this.#early = left;
        return undefined;
      }
      const head = new ResponseHead(left.toString('latin1', 0, end));
      left = left.subarray(end);
      if (head.status === 101) throw malformed('an upgrade that nobody asked for');
      if (head.status > 199) {
        this.#early = undefined;
        this.#answer(head);
        return left;
      }
      // only tells that the answer will come (RFC 9110 15.2)
      seen = 0;
    }
  }

  #answer(head: ResponseHead): void {
    this.#framing = framingOf(head);
    this.keepMs = keepMsOf(head);
    const body = new Body(this.#connection as BodySource);
    this.#body = body;
    const { status } = head;
    this.#outcome.resolve({ status, headers: head, body: decoded(body, head.get('content-encoding')) });
  }

  /** The connection is gone; `error` tells of one that did not end the usual way. */
  closed(error: unknown): void {
    if (error === undefined && this.#framing?.mayEnd) this.#complete();
    else this.fail(error ?? brokenOff());
  }

  fail(error: unknown): void {
    this.release();
    if (this.#body) this.#body.fail(error);
    else this.#outcome.reject(error);
  }

  aborted(reason: unknown): void {
    this.#connection?.abandon();
    if (this.#body) this.#body.abort(reason);
    else this.#outcome.reject(reason);
  }

  /** Nobody waits for it any more. */
  release(): void {
    this.#abort?.forget(this);
  }

  #complete(): void {
    this.isComplete = true;
    this.release();
    this.#body?.end();
  }
}

const NOTHING: readonly Buffer[] = [];
