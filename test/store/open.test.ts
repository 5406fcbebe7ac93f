// Why a database file cannot be opened, in words for the operator.

import { expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toFailure } from '../../src/cli/failure.ts';
import { explain } from '../../src/store/sqlite/open.ts';
import { takeTurn } from '../../src/store/sqlite/turn-file.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const failed = (code: string) => Object.assign(new Error('raw words'), { code });

test('want of room is told as such, by whatever it showed', () => {
  const path = join(scratchDir(), 'osiris.db');
  for (const code of ['ENOSPC', 'SQLITE_FULL']) {
    expect(explain(path, failed(code)).message).toStartWith(`The disk has no room left for ${path}.`);
    expect(toFailure(failed(code)).message).toStartWith('The disk of this server has no room left.');
  }
  expect(explain(path, failed('SQLITE_IOERR')).message).toBe(`Cannot open the database ${path}: raw words`);
});

test('a directory that may not be made is not called a file that may not be used', () => {
  const dataDir = join(scratchDir(), 'osiris-data');
  const path = join(dataDir, 'osiris.db');
  expect(explain(path, failed('EACCES')).message).toStartWith(`No permission to make ${dataDir}.`);
  mkdirSync(dataDir);
  expect(explain(path, failed('EACCES')).message).toStartWith(`No permission to use ${path}.`);
});

test('only a file that another process holds is a turn to wait for', () => {
  const path = join(scratchDir(), 'osiris.lock');
  const giveTurn = takeTurn(path);
  expect(() => takeTurn(path, 1)).toThrow('works on this data directory');
  giveTurn();
  writeFileSync(path, 'no database, as a full disk may leave it');
  expect(() => takeTurn(path, 1)).toThrow(`${path} is not an SQLite database.`);
});

test('a damaged file is told as such, and what to do about it', () => {
  const dataDir = scratchDir();
  const ledger = join(dataDir, 'osiris.db');
  expect(explain(ledger, failed('SQLITE_CORRUPT')).message).toBe(
    `${ledger} is damaged (raw words). \`osiris restore\` puts an earlier backup in its place and keeps it aside.`,
  );
  const journal = join(dataDir, 'journal.db');
  expect(explain(journal, failed('SQLITE_CORRUPT_VTAB')).message).toEndWith(
    'Move it away: a new one is made.',
  );
});

test('want of descriptors is not called a want of permission', () => {
  const path = join(scratchDir(), 'osiris.db');
  expect(explain(path, failed('EMFILE')).message).toContain('too many files open');
  expect(explain(path, failed('SQLITE_CANTOPEN')).message).toStartWith('No permission to use');
});
