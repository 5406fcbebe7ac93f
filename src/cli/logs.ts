// `osiris logs`: what happened, call by call.

import type { Command } from 'commander';
import { parseJournalQuery } from '../accounts/call-query.ts';
import { findKey } from '../accounts/find-key.ts';
import { Fault } from '../canonical/fault.ts';
import { nowMs, pause } from '../lib/clock.ts';
import { asArray, asObject, asString, type JsonObject } from '../lib/json.ts';
import { journalPath } from '../store/data-dir.ts';
import { clientTable, describeClient } from './client-text.ts';
import { Failure } from './failure.ts';
import { fileLogBook, type LogBook, type LogMembers, serverLogBook } from './log-book.ts';
import { describeCall, logHead, logLine } from './log-text.ts';
import { withJson, withPlace } from './options.ts';
import { dataDirOf, openExisting, type Place } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

const FOLLOW_PERIOD_MS = 500;
const FOLLOW_LINES = '10';
const LINES = '50';

/** The filters have the names of the members of `/admin/logs`. */
const FILTERS = ['key', 'status', 'id', 'model', 'client', 'code', 'since', 'limit'] as const;

/** Those that the sums of a client know, too. */
const CLIENT_FILTERS = ['key', 'client', 'since'] as const;

/** `client` is true where no name follows it: then it is about all of them. */
type Flags = ConfigFlags &
  Partial<Record<Exclude<(typeof FILTERS)[number], 'client'>, string>> & {
    client?: string | true;
    json?: boolean;
    follow?: boolean;
  };

export function addLogsCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('logs')))
    .description('show the calls, the newest last; prompts and answers are not kept')
    .option('-f, --follow', 'go on showing calls as they end; with --json one object a line')
    .option('--key <id>', 'only calls with this key: an id, a name or a visible beginning')
    .option('--status <status>', 'only this status or class: 429, 4xx, 5xx')
    .option('--id <id>', 'one call in full, by its call id or the X-Request-ID of its answer')
    .option('--model <name>', 'only this model, as asked for or as answered')
    .option(
      '--client [name]',
      'only this program or version: claude-code, codex/0.169 …; without a name all of them, with what fails and why',
    )
    .option('--code <code>', 'only this error: rate_limit_exceeded, upstream_timeout …')
    .option('--since <time>', 'only calls since: 30m, 2d, 2030-12-31T18:00Z')
    .option('--limit <n>', `how many, 1000 at most (${LINES} without it)`)
    .action((flags: Flags) => logs(flags, ports, host));
}

async function logs(flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  if (flags.client === true) requireClientFlags(flags);
  const members = membersOf(flags);
  const place = dataDirOf(ports, flags);
  const book = (await serverLogBook(place.dataDir)) ?? (await openFile(ports, place));
  try {
    if (flags.client === true) return await showClients(book, members, flags, host);
    if (flags.follow) return await follow(book, members, place.dataDir, flags, host);
    if (flags.id !== undefined) return await showOne(book, members, flags.id, flags, host);
    const page = await book.page({ limit: LINES, ...members });
    if (page.note !== '') host.stderr(`osiris: note: ${page.note}\n`);
    if (flags.json) host.stdout(`${JSON.stringify(page.calls, null, 2)}\n`);
    else {
      if (flags.client !== undefined) host.stdout(await clientHead(book, members));
      host.stdout(tableOf(page.calls.toReversed(), host));
    }
  } finally {
    await book.close();
  }
}

async function showClients(book: LogBook, members: LogMembers, flags: Flags, host: Host): Promise<void> {
  const answer = await book.clients(members);
  host.stdout(flags.json ? `${JSON.stringify(answer.data, null, 2)}\n` : clientTable(answer));
}

/** What stands above the calls of one client: how it fares in all. Nothing for one that never called. */
async function clientHead(book: LogBook, members: LogMembers): Promise<string> {
  const known = Object.entries(members).filter(([name]) => CLIENT_FILTERS.some((filter) => filter === name));
  const { data } = await book.clients(Object.fromEntries(known));
  return asArray(data)
    .map((client) => describeClient(asObject(client)))
    .join('');
}

