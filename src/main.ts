// The way in: argv to a command, its outcome to an exit code.

import {
  openDirectory,
  openIdleStore,
  openReports,
  readJournal,
  sandboxModels,
  startServer,
  verifyLedger,
} from './app.ts';
import { restartWithMoreConnections } from './cli/more-connections.ts';
import type { CommandPorts, Host } from './cli/ports.ts';
import { run } from './cli/run.ts';
import { environment } from './config/environment.ts';
import { configJsonSchema } from './config/json-schema.ts';
import { loadConfig } from './config/load.ts';

const words = process.argv.slice(2);
const env = environment();

const ports: CommandPorts = {
  loadConfig({ config: path, host, port, dataDir }) {
    const overrides = { host, port, dataDir };
    const loaded = loadConfig({ path, overrides, env, cwd: process.cwd(), extraModels: sandboxModels });
    return 'config' in loaded
      ? { ok: true, config: loaded.config }
      : { ok: false, problems: loaded.problems };
  },
  configSchema: configJsonSchema,
  openDirectory,
  openIdleStore,
  openReports,
  verifyLedger,
  readJournal,
  startServer,
};

const host: Host = {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  colours: process.stdout.isTTY === true && !env.NO_COLOR,
  onStop(listener) {
    let told = false;
    const once = () => {
      if (!told) listener();
      told = true;
    };
    process.once('SIGINT', once);
    process.once('SIGTERM', once);
  },
};

// A reader that leaves early (`osiris keys list | head -1`) is no failure of ours.
process.stdout.on('error', () => {});
const serving = words[0] === 'serve' ? await restartWithMoreConnections(process.argv, env) : undefined;
const exitCode = serving ?? (await run(words, ports, host));
// What was written to a pipe has to leave before the process does.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exitCode);
