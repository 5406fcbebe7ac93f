// What stands in the way of a backup or a restore in the middle of it: Ctrl-C, a full disk, a permission, a reader that leaves.

import { expect, test } from 'bun:test';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StopSignal } from '../../src/cli/ports.ts';
import type { BackUpOrder, Checked, UnpackOrder } from '../../src/store/backup.ts';
import { type Around, command } from '../support/command-line.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

type Order = BackUpOrder | UnpackOrder;

/** A directory with what looks like data and a backup, and the words of both commands there. */
function place() {
  const cwd = scratchDir();
  const dataDir = join(cwd, 'osiris-data');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'osiris.db'), 'x');
  writeFileSync(join(cwd, 'one.tar.gz'), 'x');
  const at = ['--data-dir', dataDir];
  return {
    cwd,
    dataDir,
    words: {
      backup: ['backup', join(cwd, 'kept'), ...at],
      restore: ['restore', join(cwd, 'one.tar.gz'), ...at],
    },
  };
}

/** A job that leaves half a file and then ends as `done` does. */
function job(done: () => Promise<Checked>, stop = () => {}): Around {
  return {
    backupJob(order: Order) {
      writeFileSync(join(order.scratch, 'half'), 'x');
      return { done: done(), stop };
    },
    holdForRestore: () => ({
      finished: undefined,
      putInPlace: () => ({ aside: undefined, newer: undefined }),
      letGo() {},
    }),
  };
}

const ENDINGS = { backup: 'Nothing was written.', restore: 'Nothing was changed.' };

for (const name of ['backup', 'restore'] as const) {
  test(`Ctrl-C ends a ${name}, which leaves nothing behind`, async () => {
    const { cwd, dataDir, words } = place();
    let isStopped = false;
    const stopped = await command(words[name], cwd, {
      ...job(
        () => new Promise(() => {}),
        () => {
          isStopped = true;
        },
      ),
      onStop: (listener: (signal: StopSignal) => void) => queueMicrotask(() => listener('SIGINT')),
    });
    expect(stopped).toEqual({ code: 1, stdout: '', stderr: `osiris: Stopped. ${ENDINGS[name]}\n` });
    expect(isStopped).toBe(true);
    expect(readdirSync(dataDir)).toEqual(['osiris.db']);
    expect(readdirSync(cwd).sort()).toEqual([
      ...(name === 'backup' ? ['kept'] : []),
      'one.tar.gz',
      'osiris-data',
    ]);
    if (name === 'backup') expect(readdirSync(join(cwd, 'kept'))).toEqual([]);
  });

  test.each([
    ['ENOSPC', 'No room left in '],
    ['SQLITE_FULL', 'No room left in '],
    ['EACCES', 'No permission to write into '],
    ['EROFS', 'No permission to write into '],
  ])(`${name}: %s is told as what it is`, async (code, message) => {
    const { cwd, words } = place();
    const fails = () => Promise.reject(Object.assign(new Error('as the system says it'), { code }));
    const { code: exit, stderr } = await command(words[name], cwd, job(fails));
    expect([exit, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(stderr).toContain(ENDINGS[name]);
    expect(stderr).not.toContain('as the system says it');
  });
}

test('a backup is no text for a terminal', async () => {
  const { cwd, dataDir } = place();
  const outcome = await command(['backup', '-', '--data-dir', dataDir], cwd, { pipeOut: undefined });
  expect([outcome.code, outcome.stderr]).toEqual([
    2,
    expect.stringContaining('osiris backup - > FILE.tar.gz'),
  ]);
});
