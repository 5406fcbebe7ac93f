// Whether a row in memory is what a filter asks for; `sqlite/journal-file.ts` says the same in SQL.

import { parseCallId } from '../lib/id.ts';
import type { JournalFilter, JournalRow } from './journal-port.ts';

export function matchesFilter(row: JournalRow, filter: JournalFilter): boolean {
  const { keyId, status, id, model, client, clientVersion, code, sinceMs } = filter;
  if (keyId !== undefined && row.keyId !== keyId) return false;
  if (status && (row.status < status.from || row.status > status.to)) return false;
  if (id !== undefined && row.requestId !== id && row.callId !== parseCallId(id)) return false;
  if (model !== undefined && row.model !== model && row.modelAsked !== model) return false;
  if (client !== undefined && row.client !== client) return false;
  if (clientVersion !== undefined && !isVersion(row.clientVersion, clientVersion)) return false;
  if (code !== undefined && row.code !== code) return false;
  return sinceMs === undefined || row.atMs >= sinceMs;
}

function isVersion(version: string | undefined, wanted: string): boolean {
  return version === wanted || version?.startsWith(`${wanted}.`) === true;
}
