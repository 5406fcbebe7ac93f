// The built-in catalogue, read from db/catalog.json, which is part of the executable.

import catalog from '../../db/catalog.json' with { type: 'json' };
import type { Model, Price } from './model.ts';

/** A price in the catalogue's file: `from` is the day (UTC) it comes into force. */
export type CatalogPrice = Omit<Price, 'fromMs'> & { from?: string };

export type CatalogModel = Omit<Model, 'contextTokens' | 'maxOutputTokens' | 'price' | 'laterPrices'> & {
  contextTokens?: number;
  maxOutputTokens?: number;
  price?: CatalogPrice;
  /** By date. */
  laterPrices?: CatalogPrice[];
};

/** Every model Osiris knows without being told. Prices are the vendor's list prices. */
export const BUILT_IN_MODELS: readonly Model[] = (catalog.models as CatalogModel[]).map(readCatalogModel);

/** An entry of the catalogue's file as the rest of the program knows it. */
export function readCatalogModel(entry: CatalogModel): Model {
  const { laterPrices, ...model } = entry;
  return {
    ...model,
    contextTokens: model.contextTokens,
    maxOutputTokens: model.maxOutputTokens,
    price: model.price && readPrice(model.price),
    ...(laterPrices === undefined ? {} : { laterPrices: laterPrices.map(readPrice) }),
  };
}

function readPrice({ from, ...price }: CatalogPrice): Price {
  return from === undefined ? price : { ...price, fromMs: Date.parse(`${from}T00:00:00Z`) };
}
