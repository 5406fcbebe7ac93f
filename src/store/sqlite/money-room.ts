// How much money there may be in all: every balance and every sum has to fit the database's 63 bits.

import type { Database } from 'bun:sqlite';
import { Fault } from '../../canonical/fault.ts';
import { formatUsd, NANO_PER_USD } from '../../lib/money.ts';
import { BOOKS } from '../books.ts';

/** Far enough below 2^63 for a few of the largest amounts that are on their way to the disk at once. */
const MOST_NANO = 4_000_000_000n * NANO_PER_USD;

/**
 * Throws Fault `invalid_value` when with `amountNano` more than that would have been given and paid in: SQLite goes on
 * with floating point where an integer overflows.
 */
export function moneyRoom(database: Database): (amountNano: bigint) => void {
  const comeIn = database.query<{ nano: bigint | null }, []>(
    `SELECT -sum(balance_nano) AS nano FROM purses WHERE id IN (${BOOKS.payments}, ${BOOKS.grants})`,
  );
  return (amountNano) => {
    const nano = comeIn.get()?.nano ?? 0n;
    if (nano + amountNano > MOST_NANO)
      throw new Fault(
        'invalid_value',
        `All the credit ever given may come to $${formatUsd(MOST_NANO)}; it is $${formatUsd(nano)} now. Give less.`,
      );
  };
}
