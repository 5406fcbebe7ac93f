// Long looks into the journal, made of short steps with room between them for rows that come in.

import { type ClientReport, ClientSums } from '../client-sums.ts';
import type { ClientQuery, JournalPage, JournalQuery, JournalRow } from '../journal-port.ts';
import type { JournalFile } from './journal-file.ts';

/** `file` is asked for before each step, `between` waited for after it. */
export type Search = { file: () => JournalFile; between?: () => Promise<void> };

export async function findPage({ file, between }: Search, query: JournalQuery): Promise<JournalPage> {
  const rows: JournalRow[] = [];
  for (let before = query.before; ; ) {
    const place = before === undefined ? {} : { before };
    const step = file().findStep({ ...query, ...place, limit: query.limit - rows.length });
    rows.push(...step.rows);
    before = step.next;
    if (before === undefined || rows.length >= query.limit) return { rows, next: before };
    await between?.();
  }
}

export async function sumClients({ file, between }: Search, query: ClientQuery): Promise<ClientReport> {
  const sums = new ClientSums();
  for (let before: bigint | undefined; ; ) {
    const { groups, next } = file().clientStep(query, before);
    for (const group of groups) sums.add(group);
    if (next === undefined) return sums.report();
    before = next;
    await between?.();
  }
}
