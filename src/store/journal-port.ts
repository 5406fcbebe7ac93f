// The port of the request journal: one row a call, kept apart from the money and never in a call's way.

import type { ClientReport } from './client-sums.ts';

/** How a call ended for its purse; `free` routes have no purse. */
export type JournalRule =
  | 'finished'
  | 'cache'
  | 'upstream-failed'
  | 'our-failure'
  | 'client-left'
  | 'crashed'
  | 'free';

/** One call at its end. Amounts are nanodollars, times milliseconds. It never holds a prompt, an answer or a secret. */
export type JournalRow = {
  /** Ours, time-ordered, unique; `formatCallId` shows it. */
  callId: bigint;
  /** The client's own label, or ours; not unique. */
  requestId: string;
  /** When the request came in. */
  atMs: number;
  keyId?: string;
  /** Short name and version of the program that asked: `claude-code`, `2.1.197`. */
  client?: string;
  clientVersion?: string;
  path: string;
  format: string;
  /** The name the client wrote, and the catalogue id of the model that answered. */
  modelAsked?: string;
  model?: string;
  provider?: string;
  stream: boolean;
  /** What the client was told; 499 when it left before the end. */
  status: number;
  /** Code and public message of the failure. */
  code?: string;
  message?: string;
  upstreamStatus?: number;
  /** Attempts made; 0 for a call that was refused. */
  attempts: number;
  /** Those that failed, in order: `openai/gpt-5 500 bad_gateway 120ms; …`. */
  failedAttempts?: string;
  /** What a conversion lost, as the `X-Osiris-Losses` header says it. */
  losses?: string;
  /** `cachedTokens` are part of `inputTokens`. */
  inputTokens?: number;
  outputTokens?: number;
  cachedTokens?: number;
  /** What was charged. */
  costNano?: bigint;
  rule?: JournalRule;
  durationMs: number;
  firstByteMs?: number;
  bytesIn: number;
  bytesOut: number;
};

/** One side's body as it is handed in: the beginning, and how long the whole was. */
export type RawBody = { bytes: Uint8Array; totalBytes: number };

/** A row on its way in, with bodies where the operator wants them for this key. */
export type JournalEntry = { row: JournalRow; bodies?: { request: RawBody; answer: RawBody } };

/** A body as it was kept: text without secrets; `totalBytes` is more than the text when it was cut. */
export type KeptBody = { text: string; totalBytes: number };

export type ShownCall = { row: JournalRow; bodies?: { request: KeptBody; answer: KeptBody } };

/** Absent members filter nothing. */
export type JournalFilter = {
  keyId?: string;
  /** First and last status, both included: 400 to 499 for 4xx. */
  status?: { from: number; to: number };
  /** A call id (`call_…`) or a request's label. */
  id?: string;
  /** As asked for or as answered. */
  model?: string;
  client?: string;
  /** The whole of it or the first of its numbers: `2.1` is also `2.1.197`. */
  clientVersion?: string;
  code?: string;
  sinceMs?: number;
};

/** Of which calls the clients are summed up. */
export type ClientQuery = Pick<JournalFilter, 'keyId' | 'client' | 'clientVersion' | 'sinceMs'>;

/** A page newest first; `before` is the `next` of the page before. */
export type JournalQuery = JournalFilter & { before?: bigint; limit: number };

export type JournalPage = { rows: JournalRow[]; next: bigint | undefined };

/** What was recorded since a position, oldest first; `missed` tells that some of it is no longer in memory. */
export type JournalTail = { rows: JournalRow[]; position: number; missed: boolean };

export type JournalCounts = {
  /** Rows that were given up because they came faster than they could be written. */
  dropped: number;
  /** Calls without a valid key, which have no row. */
  unknownKeys: number;
};

/** What a command can read without a server. */
export interface JournalReader {
  /** Throws Fault `storage_fault` when the journal cannot be read. */
  find(query: JournalQuery): Promise<JournalPage>;
  /** One call in full; undefined when there is none with this id. Throws as `find`. */
  show(callId: bigint): Promise<ShownCall | undefined>;
  /** Which programs called, and how that went. Throws as `find`. */
  clients(query: ClientQuery): Promise<ClientReport>;
  /** Puts what is pending on disk, as far as that works. */
  close(): Promise<void>;
}

/** One row for each call. */
export interface Journal extends JournalReader {
  /**
   * Notes a call's end. Returns at once and never throws; `entry` is asked for a moment later, off the call's path,
   * when its last bytes have left.
   */
  record(entry: () => JournalEntry): void;
  /** Notes a call that had no valid key. */
  countUnknownKey(): void;
  /** Resolves when everything recorded so far is written, or cannot be for now. */
  finish(): Promise<void>;
  /** What was recorded after `position` (0: everything still in memory), in the order calls ended. */
  tail(position: number, filter: JournalFilter): JournalTail;
  counts(): JournalCounts;
  /** What is wrong with the journal now; undefined when all is well. Calls go on all the same. */
  trouble(): string | undefined;
}
