// The request journal as a command sees it: through the running server, or its file when none runs.

import { callJson, clientsJson, type KeyNames, shownCallJson } from '../accounts/call-json.ts';
import { type KeyIdOf, parseClientQuery, parseJournalQuery } from '../accounts/call-query.ts';
import { Fault } from '../canonical/fault.ts';
import { nowMs } from '../lib/clock.ts';
import { formatCallId, parseCallId } from '../lib/id.ts';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import type { JournalReader } from '../store/journal-port.ts';
import { askServer, isListening } from './local-socket.ts';

/** The members of `/admin/logs`. */
export type LogMembers = Record<string, string>;

/** `position` is where a tail goes on; undefined without a server. */
export type LogPage = {
  calls: JsonObject[];
  next: string | undefined;
  position: number | undefined;
  note: string;
};

/** Calls have the shape of `/admin/logs`. Methods throw Fault or Failure with a message for people. */
export interface LogBook {
  /** Newest first. */
  page(members: LogMembers): Promise<LogPage>;
  /** What ended since, oldest first. */
  tail(members: LogMembers, position: number): Promise<{ calls: JsonObject[]; position: number }>;
  show(id: string): Promise<JsonObject>;
  /** As `/admin/clients` answers its members. */
  clients(members: LogMembers): Promise<JsonObject>;
  close(): Promise<void>;
}

/** The running server's journal; undefined when no server runs. */
export async function serverLogBook(dataDir: string): Promise<LogBook | undefined> {
  const socket = socketPath(dataDir);
  if (!(await isListening(socket))) return undefined;
  const list = (members: LogMembers) =>
    askServer(socket, 'GET', `/admin/logs?${new URLSearchParams(members)}`);
  return {
    async page(members) {
      const answer = await list(members);
      const counts = asObject(answer.counts);
      return {
        calls: asArray(answer.data).map(asObject),
        next: asString(answer.next),
        position: asNumber(answer.position),
        note: noteOf(asNumber(counts.dropped) ?? 0, asString(answer.trouble)),
      };
    },
    async tail({ before: _before, limit: _limit, ...members }, position) {
      const answer = await list({ ...members, after: String(position) });
      return { calls: asArray(answer.data).map(asObject), position: asNumber(answer.position) ?? position };
    },
    show: (id) => askServer(socket, 'GET', `/admin/logs/${encodeURIComponent(id)}`),
    clients: (members) => askServer(socket, 'GET', `/admin/clients?${new URLSearchParams(members)}`),
    async close() {},
  };
}

/** The journal on disk, to which nothing is added while it is read. */
export function fileLogBook(journal: JournalReader, nameOf: KeyNames, keyIdOf: KeyIdOf): LogBook {
  return {
    async page(members) {
      const { rows, next } = await journal.find(
        parseJournalQuery(Object.entries(members), nowMs(), keyIdOf).query,
      );
      return {
        calls: rows.map((row) => callJson(row, nameOf)),
        next: next === undefined ? undefined : formatCallId(next),
        position: undefined,
        note: '',
      };
    },
    tail: async (_, position) => ({ calls: [], position }),
    async show(id) {
      const callId = parseCallId(id) ?? (await journal.find({ id, limit: 1 })).rows[0]?.callId;
      const call = callId === undefined ? undefined : await journal.show(callId);
      if (!call) throw new Fault('not_found', 'There is no call with this id or label in the journal.');
      return shownCallJson(call, nameOf);
    },
    async clients(members) {
      return clientsJson(await journal.clients(parseClientQuery(Object.entries(members), nowMs(), keyIdOf)));
    },
    close: () => journal.close(),
  };
}

function noteOf(dropped: number, trouble: string | undefined): string {
  if (trouble !== undefined) return `the journal cannot be written now: ${trouble}`;
  return dropped === 0 ? '' : `${dropped} calls are missing: they came faster than they could be written`;
}
