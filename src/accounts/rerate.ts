// Charges calls anew by today's prices, and corrects the difference with entries of its own.

import type { Price } from '../catalog/model.ts';
import { formatDay } from '../lib/calendar.ts';
import { formatUsd } from '../lib/money.ts';
import type { Ledger } from '../store/ports.ts';
import type { DayRange } from '../store/statements.ts';
import { type Group, MARK, type ReratePorts, type RerateRow, RerateSums } from './rerate-sums.ts';

export type RerateQuery = DayRange & { key?: string; model?: string };

/** `differenceNano` is what the client still has to pay; negative amounts come back. */
export type Correction = Omit<Group, 'prices'> & { differenceNano: bigint; prices: Price[] };

export type Rerating = { query: RerateQuery; rows: RerateRow[]; corrections: Correction[] };

/**
 * What the calls of whole days would be charged today. A group is corrected by what its calls should cost less what
 * stands in the ledger for them: their charges and all corrections by earlier runs, whatever the range or the prices
 * of those. So a second run finds no difference, and a run that broke off is completed by the next one. Corrections
 * by hand have another meaning and are left out.
 */
export async function rerate(ports: ReratePorts, query: RerateQuery): Promise<Rerating> {
  const sums = new RerateSums(ports);
  for await (const entries of ports.statements.scan({ ...query, kinds: ['charge', 'adjust'] })) {
    for (const entry of entries) sums.add(entry);
  }
  const corrections: Correction[] = [];
  for (const { prices, ...group } of sums.groups.values()) {
    const row = sums.rows.get(group.model);
    if (row === undefined) continue;
    const oldNano = group.chargedNano + group.correctedNano;
    const differenceNano = group.shouldNano - oldNano;
    row.oldNano += oldNano;
    row.newNano += group.shouldNano;
    row.differenceNano += differenceNano;
    if (differenceNano !== 0n) corrections.push({ ...group, differenceNano, prices: [...prices] });
  }
  const list = [...sums.rows.values()].toSorted((left, right) => (left.model < right.model ? -1 : 1));
  return { query, rows: list, corrections };
}

/** Writes the corrections; resolves when all are on disk. The original entries stay as they are. */
export async function postCorrections(ledger: Ledger, { query, corrections }: Rerating): Promise<void> {
  const range = `${formatDay(query.fromDay)} to ${formatDay(query.toDay)}`;
  await Promise.all(
    corrections.map(({ purse, key, model, day, calls, prices, ...amounts }) => {
      const numbers = prices.map((price) => ledger.priceVersion(model, price)).join(', ');
      const now = formatUsd(amounts.shouldNano);
      const was = formatUsd(amounts.chargedNano + amounts.correctedNano);
      const note = `${MARK} ${range}, price ${numbers}: ${calls} calls cost ${now} instead of ${was}`;
      const of = { key, model, day };
      return ledger.post({ kind: 'adjust', purse, amountNano: -amounts.differenceNano, note, of });
    }),
  );
}
