// How the deployments fare: a breaker for each, how fast they are, and which of our credentials they take.

import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Provider } from '../../providers/provider.ts';
import {
  afterBeginning,
  afterFailure,
  afterProbe,
  type Breaker,
  CLOSED,
  FAILURES_MAX,
  stateOf,
} from '../../routing/breaker.ts';
import { type Blame, blameOf, type Failure } from '../../routing/retry.ts';
import type { Candidate } from '../candidates/candidate.ts';
import { accountOf, CredentialHealth, capped, type Place } from './credential-health.ts';
import type { HealthNews } from './news.ts';
import { Pace } from './pace.ts';

/** Whether a deployment is worth a call: `ill` ones are tried when nobody else is left. */
export type Fitness = 'well' | 'probe' | 'ill';

/** What is wrong with a deployment, for the operator. */
export type Trouble = { provider: string; model: string; why: 'failing' | 'credentials'; untilMs: number };

type Condition = {
  readonly key: string;
  readonly provider: Provider;
  readonly model: string;
  breaker: Breaker;
  /** Attempts in a row that nothing at all was heard of. */
  silent: number;
  /** Probes since the breaker opened. */
  probes: number;
  /** Calls under way, and those of them whose answer has begun. */
  open: number;
  begun: number;
  /** When anything was heard of it last. */
  heardMs: number;
  /** Of answers that come whole, and of the beginnings of streams. */
  readonly paces: { whole: Pace; stream: Pace };
  firstTokenMs: number | undefined;
  measuredMs: number;
};

/** Share of the newest measurement in the figure. */
const NEWEST_SHARE = 0.3;
/** Older figures say nothing: who was slow then is measured anew. */
const MEASURED_MS = 600_000;

/**
 * Kept by what a deployment is (provider, address, name there), so that it outlives a changed configuration for all
 * that is the same in it.
 */
export class Health {
  readonly #clock: Clock;
  readonly #conditions = new Map<string, Condition>();
  readonly #byCandidate = new WeakMap<Candidate, Condition>();
  /** Those with failures in a row. */
  readonly #failing = new Set<Condition>();
  readonly #credentials: CredentialHealth;
  readonly #tell: (news: HealthNews) => void;

  /** `tell` must not throw. */
  constructor(clock: Clock = systemClock, tell: (news: HealthNews) => void = () => {}) {
    this.#clock = clock;
    this.#tell = tell;
    this.#credentials = new CredentialHealth(clock, tell);
  }

  /** Nothing is known against anybody: the usual case, in which nobody needs to be looked at one by one. */
  get isCalm(): boolean {
    return this.#failing.size === 0 && this.#credentials.isCalm;
  }

