// Gives every price that is charged by a number of its own, kept for good.

import type { Database } from 'bun:sqlite';
import { unwritableLedger } from '../../canonical/fault.ts';
import type { Price } from '../../catalog/model.ts';
import { priceKey } from '../../catalog/price.ts';

/**
 * The number of a price; the same price of the same model has the same one, also after a restart. Throws Fault
 * `storage_fault` when a new one cannot be written.
 */
export function priceNumbers(database: Database): (model: string, price: Price) => number {
  const known = new WeakMap<Price, Map<string, number>>();
  return (model, price) => {
    const numbers = known.get(price) ?? new Map<string, number>();
    known.set(price, numbers);
    const seen = numbers.get(model);
    if (seen !== undefined) return seen;
    const number = findOrAdd(database, model, price);
    numbers.set(model, number);
    return number;
  };
}

function findOrAdd(database: Database, model: string, price: Price): number {
  const text = priceKey(price);
  const find = database.query<{ id: bigint }, [string, string]>(
    'SELECT id FROM prices WHERE model = ? AND price = ?',
  );
  const found = find.get(model, text);
  if (found !== null) return Number(found.id);
  const add = database.query<{ id: bigint }, [string, string, string, string, number]>(
    'INSERT INTO prices (model, price, source, as_of, from_ms) VALUES (?, ?, ?, ?, ?) RETURNING id',
  );
  try {
    return Number(add.get(model, text, price.source, price.asOf, price.fromMs ?? 0)?.id ?? 0n);
  } catch (cause) {
    throw unwritableLedger(cause);
  }
}
