// Where `osiris serve` cannot begin: the address, the port or the data directory is not to be had.

import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { turnPath } from '../../src/store/data-dir.ts';
import { takeTurn } from '../../src/store/sqlite/turn-file.ts';
import { programArgv } from '../support/gateway.ts';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();
setDefaultTimeout(60_000);

test('a second program on the same port is told so, and the first one keeps all of it', async () => {
  const cwd = scratchDir();
  const program = await programArgv();
  const first = await serve(['--port', '0'], { cwd, program });
  const { port } = new URL(first.url);
  const second = await osiris(['serve', '--port', port, '--data-dir', 'other'], { cwd, program });
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toContain(`Port ${port} of 127.0.0.1 is in use by another program.`);
  expect((await first.stop()).code).toBe(0);
});

test('of two that start on one data directory at the same moment one serves, and the other says why not', async () => {
  const cwd = scratchDir();
  const program = await programArgv();
  const starts = await Promise.allSettled([1, 2].map(() => serve(['--port', '0'], { cwd, program })));
  const [served] = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const [refused] = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []));
  expect(refused).toContain('Osiris runs on this data directory already');
  expect((await served?.stop())?.code).toBe(0);
});

test('no server begins on a ledger that another process writes to, and nothing of that is touched', async () => {
  const cwd = scratchDir();
  await osiris(['init'], { cwd });
  const dataDir = join(cwd, 'osiris-data');
  const giveTurn = takeTurn(turnPath(dataDir));
  for (const words of [
    ['serve', '--port', '0'],
    ['keys', 'list'],
  ]) {
    const { code, stderr } = await osiris(words, { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining('works on this data directory')]);
  }
  giveTurn();
  expect((await osiris(['keys', 'list'], { cwd })).code).toBe(0);
});

test('an address that this machine does not have is told with the ones it has', async () => {
  const cwd = scratchDir();
  for (const host of ['192.0.2.1', 'nowhere.invalid']) {
    const { code, stderr } = await osiris(['serve', '--port', '0', '--host', host], { cwd });
    expect(code).toBe(1);
    expect(stderr).toStartWith(`osiris: This machine has no address ${host} to listen on.\nWrite 127.0.0.1`);
  }
});

test('a file in the place of the data directory is named', async () => {
  const cwd = scratchDir();
  writeFileSync(join(cwd, 'mine'), 'kept');
  const { code, stderr } = await osiris(['serve', '--port', '0', '--data-dir', 'mine'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toStartWith(`osiris: ${join(cwd, 'mine')} is a file, not a directory.\n`);
  expect(await Bun.file(join(cwd, 'mine')).text()).toBe('kept');
});

test('a data directory that cannot be looked into is not called a missing one', async () => {
  const cwd = scratchDir();
  symlinkSync('loop', join(cwd, 'loop'));
  mkdirSync(join(cwd, 'theirs', 'data'), { recursive: true });
  chmodSync(join(cwd, 'theirs'), 0);
  // root may look everywhere
  const places = process.getuid?.() === 0 ? ['loop'] : ['loop', 'theirs/data'];
  for (const place of places)
    for (const words of [['serve', '--port', '0'], ['keys', 'list'], ['logs']]) {
      const { code, stderr } = await osiris([...words, '--data-dir', place], { cwd });
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^osiris: (Cannot|No permission to) look into/),
      ]);
    }
  chmodSync(join(cwd, 'theirs'), 0o700);
});
