// Where the program's words go when their disk is full: nothing hangs, and a command says that some were lost.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { osiris } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { until } from '../support/until.ts';

removeScratchAfterEach();

const MAIN = join(import.meta.dir, '../../src/main.ts');
/** The program with its words led elsewhere by the shell, as a user would. */
const ledTo = (where: string) => ['sh', '-c', `exec "$@" ${where}`, 'sh', process.execPath, MAIN];

describe('a command', () => {
  test('writes all it has into a file', async () => {
    const cwd = scratchDir();
    const { stdout } = await osiris(['models', '--all', '--json'], { cwd });
    expect(stdout.length).toBeGreaterThan(20_000);
    expect(await osiris(['models', '--all', '--json'], { cwd, program: ledTo('> said') })).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(cwd, 'said'), 'utf8')).toBe(stdout);
  });

  test.skipIf(process.platform !== 'linux')('says on a full disk that not all was written', async () => {
    const outcome = await osiris(['models', '--all'], { cwd: scratchDir(), program: ledTo('> /dev/full') });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('not all of the output could be written: ENOSPC');
  });

  test('is no failure when its reader has enough', async () => {
    const program = ['sh', '-c', '"$@" | head -1; exit 0', 'sh', process.execPath, MAIN];
    const outcome = await osiris(['models', '--all'], { cwd: scratchDir(), program });
    expect(outcome.stderr).toBe('');
    expect(outcome.stdout.split('\n')).toHaveLength(2);
  });
});

test.skipIf(process.platform !== 'linux')(
  'a server whose log finds no room goes on, and ends when told',
  async () => {
    const port = await freePort();
    const child = Bun.spawn([...ledTo('> /dev/full 2>&1'), 'serve', '--port', String(port)], {
      cwd: scratchDir(),
      env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent' },
    });
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/health/ready`)
        .then(({ ok }) => ok)
        .catch(() => false);
    await until(isReady);
    for (let i = 0; i < 300; i++) await (await fetch(`http://127.0.0.1:${port}/v1/models`)).text();
    expect(await isReady()).toBe(true);
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
  },
);
