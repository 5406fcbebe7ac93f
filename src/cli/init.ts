// `osiris init`: a directory to begin with.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { CONFIG_TEMPLATE, SCHEMA_FILE } from '../config/template.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import type { CommandPorts, Host } from './ports.ts';

export function addInitCommand(program: Command, ports: CommandPorts, host: Host): void {
  program
    .command('init [dir]')
    .description('write a commented osiris.yaml and its JSON schema, and make the database')
    .option('--force', 'write over files that exist')
    .action((dir: string | undefined, flags: { force?: boolean }) => {
      init(resolve(dir ?? '.'), flags.force === true, ports, host);
    });
}

function init(dir: string, force: boolean, ports: CommandPorts, host: Host): void {
  const file = join(dir, 'osiris.yaml');
  const schema = join(dir, SCHEMA_FILE);
  const existing = [file, schema].filter((path) => existsSync(path));
  if (existing.length > 0 && !force) {
    throw new Failure(
      `${existing.join(' and ')} ${existing.length === 1 ? 'exists' : 'exist'} already; nothing was written.\nUse --force to write over, or name another directory: osiris init DIR`,
    );
  }
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, CONFIG_TEMPLATE);
  writeFileSync(schema, `${JSON.stringify(ports.configSchema(), null, 2)}\n`);
  const { dataDir } = requireConfig(ports, { config: file });
  ports.openDirectory(dataDir, 'create').close();
  const here = relative(process.cwd(), dir);
  host.stdout(
    [
      `Wrote ${file} and ${SCHEMA_FILE}, which lets editors complete and check it.`,
      `Keys will be kept in ${dataDir}.`,
      '',
      'Next:',
      ...(here === '' ? [] : [`  cd ${here.startsWith('..') ? dir : here}`]),
      '  export OPENAI_API_KEY=…                     # or any provider named in the file',
      '  osiris serve',
      '  osiris keys create --name ana --credit 5    # in a second terminal',
      '',
    ].join('\n'),
  );
}
