// `osiris keys …` in a directory of its own, beside a running server or without one.

import { afterAll, beforeAll, expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, osiris, type Serving, serve } from './osiris.ts';

export const SERVER_STATES = ['a stopped', 'a running'] as const;

/** Made before the tests of the block it is called in, and gone after them. */
export function keysCommand(state: (typeof SERVER_STATES)[number]) {
  const cwd = mkdtempSync(join(tmpdir(), 'osiris-cli-'));
  let server: Serving | undefined;
  beforeAll(async () => {
    if (state === 'a running') server = await serve(['--port', '0'], { cwd });
    else expect((await osiris(['init'], { cwd })).code).toBe(0);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });
  const keys = (...words: string[]): Promise<Outcome> => osiris(['keys', ...words], { cwd });
  /** What `keys create --json` printed. */
  const create = async (...words: string[]) => JSON.parse((await keys('create', ...words, '--json')).stdout);
  return { cwd, keys, create };
}
