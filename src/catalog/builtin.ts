// The built-in catalogue, read from db/catalog.json, which is part of the executable.

import catalog from '../../db/catalog.json' with { type: 'json' };
import type { Model } from './model.ts';

type CatalogModel = Omit<Model, 'contextTokens' | 'maxOutputTokens' | 'price'> &
  Partial<Pick<Model, 'contextTokens' | 'maxOutputTokens' | 'price'>>;

/** Every model Osiris knows without being told. Prices are the vendor's list prices. */
export const BUILT_IN_MODELS: readonly Model[] = (catalog.models as CatalogModel[]).map((model) => ({
  ...model,
  contextTokens: model.contextTokens,
  maxOutputTokens: model.maxOutputTokens,
  price: model.price,
}));
