// The steps that put an unpacked backup in place; whenever they are cut off, they can be taken again to their end.

import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { HISTORY_FOLDER, historyFiles } from '../../config/history.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import { failpoint } from '../../lib/failpoint.ts';
import { stampOf } from '../backup.ts';
import { toDisk } from '../backup-file.ts';
import { databasePath, firstStartPath, journalPath, placingPath, turnPath } from '../data-dir.ts';
import { openForReading } from './open.ts';

/** What SQLite keeps beside a file that is open, or was when its program died. */
const BESIDE = ['-wal', '-shm', '-journal'];

/** In the folder of what is to be put in place: where what was there goes. */
const BEFORE = 'before';

/**
 * Decides it: `unpacked`, a folder in the data directory, gets the name that says that what is in it is to be put in
 * place. Until then nothing is changed.
 */
export function beginPlacing(dataDir: string, unpacked: string): void {
  mkdirSync(join(unpacked, BEFORE), { mode: 0o700 });
  for (const path of [databasePath(unpacked), journalPath(unpacked)]) if (existsSync(path)) toDisk(path);
  giveTo(statSync(dataDir), unpacked);
  toDisk(unpacked);
  renameSync(unpacked, placingPath(dataDir));
  toDisk(dataDir);
}

/**
 * Puts all in place that is not yet, on a data directory whose turn we have and whose database nobody has open. The
 * database comes last, so that the ledger is the old one until all else is new. Returns the folder where what was there
 * is now; undefined where nothing was.
 */
export function finishPlacing(dataDir: string, atMs: number): string | undefined {
  const placing = placingPath(dataDir);
  const before = join(placing, BEFORE);
  const fresh = databasePath(placing);
  const firstStart = firstStartPath(dataDir);
  if (existsSync(fresh) && existsSync(firstStart) && !tellsSecretOf(firstStart, fresh))
    moveInto(before, firstStart);
  if (historyFiles(placing).length > 0) exchange(join(dataDir, HISTORY_FOLDER), placing);
  exchange(journalPath(dataDir), placing);
  failpoint('before-restored-database');
  exchange(databasePath(dataDir), placing);
  const owner = statSync(dataDir);
  for (const made of [placing, turnPath(dataDir)]) giveTo(owner, made);
  const hasMoved = existsSync(before) && readdirSync(before).length > 0;
  if (hasMoved) toDisk(before);
  toDisk(dataDir);
  const aside = hasMoved ? freeName(dataDir, `before-restore-${stampOf(atMs)}`) : undefined;
  if (aside !== undefined) renameSync(before, aside);
  rmSync(placing, { recursive: true });
  toDisk(dataDir);
  return aside;
}

/** Whether the admin secret in that text is the one of this database. */
function tellsSecretOf(firstStart: string, path: string): boolean {
  const [secret = ''] = /osiris-admin-[0-9a-f]{32}/.exec(readFileSync(firstStart, 'utf8')) ?? [];
  const database = openForReading(path);
  try {
    const fact = database
      .query<{ value: string }, []>("SELECT value FROM facts WHERE name = 'admin_secret_sha256'")
      .get();
    return fact?.value === sha256Hex(secret);
  } finally {
    database.close();
  }
}

/** What is new comes to `path`, what stands there goes aside; nothing when that has been done, or nothing is new. */
function exchange(path: string, placing: string): void {
  const fresh = join(placing, basename(path));
  if (!existsSync(fresh)) return;
  for (const end of ['', ...BESIDE]) moveInto(join(placing, BEFORE), path + end);
  renameSync(fresh, path);
}

function moveInto(folder: string, path: string): void {
  if (existsSync(path)) renameSync(path, join(folder, basename(path)));
}

function freeName(parent: string, name: string): string {
  for (let nth = 1; ; nth++) {
    const path = join(parent, nth === 1 ? name : `${name}-${nth}`);
    if (!existsSync(path)) return path;
  }
}

/** What root puts into the directory of a service has to be the service's. */
function giveTo({ uid, gid }: Pick<Stats, 'uid' | 'gid'>, path: string): void {
  if (process.getuid?.() !== 0) return;
  chownSync(path, uid, gid);
  if (statSync(path).isDirectory())
    for (const name of readdirSync(path)) giveTo({ uid, gid }, join(path, name));
}
