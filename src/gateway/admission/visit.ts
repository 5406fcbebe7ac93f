// Lets the holder of a key look at a page that costs nothing: a model list, the key's own page.

import type { Directory, Key, Limiter, RateStanding } from '../../store/ports.ts';
import { identify } from './credentials.ts';
import type { FloodGate } from './flood-gate.ts';
import { takeFree } from './limits.ts';

export type VisitPorts = { directory: Directory; limiter: Limiter };

/** Whose request it is, with one of the key's 600 free requests a minute taken. Throws Fault 401 or 429. */
export function visit(
  request: Request,
  { directory, limiter }: VisitPorts,
  gate: FloodGate,
): { key: Key; limit: RateStanding } {
  const key = identify(request, directory, gate);
  return { key, limit: takeVisit(key, limiter) };
}

/** The second half of `visit`, for pages that still have to refuse a key in between. */
export function takeVisit(key: Key, limiter: Limiter): RateStanding {
  const place = takeFree(key, limiter);
  place.release();
  return place;
}
