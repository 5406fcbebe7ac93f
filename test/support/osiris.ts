// Runs the program as a newcomer would: words in, text and an exit code out.

import { join } from 'node:path';

export type Outcome = { code: number; stdout: string; stderr: string };
export type RunOptions = { cwd: string; env?: Record<string, string>; program?: string[] };
export type Serving = {
  url: string;
  stdout: string;
  pid: number;
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
};

const FROM_SOURCE = [process.execPath, join(import.meta.dir, '../../src/main.ts')];

/** Nothing of this machine's own settings, so that no real provider is ever found. */
const BARE_ENV = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };

/** Runs `osiris …words` in `cwd` to its end. */
export async function osiris(words: string[], options: RunOptions): Promise<Outcome> {
  const child = start(words, options);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Runs `osiris serve` until it has printed its address; throws with its words when it ends before that. */
export async function serve(words: string[], options: RunOptions): Promise<Serving> {
  const child = start(['serve', ...words], options);
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let stdout = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`osiris serve ended: ${await stderr}`);
    stdout += decoder.decode(value, { stream: true });
    const url = /https?:\/\/[^\s/]+:\d+/.exec(stdout)?.[0];
    if (url === undefined) continue;
    return {
      url,
      stdout,
      pid: child.pid,
      async stop(signal = 'SIGINT') {
        child.kill(signal);
        const code = await child.exited;
        reader.releaseLock();
        return { code, stdout, stderr: await stderr };
      },
    };
  }
}

function start(words: string[], { cwd, env, program = FROM_SOURCE }: RunOptions) {
  return Bun.spawn([...program, ...words], {
    cwd,
    env: { ...BARE_ENV, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}
