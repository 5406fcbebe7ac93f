// `osiris init`: a directory to begin with.

import { existsSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { replaceFile } from '../config/replace-file.ts';
import { CONFIG_TEMPLATE, SCHEMA_FILE } from '../config/template.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { requireDataDir } from './place.ts';
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
  const dataDir = writeAll(dir, file, schema, ports);
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

/** Makes the files and the database, whose directory it returns; what was begun and did not work leaves no new file. */
function writeAll(dir: string, file: string, schema: string, ports: CommandPorts): string {
  const added = [file, schema].filter((path) => !existsSync(path));
  try {
    mkdirSync(dir, { recursive: true });
    put(schema, `${JSON.stringify(ports.configSchema(), null, 2)}\n`);
    put(file, CONFIG_TEMPLATE);
    const { dataDir } = requireConfig(ports, { config: file });
    requireDataDir(dataDir);
    ports.openDirectory(dataDir, 'create').close();
    return dataDir;
  } catch (thrown) {
    for (const path of added) if (existsSync(path)) rmSync(path);
    throw explainWrite(dir, thrown);
  }
}

function put(path: string, text: string): void {
  const real = existsSync(path) ? realpathSync(path) : path;
  const mode = statSync(real, { throwIfNoEntry: false })?.mode ?? 0o666 & ~process.umask();
  replaceFile(real, text, mode & 0o777);
}

function explainWrite(dir: string, thrown: unknown): unknown {
  switch ((thrown as NodeJS.ErrnoException).code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return new Failure(`A file is in the way of the directory ${dir}.\nName another: osiris init DIR`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure(`No permission to write into ${dir}.\nName a directory of yours: osiris init DIR`);
    case 'ENOSPC':
      return new Failure(`The disk has no room left for ${dir}; nothing was written.`);
    default:
      return thrown;
  }
}
