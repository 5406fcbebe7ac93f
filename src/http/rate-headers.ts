// Says what is left of a key's requests, in our own words and in those that a format's client libraries read.

import type { Codec } from '../formats/codec.ts';
import type { RateStanding } from '../store/ports.ts';

/** Headers, or what stands for them while they are made. */
export type Settable = Pick<Headers, 'set'>;

/** What is left this minute, as it stands after this call; `codec` is that of the client, where there is one. */
export function showLimit(headers: Settable, standing: RateStanding, codec?: Codec): void {
  const { limit, remaining, resetS } = standing;
  headers.set('x-ratelimit-limit', String(limit));
  headers.set('x-ratelimit-remaining', String(remaining));
  headers.set('x-ratelimit-reset', String(resetS));
  codec?.showRate?.(headers, standing);
}
