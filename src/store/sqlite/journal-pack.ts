// Entries of the journal as they go from one thread to the other, and into the file.

import type { JournalEntry } from '../journal-port.ts';
import type { Cell } from './cell.ts';
import { cellsOf } from './journal-row.ts';

type Bodies = NonNullable<JournalEntry['bodies']>;

/** Rows as one text, and the bodies of those that have some, by place: objects take four times as long on their way. */
export type PackedEntries = { rows: string; bodies: [place: number, Bodies][] };

export function packEntries(entries: readonly JournalEntry[]): PackedEntries {
  const bodies: PackedEntries['bodies'] = [];
  for (const [place, entry] of entries.entries()) if (entry.bodies) bodies.push([place, entry.bodies]);
  return { rows: JSON.stringify(entries.map(({ row }) => cellsOf(row))), bodies };
}

export function unpackRows({ rows }: PackedEntries): Cell[][] {
  return JSON.parse(rows) as Cell[][];
}
