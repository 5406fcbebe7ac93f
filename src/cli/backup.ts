// `osiris backup`: one file that holds what a restore goes on from, made beside a running server.

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { monotonicMs } from '../lib/clock.ts';
import { failpoint } from '../lib/failpoint.ts';
import { backupName, backupOrder, type Checked, PACKED } from '../store/backup.ts';
import { peekManifest, toDisk } from '../store/backup-file.ts';
import { runJob } from './backup-job.ts';
import { backupJson, backupText } from './backup-text.ts';
import { Failure } from './failure.ts';
import { inFolder } from './file-trouble.ts';
import { withJson, withPlace } from './options.ts';
import { dataDirOf, requireDatabase } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean; logs?: boolean; keep?: number };
/** `folder` is where everything happens; `path` a file that must not be there yet. */
type Target =
  | { kind: 'folder'; folder: string }
  | { kind: 'file'; folder: string; path: string }
  | { kind: 'stdout'; folder: string };

const ENDING = 'Nothing was written.';
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
  const target = targetOf(to ?? '.', place.dataDir, flags, host);
  requireDatabase(place);
  const scratch = inFolder(target.folder, ENDING, () => scratchIn(target.folder));
  try {
    const order = {
      dataDir: place.dataDir,
      logs: flags.logs === true,
      minimumChargeNano: minimumOf(ports, flags),
    };
    const checked = await runJob({ ...order, scratch }, ENDING, ports, host);
    const packed = join(scratch, PACKED);
    const sizeBytes = statSync(packed).size;
    const path = inFolder(target.folder, ENDING, () => settle(target, packed, checked));
    if (path === undefined) await host.pipeOut?.(packed);
    const removed = path === undefined ? [] : removeOldest(path, checked, flags.keep);
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

/** Of the file, when that can be read: a backup is made with a wrong one, too. The database knows the rest. */
export function minimumOf(ports: CommandPorts, flags: ConfigFlags): bigint {
  const loaded = ports.loadConfig(flags);
  return loaded.ok ? loaded.config.billing.minimumChargeNano : 0n;
}

function targetOf(word: string, dataDir: string, { keep }: Flags, host: Host): Target {
  const path = resolve(word);
  const isFolder = word !== '-' && !word.endsWith('.tar.gz');
  if (keep !== undefined && !isFolder)
    throw new Failure('--keep goes with a directory: osiris backup DIR --keep 14', 2);
  if (isFolder) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile())
      throw new Failure(`${path} is a file. Name a directory, or a new file that ends in .tar.gz.`, 2);
    return { kind: 'folder', folder: path };
  }
  if (word !== '-') {
    refuseExisting(path);
    return { kind: 'file', folder: dirname(path), path };
  }
  if (host.pipeOut === undefined)
    throw new Failure('A backup is no text for a terminal: osiris backup - > FILE.tar.gz', 2);
  return { kind: 'stdout', folder: dataDir };
}

function refuseExisting(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw new Failure(
    `${path} exists already; nothing was written.\nName another file, or a directory: each backup there has its own name.`,
  );
}

/** A hidden folder beside what it becomes, without what killed commands of this machine left. */
function scratchIn(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const prefix = `.osiris-backup-${hostname()}-`;
  for (const name of readdirSync(folder).filter((each) => each.startsWith(prefix))) {
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (!isAlive(pid)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const scratch = mkdtempSync(join(folder, `${prefix}${process.pid}-`));
  chmodSync(scratch, 0o700);
  return scratch;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Gives the file its name, under which nothing unfinished ever stood; undefined when it goes to stdout. */
function settle(target: Target, packed: string, { manifest }: Checked): string | undefined {
  if (target.kind === 'stdout') return undefined;
  failpoint('before-backup-name');
  const path = target.kind === 'file' ? target.path : freeName(target.folder, Date.parse(manifest.made_at));
  refuseExisting(path);
  renameSync(packed, path);
  toDisk(target.folder);
  return path;
}

function freeName(folder: string, madeAtMs: number): string {
  for (let nth = 1; ; nth++) {
    const path = join(folder, backupName(madeAtMs, nth));
    if (!existsSync(path)) return path;
  }
}

/** Only files that say of themselves to be backups of this installation; none for a ledger that is broken now. */
function removeOldest(made: string, { manifest, verification }: Checked, keep: number | undefined): string[] {
  if (keep === undefined || !verification.ok || manifest.installation === null) return [];
  const folder = dirname(made);
  const earlier = readdirSync(folder)
    .flatMap((name) => {
      const order = backupOrder(name);
      const path = join(folder, name);
      const isOurs =
        order !== undefined &&
        path !== made &&
        lstatSync(path).isFile() &&
        peekManifest(path)?.installation === manifest.installation;
      return isOurs ? [{ order, path }] : [];
    })
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const oldest = earlier.slice(0, Math.max(0, earlier.length - (keep - 1))).map(({ path }) => path);
  for (const path of oldest) rmSync(path);
  return oldest;
}
