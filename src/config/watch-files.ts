// Notices that one of a few files has changed: by looking, since editors replace files and network disks tell nobody.

import { statSync } from 'node:fs';
import { every } from '../lib/clock.ts';
import type { Config } from './config.ts';

const LOOK_MS = 250;

/**
 * Calls `changed` after a file has become another one and all have then stayed the same between two looks, so that
 * half a file, or one of two that belong together, is seldom read. `every` is how time passes. Returns what ends it.
 */
export function watchFiles(files: () => readonly string[], changed: () => void, tick = every): () => void {
  const look = () => files().map(signatureOf).join(' ');
  let told = look();
  let last = told;
  return tick(LOOK_MS, () => {
    const seen = look();
    if (seen === last && seen !== told) {
      told = seen;
      changed();
    }
    last = seen;
  });
}

/** What the configuration was read from and may be replaced while it runs. */
export function filesBehind({ file, server: { tls } }: Config): string[] {
  return [...(file === undefined ? [] : [file]), ...(tls ? [tls.cert, tls.key] : [])];
}

function signatureOf(file: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(file, { bigint: true });
    return `${mtimeNs}:${size}:${ino}`;
  } catch {
    return 'gone';
  }
}
