// The requests that one answer takes: one, unless its provider stops in the middle of it or calls a tool illegibly.

import type { HoldRequest } from '../../billing/hold.ts';
import { AnswerChain } from '../../canonical/answer-chain.ts';
import type { StreamEvent } from '../../canonical/event.ts';
import { toFault } from '../../canonical/fault.ts';
import { Fold } from '../../canonical/fold.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { CanonicalResponse, Finish } from '../../canonical/response.ts';
import { unfold } from '../../canonical/unfold.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Continuing } from '../../formats/codec.ts';
import { bufferOf } from '../../lib/bytes.ts';
import { pause } from '../../lib/clock.ts';
import type { Attempts } from '../attempts.ts';
import type { Heard, Meter } from '../meter.ts';
import type { Received } from '../upstream.ts';

export type RoundsPorts = {
  /** How its provider goes on with an answer. */
  continuing: Continuing;
  /** What an answer is that a model has broken with a tool call: asked for anew, once, where that may be. */
  repeatsBadTool: boolean;
  attempts: Pick<Attempts, 'mayRepeat' | 'hasTime' | 'another' | 'waitForMore'>;
  meter: Meter;
  /** What is heard of the whole call. */
  heard: Pick<Heard, 'usage'>;
  /** The call's own, which gets what the client is told. */
  losses: Loss[];
  /** Sends one more request; throws Fault when it brings no answer. */
  send: (body: Uint8Array) => Promise<Received>;
  /** Puts aside what one more request may cost; false when that is not there. */
  cover: (more: Pick<HoldRequest, 'bodyBytes' | 'promptTokens'>, used: Usage) => boolean;
  /** Ends a wait. */
  signal: () => AbortSignal;
};

/** What has to be asked next, and when. */
type Owed = { why: 'continued' | 'bad_tool_call' | 'retried'; body: Uint8Array; waitMs: number };

/**
 * One per answer. `join` makes the events of one answer of those of each request; while `isOwed`, `ask` has to bring the
 * next one. A client is never told of what lies between them.
 */
export class Rounds {
  /** Which request is under way, from 1. */
  number = 1;
  readonly #ports: RoundsPorts;
  readonly #first: Uint8Array;
  #body: Uint8Array;
  readonly #chain = new AnswerChain();
  /** What came so far, where that is needed. */
  #fold: Fold | undefined;
  #owed: Owed | undefined;
  /** The end of the request before, not yet heard of by the meter. */
  #ending: StreamEvent[] = [];
  #isTurning = false;
  /** Nothing has come of the request under way. */
  #isBlank = true;
  #hasRepeated = false;
  #goneOn = 0;
  #told: Loss | undefined;

  constructor(body: Uint8Array, ports: RoundsPorts) {
    this.#first = body;
    this.#body = body;
    this.#ports = ports;
    if (ports.continuing.repeats) this.#fold = new Fold();
  }

  get isOwed(): boolean {
    return this.#owed !== undefined;
  }

