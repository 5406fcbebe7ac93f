// Leads one call from stop to stop: which is tried next, how often, after what wait, and what is told when all failed.

import { Fault, type FaultCode, toFault } from '../canonical/fault.ts';
import { priceAt } from '../catalog/price.ts';
import type { ServerConfig } from '../config/config.ts';
import { Abort } from '../lib/abort.ts';
import { monotonicMs, pause } from '../lib/clock.ts';
import { randomFraction } from '../lib/id.ts';
import type { FallbackReason } from '../routing/order.ts';
import { type Failure, mayPass, waitBefore } from '../routing/retry.ts';
import type { Pause } from '../store/pauses.ts';
import type { SettleRule } from '../store/ports.ts';
import { type PutAsidePorts, putMoreAside } from './admission/put-aside.ts';
import { type Call, clientLeft } from './call.ts';
import { type Candidate, mayAskApart } from './candidates/candidate.ts';
import { type CoursePorts, courseOf, nobodyFault, type Stop } from './candidates/course.ts';
import { pausedFault } from './health/pauses.ts';
import type { Plan } from './plan.ts';
import { isStrict } from './strict.ts';
import { withoutSecrets } from './upstream.ts';

export type AttemptPorts = CoursePorts & PutAsidePorts & { server: ServerConfig };

/** What a model says of itself, which another one may not. */
const REASONS: Partial<Record<FaultCode, FallbackReason>> = {
  context_length_exceeded: 'context_length',
  content_policy_violation: 'refusal',
};

/** What the journal says of a request that was not the last one of its call. */
type Why = FaultCode | 'continued' | 'bad_tool_call';

export class Attempts {
  /** How many there have been, the one under way included. */
  count = 0;
  readonly #call: Call;
  readonly #ports: AttemptPorts;
  readonly #stops: readonly Stop[];
  #next = 0;
  #stop: Stop | undefined;
  #credential: string | undefined;
  /** It was written anew, with sealed reasoning of earlier answers. */
  #hasReasoning = false;
  #sentMs = 0;
  /** The attempt was sent and its end has not been heard of; its stream has begun. */
  #isUnderWay = false;
  #hasBegun = false;
  #again = false;
  #retriesLeft = 0;
  #othersLeft = 0;
  /** What the client is told when all fail: a model's own words before a failure, a failure before what was not sent. */
  #told: Fault | undefined;
  #failure: Fault | undefined;

  /** Throws Fault when there is nobody to ask. */
  constructor(call: Call, ports: AttemptPorts) {
    this.#call = call;
    this.#ports = ports;
    this.#stops = courseOf(call, ports);
  }

  /** Where the call goes now; its model and price are those of the stop. Throws Fault when nobody is left. */
  begin(): Stop {
    const again = this.#again && this.#stop && !this.#pauseOf(this.#stop) ? this.#stop : undefined;
    const stop = again ?? this.#nextStop();
    this.#stop = stop;
    this.#again = false;
    this.count += 1;
    this.#call.trace.attempts = this.count;
    this.#call.trace.upstreamStatus = undefined;
    return stop;
  }

  #nextStop(): Stop {
    const { health, config } = this.#ports;
    for (;;) {
      const stop = this.#stops[this.#next];
      if (!stop) throw this.#told ?? this.#failure ?? nobodyFault();
      this.#next += 1;
      // the model itself has said that it cannot
      if (this.#told && !stop.isFallback) continue;
      const pause = this.#pauseOf(stop);
      if (pause) {
        this.#failure ??= pausedFault(pause);
        continue;
      }
      if (stop.model !== this.#call.model && !this.#turnTo(stop)) continue;
      const { candidate } = stop;
      // who is known to fail is asked once: it may be back, and there is nobody else
      this.#retriesLeft = health.fitnessOf(candidate) === 'well' ? config.routing.retries : 0;
      this.#othersLeft = candidate.provider.credentials.length - 1;
      return stop;
    }
  }

  /** The operator may have paused it since the call was let in. */
  #pauseOf({ candidate, model }: Stop): Pause | undefined {
    const { pauses } = this.#ports;
    return pauses.isEmpty ? undefined : pauses.of(candidate, model);
  }

