// Where the installation is that a command speaks to, and what to say when there is none.

import { existsSync, statSync } from 'node:fs';
import { Fault } from '../canonical/fault.ts';
import type { Config } from '../config/config.ts';
import { environment } from '../config/environment.ts';
import { databasePath, placingPath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import type { CommandPorts, ConfigFlags, IdleStore } from './ports.ts';

/** `from` says who named the directory; `checkFile` throws Failure with every problem of the file that may have. */
export type Place = { dataDir: string; from: string; checkFile: () => void };
export type RuledStore = IdleStore & { rules: () => Config };

/** Also of an installation whose file is wrong: its server may run, on the last good one. */
export function dataDirOf(ports: CommandPorts, flags: ConfigFlags): Place {
  const { dataDir, file } = ports.locate(flags);
  const checkFile = () => void requireConfig(ports, flags);
  if (flags.dataDir !== undefined) return { dataDir, from: '--data-dir', checkFile };
  if (environment().OSIRIS_DATA_DIR) return { dataDir, from: 'OSIRIS_DATA_DIR', checkFile };
  return { dataDir, from: file ?? 'the default; no osiris.yaml was found here', checkFile };
}

/** The store of an installation that no server runs on, and the rules of its file. Throws Failure when that is wrong. */
export async function openIdle(ports: CommandPorts, flags: ConfigFlags): Promise<RuledStore> {
  const config = requireConfig(ports, flags);
  const store = await openExisting(dataDirOf(ports, flags), () => ports.openIdleStore(config));
  return { ...store, rules: () => config };
}

/** Throws Failure when the data directory is none, or not for this user to look into. It need not be there. */
export function requireDataDir(dataDir: string): void {
  try {
    const found = statSync(dataDir, { throwIfNoEntry: false });
    if (found?.isDirectory() === false)
      throw new Failure(`${dataDir} is a file, not a directory.\nMove it away or choose another --data-dir.`);
    statSync(databasePath(dataDir), { throwIfNoEntry: false });
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    throw new Failure(
      code === 'EACCES'
        ? `No permission to look into ${dataDir}.\nRun this as the user who owns it, or with sudo.`
        : `Cannot look into ${dataDir} (${code}).\nChoose another --data-dir.`,
    );
  }
}

/** What `open` opens in an installation that exists; a wrong place is told where we looked and what to do. */
export async function openExisting<T>(place: Place, open: () => T | Promise<T>): Promise<T> {
  requireDataDir(place.dataDir);
  try {
    return await open();
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.cause !== undefined || !thrown.message.startsWith('There is no'))
      throw thrown;
    throw noDatabase(place);
  }
}

/** Throws Failure where there is no database, before anything is made that needs one. */
export function requireDatabase(place: Place): void {
  requireDataDir(place.dataDir);
  if (!existsSync(databasePath(place.dataDir))) throw noDatabase(place);
}

function noDatabase(place: Place): Failure {
  place.checkFile();
  const where = `There is no Osiris database at ${databasePath(place.dataDir)}`;
  if (existsSync(placingPath(place.dataDir))) {
    const advice =
      'The next `osiris serve` puts the backup in place to its end, or the next `osiris restore`.';
    return new Failure(`${where}: a restore was cut off.\n${advice}`, 1, 'no_database');
  }
  return new Failure(
    [
      `${where} (from ${place.from}).`,
      'If Osiris is installed elsewhere: run this in the directory of its osiris.yaml, or give --config or --data-dir.',
      'If it is new: `osiris init` or `osiris serve` makes the database.',
    ].join('\n'),
    1,
    'no_database',
  );
}
