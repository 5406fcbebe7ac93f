// Starts this program over with room for more upstream connections than Bun's 256.

import type { Environment } from '../config/environment.ts';

const VARIABLE = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
const CONNECTIONS = '20000';

/**
 * Replaces the process by itself with the limit raised; returns undefined when that has been done, or cannot be.
 * Bun reads the limit before any of our code runs, so setting it in here would be too late. On Windows, which
 * cannot replace a process, it runs a child and resolves to the child's exit code.
 */
export async function restartWithMoreConnections(
  argv: string[],
  env: Environment,
): Promise<number | undefined> {
  // Set by us on the way in, or by the operator, whose number stands.
  if (env[VARIABLE] !== undefined) return undefined;
  const command = [process.execPath, ...process.execArgv, ...ownWords(argv)];
  const raised = { ...env, [VARIABLE]: CONNECTIONS };
  if (process.platform === 'win32') return runChild(command, raised);
  try {
    process.execve?.(process.execPath, command, raised);
  } catch {
    // A sandbox may forbid it; 256 connections are better than no server.
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
