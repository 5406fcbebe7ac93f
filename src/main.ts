// The way in: argv to a command, its outcome to an exit code.

import {
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
  readJournal,
  sendTestAlerts,
  startServer,
  tryProviders,
};

let readerLeft: (() => void) | undefined;

const host: Host = {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  stdin: async () => (process.stdin.isTTY ? undefined : Bun.stdin.text()),
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
  },
  onHangUp: (listener) => void process.on('SIGHUP', listener),
};

// A reader that leaves early (`osiris keys list | head -1`) is no failure of ours, but what it followed is over.
process.stdout.on('error', () => readerLeft?.());
const serving = words[0] === 'serve' ? await restartWithSettings(process.argv, env) : undefined;
const exitCode = serving ?? (await run(words, ports, host));
// What was written to a pipe has to leave before the process does; only `end` waits until a slow reader has it all.
await new Promise<void>((resolve) => process.stdout.end(resolve));
process.exit(exitCode);
