// Runs a coding agent without a terminal: clean environment, own home, nothing but loopback reachable.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type HeadlessRun = {
  code: number;
  stdout: string;
  stderr: string;
  durationMs: number;
  /** It had not ended in its time and was killed. */
  isKilled: boolean;
};

/** A directory for one run: `home` for the agent's own files, `work` for the files it edits. */
export type RunDirectory = { root: string; home: string; work: string; remove(): void };

export function runDirectory(): RunDirectory {
  const root = mkdtempSync(join(tmpdir(), 'osiris-client-'));
  const home = mkdtempSync(join(root, 'home-'));
  const work = mkdtempSync(join(root, 'work-'));
  return { root, home, work, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Runs it to its end, at most `limitMs`. */
export async function runHeadless(
  argv: string[],
  directory: RunDirectory,
  env: Record<string, string>,
  limitMs = 240_000,
): Promise<HeadlessRun> {
  const started = performance.now();
  const child = start(argv, directory, env);
  let isKilled = false;
  const late = setTimeout(() => {
    isKilled = true;
    child.kill('SIGKILL');
  }, limitMs);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(late);
  return { code, stdout, stderr, durationMs: performance.now() - started, isKilled };
}

/** Starts a server of the agent's own and waits until its port is open; the answer ends it. */
export async function runBeside(
  argv: string[],
  directory: RunDirectory,
  env: Record<string, string>,
  port: number,
  limitMs = 120_000,
): Promise<() => Promise<void>> {
  const child = start(argv, directory, env);
  const said = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const stop = async (): Promise<void> => {
    child.kill();
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await child.exited;
    clearTimeout(late);
  };
  for (const end = performance.now() + limitMs; !(await isOpen(port)); await Bun.sleep(LOOK_MS))
    if (child.exitCode !== null || performance.now() > end) {
      await stop();
      throw new Error(`${argv.join(' ')} did not open port ${port}: ${(await said).join('').slice(-600)}`);
    }
  return stop;
}

const LOOK_MS = 200;
const STOP_MS = 10_000;

/** Every address but loopback goes to a proxy that is not there. */
function start(argv: string[], directory: RunDirectory, env: Record<string, string>) {
  return Bun.spawn(argv, {
    cwd: directory.work,
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: directory.home,
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1,localhost',
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
