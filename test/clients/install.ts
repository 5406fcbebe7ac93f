// Installs the pinned coding agents beside this file, with progress, unless they are already there.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dir;
const MODULES = join(HERE, 'node_modules');

/** Absolute paths of the programs. */
export type Programs = { claude: string; codex: string };

/** Makes sure that both programs are there in their pinned versions; says on stderr what it does. */
export async function installPrograms(): Promise<Programs> {
  const wanted = (JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8')) as { dependencies: Versions })
    .dependencies;
  const stale = Object.entries(wanted).filter(([name, version]) => installedVersion(name) !== version);
  if (stale.length > 0) {
    console.error(
      `installing ${stale.map(([name, version]) => `${name} ${version}`).join(', ')} (about 640 MB)`,
    );
    await must(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']);
  }
  const claude = join(MODULES, '@anthropic-ai', 'claude-code');
  const program = join(claude, 'bin', 'claude.exe');
  // Its one install script only links the native program over a small stand-in: run by hand, only this one.
  if (!existsSync(program) || statSync(program).size < 1_000_000) {
    console.error('linking the Claude Code program');
    await must(['node', join(claude, 'install.cjs')]);
  }
  return { claude: program, codex: join(MODULES, '.bin', 'codex') };
}

type Versions = Record<string, string>;

function installedVersion(name: string): string | undefined {
  const file = join(MODULES, name, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function must(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { cwd: HERE, stdin: 'ignore', stdout: 'inherit', stderr: 'inherit' });
  const started = performance.now();
  const progress = setInterval(() => {
    console.error(`  still at it after ${Math.round((performance.now() - started) / 1000)} s`);
  }, 5_000);
  const code = await child.exited;
  clearInterval(progress);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
}
