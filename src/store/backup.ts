// What a backup is: one file, its name, what it holds, and what is told of making and checking it.

import { formatTime } from '../lib/clock.ts';
import { asObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import type { Verification } from './verification.ts';

/** The first member of the archive. */
export type Manifest = {
  object: 'osiris.backup';
  format: 1;
  /** The version that made it. */
  osiris: string;
  made_at: string;
  /** The same for all backups of one data directory; null before its first server started. */
  installation: string | null;
};

/** Counted in the database that was checked. */
export type Holdings = {
  keys: number;
  revokedKeys: number;
  accounts: number;
  entries: number;
  /** Of all clients together. */
  balanceNano: bigint;
  configurations: number;
  /** Undefined without the request journal. */
  calls: number | undefined;
};

/** A backup that was unpacked, brought to this program's schema, and looked through. */
export type Checked = { manifest: Manifest; holdings: Holdings; verification: Verification };

export type BackUpOrder = {
  dataDir: string;
  /** Exists, is empty, and gets the archive, under the name `PACKED`. */
  scratch: string;
  logs: boolean;
  minimumChargeNano: bigint;
};
export type UnpackOrder = {
  file: string;
  /** How messages call it. */
  called: string;
  /** Exists, is empty, and gets what is in the archive. */
  scratch: string;
  minimumChargeNano: bigint;
};

/** Work on a thread of its own, so that a signal is heard meanwhile. */
export type Job<T> = { done: Promise<T>; stop(): void };
export type Step = 'copying' | 'packing' | 'unpacking' | 'checking';

/** What the data directory had that the backup has not. */
export type Newer = {
  entries: number;
  chargedNano: bigint;
  /** Bought or granted. */
  givenNano: bigint;
  /** Made since. */
  goneKeys: NamedKey[];
  /** Revoked since. */
  revivedKeys: NamedKey[];
  /** With another secret since. */
  rotatedKeys: NamedKey[];
};
export type NamedKey = { id: string; name: string };

export type Placed = {
  /** The folder in the data directory where everything that was there is now; undefined where nothing was. */
  aside: string | undefined;
  /** `unreadable`: what was there could not be compared. `stranger`: it was another installation. */
  newer: Newer | 'unreadable' | 'stranger' | undefined;
};

/** A data directory that nobody else may write to meanwhile. */
export type HeldDirectory = {
  /** An earlier restore had been cut off, and was finished before. */
  finished: Pick<Placed, 'aside'> | undefined;
  /** Puts the unpacked backup in place. Throws Fault `storage_fault`; all is then as it was unless it says otherwise. */
  putInPlace(unpacked: string, atMs: number): Placed;
  letGo(): void;
};

export const PACKED = 'backup.tar.gz';
export const MANIFEST = 'backup.json';
const NAME = /^osiris-backup-(\d{4}-\d\d-\d\dT\d{4}Z)(?:-(\d{1,3}))?\.tar\.gz$/;

/** `osiris-backup-2026-11-30T0412Z.tar.gz`; the second one of a minute ends in `-2`. */
export function backupName(madeAtMs: number, nth: number): string {
  return `osiris-backup-${stampOf(madeAtMs)}${nth === 1 ? '' : `-${nth}`}.tar.gz`;
}

/** `2026-11-30T0412Z`: a time as part of a file name. */
export function stampOf(timeMs: number): string {
  return `${formatTime(timeMs).slice(0, 16).replace(':', '')}Z`;
}

/** What such names are sorted by, oldest first; undefined for any other name. */
export function backupOrder(name: string): string | undefined {
  const [, stamp, nth = '1'] = NAME.exec(name) ?? [];
  return stamp === undefined ? undefined : `${stamp}-${nth.padStart(3, '0')}`;
}

/** `newer`: of a format this program does not know. Undefined for what is no manifest. */
export function parseManifest(text: string): Manifest | 'newer' | undefined {
  const value: JsonObject = asObject(tryParseJson(text));
  const { object, format, osiris, made_at: madeAt, installation } = value;
  if (object !== 'osiris.backup' || typeof format !== 'number') return undefined;
  if (format > 1) return 'newer';
  if (typeof osiris !== 'string' || typeof madeAt !== 'string') return undefined;
  return {
    object,
    format: 1,
    osiris,
    made_at: madeAt,
    installation: typeof installation === 'string' ? installation : null,
  };
}