  /** The events of the answer; `isShown`: content of it has gone out. When some of them end the request, call `turn`. */
  join(events: readonly StreamEvent[], isShown: boolean): StreamEvent[] {
    const ending = events.filter(isEnding);
    const content = events.filter((event) => !isEnding(event)).flatMap((event) => this.#push(event));
    const last = ending.at(-1);
    if (last?.type === 'finish') this.#owed = this.#repeat(last.finish, isShown) ?? this.#more(last.finish);
    if (last?.type === 'error') this.#owed = this.#retry(last.fault);
    if (last?.type === 'finish' && last.finish.reason === 'bad-tool' && !this.#owed) this.#tellBadTool();
    if (!this.#owed) return [...content, ...ending.flatMap((event) => this.#push(event))];
    this.#ending = ending;
    this.#isTurning = true;
    const isCut = last?.type === 'finish' && last.finish.reason === 'length';
    return this.#chain.leave(content, isCut);
  }

  /** The events of an answer that comes to its end here, whatever is missing of it. */
  close(events: readonly StreamEvent[]): StreamEvent[] {
    return events.flatMap((event) => this.#push(event));
  }

  /** The request is over, if it is, and another one will bring the rest; what `join` gave has been heard. */
  turn(): void {
    if (!this.#isTurning) return;
    const { meter } = this.#ports;
    this.#isTurning = false;
    this.number++;
    this.#isBlank = true;
    if (this.#owed?.why === 'continued') {
      for (const event of this.#ending) meter.hear(event);
      meter.goOn();
    } else meter.forget();
  }

  /** A whole answer to the request under way: all of the answer, or undefined when more of it is owed. */
  take(response: CanonicalResponse): CanonicalResponse | undefined {
    this.#fold ??= new Fold();
    const fold = this.#fold;
    const isFirst = this.#goneOn === 0;
    this.#owed = this.#repeat(response.finish, false);
    this.#isTurning = this.isOwed;
    if (!this.isOwed) this.join(unfold(response), true);
    if (!this.isOwed) return isFirst ? response : { ...fold.response(), usage: this.#ports.meter.usage() };
    this.turn();
    return undefined;
  }

  /** A request for more has failed: true when it is owed once more, since nothing of it had come. */
  replaces(thrown: unknown): boolean {
    this.#owed = this.#retry(toFault(thrown));
    if (!this.#owed) return false;
    this.#isTurning = true;
    this.turn();
    return true;
  }

  /** Brings what is owed. Throws Fault when nothing brings it. */
  async ask(): Promise<Received> {
    const { attempts, send, signal } = this.#ports;
    const owed = this.#owed;
    if (!owed) throw new Error('nothing is owed');
    this.#owed = undefined;
    this.#body = owed.body;
    let { waitMs } = owed;
    if (owed.why !== 'retried') attempts.another(owed.why);
    for (;;) {
      if (waitMs > 0) await pause(waitMs, signal());
      signal().throwIfAborted();
      try {
        return await send(owed.body);
      } catch (thrown) {
        const again = attempts.waitForMore(thrown);
        if (again === undefined) throw thrown;
        attempts.another(toFault(thrown).code);
        waitMs = again;
      }
    }
  }

  #push(event: StreamEvent): StreamEvent[] {
    if (event.type === 'part-start') this.#isBlank = false;
    const events = this.#chain.push(event);
    if (this.#fold) for (const each of events) this.#fold.push(each);
    return events;
  }

  #repeat({ reason }: Finish, isShown: boolean): Owed | undefined {
    const { attempts, repeatsBadTool } = this.#ports;
    if (reason !== 'bad-tool' || !repeatsBadTool) return undefined;
    if (isShown || this.#hasRepeated || !attempts.mayRepeat) return undefined;
    this.#hasRepeated = true;
    return { why: 'bad_tool_call', body: this.#body, waitMs: 0 };
  }

  #more(finish: Finish): Owed | undefined {
    const { continuing, meter } = this.#ports;
    const used = meter.usage();
    const parts = this.#fold?.response().parts ?? [];
    const body = continuing.next(this.#first, { parts, finish, usage: used });
    if (!body) return undefined;
    const refusal = this.#whyNot(body);
    if (refusal !== undefined) {
      this.#tell(`its provider stopped in the middle of it, and ${refusal}`);
      return undefined;
    }
    this.#goneOn++;
    const requests = `${this.#goneOn} more request${this.#goneOn === 1 ? '' : 's'}`;
    this.#tell(
      `its provider stopped in the middle of it; ${requests} brought the rest, each with the whole prompt`,
    );
    return { why: 'continued', body, waitMs: 0 };
  }

  /** Why an answer ends where its provider stopped. */
  #whyNot(body: Uint8Array): string | undefined {
    const { continuing, attempts, meter, heard, cover } = this.#ports;
    if (this.#goneOn >= continuing.requestsMax)
      return `it was asked to go on ${continuing.requestsMax} times`;
    // the very same would bring the very same
    if (bufferOf(body).equals(this.#body)) return 'it does not say how to go on';
    if (!attempts.hasTime) return 'no time is left';
    const { input, output } = last(meter.usage());
    if (!cover({ bodyBytes: body.length, promptTokens: input + output }, heard.usage()))
      return 'the balance does not cover another request';
    return undefined;
  }

  #tell(reason: string): void {
    const { losses } = this.#ports;
    if (this.#told) this.#told.reason = reason;
    else {
      this.#told = { path: 'answer', action: 'changed', reason };
      losses.push(this.#told);
    }
  }

  #tellBadTool(): void {
    const { losses, repeatsBadTool } = this.#ports;
    if (repeatsBadTool) losses.push(BAD_TOOL);
  }

  /** The first request may be taken elsewhere; one for more can only be sent again. */
  #retry(thrown: unknown): Owed | undefined {
    if (this.number === 1 || !this.#isBlank) return undefined;
    const { attempts } = this.#ports;
    const waitMs = attempts.waitForMore(thrown);
    if (waitMs === undefined) return undefined;
    attempts.another(toFault(thrown).code);
    return { why: 'retried', body: this.#body, waitMs };
  }
}

function isEnding({ type }: StreamEvent): boolean {
  return type === 'usage' || type === 'finish' || type === 'error';
}

/** Of the request that was last. */
function last(usage: Usage): Usage {
  return usage.requests?.at(-1) ?? usage;
}

const BAD_TOOL: Loss = {
  path: 'tools',
  action: 'changed',
  reason: 'the model called a tool in a way that cannot be read, and the answer ends there',
};
