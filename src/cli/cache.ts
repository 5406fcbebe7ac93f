// `osiris cache …`: the answers that a running server keeps to give again.

import type { Command } from 'commander';
import { asNumber, compact, type JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { Failure } from './failure.ts';
import { askServer, isListening } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean; key?: string };

export function addCacheCommands(program: Command, ports: CommandPorts, host: Host): void {
  const cache = program.command('cache').description('the answers that are kept to be given again');
  const tell = ({ json }: Flags, answer: JsonObject, text: string) =>
    host.stdout(json ? `${JSON.stringify(answer)}\n` : text);
  withJson(withPlace(cache.command('show')))
    .description('show how many there are')
    .action(async (flags: Flags) => {
      const answer = await ask(ports, flags, 'GET', '/admin/cache');
      const { ttl_s: ttlS } = answer;
      const size = `${sizeText(answer)} of at most ${megabytes(answer.max_bytes)}, each for ${ttlS} s.`;
      tell(flags, answer, ttlS === 0 ? 'No answers are kept: cache.ttl is 0s.\n' : `${size}\n`);
    });
  withJson(withPlace(cache.command('clear')))
    .description('forget them; the next request that asks the same is answered anew')
    .option('--key <id>', 'only what this key got from a provider: an id, a name or a visible beginning')
    .action(async (flags: Flags) => {
      const answer = await ask(ports, flags, 'POST', '/admin/cache/clear', compact({ key: flags.key }));
      tell(flags, answer, `Forgotten: ${sizeText(answer)}.\n`);
    });
}

async function ask(
  ports: CommandPorts,
  flags: Flags,
  method: 'GET' | 'POST',
  path: string,
  body?: JsonObject,
): Promise<JsonObject> {
  const { dataDir } = ports.locate(flags);
  const socket = socketPath(dataDir);
  if (await isListening(socket)) return askServer(socket, method, path, body);
  throw new Failure(`No server runs on ${dataDir}, and answers are kept in its memory only.`, 1, 'no_server');
}

function sizeText({ answers, bytes }: JsonObject): string {
  const count = asNumber(answers) ?? 0;
  return `${count} ${count === 1 ? 'answer' : 'answers'}, ${megabytes(bytes)}`;
}

/** As the configuration file counts them. */
function megabytes(bytes: unknown): string {
  return `${(Number(bytes) / 1024 ** 2).toFixed(1)} MB`;
}
