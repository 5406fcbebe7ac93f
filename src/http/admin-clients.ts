// The operator's view of client programs: which versions call, how often that fails, and why.

import { Elysia } from 'elysia';
import { clientsJson } from '../accounts/call-json.ts';
import { parseClientQuery } from '../accounts/call-query.ts';
import { findKey } from '../accounts/find-key.ts';
import { nowMs } from '../lib/clock.ts';
import { adminDoor, type Guard } from './admin-door.ts';
import type { AdminLogsPorts } from './admin-logs.ts';
import { describeRoute } from './openapi.ts';

/** `/admin/clients`. */
export function adminClients({ journal, directory }: AdminLogsPorts, guard: Guard) {
  const keyIdOf = (word: string) => findKey(directory, word).id;
  const list = adminDoor(guard)(async (request) => {
    const query = parseClientQuery(new URL(request.url).searchParams, nowMs(), keyIdOf);
    return clientsJson(await journal.clients(query));
  });
  return new Elysia({ name: 'admin-clients' }).get('/admin/clients', list, { detail: DETAIL });
}

const DETAIL = describeRoute({
  tag: 'Admin',
  id: 'listClients',
  summary: 'The programs that call, with what fails for them and why',
  description: `By their user agents, as far as the journal goes back; the program that called last is first. \`failed\` are
answers of 400 and above, \`left\` those whose client went away. \`errors\` are by how often, each with the message of the last
one and the id of its call for \`/admin/logs/{id}\`. \`other_calls\` are those of programs beyond two hundred names.`,
  query: {
    since: '`24h`, `7d` or a time; everything when absent.',
    client: 'Only this program, or a version of it: `claude-code`, `claude-code/2.1`.',
    key: 'Only calls with this key: its id, name or visible beginning.',
  },
});
