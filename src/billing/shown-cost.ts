// A charge as answers show it, in USD.

import type { ShownCost } from '../canonical/usage.ts';
import type { Charge } from './charge.ts';

/** Nanodollars fit a JSON number of USD without loss up to some millions. */
export function shownCost(
  { chargeNano, costNano, parts }: Charge,
  { searchesNano = 0n, codeNano = 0n } = {},
): ShownCost {
  return {
    cost_usd_total: usd(chargeNano),
    cost_usd_request: usd(costNano),
    cost_usd_input: usd(parts.inputNano),
    cost_usd_cached_input: usd(parts.cachedInputNano),
    cost_usd_output: usd(parts.outputNano),
    ...(searchesNano > 0n ? { cost_usd_web_search: usd(searchesNano) } : {}),
    ...(codeNano > 0n ? { cost_usd_code: usd(codeNano) } : {}),
  };
}

function usd(nano: bigint): number {
  // both are exact, so the quotient is the double that is written as this decimal
  return Number(nano) / 1e9;
}
