// Writes the files of a client: all are worked out before the first is touched, and each leaves a copy behind.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Client, ConfigFile, Fill, Os } from '../../clients/client.ts';
import type { Environment } from '../../config/environment.ts';
import { formatTime, nowMs } from '../../lib/clock.ts';
import { Failure } from '../failure.ts';
import { mergeText } from './merge.ts';
import { locateFile } from './place.ts';

/** `backup` is the copy of what was there; undefined for a file that is new. */
export type Written = { path: string; changed: boolean; backup?: string };

type Planned = { path: string; text: string; changed: boolean; mode: number; isNew: boolean };

const MODE = 0o644;
/** A key is for its owner's eyes. */
const KEY_MODE = 0o600;

/** Throws a Failure, and has touched nothing, when one of the files cannot be read or understood. */
export function writeFiles(client: Client, fill: Fill, os: Os, env: Environment): Written[] {
  const files = client.blocks.filter((block) => block.kind === 'file');
  const planned = files.map((file) => plan(file, fill, locateFile(file.place, os, env)));
  return planned.map(write);
}

function plan(file: ConfigFile, fill: Fill, named: string): Planned {
  // Who keeps dotfiles elsewhere has links here: the file behind one is changed
  const path = existsSync(named) ? realpathSync(named) : named;
  const isNew = !existsSync(path);
  const wanted = file.text(fill);
  const before = isNew ? '' : readFileSync(path, 'utf8');
  let text: string;
  try {
    text = mergeText(file.syntax, before, wanted, file.keeps);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Failure(
      `${named} cannot be edited (${why}); nothing was written.\nPut this into it by hand, or mend it and try again:\n\n${wanted}`,
      1,
      'unreadable_file',
    );
  }
  const mode = isNew ? MODE : statSync(path).mode & 0o777;
  return { path, text, changed: text !== before, mode: text.includes(fill.key) ? KEY_MODE : mode, isNew };
}

function write({ path, text, changed, mode, isNew }: Planned): Written {
  if (!changed) return { path, changed };
  mkdirSync(dirname(path), { recursive: true });
  const stamp = formatTime(nowMs()).replace(/[-:]|\.\d+/g, '');
  const backup = `${path}.${stamp}.bak`;
  if (!isNew) copyFileSync(path, backup);
  // A reader sees the old file or the new one, never half of it
  const aside = join(dirname(path), `.${basename(path)}.osiris-${process.pid}`);
  writeFileSync(aside, text, { mode });
  renameSync(aside, path);
  return isNew ? { path, changed } : { path, changed, backup };
}
