// The directories of keys: the contract on both, and what only a file on disk can get wrong.

import { describe, expect, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../src/lib/crypto.ts';
import { openDirectory } from '../../src/store/sqlite/directory.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { describeDirectory } from '../support/store-contract.ts';
import { FULL_KEY, PLAIN_KEY, secretOf } from '../support/store-fixtures.ts';

removeScratchAfterEach();

describeDirectory('sqlite', (clock) => openDirectory(scratchDir(), 'create', clock));

describe('the sqlite directory on disk', () => {
  test('has everything back after it was closed and opened again', () => {
    const dataDir = scratchDir();
    const before = openDirectory(dataDir, 'create');
    const full = before.create(FULL_KEY, secretOf('a'));
    const plain = before.create(PLAIN_KEY, secretOf('b'));
    before.revoke(plain.id);
    const revoked = before.findById(plain.id);
    before.setFact('colour', 'red');
    before.close();
    const after = openDirectory(dataDir, 'existing');
    expect(after.findByHash(sha256Hex('a'))).toEqual(full);
    expect(after.list()).toEqual([...(revoked ? [revoked] : []), full]);
    expect(after.getFact('colour')).toBe('red');
    after.close();
  });

  test('is readable by nobody else', () => {
    const dataDir = join(scratchDir(), 'deep', 'data');
    const directory = openDirectory(dataDir, 'create');
    directory.create(PLAIN_KEY, secretOf('a'));
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(modeOf(dataDir)).toBe('700');
    for (const name of ['osiris.db', 'osiris.db-wal', 'osiris.db-shm']) {
      expect(`${name} ${modeOf(join(dataDir, name))}`).toBe(`${name} 600`);
    }
    directory.close();
  });

  test('holds no secret in its files', () => {
    const dataDir = scratchDir();
    const directory = openDirectory(dataDir, 'create');
    directory.create(FULL_KEY, secretOf('sk-osiris-0123456789abcdef'));
    const bytes = ['osiris.db', 'osiris.db-wal'].map((name) => readFileSync(join(dataDir, name), 'latin1'));
    expect(bytes.join('')).toContain(sha256Hex('sk-osiris-0123456789abcdef'));
    expect(bytes.join('')).not.toContain('sk-osiris-0123456789abcdef');
    directory.close();
  });

  test('sees a key that another process made as soon as somebody uses it', () => {
    const dataDir = scratchDir();
    const server = openDirectory(dataDir, 'create');
    const command = openDirectory(dataDir, 'existing');
    expect(server.findByHash(sha256Hex('late'))).toBeUndefined();
    const made = command.create(PLAIN_KEY, secretOf('late'));
    expect(server.findByHash(sha256Hex('late'))).toEqual(made);
    command.revoke(made.id);
    expect(server.findById(made.id)?.revokedAtMs).toBeNumber();
    expect(server.findByHash(sha256Hex('late'))?.revokedAtMs).toBeNumber();
    command.close();
    server.close();
  });

  test('reads again only the key that it changes', () => {
    const directory = openDirectory(scratchDir(), 'create');
    const [first, second, third] = ['a', 'b', 'c'].map((text) => directory.create(PLAIN_KEY, secretOf(text)));
    if (!first || !second || !third) throw new Error('no keys');
    const changed = directory.change(second.id, { name: 'renamed' });
    directory.rotate(second.id, secretOf('d'), Number.MAX_SAFE_INTEGER);
    directory.rotate(second.id, secretOf('e'), Number.MAX_SAFE_INTEGER);
    expect(changed?.name).toBe('renamed');
    expect(directory.list().map(({ id }) => id)).toEqual([third.id, second.id, first.id]);
    expect(directory.findById(first.id)).toBe(first);
    const found = ['a', 'b', 'c', 'd', 'e'].map((text) => directory.findByHash(sha256Hex(text))?.id);
    expect(found).toEqual([first.id, undefined, third.id, second.id, second.id]);
    expect(directory.wasReplaced(sha256Hex('b'))).toBe(false);
    directory.close();
  });

  test('misses nothing that another process changes beside it', () => {
    const dataDir = scratchDir();
    const here = openDirectory(dataDir, 'create');
    const there = openDirectory(dataDir, 'existing');
    const [mine, other] = ['a', 'b'].map((text) => here.create(PLAIN_KEY, secretOf(text)));
    if (!mine || !other) throw new Error('no keys');
    there.change(other.id, { name: 'theirs' });
    expect(here.change(mine.id, { name: 'mine' })?.name).toBe('mine');
    expect(here.peekByHash(sha256Hex('b'))?.name).toBe('theirs');
    there.revoke(other.id);
    expect(here.change('key_of_nobody', { name: 'x' })).toBeUndefined();
    expect(here.peekByHash(sha256Hex('b'))?.revokedAtMs).toBeDefined();
    for (const directory of [here, there]) directory.close();
  });

  test('does not make a database where one was expected', () => {
    const dataDir = join(scratchDir(), 'wrong');
    expect(() => openDirectory(dataDir, 'existing')).toThrow(`There is no Osiris database at ${dataDir}`);
    expect(() => statSync(dataDir)).toThrow();
  });

  test('has every acknowledged key after its process was killed', async () => {
    const dataDir = scratchDir();
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, '../support/endless-keys.ts'), dataDir],
      {
        stdout: 'pipe',
        stderr: 'inherit',
      },
    );
    let acknowledged = '';
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      acknowledged += decoder.decode(chunk, { stream: true });
      if (acknowledged.length > 4000) child.kill('SIGKILL');
    }
    await child.exited;
    const ids = acknowledged.split('\n').slice(0, -1);
    expect(ids.length).toBeGreaterThan(50);
    const directory = openDirectory(dataDir, 'existing');
    expect(ids.filter((id) => directory.findById(id) === undefined)).toEqual([]);
    directory.close();
  });
});
