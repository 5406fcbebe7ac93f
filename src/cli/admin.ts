// `osiris admin …`: the operator's own secret, and the kill switch.

import type { Command } from 'commander';
import { replaceAdminSecret } from './first-start.ts';
import { withJson, withPlace } from './options.ts';
import { addPauseCommands } from './pause.ts';
import { dataDirOf, openExisting } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

export function addAdminCommands(program: Command, ports: CommandPorts, host: Host): void {
  const admin = program.command('admin').description("the operator's secret for /admin, and the kill switch");
  addPauseCommands(admin, ports, host);
  withJson(withPlace(admin.command('reset')))
    .description('make a new admin secret; the old one stops working at once')
    .action(async (flags: ConfigFlags & { json?: boolean }) => {
      // Straight into the database, also while a server runs: it reads this fact at every admin request.
      const place = dataDirOf(ports, flags);
      const directory = await openExisting(place, () => ports.openDirectory(place.dataDir, 'existing'));
      let secret: string;
      try {
        secret = replaceAdminSecret(place.dataDir, directory);
      } finally {
        directory.close();
      }
      host.stdout(
        flags.json
          ? `${JSON.stringify({ admin_secret: secret })}\n`
          : `The admin secret is now\n\n  ${secret}\n\nCopy it now: it is not shown again. The old one no longer works.\n`,
      );
    });
}
