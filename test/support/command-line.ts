// Runs a command inside the test's own process, where starting one for each would take too long.

import { resolve } from 'node:path';
import type { CommandPorts, Host } from '../../src/cli/ports.ts';
import { run } from '../../src/cli/run.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { locate } from '../../src/config/locate.ts';
import { calendarIn } from '../../src/store/calendar.ts';
import { openDirectory } from '../../src/store/sqlite/directory.ts';
import { readJournal } from '../../src/store/sqlite/journal.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import type { Outcome } from './osiris.ts';

/** What a test puts in the place of parts of the program, and of the process around it. */
export type Around = Partial<
  Pick<CommandPorts, 'backupJob' | 'holdForRestore'> & Pick<Host, 'onStop' | 'pipeOut'>
>;

/** As `osiris(words, { cwd })`, for commands that neither serve nor write files of their own. */
export async function command(words: readonly string[], cwd: string, around: Around = {}): Promise<Outcome> {
  const outcome: Outcome = { code: -1, stdout: '', stderr: '' };
  const ports = {
    loadConfig(flags: { config?: string; dataDir?: string }) {
      const loaded = loadConfig({ path: flags.config, overrides: { dataDir: flags.dataDir }, env: {}, cwd });
      return 'config' in loaded ? { ok: true as const, ...loaded } : { ok: false as const, ...loaded };
    },
    locate: (flags: { config?: string; dataDir?: string }) =>
      locate({ path: flags.config, overrides: { dataDir: flags.dataDir }, env: {}, cwd }),
    configSchema: () => ({}),
    openDirectory: (dataDir: string, mode: 'create' | 'existing') =>
      openDirectory(resolve(cwd, dataDir), mode),
    openIdleStore: (config: Config) =>
      openStore(resolve(cwd, config.dataDir), {
        mode: 'existing',
        calendar: calendarIn('UTC'),
        writer: 'direct',
      }),
    openReports: () => Promise.reject(new Error('nothing is reported in here')),
    openExplainer: () => Promise.reject(new Error('nothing is explained in here')),
    verifyLedger,
    backupJob: () => refuse('nothing is backed up in here'),
    holdForRestore: () => refuse('nothing is restored in here'),
    readJournal: (dataDir: string) => readJournal(resolve(cwd, dataDir)),
    tryProviders: () => Promise.reject(new Error('no provider is asked from in here')),
    sendTestAlerts: () => Promise.reject(new Error('nobody is told from in here')),
    startServer: () => Promise.reject(new Error('nothing is served in here')),
    ...around,
  };
  const host = {
    stdout(text: string) {
      outcome.stdout += text;
    },
    stderr(text: string) {
      outcome.stderr += text;
    },
    onStop() {},
    ...around,
  };
  outcome.code = await run([...words], ports, host);
  return outcome;
}

function refuse(why: string): never {
  throw new Error(why);
}
