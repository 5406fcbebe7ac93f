// `osiris backup`: one file that holds what a restore goes on from, made beside a running server.

import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { monotonicMs } from '../lib/clock.ts';
import { PACKED } from '../store/backup.ts';
import { minimumOf, runJob } from './backup-job.ts';
import { removeOldest } from './backup-retention.ts';
import { scratchIn, settle, targetOf } from './backup-target.ts';
import { backupJson, backupText } from './backup-text.ts';
import { Failure } from './failure.ts';
import { explainFiles, inFolder } from './file-trouble.ts';
import { serverLogBook } from './log-book.ts';
import { withJson, withPlace } from './options.ts';
import { dataDirOf, requireDatabase } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean; logs?: boolean; keep?: number };
const ENDING = 'Nothing was written.';
const CUT_OFF = 'What was written is no backup.';
const HELP = `
TO is a directory, made where there is none (else the current one); a file, when
it ends in .tar.gz; or - for stdout:

  osiris backup /var/backups/osiris --keep 14
  osiris backup - | ssh elsewhere 'cat > osiris.tar.gz'

It holds keys, accounts, the ledger, the seal key and the configurations that
were in force, with whatever secrets are written in them; not what the variables
they name hold. Guard it like the data directory. \`osiris restore\` reads it.
`;

export function addBackupCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('backup [to]')))
    .description('write keys, accounts and money into one file and check it, also while a server runs')
    .option('--logs', 'with the request journal')
    .option(
      '--keep <n>',
      "remove the oldest of this installation's backups in the directory, so that n are left",
      parseKeep,
    )
    .addHelpText('after', HELP)
    .action((to: string | undefined, flags: Flags) => backup(to, flags, ports, host));
}

function parseKeep(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

async function backup(to: string | undefined, flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const startedMs = monotonicMs();
  const place = dataDirOf(ports, flags);
  const target = targetOf(to ?? '.', place.dataDir, flags.keep !== undefined, host);
  requireDatabase(place);
  if (flags.logs) await writeLastRows(place.dataDir);
  const scratch = inFolder(target.folder, ENDING, () => scratchIn(target.folder));
  try {
    const order = {
      dataDir: place.dataDir,
      logs: flags.logs === true,
      minimumChargeNano: minimumOf(ports, flags),
    };
    const checked = await runJob(
      { ...order, scratch },
      { folder: target.folder, ending: ENDING },
      ports,
      host,
    );
    const packed = join(scratch, PACKED);
    const sizeBytes = statSync(packed).size;
    const path = inFolder(target.folder, ENDING, () => settle(target, packed, checked));
    if (path === undefined) await pipeOut(packed, host);
    const removed = inFolder(
      target.folder,
      'The backup was made, but the oldest could not be removed.',
      () => (path === undefined ? [] : removeOldest(path, checked, flags.keep)),
    );
    const made = { path, sizeBytes, tookMs: monotonicMs() - startedMs, removed };
    const text = flags.json
      ? `${JSON.stringify(backupJson(made, checked), null, 2)}\n`
      : backupText(made, checked);
    if (path === undefined) host.stderr(text);
    else host.stdout(text);
    // what is wrong is told already: only the exit code is left to say
    if (!checked.verification.ok) throw new Failure('', 1, 'ledger_broken');
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  }
}

/**
 * A server writes the rows of its journal a moment late, and at once when it is asked for them. One that cannot is no
 * reason to have no backup of the money.
 */
async function writeLastRows(dataDir: string): Promise<void> {
  const book = await serverLogBook(dataDir).catch(() => undefined);
  await book?.page({ limit: '1' }).catch(() => {});
}

async function pipeOut(packed: string, host: Host): Promise<void> {
  try {
    await host.pipeOut?.(packed);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPIPE')
      throw explainFiles('what stdout leads to', CUT_OFF, thrown);
    throw new Failure(`What read the backup left before its end. ${CUT_OFF}`, 1, 'cut_off');
  }
}
