// `osiris config …`: the configuration of an installation, now and before.

import type { Command } from 'commander';
import type { Problem } from '../config/config.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { describeProblems } from './config.ts';
import { addConfigHistoryCommands } from './config-history.ts';
import { Failure } from './failure.ts';
import { askServer, isListening } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean };

export function addConfigCommands(program: Command, ports: CommandPorts, host: Host): void {
  const config = program
    .command('config')
    .description('make the server read its configuration again, look back at earlier ones, go back to one');
  withJson(withPlace(config.command('reload')))
    .description('make the running server read its file again, as SIGHUP does')
    .action((flags: Flags) => reload(flags, ports, host));
  addConfigHistoryCommands(config, ports, host, (flags, beside) => reload(flags, ports, host, beside));
}

/** `beside` stands in the JSON beside what the server answers. */
async function reload(flags: Flags, ports: CommandPorts, host: Host, beside: JsonObject = {}): Promise<void> {
  const { dataDir } = ports.locate(flags);
  const socket = socketPath(dataDir);
  if (!(await isListening(socket)))
    throw new Failure(
      `No server runs on ${dataDir}.\nIt reads the configuration when it starts: osiris serve`,
      1,
      'no_server',
    );
  const answer = await askServer(socket, 'POST', '/admin/config/reload');
  const needsRestart = asArray(answer.needs_restart).map(String);
  const problems = asArray(answer.problems).map(problemOf);
  if (flags.json) host.stdout(`${JSON.stringify({ ...answer, ...beside })}\n`);
  else if (answer.ok === true) host.stdout('The configuration was read again and is in force.\n');
  else host.stdout(`${describeProblems(problems)}\nThe last good configuration stays in force.\n`);
  if (!flags.json && needsRestart.length > 0)
    host.stdout(`These changes need a restart of the server: ${needsRestart.join(', ')}\n`);
  if (answer.ok !== true) throw new Failure('', 1, 'invalid_config');
}

function problemOf(value: JsonValue): Problem {
  const { file, line, column, path, message } = asObject(value);
  return {
    file: asString(file) ?? '',
    line: asNumber(line) ?? 0,
    column: asNumber(column) ?? 0,
    path: asString(path) ?? '',
    message: asString(message) ?? '',
  };
}
