// `osiris usage`: what was used and what it cost.

import type { Command } from 'commander';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';
import { asUsageFailure, withReports } from './reports-door.ts';
import { usageTable } from './usage-text.ts';

type Flags = ConfigFlags & {
  from?: string;
  to?: string;
  by?: string;
  key?: string;
  model?: string;
  csv?: boolean;
  json?: boolean;
};

const READ_ONLY = { post: false };

export function addUsageCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('usage')))
    .description('show calls, tokens and cost; by model for the last 30 days unless told otherwise')
    .option('--from <date>', 'the first day, as in 2026-11-01')
    .option('--to <date>', 'the last day, included (else today)')
    .option('--by <list>', 'one or more of key, model, provider, day, with commas')
    .option('--key <id>', 'only this key: an id, a name or a visible beginning')
    .option('--model <id>', 'only this model')
    .option('--csv', 'print a table for spreadsheets')
    .action(async ({ csv, json, ...flags }: Flags) => {
      const { from, to, by, key, model } = flags;
      const words = { from, to, by, key, model };
      try {
        const text = await withReports(ports, flags, READ_ONLY, async (door) => {
          if (csv) return door.usageCsv(words);
          const usage = await door.usage(words);
          return json ? `${JSON.stringify(usage, null, 2)}\n` : usageTable(usage);
        });
        host.stdout(text);
      } catch (thrown) {
        throw asUsageFailure(thrown);
      }
    });
}
