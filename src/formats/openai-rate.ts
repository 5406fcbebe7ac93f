// What is left of a minute, in the headers that OpenAI's client libraries read.

import type { Rate } from './codec.ts';

export function showRate(headers: Pick<Headers, 'set'>, { limit, remaining, resetS }: Rate): void {
  headers.set('x-ratelimit-limit-requests', String(limit));
  headers.set('x-ratelimit-remaining-requests', String(remaining));
  headers.set('x-ratelimit-reset-requests', durationOf(resetS));
}

/** `6m0s`, as OpenAI writes it. */
function durationOf(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
