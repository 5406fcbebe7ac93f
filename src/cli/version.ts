// `osiris version`: what is running here.

import type { Command } from 'commander';
import { COMMIT, VERSION } from '../lib/version.ts';
import { withJson } from './options.ts';
import type { Host } from './ports.ts';

export function addVersionCommand(program: Command, host: Host): void {
  withJson(program.command('version'))
    .description('print the version, the commit and the platform')
    .action((flags: { json?: boolean }) => {
      const platform = `${process.platform}-${process.arch}`;
      const found = { version: VERSION, commit: COMMIT ?? null, bun: Bun.version, platform };
      const commit = COMMIT === undefined ? '' : ` (${COMMIT})`;
      host.stdout(
        flags.json
          ? `${JSON.stringify(found)}\n`
          : `osiris ${VERSION}${commit}, Bun ${Bun.version}, ${platform}\n`,
      );
    });
}
