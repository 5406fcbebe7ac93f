// Installs the coding agents in their pinned versions, each into a folder of the user's cache, with progress.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from './agent.ts';

/** Outside the repository, so that every checkout shares it. */
export const CACHE = process.env.OSIRIS_CLIENTS_DIR ?? join(homedir(), '.cache', 'osiris-clients');

/** What is fetched, and how it is started. */
export type Package = Pick<Agent, 'id' | 'version' | 'packages' | 'program'>;

/** The words that start it. Throws, with the reason, when it cannot be installed here, or not in the time. */
export async function install(agent: Package, limitMs?: number): Promise<string[]> {
  const folder = folderOf(agent);
  if (!isInstalled(agent)) await fetchInto(folder, agent, limitMs);
  const program = agent.program.map((word) =>
    word.includes('/') ? join(folder, 'node_modules', word) : word,
  );
  for (const word of program)
    if (word.startsWith('/') && !existsSync(word)) throw new Error(`npm brought no ${word}`);
  return program;
}

export function isInstalled(agent: Package): boolean {
  return existsSync(join(folderOf(agent), DONE));
}

function folderOf({ id, version }: Package): string {
  return join(CACHE, `${id}-${version}`);
}

/** In a folder that holds it, this file says that it is whole. */
const DONE = 'installed';

/** Beside its place and then moved there: two runs may install at once, and one may be stopped. */
async function fetchInto(folder: string, agent: Package, limitMs?: number): Promise<void> {
  const wanted = Object.entries(agent.packages).map(([name, version]) => `${name}@${version}`);
  console.error(`installing ${wanted.join(' and ')} (some hundred MB) …`);
  mkdirSync(CACHE, { recursive: true });
  const beside = mkdtempSync(join(CACHE, 'new-'));
  try {
    writeFileSync(join(beside, 'package.json'), '{ "private": true }\n');
    // the install scripts only link a native program over a small stand-in; it is started where it lies instead
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--save-exact'];
    await must(['npm', 'install', ...flags, ...wanted], beside, limitMs);
    writeFileSync(join(beside, DONE), '');
    if (existsSync(join(folder, DONE))) return;
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** How npm packages name this machine, as in `linux-x64`. */
export const MACHINE = `${process.platform}-${process.arch}`;

async function must(argv: string[], cwd: string, timeout?: number): Promise<void> {
  const limit = timeout === undefined ? {} : { timeout, killSignal: 'SIGKILL' as const };
  const child = Bun.spawn(argv, { cwd, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', ...limit });
  const started = performance.now();
  const progress = setInterval(() => {
    console.error(`  still at it after ${Math.round((performance.now() - started) / 1000)} s`);
  }, 5_000);
  const words = await new Response(child.stderr).text();
  const code = await child.exited;
  clearInterval(progress);
  if (code !== 0) throw new Error(`${argv[0]} install ended with ${code}: ${words.trim().slice(-400)}`);
}
