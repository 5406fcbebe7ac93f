// The operator's view of the request journal: pages of calls, what came since, one call in full.

import { Elysia } from 'elysia';
import { callJson, shownCallJson } from '../accounts/call-json.ts';
import { parseJournalQuery } from '../accounts/call-query.ts';
import { findKey } from '../accounts/find-key.ts';
import { Fault } from '../canonical/fault.ts';
import { nowMs } from '../lib/clock.ts';
import { formatCallId, parseCallId } from '../lib/id.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Journal } from '../store/journal-port.ts';
import type { Directory } from '../store/ports.ts';
import { adminDoor, type Guard } from './admin-door.ts';
import { describeRoute } from './openapi.ts';

export type AdminLogsPorts = { journal: Journal; directory: Directory };

/** `/admin/logs…`. */
export function adminLogs({ journal, directory }: AdminLogsPorts, guard: Guard) {
  const nameOf = (keyId: string) => directory.findById(keyId)?.name;
  const keyIdOf = (word: string) => findKey(directory, word).id;
  const run = adminDoor(guard);
  const list = async (request: Request): Promise<JsonObject> => {
    const asked = parseJournalQuery(new URL(request.url).searchParams, nowMs(), keyIdOf);
    if (asked.after !== undefined) {
      const { rows, position, missed } = journal.tail(asked.after, asked.filter);
      return { object: 'list', data: rows.map((row) => callJson(row, nameOf)), position, missed };
    }
    // taken before the page is read: what ends meanwhile is told twice rather than never
    const { position } = journal.tail(Number.MAX_SAFE_INTEGER, {});
    const { rows, next } = await journal.find(asked.query);
    const { dropped, unknownKeys } = journal.counts();
    return {
      object: 'list',
      data: rows.map((row) => callJson(row, nameOf)),
      next: next === undefined ? null : formatCallId(next),
      position,
      counts: { dropped, unknown_keys: unknownKeys },
      trouble: journal.trouble() ?? null,
    };
  };
  const show = async (_: Request, { id = '' }: Record<string, string>): Promise<JsonObject> => {
    const callId = parseCallId(id) ?? (await journal.find({ id, limit: 1 })).rows[0]?.callId;
    const call = callId === undefined ? undefined : await journal.show(callId);
    if (!call) throw new Fault('not_found', 'There is no call with this id or label in the journal.');
    return shownCallJson(call, nameOf);
  };
  return new Elysia({ name: 'admin-logs' })
    .get('/admin/logs', run(list), { detail: DETAILS.list })
    .get('/admin/logs/:id', run(show), { detail: DETAILS.show });
}

const DETAILS = {
  list: describeRoute({
    tag: 'Admin',
    id: 'listLogs',
    summary: 'Calls, newest first',
    description:
      'Filters, as query members: `key` (an id, a name or a visible beginning), `status` (`429` or `4xx`), `id` (a call id or a request label), ' +
      '`model`, `client` (`codex` or `codex/0.169`), `code`, `since` (`1h` or a time). `limit` is 50 unless given, 1000 at most; `before` takes ' +
      'the `next` of the page before. `after` takes a `position` and gives what ended since, oldest first.',
  }),
  show: describeRoute({
    tag: 'Admin',
    id: 'showLog',
    summary: 'One call in full, by its call id or the label of its request',
    description: 'Bodies are there only for keys whose bodies the operator has kept.',
    errors: [404],
  }),
};
