// The request journal by the plainest means, in memory: what its contract asks of the real one is asked of this one too.

import { nowMs } from '../../src/lib/clock.ts';
import { ClientSums } from '../../src/store/client-sums.ts';
import { matchesFilter } from '../../src/store/journal-match.ts';
import type { Journal, JournalEntry, KeptBody, RawBody, ShownCall } from '../../src/store/journal-port.ts';
import { RecentRows } from '../../src/store/journal-tail.ts';

const ROWS_MAX = 10_000;

/** A journal that forgets everything with the process. */
export function createMemoryJournal(): Journal {
  const calls: ShownCall[] = [];
  const recent = new RecentRows(nowMs());
  const pending: (() => JournalEntry)[] = [];
  let unknownKeys = 0;
  let dropped = 0;
  const take = () => {
    for (const build of pending.splice(0)) {
      const entry = tryBuild(build);
      if (!entry) continue;
      const { row, bodies } = entry;
      recent.add(row);
      calls.push(
        bodies ? { row, bodies: { request: kept(bodies.request), answer: kept(bodies.answer) } } : { row },
      );
      if (calls.length > ROWS_MAX && calls.shift()) dropped++;
    }
  };
  return {
    record(entry) {
      pending.push(entry);
      if (pending.length >= ROWS_MAX) take();
    },
    countUnknownKey() {
      unknownKeys++;
    },
    async finish() {
      take();
    },
    async find({ before, limit, ...filter }) {
      take();
      const found = calls
        .map(({ row }) => row)
        .filter((row) => (before === undefined || row.callId < before) && matchesFilter(row, filter))
        .sort((a, b) => (a.callId < b.callId ? 1 : -1));
      const rows = found.slice(0, limit);
      return { rows, next: found.length > limit ? rows.at(-1)?.callId : undefined };
    },
    async show(callId) {
      take();
      return calls.find(({ row }) => row.callId === callId);
    },
    async clients(query) {
      take();
      const sums = new ClientSums();
      for (const { row } of calls.toReversed())
        if (matchesFilter(row, query))
          sums.add({ ...row, calls: 1, firstMs: row.atMs, lastMs: row.atMs, lastCallId: row.callId });
      return sums.report();
    },
    tail(position, filter) {
      take();
      return recent.after(position, filter);
    },
    counts: () => ({ dropped, unknownKeys }),
    trouble: () => undefined,
    async close() {
      take();
    },
  };
}

/** A row that cannot be made is none of the caller's worries. */
function tryBuild(build: () => JournalEntry): JournalEntry | undefined {
  try {
    return build();
  } catch {
    return undefined;
  }
}

function kept({ bytes, totalBytes }: RawBody): KeptBody {
  return { text: new TextDecoder().decode(bytes), totalBytes };
}
