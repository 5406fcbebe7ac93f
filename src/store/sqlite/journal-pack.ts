// Entries of the journal as they go from one thread to the other.

import { digitsOf } from '../../lib/id.ts';
import type { JournalEntry, JournalRow } from '../journal-port.ts';

type Bodies = NonNullable<JournalEntry['bodies']>;

/** Rows as one text, and the bodies of those that have some, by place: objects take four times as long on their way. */
export type PackedEntries = { rows: string; bodies: [place: number, Bodies][] };
type PackedRow = Omit<JournalRow, 'callId' | 'costNano'> & { callId: string; costNano?: string };

export function packEntries(entries: readonly JournalEntry[]): PackedEntries {
  const bodies: PackedEntries['bodies'] = [];
  const rows = entries.map((entry, place): PackedRow => {
    if (entry.bodies) bodies.push([place, entry.bodies]);
    const { callId, costNano, ...rest } = entry.row;
    const row: PackedRow = { ...rest, callId: digitsOf(callId) };
    if (costNano !== undefined) row.costNano = String(costNano);
    return row;
  });
  return { rows: JSON.stringify(rows), bodies };
}

export function unpackEntries({ rows, bodies }: PackedEntries): JournalEntry[] {
  const entries = (JSON.parse(rows) as PackedRow[]).map(({ callId, costNano, ...rest }): JournalEntry => {
    const row: JournalRow = { ...rest, callId: BigInt(callId) };
    if (costNano !== undefined) row.costNano = BigInt(costNano);
    return { row };
  });
  for (const [place, ofPlace] of bodies) {
    const entry = entries[place];
    if (entry) entry.bodies = ofPlace;
  }
  return entries;
}
