// Which models are sold without a price for the dearer service tiers that their vendor has.

import { formatTokenPrice } from '../lib/money.ts';
import type { Provider } from '../providers/provider.ts';
import { BUILT_IN_MODELS } from './builtin.ts';
import type { Model, SteppedPrices } from './model.ts';
import { pricesOf } from './price.ts';

/**
 * A sentence for each model whose own price has left out what the catalogue knows. Free models need none, and what no
 * provider that is set up has cannot be asked for.
 */
export function unpricedTierNotes(
  models: Iterable<Model>,
  providers: ReadonlyMap<string, Provider>,
): { model: string; tiers: string[]; note: string }[] {
  return [...models].flatMap((model) => {
    const isReady = model.deployments.some(({ provider }) => providers.has(provider));
    const missing = isReady ? missingTiers(model) : [];
    if (missing.length === 0) return [];
    const listed = missing.map(([tier, prices]) => `${tier}: ${yaml(prices)}`).join(', ');
    const note = `${model.id} has no price for a dearer service tier of its vendor; who asks for one is served without it. By the vendor's list it is: tiers: { ${listed} }.`;
    return [{ model: model.id, tiers: missing.map(([tier]) => tier), note }];
  });
}

function missingTiers(model: Model): [tier: string, prices: SteppedPrices][] {
  const listPrice = BUILT_IN_MODELS.find(({ id }) => id === model.id)?.price;
  const own = pricesOf(model).filter(({ input, output }) => input + output > 0);
  return Object.entries(listPrice?.tiers ?? {}).filter(
    ([tier, prices]) =>
      prices.input > (listPrice?.input ?? 0) && own.some(({ tiers }) => tiers?.[tier] === undefined),
  );
}

function yaml({ input, output }: SteppedPrices): string {
  return `{ input: ${formatTokenPrice(input)}, output: ${formatTokenPrice(output)} }`;
}
