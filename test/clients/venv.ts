// Python packages in exact versions, each set in a folder of the user's cache beside the coding agents.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './install.ts';

/** The interpreter that has them, made where it is missing. Throws, with the reason, when that cannot be. */
export function pythonWith(name: string, packages: readonly string[]): Promise<string> {
  const known = making.get(name) ?? make(name, packages);
  making.set(name, known);
  return known;
}

/** Several ask for the same one at once. */
const making = new Map<string, Promise<string>>();

async function make(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(CACHE, `python-${name}`);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'installed');
  if (existsSync(done)) return python;
  console.error(`installing ${packages.join(' and ')} for Python …`);
  try {
    mkdirSync(CACHE, { recursive: true });
    await must(['python3', '-m', 'venv', folder]);
    await must([python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
    writeFileSync(done, '');
    return python;
  } catch (failure) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`no Python with ${packages.join(' and ')} (${String(failure)})`);
  }
}

async function must(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  const words = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(words.trim().slice(-200));
}
