// Turns the browser code of a page into one script; runs as a macro, when the program is built or loaded from source.

import { join } from 'node:path';

/** `name` is a file of `browser/`. Throws with what the bundler says of it. */
export function bundleScript(name: string): string {
  // Bun.build cannot run inside a macro; its command line can
  const words = [
    'build',
    join(import.meta.dir, 'browser', name),
    '--target=browser',
    '--format=iife',
    '--minify',
  ];
  const run = Bun.spawnSync([process.execPath, ...words]);
  if (!run.success) throw new Error(`${name}: ${run.stderr.toString()}`);
  return run.stdout.toString();
}
