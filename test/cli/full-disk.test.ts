// Where the program's words go when their disk is full or their reader is gone: nothing hangs, and what is lost is told.

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { osiris, serve } from '../support/osiris.ts';
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

  test.skipIf(process.platform !== 'linux')('says that its output was closed', async () => {
    const cwd = scratchDir();
    const outcome = await osiris(['models', '--all'], { cwd, program: ledTo('>&-') });
    expect([outcome.code, outcome.stderr]).toEqual([
      1,
      'osiris: not all of the output could be written: it was closed when the program began\n',
    ]);
    expect(await osiris(['models'], { cwd, program: ledTo('> /dev/null') })).toMatchObject({ code: 0 });
    await osiris(['init'], { cwd });
    const backup = await osiris(['backup', '-'], { cwd, program: ledTo('>&-') });
    expect(backup.code).toBe(2);
    expect(backup.stderr).toContain('stdout is a terminal, or closed');
  });

  test.skipIf(process.platform !== 'linux')(
    'that follows ends when its reader has left, also while nothing happens',
    async () => {
      const cwd = scratchDir();
      const server = await serve(['--port', '0'], { cwd });
      try {
        const key = /sk-osiris-[0-9a-f]{32}/.exec(server.stdout)?.[0] ?? '';
        await fetch(`${server.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
          body: JSON.stringify({ model: 'sandbox/echo', messages: [{ role: 'user', content: 'a' }] }),
        });
        const program = ['sh', '-c', '"$@" | head -1; exit 0', 'sh', process.execPath, MAIN];
        const outcome = await osiris(['logs', '--follow'], { cwd, program });
        expect([outcome.stdout.split('\n').length, outcome.stderr]).toEqual([2, '']);
      } finally {
        await server.stop();
      }
    },
  );
});

test.skipIf(process.platform === 'win32')(
  'a log that nobody reads keeps some lines back, drops the others and says how many',
  async () => {
    const cwd = scratchDir();
    const lines = 60_000;
    const words = 'w'.repeat(100);
    const script = `
      import { log } from ${JSON.stringify(join(import.meta.dir, '../../src/lib/log.ts'))};
      for (let i = 0; i < ${lines}; i++) log.info('${words}', { i });
      require('node:fs').writeFileSync('go', 'all is said');
      process.stdin.on('end', () => process.exit()).resume();`;
    // what reads stderr waits until all is said
    const shell = 'mkfifo go; "$@" 2>&1 | { read _ < go; cat; }';
    const child = Bun.spawn(['sh', '-c', shell, 'sh', process.execPath, '-e', script], {
      cwd,
      stdin: 'pipe',
      stdout: 'pipe',
    });
    let text = '';
    for await (const bytes of child.stdout) {
      text += new TextDecoder().decode(bytes);
      if (text.includes('dropped')) child.stdin.end();
    }
    const said = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string; i?: number; lines?: number });
    const kept = said.filter(({ message }) => message === words);
    const [note, ...more] = said.filter(({ message }) => message !== words);
    expect(text.length).toBeLessThan(4_200_000);
    expect(kept.map(({ i }) => i)).toEqual(kept.map((_, i) => i));
    expect(note?.lines).toBe(lines - kept.length);
    expect(more).toEqual([]);
  },
);

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
