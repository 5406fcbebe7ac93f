// Which of our credentials are left alone, each for one deployment or for a whole provider.

import type { Clock } from '../../lib/clock.ts';
import type { Failure } from '../../routing/retry.ts';
import type { Candidate } from '../candidates/candidate.ts';
import type { Better, HealthNews, Refused } from './news.ts';
import { Rests } from './rests.ts';

/** Our account is not set right in seconds. */
const ACCOUNT_FACTOR = 10;
/** Whatever a provider asks for, within the hour somebody looks whether it still holds. */
const COOL_MS_MAX = 3_600_000;

/** A candidate with the key of its deployment. */
export type Place = { key: string; candidate: Candidate };

export class CredentialHealth {
  readonly #clock: Clock;
  readonly #tell: (news: HealthNews) => void;
  /** Of a credential for one deployment, or for a whole provider. */
  readonly #rests = new Rests();
  /** Those that were not accepted, or not paid for, when last tried. */
  readonly #refused = new Map<string, Refused>();

  constructor(clock: Clock, tell: (news: HealthNews) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** None is left alone, nor is in doubt: the usual case. */
  get isCalm(): boolean {
    return this.#rests.size === 0;
  }

  /** Until when the credential is left alone there; 0 when it is not. */
  coolsUntil(place: Place, credential: string): number {
    const now = this.#clock.nowMs();
    const [here, anywhere] = namesOf(place, credential);
    return Math.max(this.#rests.untilMs(here, now), this.#rests.untilMs(anywhere, now));
  }

  /** Some credential can be taken, or none is needed. */
  hasWarm(place: Place): boolean {
    const { credentials } = place.candidate.provider;
    if (credentials.length === 0 || this.isCalm) return true;
    return credentials.some((credential) => this.coolsUntil(place, credential) === 0);
  }

  /** Of no credential that could be taken it is known that it works. */
  isUntried(place: Place): boolean {
    const { credentials } = place.candidate.provider;
    if (credentials.length === 0 || this.isCalm) return false;
    const now = this.#clock.nowMs();
    return credentials.every(
      (credential) =>
        this.coolsUntil(place, credential) > 0 ||
        namesOf(place, credential).some((name) => this.#rests.isDue(name, now)),
    );
  }

  /** A call tries it. */
  try(place: Place, credential: string, cooldownMs: number): void {
    const now = this.#clock.nowMs();
    for (const name of namesOf(place, credential)) this.#rests.try(name, cooldownMs, now);
  }

  /** The provider takes it. */
  accepted(place: Place, credential: string): void {
    for (const name of namesOf(place, credential)) {
      this.#rests.end(name);
      this.#takeBack(name, 'answers');
    }
  }

  /** The provider does not, or not now. An `account` is the same behind all deployments. */
  rest(
    place: Place,
    credential: string,
    { code, status, retryAfterS }: Failure,
    blame: 'credential' | 'account',
    cooldownMs: number,
  ): void {
    const [here, anywhere] = namesOf(place, credential);
    const name = blame === 'account' ? anywhere : here;
    const askedMs = retryAfterS === undefined ? cooldownMs : retryAfterS * 1000;
    const restMs = blame === 'account' ? cooldownMs * ACCOUNT_FACTOR : askedMs;
    this.#rests.begin(name, this.#clock.nowMs() + capped(restMs));
    if (code === 'upstream_rate_limited') return;
    const { provider, deployment } = place.candidate;
    const of = { provider, place: provider.credentials.indexOf(credential) + 1 };
    this.#refused.set(name, of);
    const state = code === 'upstream_unavailable' ? 'unpaid' : 'refused';
    this.#tell({ about: 'credential', state, of, model: deployment.model, status });
  }

  /** Forgets what is known of all others: they are no longer in the configuration. */
  keepOnly(places: Iterable<Place>): void {
    const kept = new Set<string>();
    for (const place of places)
      for (const credential of place.candidate.provider.credentials)
        for (const name of namesOf(place, credential)) kept.add(name);
    this.#rests.keepOnly((name) => kept.has(name));
    for (const name of [...this.#refused.keys()]) if (!kept.has(name)) this.#takeBack(name, 'gone');
  }

  #takeBack(name: string, state: Better): void {
    const of = this.#refused.get(name);
    if (of && this.#refused.delete(name)) this.#tell({ about: 'credential', state, of });
  }
}

/** So long a provider is left alone that asks for this. */
export function capped(ms: number): number {
  return Math.min(COOL_MS_MAX, Math.max(1, ms));
}

/** The vendor at its address: another address is another vendor. */
export function accountOf({ provider }: Candidate): string {
  return `${provider.id} ${provider.baseUrl}`;
}

/** The names of its rests: for this deployment, and for its whole provider. */
function namesOf({ key, candidate }: Place, credential: string): [here: string, anywhere: string] {
  return [`${key}\n${credential}`, `${accountOf(candidate)}\n${credential}`];
}
