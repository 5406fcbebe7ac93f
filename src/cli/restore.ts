// `osiris restore`: puts a backup in the place of what the data directory holds, which goes aside.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { historyFiles } from '../config/history.ts';
import { nowMs } from '../lib/clock.ts';
import { backupOrder, type Checked, PACKED } from '../store/backup.ts';
import { databasePath, placingPath, socketPath, turnPath, unpackingPath } from '../store/data-dir.ts';
import { minimumOf, runJob } from './backup-job.ts';
import { brokenLines, finishedText, heldJson, placedJson, restoreText } from './backup-text.ts';
import { Failure } from './failure.ts';
import { explainFiles, inFolder } from './file-trouble.ts';
import { isListening } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import { requireDataDir } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean };

const ENDING = 'Nothing was changed.';
const HELP = `
FILE is what \`osiris backup\` wrote, or - for stdin. It is checked before
anything is touched, and one of an older version is brought to this one. No
server may run meanwhile. What was there stays in the data directory, in a
folder before-restore-….
`;

export function addRestoreCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('restore <file>')))
    .description('put a backup in the place of what the data directory holds, which goes aside')
    .addHelpText('after', HELP)
    .action((file: string, flags: Flags) => restore(file, flags, ports, host));
}

async function restore(file: string, flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const { dataDir: named, file: configFile } = ports.locate(flags);
  const source = sourceOf(file, host);
  requireDataDir(named);
  await refuseRunning(named);
  const isNew = !existsSync(named);
  inFolder(named, ENDING, () => mkdirSync(named, { recursive: true, mode: 0o700 }));
  const dataDir = realpathSync(named);
  const held = ports.holdForRestore(dataDir);
  if (held.finished) host.stderr(`osiris: note: ${finishedText(held.finished)}\n`);
  const scratch = unpackingPath(dataDir);
  try {
    const unpacked = join(scratch, 'unpacked');
    inFolder(dataDir, ENDING, () => mkdirSync(unpacked, { recursive: true, mode: 0o700 }));
    const checked = await check(source, unpacked, flags, ports, host);
    const placed = held.putInPlace(unpacked, nowMs());
    if (flags.json) {
      const answer = { object: 'restore', data_dir: named, ...heldJson(checked), ...placedJson(placed) };
      host.stdout(`${JSON.stringify(answer, null, 2)}\n`);
    } else host.stdout(restoreText(named, placed, checked, configFile ? undefined : lastConfig(dataDir)));
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
    held.letGo();
    if (isNew && !existsSync(databasePath(dataDir)) && !existsSync(placingPath(dataDir))) {
      rmSync(turnPath(dataDir), { force: true });
      rmdirSync(dataDir);
    }
  }
}

/** The path of the backup; undefined for stdin. Throws Failure for what can be no backup. */
function sourceOf(word: string, host: Host): string | undefined {
  if (word === '-') {
    if (host.pipeIn !== undefined) return undefined;
    throw new Failure('Nothing is piped in: osiris restore - < FILE.tar.gz', 2);
  }
  const path = resolve(word);
  try {
    accessSync(path, constants.R_OK);
  } catch (thrown) {
    const isForbidden = (thrown as NodeJS.ErrnoException).code === 'EACCES';
    throw new Failure(isForbidden ? `No permission to read ${path}.` : `There is no file ${path}.`);
  }
  if (!statSync(path).isDirectory()) return path;
  const [newest] = readdirSync(path)
    .filter((name) => backupOrder(name) !== undefined)
    .sort((a, b) => ((backupOrder(a) ?? '') < (backupOrder(b) ?? '') ? 1 : -1));
  const hint =
    newest === undefined ? 'There is no backup in it.' : `The newest backup in it: ${join(path, newest)}`;
  throw new Failure(`${path} is a directory; name a file.\n${hint}`);
}

async function refuseRunning(dataDir: string): Promise<void> {
  if (!(await isListening(socketPath(dataDir)))) return;
  throw new Failure(
    `Osiris runs on ${dataDir}; nothing was changed.\nStop it first, or look at the backup elsewhere: osiris restore FILE --data-dir DIR`,
    1,
    'server_running',
  );
}

/** Unpacks and looks through it before anything of the data directory is touched. */
async function check(
  source: string | undefined,
  unpacked: string,
  flags: Flags,
  ports: CommandPorts,
  host: Host,
): Promise<Checked> {
  const file = source ?? join(dirname(unpacked), PACKED);
  const called = source ?? 'What came from stdin';
  const folder = dirname(dirname(unpacked));
  try {
    if (source === undefined) await host.pipeIn?.(file);
  } catch (thrown) {
    throw explainFiles(folder, ENDING, thrown);
  }
  const order = { file, called, scratch: unpacked, minimumChargeNano: minimumOf(ports, flags) };
  const checked = await runJob(order, { folder, ending: ENDING }, ports, host);
  if (checked.verification.ok) return checked;
  const lines = [...brokenLines(checked), `${ENDING} To look into it: tar -xzf ${called}`];
  throw new Failure(lines.join('\n'), 1, 'ledger_broken');
}

/** The newest configuration that is kept. */
function lastConfig(dataDir: string): string | undefined {
  return historyFiles(dataDir).at(-1)?.path;
}
