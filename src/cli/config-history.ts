// `osiris config history | diff | rollback`: what was in force, how it differs, and the way back.

import type { Command } from 'commander';
import { diffOf, historyJson } from '../config/history-view.ts';
import type { Loaded } from '../config/load.ts';
import { rollBack } from '../config/rollback.ts';
import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { describeProblems } from './config.ts';
import { Failure } from './failure.ts';
import { isListening } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';
import { formatTable } from './table.ts';

type Flags = ConfigFlags & { json?: boolean };
/** Makes the running server read the file again and tells what came of it. */
type Reload = (flags: Flags, beside: JsonObject) => Promise<void>;

export function addConfigHistoryCommands(
  config: Command,
  ports: CommandPorts,
  host: Host,
  reload: Reload,
): void {
  withJson(withPlace(config.command('history')))
    .description('list the configurations that were in force, newest first, and what each changed')
    .action((flags: Flags) => history(flags, ports, host));
  withJson(withPlace(config.command('diff [from] [to]')))
    .description(
      'show how two configurations differ: numbers of the history, or `file` for the file as it is',
    )
    .action((from: string | undefined, to: string | undefined, flags: Flags) => {
      diff({ from, to }, flags, ports, host);
    });
  withJson(withPlace(config.command('rollback <number>')))
    .description('put a configuration of the history back in the place of the file, comments and all')
    .action((number: string, flags: Flags) => goBack(number, flags, ports, host, reload));
}

function history(flags: Flags, ports: CommandPorts, host: Host): void {
  const list = historyJson(ports.locate(flags).dataDir);
  const rows = asArray(list.data).map(asObject);
  if (flags.json) host.stdout(`${JSON.stringify(list)}\n`);
  else if (rows.length === 0)
    host.stdout('No configuration is kept yet: the history begins when `osiris serve` reads a file.\n');
  else
    host.stdout(formatTable(['NUMBER', 'TAKEN OVER (UTC)', 'WHAT CHANGED'], rows.map(rowOf), new Set([0])));
}

function rowOf(kept: JsonObject): string[] {
  const time = (asString(kept.taken_over) ?? '').slice(0, 19).replace('T', ' ');
  const same = kept.same_as === null ? '' : `back to ${kept.same_as}: `;
  const current = kept.current === true ? ' (the newest)' : '';
  return [String(kept.number), time, `${same}${describeChanges(kept.changes)}${current}`];
}

const NAMED_MAX = 4;
const SIGNS: Record<string, string> = { added: '+', removed: '-', changed: '' };

function describeChanges(changes: JsonValue | undefined): string {
  if (!Array.isArray(changes)) return 'the first that is kept';
  if (changes.length === 0) return 'comments or layout only';
  const names = changes
    .slice(0, NAMED_MAX)
    .map(asObject)
    .map(({ path, change }) => `${SIGNS[String(change)] ?? ''}${path}`);
  const more = changes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function diff(
  words: { from: string | undefined; to: string | undefined },
  flags: Flags,
  ports: CommandPorts,
  host: Host,
): void {
  const { dataDir, file } = ports.locate(flags);
  const found = diffOf(dataDir, file, words);
  if (flags.json) host.stdout(`${JSON.stringify(found)}\n`);
  else if (found.patch === '') host.stdout(`${found.from} and ${found.to} do not differ.\n`);
  else host.stdout(host.colours ? coloured(found.patch) : found.patch);
}

function coloured(patch: string): string {
  return patch
    .replace(/^\+.*$/gm, (line) => `\x1b[32m${line}\x1b[0m`)
    .replace(/^-.*$/gm, (line) => `\x1b[31m${line}\x1b[0m`);
}

async function goBack(
  word: string,
  flags: Flags,
  ports: CommandPorts,
  host: Host,
  reload: Reload,
): Promise<void> {
  if (!/^\d{1,9}$/.test(word))
    throw new Failure('Name the number of a configuration; `osiris config history` lists them.', 2);
  const { dataDir, file } = ports.locate(flags);
  const load = (path: string): Loaded => ports.loadConfig({ ...flags, config: path });
  const done = rollBack({ file, dataDir, number: Number(word), load });
  if (!done.ok) {
    if (flags.json) host.stdout(`${JSON.stringify({ ok: false, problems: done.problems })}\n`);
    else host.stdout(`${describeProblems(done.problems)}\nThe file was left as it is.\n`);
    throw new Failure('', 1, 'invalid_config');
  }
  if (!flags.json) {
    host.stdout(`${done.file} is configuration ${Number(word)} ${done.unchanged ? 'already' : 'again'}.\n`);
    if (done.backup !== undefined) host.stdout(`What it held before is in ${done.backup}.\n`);
  }
  const beside = { backup: done.backup ?? null };
  if (await isListening(socketPath(dataDir))) return reload(flags, beside);
  if (flags.json)
    host.stdout(`${JSON.stringify({ ok: true, needs_restart: [], problems: [], ...beside })}\n`);
  else host.stdout('No server runs: it is read at the next `osiris serve`.\n');
}
