// `osiris ledger …`: shows the ledger, checks it, and charges past calls anew.

import type { Command } from 'commander';
import type { JsonObject } from '../lib/json.ts';
import { verificationJson } from '../store/verification.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { entryTable, rerateText, verificationText } from './ledger-text.ts';
import { withJson, withPlace } from './options.ts';
import { dataDirOf, openExisting } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';
import { asUsageFailure, type ReportsDoor, withReports } from './reports-door.ts';
import { whole } from './usage-text.ts';

type Flags = ConfigFlags & { json?: boolean };
type ShowFlags = Flags & { key?: string; purse?: string; limit?: string; before?: string };
type RerateFlags = Flags & { from: string; to: string; key?: string; model?: string; post?: boolean };

export function addLedgerCommands(program: Command, ports: CommandPorts, host: Host): void {
  const ledger = program.command('ledger').description('show and check the ledger, charge calls anew');
  const report = async (
    flags: Flags,
    post: boolean,
    read: (door: ReportsDoor) => Promise<JsonObject>,
    asText: (answer: JsonObject) => string,
  ) => {
    try {
      const answer = await withReports(ports, flags, { post }, read);
      host.stdout(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : asText(answer));
    } catch (thrown) {
      throw asUsageFailure(thrown);
    }
  };

  withJson(withPlace(ledger.command('show')))
    .description('list entries, newest first')
    .option(
      '--key <id>',
      'only those of this key (an id, a name or a visible beginning) and of the purse it draws on',
    )
    .option('--purse <n>', 'only those of this purse')
    .option('--limit <n>', 'how many (else 50)')
    .option('--before <id>', 'only older ones: the id a list ended with')
    .action(async (flags: ShowFlags) => {
      const { key, purse, limit, before } = flags;
      await report(flags, false, (door) => door.entries({ key, purse, limit, before }), entryTable);
    });

  withJson(withPlace(ledger.command('verify')))
    .description(
      'check every promise of the ledger, also while a server runs; exit code 1 when one is broken',
    )
    .action((flags: Flags) => verify(flags, ports, host));

  withJson(withPlace(ledger.command('rerate')))
    .description("show what past calls would cost at today's prices, and correct their charges with --post")
    .requiredOption('--from <date>', 'the first day, as in 2026-11-01')
    .requiredOption('--to <date>', 'the last day, included')
    .option('--key <id>', 'only this key: an id, a name or a visible beginning')
    .option('--model <id>', 'only this model')
    .option('--post', 'write the difference into the ledger, as corrections beside the charges')
    .action(async (flags: RerateFlags) => {
      const { from, to, key, model, post = false } = flags;
      const words = { from, to, key, model, post: String(post) };
      await report(flags, post, (door) => door.rerate(words), rerateText);
    });
}

async function verify(flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const { minimumChargeNano } = requireConfig(ports, flags).billing;
  const place = dataDirOf(ports, flags);
  const progress = (done: number, all: number) =>
    host.stderr(`\r${whole(done)} of ${whole(all)} entries checked`);
  const options = { minimumChargeNano, ...(host.isTerminal ? { progress } : {}) };
  const found = await openExisting(place, () => ports.verifyLedger(place.dataDir, options));
  if (host.isTerminal) host.stderr('\r\x1b[K');
  host.stdout(flags.json ? `${JSON.stringify(verificationJson(found), null, 2)}\n` : verificationText(found));
  // What is wrong is on stdout already: only the exit code is left to say.
  if (!found.ok) throw new Failure('', 1, 'ledger_broken');
}
