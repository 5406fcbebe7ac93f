// `osiris check`: says what is wrong with the configuration before a server does.

import type { Command } from 'commander';
import { unbilledNotes } from '../catalog/unbilled-code.ts';
import { unpricedGeoNotes } from '../catalog/unpriced-geos.ts';
import { unpricedTierNotes } from '../catalog/unpriced-tiers.ts';
import type { Config } from '../config/config.ts';
import { foreignKeyNotes } from '../providers/foreign-keys.ts';
import { describeProblems } from './config.ts';
import { Failure } from './failure.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type CheckFlags = ConfigFlags & { json?: boolean; schema?: boolean };

export function addCheckCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('check')))
    .description('check the configuration file and show every problem with its line')
    .option('--schema', 'print the JSON schema of the configuration file instead')
    .action((flags: CheckFlags) => check(flags, ports, host));
}

function check(flags: CheckFlags, ports: CommandPorts, host: Host): void {
  if (flags.schema) {
    host.stdout(`${JSON.stringify(ports.configSchema(), null, 2)}\n`);
    return;
  }
  const result = ports.loadConfig(flags);
  if (flags.json) {
    const found = result.ok
      ? {
          ...{ ok: true, file: result.config.file ?? null, problems: [], ...countsOf(result.config) },
          notes: notesOf(result.config),
        }
      : { ok: false, problems: result.problems };
    host.stdout(`${JSON.stringify(found, null, 2)}\n`);
  } else {
    host.stdout(`${result.ok ? describeGood(result.config) : describeProblems(result.problems)}\n`);
  }
  // The problems are on stdout already: only the exit code is left to say.
  if (!result.ok) throw new Failure('', 1, 'invalid_config');
}

/** What is right and may not be meant. */
function notesOf({ models, providers }: Config): string[] {
  const pricing = [unbilledNotes, unpricedTierNotes, unpricedGeoNotes].flatMap((notes) =>
    notes(models.values(), providers).map(({ note }) => note),
  );
  return [...foreignKeyNotes(providers), ...pricing];
}

function countsOf(config: Config) {
  return { data_dir: config.dataDir, providers: [...config.providers.keys()], models: config.models.size };
}

function describeGood(config: Config): string {
  const { providers, models, data_dir } = countsOf(config);
  const file = config.file ?? 'No configuration file: the defaults';
  const ready = providers.length === 0 ? 'no provider is ready' : `ready: ${providers.join(', ')}`;
  const fine = `${file} ${config.file === undefined ? 'are' : 'is'} fine. Providers ${ready}; ${models} models known; data in ${data_dir}`;
  return [fine, ...notesOf(config)].join('\n');
}
