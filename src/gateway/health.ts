// How the deployments fare: a breaker for each, and for how long our credentials are to be left alone.

import { type Clock, systemClock } from '../lib/clock.ts';
import {
  afterBeginning,
  afterFailure,
  afterProbe,
  type Breaker,
  CLOSED,
  stateOf,
} from '../routing/breaker.ts';
import { type Blame, blameOf, type Failure } from '../routing/retry.ts';
import type { Candidate } from './candidate.ts';

/** Whether a deployment is worth a call: `ill` ones are tried when nobody else is left. */
export type Fitness = 'well' | 'probe' | 'ill';

/** What is wrong with a deployment, for the operator. */
export type Trouble = { provider: string; model: string; why: 'failing' | 'credentials'; untilMs: number };

type Condition = {
  readonly key: string;
  readonly provider: string;
  readonly model: string;
  breaker: Breaker;
  /** Calls under way. */
  open: number;
  firstTokenMs: number | undefined;
  measuredMs: number;
};

/** Our account is not set right in seconds. */
const ACCOUNT_FACTOR = 10;
/** Whatever a provider asks for, within the hour somebody looks whether it still holds. */
const COOL_MS_MAX = 3_600_000;
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
  /** Until when a credential is left alone, for a deployment or for a whole provider. */
  readonly #cooling = new Map<string, number>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Nothing is known against anybody: the usual case, in which nobody needs to be looked at one by one. */
  get isCalm(): boolean {
    return this.#failing.size === 0 && this.#cooling.size === 0;
  }

  fitnessOf(candidate: Candidate): Fitness {
    if (this.isCalm) return 'well';
    const state = stateOf(this.#of(candidate).breaker, this.#clock.nowMs());
    if (state === 'open' || !this.#hasWarmCredential(candidate)) return 'ill';
    return state === 'half-open' ? 'probe' : 'well';
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

  /** Until when the credential is left alone for this deployment; 0 when it is not. */
  coolsUntil(candidate: Candidate, credential: string): number {
    if (this.#cooling.size === 0) return 0;
    const now = this.#clock.nowMs();
    const untilMs = Math.max(
      this.#cooling.get(coolingKey(this.#of(candidate).key, credential)) ?? 0,
      this.#cooling.get(coolingKey(accountOf(candidate), credential)) ?? 0,
    );
    return untilMs > now ? untilMs : 0;
  }

  /** An attempt is sent; the first one after a cooldown is the probe. */
  begin(candidate: Candidate, cooldownMs: number): void {
    const condition = this.#of(candidate);
    condition.open += 1;
    if (condition.breaker.untilMs === 0) return;
    const now = this.#clock.nowMs();
    if (stateOf(condition.breaker, now) === 'half-open')
      condition.breaker = afterProbe(condition.breaker, cooldownMs, now);
  }

  end(candidate: Candidate): void {
    this.#of(candidate).open -= 1;
  }

  /** An answer has begun; `firstTokenMs` when its first token was waited for. */
  began(candidate: Candidate, firstTokenMs: number | undefined): void {
    const condition = this.#of(candidate);
    condition.breaker = afterBeginning(condition.breaker);
    if (firstTokenMs === undefined) return;
    const now = this.#clock.nowMs();
    const last = now - condition.measuredMs < MEASURED_MS ? condition.firstTokenMs : undefined;
    condition.firstTokenMs = last === undefined ? firstTokenMs : last + (firstTokenMs - last) * NEWEST_SHARE;
    condition.measuredMs = now;
  }

  /** A whole answer came. */
  succeeded(candidate: Candidate, credential: string | undefined): void {
    if (this.isCalm) return;
    const condition = this.#of(candidate);
    condition.breaker = CLOSED;
    this.#failing.delete(condition);
    if (credential === undefined) return;
    this.#cooling.delete(coolingKey(condition.key, credential));
    this.#cooling.delete(coolingKey(accountOf(candidate), credential));
  }

  failed(candidate: Candidate, credential: string | undefined, failure: Failure, cooldownMs: number): Blame {
    const blame = blameOf(failure);
    const condition = this.#of(candidate);
    const now = this.#clock.nowMs();
    const askedMs = failure.retryAfterS === undefined ? undefined : failure.retryAfterS * 1000;
    switch (blame) {
      case 'deployment':
        condition.breaker = afterFailure(condition.breaker, Math.max(cooldownMs, capped(askedMs ?? 0)), now);
        this.#failing.add(condition);
        break;
      case 'credential':
        this.#cool(condition.key, credential, now + capped(askedMs ?? cooldownMs));
        break;
      case 'account':
        this.#cool(accountOf(candidate), credential, now + capped(cooldownMs * ACCOUNT_FACTOR));
        break;
      case 'nobody':
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
      const { breaker, provider, model } = this.#of(candidate);
      const coolMs = candidate.provider.credentials.map((each) => this.coolsUntil(candidate, each));
      if (stateOf(breaker, now) !== 'closed')
        troubles.push({ provider, model, why: 'failing', untilMs: breaker.untilMs });
      else if (!this.#hasWarmCredential(candidate))
        troubles.push({ provider, model, why: 'credentials', untilMs: Math.min(...coolMs) });
    }
    return troubles.sort((a, b) => b.untilMs - a.untilMs);
  }

  #hasWarmCredential(candidate: Candidate): boolean {
    const { credentials } = candidate.provider;
    if (credentials.length === 0 || this.#cooling.size === 0) return true;
    return credentials.some((credential) => this.coolsUntil(candidate, credential) === 0);
  }

  #cool(owner: string, credential: string | undefined, untilMs: number): void {
    if (credential !== undefined) this.#cooling.set(coolingKey(owner, credential), untilMs);
    // what nobody asks for any more is forgotten here
    const now = this.#clock.nowMs();
    for (const [key, endsMs] of this.#cooling) if (endsMs <= now) this.#cooling.delete(key);
  }

  #of(candidate: Candidate): Condition {
    const known = this.#byCandidate.get(candidate);
    if (known) return known;
    const { deployment } = candidate;
    const key = `${accountOf(candidate)} ${deployment.format ?? ''} ${deployment.model}`;
    let condition = this.#conditions.get(key);
    if (!condition) {
      const { provider, model } = deployment;
      condition = { key, provider, model, breaker: CLOSED, ...UNMEASURED };
      this.#conditions.set(key, condition);
    }
    this.#byCandidate.set(candidate, condition);
    return condition;
  }
}

const UNMEASURED = { open: 0, firstTokenMs: undefined, measuredMs: 0 };

function capped(ms: number): number {
  return Math.min(COOL_MS_MAX, Math.max(1, ms));
}

/** The vendor at its address: another address is another vendor. */
function accountOf({ provider }: Candidate): string {
  return `${provider.id} ${provider.baseUrl}`;
}

function coolingKey(owner: string, credential: string): string {
  return `${owner}\n${credential}`;
}
