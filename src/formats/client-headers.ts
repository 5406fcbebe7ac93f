// The headers of a client that mean something to a provider of its own format.

import { keptBetas } from './anthropic-messages/betas.ts';

export const TELLING_HEADERS = ['anthropic-version', 'anthropic-beta', 'openai-beta'];

/** Adds them to the headers of a request; `refusesBetas` is the provider's quirk. */
export function passHeaders(
  from: Headers,
  to: Record<string, string>,
  refusesBetas: readonly string[] | undefined,
): void {
  for (const name of TELLING_HEADERS) {
    const value = from.get(name);
    if (value !== null) to[name] = value;
  }
  const betas = to['anthropic-beta'];
  if (betas === undefined || !refusesBetas) return;
  const kept = keptBetas(betas, refusesBetas);
  if (kept === undefined) delete to['anthropic-beta'];
  else to['anthropic-beta'] = kept;
}

/** The version every Messages client names. */
const USUAL = 'anthropic-version: 2023-06-01';

/** It says no more than its absence. */
export function isUsual(name: string, value: string): boolean {
  return `${name}: ${value}` === USUAL;
}
