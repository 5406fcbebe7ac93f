// Every configuration that was in force: its text, a file each in the data directory, for the owner's eyes only.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nowMs } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import { replaceFile } from './replace-file.ts';

/** Numbers count up from 1 and are never used again. */
export type Kept = { number: number; takenOverMs: number; text: string };

/** In the data directory. */
export const HISTORY_FOLDER = 'config-history';
/** Older ones are removed. */
export const KEPT_MAX = 50;
const NAME = /^(\d{1,9})-(\d{1,15})\.yaml$/;

/**
 * Keeps the text that is now in force, unless it is the one that was. References to secrets stay references. What goes
 * wrong is logged: the history is for looking back and stops nothing.
 */
export function keepText(dataDir: string, text: string | undefined, takenOverMs = nowMs()): void {
  try {
    if (text !== undefined) keep(dataDir, text, takenOverMs);
  } catch (thrown) {
    log.warn('the configuration could not be added to its history', { cause: thrown });
  }
}

/** What the file holds; undefined when it cannot be read. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function keep(dataDir: string, text: string, takenOverMs: number): void {
  const folder = folderIn(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const files = filesIn(folder);
  const last = files.at(-1);
  if (last !== undefined && readFileSync(last.path, 'utf8') === text) return;
  const number = (last?.number ?? 0) + 1;
  replaceFile(join(folder, `${String(number).padStart(4, '0')}-${takenOverMs}.yaml`), text, 0o600);
  for (const { path } of files.slice(0, -(KEPT_MAX - 1))) rmSync(path, { force: true });
}

/** What is kept, oldest first; the last one was or is in force. */
export function listKept(dataDir: string): Kept[] {
  return filesIn(folderIn(dataDir)).map(({ path, ...rest }) => ({
    ...rest,
    text: readFileSync(path, 'utf8'),
  }));
}

/** The file of each configuration that is kept, oldest first. */
export function historyFiles(dataDir: string): { name: string; path: string }[] {
  return filesIn(folderIn(dataDir)).map(({ path }) => ({ name: basename(path), path }));
}

/** A name that such a file may have. */
export function isHistoryName(name: string): boolean {
  return NAME.test(name);
}

function folderIn(dataDir: string): string {
  return join(dataDir, HISTORY_FOLDER);
}

type KeptFile = { number: number; takenOverMs: number; path: string };

function filesIn(folder: string): KeptFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const [, number, takenOverMs] = NAME.exec(name) ?? [];
      const path = join(folder, name);
      return number === undefined ? [] : [{ number: Number(number), takenOverMs: Number(takenOverMs), path }];
    })
    .sort((a, b) => a.number - b.number);
}
