// Notices that the file of an open database no longer stands at its path: what is written then is lost with the process.

import { statSync } from 'node:fs';
import { every } from '../../lib/clock.ts';

export type FilePresence = {
  /** What is wrong, as long as another file or none stands there. */
  trouble(): string | undefined;
  stop(): void;
};

const LOOK_MS = 250;

/** Looks four times a second: SQLite itself goes on with a file that was deleted, and says nothing. */
export function watchPresence(path: string): FilePresence {
  const opened = inodeOf(path);
  let isGone = false;
  const stop = every(LOOK_MS, () => {
    isGone = inodeOf(path) !== opened;
  });
  return {
    trouble: () => (isGone ? `${path} was moved away or replaced; put it back, or start again` : undefined),
    stop,
  };
}

/** Which file stands there; undefined for none. */
export function inodeOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}
