// What is left of a minute, in the headers that Anthropic's client libraries read.

import { nowMs } from '../../lib/clock.ts';
import type { Rate } from '../codec.ts';

export function showRate(headers: Pick<Headers, 'set'>, { limit, remaining, resetS }: Rate): void {
  headers.set('anthropic-ratelimit-requests-limit', String(limit));
  headers.set('anthropic-ratelimit-requests-remaining', String(remaining));
  headers.set('anthropic-ratelimit-requests-reset', timeIn(resetS));
}

/** RFC 3339 in whole seconds, as Anthropic writes it; never too early. */
function timeIn(seconds: number): string {
  const atS = Math.ceil(nowMs() / 1000) + seconds;
  return `${new Date(atS * 1000).toISOString().slice(0, 19)}Z`;
}
