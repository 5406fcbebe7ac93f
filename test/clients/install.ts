// Installs the coding agents in their pinned versions, each into a folder of the user's cache, with progress.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from './agent.ts';

/** Outside the repository, so that every checkout shares it. */
export const CACHE = process.env.OSIRIS_CLIENTS_DIR ?? join(homedir(), '.cache', 'osiris-clients');

/** The words that start it. Throws, with the reason, when it cannot be installed here. */
export async function install(agent: Agent): Promise<string[]> {
  const folder = join(CACHE, `${agent.id}-${agent.version}`);
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    const wanted = Object.entries(agent.packages).map(([name, version]) => `${name}@${version}`);
    console.error(`installing ${wanted.join(' and ')} (some hundred MB) …`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    // the install scripts only link a native program over a small stand-in; it is started where it lies instead
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--save-exact'];
    await must(['npm', 'install', ...flags, ...wanted], folder);
  }
  const program = agent.program.map((word) =>
    word.includes('/') ? join(folder, 'node_modules', word) : word,
  );
  for (const word of program)
    if (word.startsWith('/') && !existsSync(word)) throw new Error(`npm brought no ${word}`);
  writeFileSync(done, '');
  return program;
}

/** How npm packages name this machine, as in `linux-x64`. */
export const MACHINE = `${process.platform}-${process.arch}`;

async function must(argv: string[], cwd: string): Promise<void> {
  const child = Bun.spawn(argv, { cwd, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
  const started = performance.now();
  const progress = setInterval(() => {
    console.error(`  still at it after ${Math.round((performance.now() - started) / 1000)} s`);
  }, 5_000);
  const words = await new Response(child.stderr).text();
  const code = await child.exited;
  clearInterval(progress);
  if (code !== 0) throw new Error(`${argv[0]} install ended with ${code}: ${words.trim().slice(-400)}`);
}
