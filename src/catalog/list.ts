// The models a key may use: callable, priced and allowed.

import { nowMs } from '../lib/clock.ts';
import type { Model } from './model.ts';
import { nameMatches } from './name.ts';
import { priceAt } from './price.ts';
import type { ModelIndex } from './resolve.ts';
import { hasTags } from './tags.ts';

/** What a key may use: patterns of model names, and tags that a deployment must have. */
export type Allowance = { models?: readonly string[]; requireTags?: readonly string[] };

/** Whether a key restricted to `allowed` may use the model; undefined allows all. Aliases count, `*` at the end too. */
export function isModelAllowed(model: Model, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  return allowed.some(
    (pattern) => nameMatches(pattern, model.id) || model.aliases.some((alias) => nameMatches(pattern, alias)),
  );
}

/** Models with a price in force and a callable deployment that the key may use, in the order of the catalogue. */
export function listModels(
  index: ModelIndex,
  { models, requireTags }: Allowance = {},
  atMs = nowMs(),
): Model[] {
  return [...index.models.values()].filter(
    (model) =>
      priceAt(model, atMs) !== undefined &&
      isModelAllowed(model, models) &&
      model.deployments.some((deployment) => {
        const provider = index.providers.get(deployment.provider);
        return provider !== undefined && hasTags(deployment, provider, requireTags);
      }),
  );
}
