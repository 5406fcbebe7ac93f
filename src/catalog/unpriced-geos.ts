// Which models are sold without a price for the geographies that their vendor asks more for.

import type { Provider } from '../providers/provider.ts';
import { BUILT_IN_MODELS } from './builtin.ts';
import type { Model } from './model.ts';
import { MARGIN_ONE, pricesOf } from './price.ts';

/**
 * A sentence for each model whose own price has left out what the catalogue knows, as `unpricedTierNotes` has one of
 * tiers.
 */
export function unpricedGeoNotes(
  models: Iterable<Model>,
  providers: ReadonlyMap<string, Provider>,
): { model: string; note: string }[] {
  return [...models].flatMap((model) => {
    const isReady = model.deployments.some(({ provider }) => providers.has(provider));
    const missing = isReady ? missingGeos(model) : [];
    if (missing.length === 0) return [];
    const listed = missing.map(([geo, factor]) => `${geo}: ${factor / MARGIN_ONE}`).join(', ');
    const note = `${model.id} has no price for a geography that its vendor asks more for; who asks for it is refused. By the vendor's list it is: inference_geo: { ${listed} }.`;
    return [{ model: model.id, note }];
  });
}

function missingGeos(model: Model): [geo: string, factor: number][] {
  const listPrice = BUILT_IN_MODELS.find(({ id }) => id === model.id)?.price;
  const own = pricesOf(model).filter(({ input, output }) => input + output > 0);
  return Object.entries(listPrice?.inferenceGeo ?? {}).filter(([geo]) =>
    own.some(({ inferenceGeo }) => inferenceGeo?.[geo] === undefined),
  );
}
