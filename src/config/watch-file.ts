// Notices that a file has changed: by looking, since editors replace files and network disks tell nobody.

import { statSync } from 'node:fs';
import { every } from '../lib/clock.ts';

const LOOK_MS = 250;

/**
 * Calls `changed` after the file has become another one and has then stayed the same between two looks, so that half
 * a file is seldom read. `every` is how time passes. Returns what ends it.
 */
export function watchFile(file: string, changed: () => void, tick = every): () => void {
  let told = signatureOf(file);
  let last = told;
  return tick(LOOK_MS, () => {
    const seen = signatureOf(file);
    if (seen === last && seen !== told) {
      told = seen;
      changed();
    }
    last = seen;
  });
}

function signatureOf(file: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(file, { bigint: true });
    return `${mtimeNs}:${size}:${ino}`;
  } catch {
    return 'gone';
  }
}
