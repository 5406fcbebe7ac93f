// Where a backup goes, and how it gets its name: the last thing that happens to it.

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
import { failpoint } from '../lib/failpoint.ts';
import { backupName, type Checked } from '../store/backup.ts';
import { toDisk } from '../store/backup-file.ts';
import { Failure } from './failure.ts';
import type { Host } from './ports.ts';

/** `folder` is where everything happens; `path` a file that must not be there yet. */
export type Target =
  | { kind: 'folder'; folder: string }
  | { kind: 'file'; folder: string; path: string }
  | { kind: 'stdout'; folder: string };

/** What `word` names. Throws Failure for what is there already, and for one with `--keep` that is no directory. */
export function targetOf(word: string, dataDir: string, withKeep: boolean, host: Host): Target {
  const path = resolve(word);
  const isFolder = word !== '-' && !word.endsWith('.tar.gz');
  if (withKeep && !isFolder)
    throw new Failure('--keep goes with a directory: osiris backup DIR --keep 14', 2);
  if (isFolder) {
    if (existsSync(path) && statSync(path).isFile())
      throw new Failure(`${path} is a file. Name a directory, or a new file that ends in .tar.gz.`, 2);
    return { kind: 'folder', folder: path };
  }
  if (word !== '-') {
    refuseExisting(path);
    return { kind: 'file', folder: dirname(path), path };
  }
  if (host.pipeOut === undefined)
    throw new Failure(
      'stdout is a terminal, or closed; a backup goes into a file: osiris backup - > FILE.tar.gz',
      2,
    );
  return { kind: 'stdout', folder: dataDir };
}

function refuseExisting(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw new Failure(
    `${path} exists already; nothing was written.\nName another file, or a directory: each backup there has its own name.`,
  );
}

/** A hidden folder beside what it becomes, without what killed commands of this machine left. */
export function scratchIn(folder: string): string {
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
export function settle(target: Target, packed: string, { manifest }: Checked): string | undefined {
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
