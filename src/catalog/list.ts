// The models a key may use: callable, priced and allowed.

import { nowMs } from '../lib/clock.ts';
import type { Model } from './model.ts';
import { nameMatches } from './name.ts';
import { priceAt } from './price.ts';
import type { ModelIndex } from './resolve.ts';

/** Whether a key restricted to `allowed` may use the model; undefined allows all. Aliases count, `*` at the end too. */
export function isModelAllowed(model: Model, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  return allowed.some(
    (pattern) => nameMatches(pattern, model.id) || model.aliases.some((alias) => nameMatches(pattern, alias)),
  );
}

/** Models with a price in force and a callable deployment that `allowed` admits, in the order of the catalogue. */
export function listModels(index: ModelIndex, allowed?: readonly string[], atMs = nowMs()): Model[] {
  return [...index.models.values()].filter(
    (model) =>
      priceAt(model, atMs) !== undefined &&
      model.deployments.some((deployment) => index.providers.has(deployment.provider)) &&
      isModelAllowed(model, allowed),
  );
}