  /** The request is about to be sent as planned. */
  send(plan: Plan): void {
    const { candidate, credential } = plan;
    const { health, conversations, config } = this.#ports;
    this.#credential = credential;
    this.#hasReasoning = plan.kind === 'transcode' && plan.hasReasoning;
    this.#call.trace.asking = candidate.provider.id;
    this.#isUnderWay = true;
    this.#hasBegun = false;
    this.#sentMs = monotonicMs();
    const probes = health.begin(candidate, credential, config.routing.cooldownMs);
    this.#call.givesWay = this.#givesWay(candidate, probes);
    if (candidate.provider.credentials.length > 1 || this.#mayStay())
      conversations.remember(this.#call, candidate, credential);
  }

  /**
   * How long the deployment may say nothing while there is somebody else to ask. A plain answer is silent until it is
   * whole, so silence alone proves nothing and what is given up may be paid for all the same: a third of the time is
   * left for who comes next, unless the configuration says less or the deployment says nothing to anybody any more.
   */
  #givesWay(candidate: Candidate, probes: number): Call['givesWay'] {
    if (!this.#hasOther(() => true)) return undefined;
    const { stream, begunMs, requestTimeoutMs } = this.#call;
    const { health, config } = this.#ports;
    const { attemptTimeoutMs = Number.POSITIVE_INFINITY, cooldownMs } = config.routing;
    const leftMs = Math.max(0, begunMs + requestTimeoutMs - this.#sentMs);
    const isProbe = probes > 0 && health.isSilent(candidate);
    const forMs = Math.min(
      attemptTimeoutMs,
      stream ? Number.POSITIVE_INFINITY : (leftMs * 2) / 3,
      // one call alone waits for it: not long, but longer each time, in case it answers so slowly
      isProbe ? cooldownMs * 2 ** (probes - 1) : Number.POSITIVE_INFINITY,
    );
    // what is lost by it stays within one connect timeout, the ticks of the clock included
    const leastMs = (this.#ports.server.connectTimeoutMs * 3) / 4;
    const kind = stream ? 'stream' : 'whole';
    const isQuiet = () =>
      health.isSilent(candidate) ||
      health.hasGoneQuiet(candidate, kind, monotonicMs() - this.#sentMs, leastMs);
    const isWell = (other: Candidate) => health.fitnessOf(other) === 'well';
    const isDue = () => !isProbe && isQuiet() && this.#hasOther(isWell);
    return { atMs: this.#sentMs + forMs, isDue };
  }

  /** Whether one such as this could be asked next. */
  #hasOther(isSuch: (candidate: Candidate) => boolean): boolean {
    return this.#stops.some(
      (stop, index) => index >= this.#next && !this.#pauseOf(stop) && isSuch(stop.candidate),
    );
  }

  /** Only where another deployment could be chosen next time there is something to remember. */
  #mayStay(): boolean {
    return this.#stops.length > 1 && this.#ports.config.routing.strategy !== 'priority';
  }

  /** The answer has begun, or is here whole. */
  answered(isStream: boolean): void {
    const stop = this.#stop;
    if (!stop) return;
    const { health } = this.#ports;
    const tookMs = Math.round(monotonicMs() - this.#sentMs);
    health.answered(stop.candidate, isStream ? 'stream' : 'whole', tookMs);
    this.#hasBegun = isStream;
    if (isStream) health.began(stop.candidate, this.#credential, tookMs);
    else this.ended('finished', undefined);
  }

  /** An answer that had begun is over; later calls change nothing. */
  ended(rule: SettleRule, fault: Fault | undefined): void {
    const stop = this.#stop;
    if (!stop || !this.#isUnderWay) return;
    const { health, config } = this.#ports;
    this.#isUnderWay = false;
    health.end(stop.candidate, this.#hasBegun);
    if (rule === 'finished') health.succeeded(stop.candidate, this.#credential);
    else if (rule === 'upstream-failed' && fault)
      health.failed(stop.candidate, this.#credential, this.#failureOf(fault), config.routing.cooldownMs);
  }

  /**
   * An attempt failed before anything of it went to the client. Returns when the next one may begin. Throws the Fault
   * that the client is told when nobody else can help, or when it is the request's own; who has left is told nothing.
   */
  async failed(thrown: unknown): Promise<void> {
    const stop = this.#stop;
    const call = this.#call;
    const fault = stop ? withoutSecrets(toFault(thrown), stop.candidate.provider) : toFault(thrown);
    const wasSent = this.#isUnderWay;
    if (!stop || call.hasLeft) {
      this.ended('client-left', undefined);
      throw call.hasLeft ? clientLeft() : fault;
    }
    this.ended('upstream-failed', fault);
    if (wasSent) this.#note(stop, fault.code);
    if (wasSent && this.#mayForget(fault)) {
      call.forgetsReasoning = true;
      this.#again = true;
      return renewAbort(call);
    }
    const reason = REASONS[fault.code];
    if (reason !== undefined && this.#passesOn(reason)) {
      this.#told ??= fault;
      return renewAbort(call);
    }
    if (!isForOthers(fault)) throw this.#told ?? fault;
    this.#failure = wasSent ? fault : (this.#failure ?? fault);
    renewAbort(call);
    if (wasSent) await this.#waitToRetry(stop, this.#failureOf(fault));
    if (!this.#again && this.#next >= this.#stops.length) throw this.#told ?? this.#failure;
  }

  /**
   * Whether the same deployment is asked once more without the reasoning of its earlier answers, which it refused. A
   * request that passes as it came is between the client and its provider.
   */
  #mayForget({ code }: Fault): boolean {
    const isRefused = code === 'reasoning_rejected' && this.#hasReasoning;
    return isRefused && !isStrict(this.#call) && this.mayRepeat;
  }

  /** Whether an answer may be asked for once more that came but is of no use. */
  get mayRepeat(): boolean {
    return this.#ports.config.routing.retries > 0 && this.hasTime;
  }

  get hasTime(): boolean {
    return monotonicMs() < this.#deadlineMs();
  }

  /** One more request for the same answer goes where the last one went; `why` is what the journal says of that one. */
  another(why: Why): void {
    const stop = this.#stop;
    const call = this.#call;
    if (stop) this.#note(stop, why);
    this.count += 1;
    call.trace.attempts = this.count;
    call.trace.upstreamStatus = undefined;
    // nobody else can go on with what this one has begun
    call.givesWay = undefined;
    this.#sentMs = monotonicMs();
  }

  /**
   * A request for more of an answer failed before anything of it came: how long to wait until it is sent once more,
   * in milliseconds; undefined when it is not.
   */
  waitForMore(thrown: unknown): number | undefined {
    const stop = this.#stop;
    const call = this.#call;
    if (!stop || call.hasLeft || hasEnded(call)) return undefined;
    renewAbort(call);
    const { health, config } = this.#ports;
    const failure = this.#failureOf(toFault(thrown));
    const waitMs = this.#waitOf(stop, failure);
    if (waitMs !== undefined)
      health.failed(stop.candidate, this.#credential, failure, config.routing.cooldownMs);
    return waitMs;
  }

  #note({ candidate }: Stop, why: Why): void {
    const { trace } = this.#call;
    const { deployment, provider } = candidate;
    const status = trace.upstreamStatus === undefined ? '' : ` ${trace.upstreamStatus}`;
    trace.failed ??= [];
    trace.failed.push(
      `${provider.id}/${deployment.model}${status} ${why} ${Math.round(monotonicMs() - this.#sentMs)}ms`,
    );
  }

  /** Decides whether the same deployment is asked once more, and waits until it may be. */
  async #waitToRetry(stop: Stop, failure: Failure): Promise<void> {
    const { candidate } = stop;
    const { health } = this.#ports;
    const call = this.#call;
    const used = this.#credential;
    const others = candidate.provider.credentials.filter(
      (each) => each !== used && health.coolsUntil(candidate, each) === 0,
    );
    const isCooling = used !== undefined && health.coolsUntil(candidate, used) > 0;
    if (isCooling && others.length > 0 && this.#othersLeft > 0) {
      this.#othersLeft -= 1;
      this.#again = true;
      return;
    }
    const waitMs = this.#waitOf(stop, failure);
    if (waitMs === undefined) return;
    this.#again = true;
    await pause(waitMs, call.abort.signal);
    if (call.abort.aborted) throw toFault(call.abort.reason);
  }

  /** Takes one of the retries there are, if it may help; how long to wait before it, in milliseconds. */
  #waitOf({ candidate }: Stop, failure: Failure): number | undefined {
    const { health, config } = this.#ports;
    if (this.#retriesLeft === 0 || !mayPass(failure) || health.isBroken(candidate)) return undefined;
    const retry = config.routing.retries - this.#retriesLeft + 1;
    const waitMs = waitBefore(retry, failure.retryAfterS, randomFraction());
    if (waitMs === undefined || monotonicMs() + waitMs >= this.#deadlineMs()) return undefined;
    this.#retriesLeft -= 1;
    return waitMs;
  }

  #deadlineMs(): number {
    const { stream, begunMs, requestTimeoutMs } = this.#call;
    return begunMs + (stream ? this.#ports.server.streamTotalTimeoutMs : requestTimeoutMs);
  }

  /** A refusal would not be the last word: the configuration wants another model to be asked, and there is one. */
  get hasOtherForRefusal(): boolean {
    const { routing } = this.#ports.config;
    return this.#next < this.#stops.length && routing.fallbackOn.includes('refusal') && this.#other(0) >= 0;
  }

  /** Goes on to the models that stand in for this one, as far as they can take what it could not. */
  #passesOn(reason: FallbackReason): boolean {
    if (!this.#ports.config.routing.fallbackOn.includes(reason)) return false;
    const next = this.#other(reason === 'context_length' ? (this.#call.model.contextTokens ?? 0) : 0);
    if (next < 0) return false;
    this.#next = next;
    return true;
  }

  /** Where the next model stands that can take more than so many tokens; -1 when there is none. */
  #other(tokens: number): number {
    const { model } = this.#call;
    return this.#stops.findIndex(
      (stop, index) =>
        index >= this.#next && stop.isFallback && stop.model !== model && hasRoom(stop, tokens),
    );
  }

  /** The call becomes one of another model, if what that may cost can be put aside too. */
  #turnTo({ model, resolution }: Stop): boolean {
    const call = this.#call;
    const price = priceAt(model, call.startedMs);
    if (price === undefined) return false;
    const before = { model: call.model, resolution: call.resolution, price: call.price };
    Object.assign(call, { model, resolution, price });
    if (putMoreAside(call, this.#ports, () => mayAskApart(call, this.#ports.config.providers))) return true;
    Object.assign(call, before);
    return false;
  }

  #failureOf({ code, cause, retryAfterS }: Fault): Failure {
    const errno = code === 'upstream_unreachable' && typeof cause === 'string' ? cause : undefined;
    return { code, status: this.#call.trace.upstreamStatus, errno, retryAfterS };
  }
}

/** Whether the next deployment is asked when this one could not be: what one cannot be told, another one may. */
export function isForOthers({ rule, code }: Fault): boolean {
  return rule.failover || code === 'unsupported_parameter';
}

function hasRoom({ model }: Stop, moreThanTokens: number): boolean {
  return model.contextTokens === undefined || model.contextTokens > moreThanTokens;
}

/** A deadline that ended an attempt did not end the call; whoever ended the call ended it for all attempts. */
function renewAbort(call: Call): void {
  const { aborted, reason } = call.abort;
  if (!aborted) return;
  if (hasEnded(call)) throw reason;
  call.abort = new Abort();
}

function hasEnded({ abort: { reason } }: Call): boolean {
  return reason instanceof Fault && ENDS_ALL.has(reason.code);
}

const ENDS_ALL = new Set<FaultCode>(['client_closed', 'draining', 'paused', 'request_timeout']);
