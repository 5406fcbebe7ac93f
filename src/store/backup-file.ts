// The file of a backup: a gzipped tar archive, so that `tar -xzf` restores one where no Osiris is at hand.

import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { Fault } from '../canonical/fault.ts';
import { HISTORY_FOLDER, historyFiles, isHistoryName } from '../config/history.ts';
import { readTar, readTarHeader, TarError, type TarMember, writeTar } from '../lib/tar.ts';
import { VERSION } from '../lib/version.ts';
import { MANIFEST, type Manifest, parseManifest } from './backup.ts';
import { databasePath, journalPath } from './data-dir.ts';

/** Four fifths of what more effort would save, in a fifth of its time. */
const GZIP_LEVEL = 1;
const CHUNK_BYTES = 1024 ** 2;
/** What zlib says of a file that is not gzipped. */
const NO_GZIP = 'incorrect header check';
const MANIFEST_BYTES_MAX = 64 * 1024;
const DATABASES = [databasePath(''), journalPath('')];

/**
 * Writes the archive `path` (0600) of the databases in `copies` and the configurations of `dataDir`; when this
 * resolves, all of it is on disk.
 */
export async function pack(path: string, manifest: Manifest, copies: string, dataDir: string): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const databases = DATABASES.map((name) => join(copies, name)).filter((copy) => existsSync(copy));
  const members = [
    memberOf(MANIFEST, Buffer.from(text)),
    ...databases.map((copy) => ({
      name: basename(copy),
      size: statSync(copy).size,
      content: createReadStream(copy, { highWaterMark: CHUNK_BYTES }),
    })),
    ...historyFiles(dataDir).map((file) =>
      memberOf(`${HISTORY_FOLDER}/${file.name}`, readFileSync(file.path)),
    ),
  ];
  await pipeline(
    writeTar(members, Math.floor(Date.parse(manifest.made_at) / 1000)),
    createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK_BYTES }),
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  );
  toDisk(path);
}

function memberOf(name: string, content: Uint8Array): TarMember {
  return { name, size: content.length, content: [content] };
}

/**
 * Writes what the archive holds into `folder`, an empty one. Throws Fault `storage_fault` for a file that is damaged,
 * no backup, or of a format that only a newer program knows.
 */
export async function unpack(path: string, called: string, folder: string): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const seen = new Set<string>();
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: CHUNK_BYTES }),
      createGunzip({ chunkSize: CHUNK_BYTES }),
      async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const { name, size, content } of readTar(chunks)) {
          if (manifest === undefined) {
            if (name !== MANIFEST || size > MANIFEST_BYTES_MAX) throw notOurs(called);
            manifest = requireManifest(called, Buffer.concat(await Array.fromAsync(content)).toString());
            continue;
          }
          // a name from outside is a path only when it is one that we write
          if (!isMemberName(name) || seen.has(name)) throw notOurs(called);
          seen.add(name);
          mkdirSync(join(folder, HISTORY_FOLDER), { recursive: true, mode: 0o700 });
          await pipeline(content, createWriteStream(join(folder, name), { flags: 'wx', mode: 0o600 }));
        }
      },
    );
  } catch (thrown) {
    throw explainReading(called, thrown, manifest !== undefined);
  }
  if (manifest === undefined || !seen.has(basename(databasePath('')))) throw notOurs(called);
  return manifest;
}

function isMemberName(name: string): boolean {
  const [folder, file = '', ...more] = name.split('/');
  if (file === '') return DATABASES.includes(name);
  return folder === HISTORY_FOLDER && more.length === 0 && isHistoryName(file);
}

/** What the file says of itself, from its first bytes; undefined for what is no backup. */
export function peekManifest(path: string): Manifest | undefined {
  try {
    const file = openSync(path, 'r');
    const start = Buffer.alloc(MANIFEST_BYTES_MAX);
    try {
      const packed = start.subarray(0, readSync(file, start));
      // what was read is the beginning of a longer file
      const bytes = gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
      const header = readTarHeader(bytes.subarray(0, 512));
      if (header?.name !== MANIFEST) return undefined;
      const manifest = parseManifest(bytes.subarray(512, 512 + header.size).toString());
      return manifest === 'newer' ? undefined : manifest;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Returns when the file, or what a folder lists, is on disk. */
export function toDisk(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function requireManifest(called: string, text: string): Manifest {
  const manifest = parseManifest(text);
  if (manifest === undefined) throw notOurs(called);
  if (manifest === 'newer') throw new Fault('storage_fault', ofNewer(called));
  return manifest;
}

/** Said of a backup that this program does not understand. */
export function ofNewer(called: string, version?: string): string {
  const maker = version === undefined ? 'a newer Osiris' : `Osiris ${version}`;
  return `${called} was made by ${maker} and is ahead of this program (${VERSION}). Restore it with that version or a later one.`;
}

function notOurs(called: string, cause?: unknown): Fault {
  return new Fault('storage_fault', `${called} is not a backup of Osiris. \`osiris backup\` makes one.`, {
    cause,
  });
}

function explainReading(called: string, thrown: unknown, isOurs: boolean): unknown {
  if (!(thrown instanceof Error) || thrown instanceof Fault) return thrown;
  const isBroken = 'code' in thrown && /^(Z_|ERR_)/.test(String(thrown.code));
  if (!isBroken && !(thrown instanceof TarError)) return thrown;
  if (!isOurs && (!isBroken || thrown.message === NO_GZIP)) return notOurs(called, thrown);
  const message = isOurs
    ? damaged(called, thrown.message)
    : `${called} is damaged (${thrown.message}), or no backup of Osiris.`;
  return new Fault('storage_fault', message, { cause: thrown });
}

/** Said of a backup that cannot be trusted. */
export function damaged(called: string, how: string): string {
  return `${called} is damaged (${how}).`;
}
