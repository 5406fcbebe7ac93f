// When a provider's rate headers say that a spent limit is free again.

import type { HeaderValues } from '../lib/header-values.ts';

const UNIT_S: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Seconds until the last of the limits that have nothing left is free again, as OpenAI (`x-ratelimit-reset-tokens: 6m0s`)
 * and Anthropic (`anthropic-ratelimit-tokens-reset`, RFC 3339) tell it. Undefined when none is spent, or none of them
 * says when. `nowMs` is what times are measured from.
 */
export function rateResetSeconds(headers: HeaderValues, nowMs: number): number | undefined {
  const waits: number[] = [];
  for (const kind of ['requests', 'tokens'])
    if (isSpent(headers.get(`x-ratelimit-remaining-${kind}`)))
      waits.push(durationS(headers.get(`x-ratelimit-reset-${kind}`)));
  for (const kind of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
    const name = `anthropic-ratelimit-${kind}`;
    if (isSpent(headers.get(`${name}-remaining`)))
      waits.push((Date.parse(headers.get(`${name}-reset`) ?? '') - nowMs) / 1000);
  }
  const known = waits.filter((wait) => Number.isFinite(wait) && wait >= 0);
  return known.length === 0 ? undefined : Math.ceil(Math.max(...known));
}

/** Azure writes -1 where it does not know, and 0 where it means nothing: then no reset stands beside it. */
function isSpent(remaining: string | null): boolean {
  return remaining !== null && remaining.trim() === '0';
}

/** `12ms`, `1.5s`, `6m0s`; a bare number is seconds. NaN for anything else. */
function durationS(text: string | null): number {
  const said = text?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(said)) return Number(said);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(said)) return Number.NaN;
  let seconds = 0;
  for (const [, figure, unit] of said.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    seconds += Number(figure) * (UNIT_S[unit ?? ''] ?? Number.NaN);
  return seconds;
}
