// How many backups a directory keeps.

import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backupOrder, type Checked } from '../store/backup.ts';
import { peekManifest } from '../store/backup-file.ts';

/**
 * Removes the oldest backups beside the one just made until `keep` are left, and returns their paths. Only files that
 * say of themselves to be backups of this installation; none when the ledger is broken now.
 */
export function removeOldest(
  made: string,
  { manifest, verification }: Checked,
  keep: number | undefined,
): string[] {
  if (keep === undefined || !verification.ok || manifest.installation === null) return [];
  const folder = dirname(made);
  const earlier = readdirSync(folder)
    .flatMap((name) => {
      const order = backupOrder(name);
      const path = join(folder, name);
      const isOurs =
        order !== undefined &&
        path !== made &&
        lstatSync(path).isFile() &&
        peekManifest(path)?.installation === manifest.installation;
      return isOurs ? [{ order, path }] : [];
    })
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const oldest = earlier.slice(0, Math.max(0, earlier.length - (keep - 1))).map(({ path }) => path);
  for (const path of oldest) rmSync(path);
  return oldest;
}
