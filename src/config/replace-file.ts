// Puts a text in the place of a file: readers see the old one or the new one, never half of either.

import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Throws what the file system says; the file is then as it was. */
export function replaceFile(path: string, text: string, mode: number): void {
  const unfinished = `${path}.part`;
  rmSync(unfinished, { force: true });
  try {
    const file = openSync(unfinished, 'wx', mode);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // what the process masks out of new files' modes
    chmodSync(unfinished, mode);
    putInPlace(unfinished, path, text);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** A file that a container has mounted by itself can be written but not replaced. */
function putInPlace(unfinished: string, path: string, text: string): void {
  try {
    renameSync(unfinished, path);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EBUSY')) throw thrown;
    writeFileSync(path, text);
  }
}
