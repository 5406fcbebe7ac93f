// A run of `rerate` in JSON, as the admin route answers it and the command line shows it.

import { formatDay } from '../lib/calendar.ts';
import type { JsonObject } from '../lib/json.ts';
import { usd } from '../lib/money.ts';
import { BOOKS } from '../store/books.ts';
import type { Rerating } from './rerate.ts';

const RULE =
  'Calls that finished, or whose client left, cost what their recorded usage comes to at the price the ' +
  'configuration of today has for the moment they began, at least the minimum charge; answers out of the cache ' +
  'the same part of that as before; what a strict hold had capped is not raised. Earlier ' +
  'corrections by rerate are counted in.';

/** Amounts in USD; `difference_usd` is what clients still have to pay, negative what comes back to them. */
export function reratingJson(
  { query, rows, corrections }: Rerating,
  { posted, overdrawn }: { posted: boolean; overdrawn: number[] },
): JsonObject {
  return {
    object: 'rerate',
    from: formatDay(query.fromDay),
    to: formatDay(query.toDay),
    rule: RULE,
    posted,
    data: rows.map((row) => ({
      model: row.model,
      calls: row.finished + row.clientLeft + row.cache,
      finished: row.finished,
      client_left: row.clientLeft,
      from_cache: row.cache,
      old_prices: row.oldPrices.toSorted((left, right) => left - right),
      new_prices: row.newPrices.map(({ number, source, asOf }) => ({
        price: number ?? null,
        source,
        as_of: asOf,
      })),
      old_usd: usd(row.oldNano),
      new_usd: usd(row.newNano),
      difference_usd: usd(row.differenceNano),
      unpriced: row.unpriced,
      unexplained: row.unexplained,
      capped: row.capped,
    })),
    corrections: corrections.map((each) => ({
      purse: each.purse,
      key: each.key,
      model: each.model,
      day: formatDay(each.day),
      calls: each.calls,
      difference_usd: usd(each.differenceNano),
      corrects: each.purse === BOOKS.windows ? 'quota' : 'balance',
    })),
    overdrawn,
  };
}
