// Writes a configuration file into a directory of its own and loads it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, Problem } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { type Loaded, type LoadOptions, loadConfig } from '../../src/config/load.ts';

const root = mkdtempSync(join(tmpdir(), 'osiris-config-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));

/** A new directory; it is removed when the tests end. */
export function emptyDirectory(): string {
  return mkdtempSync(join(root, 'case-'));
}

/** Loads `text` as `osiris.yaml` of an otherwise empty directory, `files` beside it. */
export function loadText(
  text: string,
  env: Environment = {},
  files: Record<string, string> = {},
  options: Partial<LoadOptions> = {},
): Loaded {
  const cwd = emptyDirectory();
  writeFileSync(join(cwd, 'osiris.yaml'), text);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return loadConfig({ env, cwd, ...options });
}

/** The configuration; fails the test with the problems when there are any. */
export function accepted(loaded: Loaded): Config {
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 2));
  return loaded.config;
}

/** The problems; fails the test when there are none. */
export function refused(loaded: Loaded): Problem[] {
  if ('config' in loaded) throw new Error('The configuration was accepted.');
  return loaded.problems;
}
