// The way in: argv to a command, its outcome to an exit code.

import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import {
  backupJob,
  holdForRestore,
  openDirectory,
  openExplainer,
  openIdleStore,
  openReports,
  readJournal,
  sendTestAlerts,
  tryProviders,
  verifyLedger,
} from './app/idle.ts';
import { startServer } from './app/server.ts';
import type { CommandPorts, ConfigFlags, Host } from './cli/ports.ts';
import { run } from './cli/run.ts';
import { restartWithSettings } from './cli/runtime-settings.ts';
import { environment } from './config/environment.ts';
import { configJsonSchema } from './config/json-schema.ts';
import { type LoadOptions, loadConfig } from './config/load.ts';
import { locate } from './config/locate.ts';
import { every } from './lib/clock.ts';
import { armFailpoint } from './lib/failpoint.ts';
import { isDeserted, isPipe, stderr, stdout, wasClosed } from './lib/output.ts';
import { sandboxModels } from './sandbox/index.ts';

const words = process.argv.slice(2);
const env = environment();

function optionsOf({ config: path, host, port, dataDir }: ConfigFlags): LoadOptions {
  const overrides = { host, port, dataDir };
  return { path, overrides, env, cwd: process.cwd(), extraModels: sandboxModels };
}

const ports: CommandPorts = {
  loadConfig(flags) {
    const loaded = loadConfig(optionsOf(flags));
    return 'config' in loaded ? { ok: true, ...loaded } : { ok: false, problems: loaded.problems };
  },
  locate: (flags) => locate(optionsOf(flags)),
  configSchema: configJsonSchema,
  openDirectory,
  openReports,
  openExplainer,
  verifyLedger,
  openIdleStore,
  backupJob,
  holdForRestore,
  readJournal,
  sendTestAlerts,
  startServer,
  tryProviders,
};

/** Of a file `process.stdout` does not tell that its disk is full, and tries for ever; a pipe takes no more than fits. */
function byteOutput(): NodeJS.WritableStream {
  return isPipe(1) ? process.stdout : createWriteStream('', { fd: 1, autoClose: false });
}

/** How often it is looked whether somebody still reads what is followed, when nothing is written that would tell. */
const READER_PERIOD_MS = 500;
let readerLeft: (() => void) | undefined;

const host: Host = {
  stdout(text) {
    stdout.write(text);
    if (stdout.lost()) readerLeft?.();
  },
  stderr: stderr.write,
  stdin: async () => (process.stdin.isTTY ? undefined : Bun.stdin.text()),
  pipeIn: process.stdin.isTTY
    ? undefined
    : (path) => pipeline(process.stdin, createWriteStream(path, { flags: 'wx', mode: 0o600 })),
  pipeOut:
    process.stdout.isTTY || wasClosed(1)
      ? undefined
      : (path) => pipeline(createReadStream(path), byteOutput(), { end: false }),
  isTerminal: process.stderr.isTTY === true,
  colours: process.stdout.isTTY === true && !env.NO_COLOR,
  onStop(listener) {
    const once = (signal: NodeJS.Signals) => {
      process.off('SIGINT', once);
      process.off('SIGTERM', once);
      listener(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    };
    process.on('SIGINT', once);
    process.on('SIGTERM', once);
  },
  onReaderGone(listener) {
    readerLeft = listener;
    every(READER_PERIOD_MS, () => isDeserted(1) && listener());
  },
  onHangUp: (listener) => void process.on('SIGHUP', listener),
};

// A reader that leaves early (`osiris keys list | head -1`) is no failure of ours, but what it followed is over.
process.stdout.on('error', () => readerLeft?.());
const serving = words[0] === 'serve' ? await restartWithSettings(process.argv, env) : undefined;
armFailpoint(env.OSIRIS_FAILPOINT);
const exitCode = serving ?? (await run(words, ports, host));
// What was written to a pipe has to leave before the process does.
await stdout.end();
// a server is no worse for what its first words came to
const lost = words[0] === 'serve' ? undefined : stdout.lost();
if (lost) stderr.write(`osiris: not all of the output could be written: ${lost.message}\n`);
process.exit(lost ? exitCode || 1 : exitCode);
