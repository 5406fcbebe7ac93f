// A charge as answers show it, in USD.

import type { ShownCost } from '../canonical/usage.ts';
import { formatUsd } from '../lib/money.ts';
import type { Charge } from './charge.ts';

/** Nanodollars fit a JSON number of USD without loss up to some millions. */
export function shownCost({ chargeNano, costNano, parts }: Charge): ShownCost {
  return {
    cost_usd_total: usd(chargeNano),
    cost_usd_request: usd(costNano),
    cost_usd_input: usd(parts.inputNano),
    cost_usd_cached_input: usd(parts.cachedInputNano),
    cost_usd_output: usd(parts.outputNano),
  };
}

function usd(nano: bigint): number {
  return Number(formatUsd(nano));
}
