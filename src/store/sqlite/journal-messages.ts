// What the journal's two threads say to each other.

import type { ClientReport } from '../client-sums.ts';
import type { ClientQuery, JournalPage, JournalQuery, ShownCall } from '../journal-port.ts';
import type { PackedEntries } from './journal-pack.ts';

/** How much is kept: rows younger than `retentionMs`, as many as fit into `maxBytes`. */
export type JournalLimits = { retentionMs: number; maxBytes: number };

export type ToWorker =
  | { kind: 'open'; path: string; limits: JournalLimits; secrets: readonly string[] }
  | { kind: 'hide'; secrets: readonly string[] }
  | { kind: 'write'; batch: number; packed: PackedEntries }
  | { kind: 'find'; ask: number; query: JournalQuery }
  | { kind: 'show'; ask: number; callId: bigint }
  | { kind: 'sum'; ask: number; query: ClientQuery }
  | { kind: 'close' };

export type FromWorker =
  | { kind: 'opened' }
  | { kind: 'written'; batch: number }
  /** Nothing of the batch was written; without one, it was something else that failed. */
  | { kind: 'failed'; why: string; batch?: number }
  | { kind: 'found'; ask: number; page: JournalPage }
  | { kind: 'shown'; ask: number; call: ShownCall | undefined }
  | { kind: 'summed'; ask: number; report: ClientReport }
  | { kind: 'refused'; ask: number; why: string }
  | { kind: 'closed' };
