// Starts this program over with settings that its runtime reads before any of our code runs.

import type { Environment } from '../config/environment.ts';

/** By the variables that hold them; what the operator has set stands. */
const SETTINGS = {
  /** Upstream connections; 256 unless told. */
  BUN_CONFIG_MAX_HTTP_REQUESTS: '20000',
  /** Milliseconds until freed memory goes back to the system: at once, and each call pays to get it again. */
  MIMALLOC_PURGE_DELAY: '1000',
  /** Compiled code stays as long as its function: thrown away by age, the calls after a quiet minute take thrice as long. */
  BUN_JSC_forceCodeBlockLiveness: 'true',
};

/**
 * Replaces the process by itself with the settings in its environment; returns undefined when they are there already,
 * or cannot be. On Windows, which cannot replace a process, it runs a child and resolves to the child's exit code.
 */
export async function restartWithSettings(argv: string[], env: Environment): Promise<number | undefined> {
  if (Object.keys(SETTINGS).every((name) => env[name] !== undefined)) return undefined;
  const command = [process.execPath, ...process.execArgv, ...ownWords(argv)];
  const settled = { ...SETTINGS, ...env };
  if (process.platform === 'win32') return runChild(command, settled);
  try {
    process.execve?.(process.execPath, command, settled);
  } catch {
    // A sandbox may forbid it; the usual settings are better than no server.
  }
  return undefined;
}

/** A compiled program finds its script in itself; from source the script has to be named again. */
function ownWords(argv: string[]): string[] {
  return Bun.isStandaloneExecutable ? argv.slice(2) : argv.slice(1);
}

async function runChild(command: string[], env: Environment): Promise<number> {
  const child = Bun.spawn(command, { env: { ...env }, stdio: ['inherit', 'inherit', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return await child.exited;
}