/** One call in full; several with the same label as a list, from which one may be chosen. */
async function showOne(
  book: LogBook,
  members: LogMembers,
  id: string,
  flags: Flags,
  host: Host,
): Promise<void> {
  const { calls } = await book.page({ limit: LINES, ...members });
  const [first] = calls;
  if (!first) {
    const words =
      'There is no call with this id or label in the journal.\nIt may have been forgotten: see `logs`';
    throw new Failure(`${words} in the configuration file.`, 1, 'not_found');
  }
  if (calls.length > 1 && !flags.json) {
    host.stdout(tableOf(calls.toReversed(), host));
    host.stderr(
      `osiris: note: ${calls.length} calls have this label; one in full: osiris logs --id ${first.id}\n`,
    );
    return;
  }
  const call = await book.show(asString(first.id) ?? id);
  host.stdout(flags.json ? `${JSON.stringify(call, null, 2)}\n` : describeCall(call));
}

/** Shows the last calls, then each as it ends, also of a server that is started later, until it is told to stop. */
async function follow(
  first: LogBook,
  members: LogMembers,
  dataDir: string,
  flags: Flags,
  host: Host,
): Promise<void> {
  const stop = new AbortController();
  host.onStop(() => stop.abort());
  host.onReaderGone?.(() => stop.abort());
  const show = (calls: JsonObject[]) => {
    const text = calls.map((call) =>
      flags.json ? `${JSON.stringify(call)}\n` : logLine(call, host.colours === true),
    );
    if (text.length > 0) host.stdout(text.join(''));
  };
  const page = await first.page({ limit: FOLLOW_LINES, ...members });
  if (!flags.json) host.stdout(logHead());
  show(page.calls.toReversed());
  // what ended between the two looks is in both
  const seen = new Set(page.calls.map((call) => call.id));
  let position = page.position ?? 0;
  let book = page.position === undefined ? undefined : first;
  while (!stop.signal.aborted) {
    await pause(FOLLOW_PERIOD_MS, stop.signal);
    book ??= await serverLogBook(dataDir);
    if (!book) continue;
    try {
      const tail = await book.tail(members, position);
      position = tail.position;
      show(tail.calls.filter((call) => !seen.has(call.id)));
    } catch (thrown) {
      if (thrown instanceof Failure || thrown instanceof Fault) throw thrown;
      // the server has gone; another may come
      book = undefined;
    }
  }
}

async function openFile(ports: CommandPorts, place: Place): Promise<LogBook> {
  const directory = await openExisting(place, () => ports.openDirectory(place.dataDir, 'existing'));
  try {
    const journal = ports.readJournal(place.dataDir);
    if (!journal) {
      const path = journalPath(place.dataDir);
      throw new Failure(
        `No call has been made yet: there is no ${path}.\n\`osiris serve\` makes it.`,
        1,
        'no_journal',
      );
    }
    const keys = directory.list();
    const names = new Map(keys.map((key) => [key.id, key.name]));
    const known = { list: () => keys, findById: (id: string) => keys.find((key) => key.id === id) };
    return fileLogBook(
      journal,
      (id) => names.get(id),
      (word) => findKey(known, word).id,
    );
  } finally {
    directory.close();
  }
}

/** The flags as members of `/admin/logs`. Throws a usage Failure that names the flag at fault. */
function membersOf(flags: Flags): LogMembers {
  const members: LogMembers = {};
  for (const name of FILTERS) {
    const value = flags[name];
    if (typeof value === 'string') members[name] = value;
  }
  try {
    parseJournalQuery(Object.entries(members), nowMs());
    return members;
  } catch (thrown) {
    if (thrown instanceof Fault) throw new Failure(`--${thrown.message}.`, 2, thrown.code);
    throw thrown;
  }
}

function requireClientFlags(flags: Flags): void {
  const wrong = (['status', 'id', 'model', 'code', 'limit', 'follow'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (wrong !== undefined)
    throw new Failure(`--${wrong} needs the name of a client: --client claude-code --${wrong} …`, 2);
}

function tableOf(calls: JsonObject[], host: Host): string {
  if (calls.length === 0) return 'No calls fit.\n';
  return logHead() + calls.map((call) => logLine(call, host.colours === true)).join('');
}