  fitnessOf(candidate: Candidate): Fitness {
    if (this.isCalm) return 'well';
    const { key, breaker } = this.#of(candidate);
    const place = { key, candidate };
    const state = stateOf(breaker, this.#clock.nowMs());
    if (state === 'open' || !this.#credentials.hasWarm(place)) return 'ill';
    return state === 'half-open' || this.#credentials.isUntried(place) ? 'probe' : 'well';
  }

  /** It has failed several times in a row, most of all just now. */
  isBroken(candidate: Candidate): boolean {
    return this.#failing.size > 0 && stateOf(this.#of(candidate).breaker, this.#clock.nowMs()) === 'open';
  }

  callsOpen(candidate: Candidate): number {
    return this.#of(candidate).open;
  }

  /** Of late; undefined when nobody has measured it for a while. */
  firstTokenMs(candidate: Candidate): number | undefined {
    const { firstTokenMs, measuredMs } = this.#of(candidate);
    return this.#clock.nowMs() - measuredMs < MEASURED_MS ? firstTokenMs : undefined;
  }

  /** It has stopped answering: of several attempts in a row nothing at all was heard. */
  isSilent(candidate: Candidate): boolean {
    if (this.#failing.size === 0) return false;
    const { breaker, silent } = this.#of(candidate);
    return breaker.untilMs !== 0 && silent >= FAILURES_MAX;
  }

  /** Until when the credential is left alone for this deployment; 0 when it is not. */
  coolsUntil(candidate: Candidate, credential: string): number {
    return this.#credentials.isCalm ? 0 : this.#credentials.coolsUntil(this.#placeOf(candidate), credential);
  }

  /**
   * An attempt is sent; the first one after a cooldown is the probe. How many probes there have been with this one;
   * 0 when it is none.
   */
  begin(candidate: Candidate, credential: string | undefined, cooldownMs: number): number {
    const condition = this.#of(candidate);
    condition.open += 1;
    const now = this.#clock.nowMs();
    if (credential !== undefined && !this.#credentials.isCalm)
      this.#credentials.try(this.#placeOf(candidate), credential, cooldownMs);
    if (stateOf(condition.breaker, now) !== 'half-open') return 0;
    condition.breaker = afterProbe(condition.breaker, cooldownMs, now);
    condition.probes += 1;
    return condition.probes;
  }

  /** An attempt is over; `hadBegun`: its stream had. */
  end(candidate: Candidate, hadBegun: boolean): void {
    const condition = this.#of(candidate);
    condition.open -= 1;
    if (hadBegun) condition.begun -= 1;
  }

  /** After so long an answer is here whole, or its stream has begun. */
  answered(candidate: Candidate, kind: 'whole' | 'stream', tookMs: number): void {
    const condition = this.#of(candidate);
    condition.heardMs = this.#clock.nowMs();
    condition.paces[kind].add(tookMs, condition.heardMs);
    if (kind === 'stream') condition.begun += 1;
  }

  /**
   * Several calls wait there, this one for much longer than any took of late and at least for `leastMs`, and since it
   * was sent nothing was heard of the deployment by anybody.
   */
  hasGoneQuiet(candidate: Candidate, kind: 'whole' | 'stream', waitedMs: number, leastMs: number): boolean {
    const { open, begun, heardMs, paces } = this.#of(candidate);
    if (waitedMs < leastMs || open < FAILURES_MAX || begun > 0) return false;
    const now = this.#clock.nowMs();
    const patienceMs = paces[kind].patienceMs(now);
    return patienceMs !== undefined && waitedMs >= patienceMs && now - heardMs > waitedMs;
  }

  /** An answer has begun; `firstTokenMs` when its first token was waited for. */
  began(candidate: Candidate, credential: string | undefined, firstTokenMs: number | undefined): void {
    const condition = this.#of(candidate);
    this.#heardOf(candidate, credential);
    if (firstTokenMs === undefined) return;
    const now = this.#clock.nowMs();
    const last = now - condition.measuredMs < MEASURED_MS ? condition.firstTokenMs : undefined;
    condition.firstTokenMs = last === undefined ? firstTokenMs : last + (firstTokenMs - last) * NEWEST_SHARE;
    condition.measuredMs = now;
  }

  /** A whole answer came. */
  succeeded(candidate: Candidate, credential: string | undefined): void {
    if (this.isCalm) return;
    this.#heardOf(candidate, credential);
    const condition = this.#of(candidate);
    condition.breaker = CLOSED;
    this.#failing.delete(condition);
  }

  /** It answers, and takes the credential. */
  #heardOf(candidate: Candidate, credential: string | undefined): void {
    if (this.isCalm) return;
    const condition = this.#of(candidate);
    const { breaker } = condition;
    condition.breaker = afterBeginning(breaker);
    condition.silent = 0;
    condition.probes = 0;
    if (breaker.untilMs !== 0)
      this.#tell({ about: 'deployment', state: 'answers', ...ofDeployment(condition) });
    if (credential !== undefined && !this.#credentials.isCalm)
      this.#credentials.accepted(this.#placeOf(candidate), credential);
  }

  failed(candidate: Candidate, credential: string | undefined, failure: Failure, cooldownMs: number): Blame {
    const blame = blameOf(failure);
    const condition = this.#of(candidate);
    const now = this.#clock.nowMs();
    const askedMs = failure.retryAfterS === undefined ? undefined : failure.retryAfterS * 1000;
    condition.silent = isSilence(failure) ? condition.silent + 1 : 0;
    if (!isSilence(failure)) condition.heardMs = now;
    switch (blame) {
      case 'deployment': {
        const { breaker } = condition;
        condition.breaker = afterFailure(breaker, Math.max(cooldownMs, capped(askedMs ?? 0)), now);
        this.#failing.add(condition);
        if (breaker.untilMs === 0 && condition.breaker.untilMs !== 0)
          this.#tell({ about: 'deployment', state: 'failing', ...ofDeployment(condition), failure });
        break;
      }
      case 'credential':
      case 'account':
        if (credential !== undefined)
          this.#credentials.rest(this.#placeOf(candidate), credential, failure, blame, cooldownMs);
        break;
      case 'nobody':
        // what it finds wrong with the request it has read
        if (failure.status !== undefined) this.#heardOf(candidate, credential);
        break;
      default:
        blame satisfies never;
    }
    return blame;
  }

  /** What is left alone now, the longest first. */
  troubles(candidates: Iterable<Candidate>): Trouble[] {
    if (this.isCalm) return [];
    const now = this.#clock.nowMs();
    const troubles: Trouble[] = [];
    for (const candidate of candidates) {
      const { key, breaker, provider, model } = this.#of(candidate);
      const coolMs = candidate.provider.credentials.map((each) => this.coolsUntil(candidate, each));
      if (stateOf(breaker, now) !== 'closed')
        troubles.push({ provider: provider.id, model, why: 'failing', untilMs: breaker.untilMs });
      else if (!this.#credentials.hasWarm({ key, candidate }))
        troubles.push({ provider: provider.id, model, why: 'credentials', untilMs: Math.min(...coolMs) });
    }
    return troubles.sort((a, b) => b.untilMs - a.untilMs);
  }

  /** Forgets what is known of all others: they are no longer in the configuration. */
  keepOnly(candidates: Iterable<Candidate>): void {
    const places = [...candidates].map((candidate) => this.#placeOf(candidate));
    const kept = new Set(places.map(({ key }) => key));
    this.#credentials.keepOnly(places);
    for (const [key, condition] of this.#conditions) {
      if (kept.has(key)) continue;
      this.#conditions.delete(key);
      this.#failing.delete(condition);
      if (condition.breaker.untilMs !== 0)
        this.#tell({ about: 'deployment', state: 'gone', ...ofDeployment(condition) });
    }
  }

  #placeOf(candidate: Candidate): Place {
    return { key: this.#of(candidate).key, candidate };
  }

  #of(candidate: Candidate): Condition {
    const known = this.#byCandidate.get(candidate);
    if (known) return known;
    const { deployment } = candidate;
    const key = `${accountOf(candidate)} ${deployment.format ?? ''} ${deployment.model}`;
    let condition = this.#conditions.get(key);
    if (!condition) {
      const { provider } = candidate;
      const paces = { whole: new Pace(), stream: new Pace() };
      condition = { key, provider, model: deployment.model, breaker: CLOSED, paces, ...UNMEASURED };
      this.#conditions.set(key, condition);
    }
    this.#byCandidate.set(candidate, condition);
    return condition;
  }
}

const UNMEASURED = {
  silent: 0,
  probes: 0,
  open: 0,
  begun: 0,
  heardMs: 0,
  firstTokenMs: undefined,
  measuredMs: 0,
};

function ofDeployment({ provider, model }: Condition): { provider: Provider; model: string } {
  return { provider, model };
}

/** Our own patience ended, and not a byte had come. */
function isSilence({ code, status }: Failure): boolean {
  return code === 'upstream_timeout' && status === undefined;
}
