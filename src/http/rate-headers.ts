// Says what is left of a key's requests, in our own words and in those that a format's client libraries read.

import type { Codec } from '../formats/codec.ts';
import { nowMs } from '../lib/clock.ts';
import type { RateStanding } from '../store/ports.ts';

/** Headers, or what stands for them while they are made. */
export type Settable = Pick<Headers, 'set'>;

/** What is left this minute, as it stands after this call; `codec` is that of the client, where there is one. */
export function showLimit(headers: Settable, standing: RateStanding, codec?: Codec): void {
  const { limit, remaining, resetS } = standing;
  headers.set('x-ratelimit-limit', String(limit));
  headers.set('x-ratelimit-remaining', String(remaining));
  headers.set('x-ratelimit-reset', String(resetS));
  const format = codec?.id;
  switch (format) {
    case 'openai-chat':
    case 'openai-responses':
      headers.set('x-ratelimit-limit-requests', String(limit));
      headers.set('x-ratelimit-remaining-requests', String(remaining));
      headers.set('x-ratelimit-reset-requests', durationOf(resetS));
      return;
    case 'anthropic-messages':
      headers.set('anthropic-ratelimit-requests-limit', String(limit));
      headers.set('anthropic-ratelimit-requests-remaining', String(remaining));
      headers.set('anthropic-ratelimit-requests-reset', timeIn(resetS));
      return;
    case 'google-generate-content':
    case undefined:
      return;
    default:
      format satisfies never;
  }
}

/** `6m0s`, as OpenAI writes it. */
function durationOf(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** RFC 3339 in whole seconds, as Anthropic writes it; never too early. */
function timeIn(seconds: number): string {
  const atS = Math.ceil(nowMs() / 1000) + seconds;
  return `${new Date(atS * 1000).toISOString().slice(0, 19)}Z`;
}
