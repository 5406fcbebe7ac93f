// The journals: the contract on both, and what only a file and a thread can get wrong.

import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../../src/store/journal-port.ts';
import { openJournal, readJournal } from '../../src/store/sqlite/journal.ts';
import { callIdOf, describeJournal, rowOf } from '../support/journal-contract.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

/** Long enough for the rows of the contract, whatever the year. */
const LIMITS = { retentionMs: 100 * 365 * 86_400_000, maxBytes: 1024 ** 3 };
const PROVIDER_SECRET = 'provider-secret-of-no-known-form';
const open = (dataDir: string, start?: () => Worker) =>
  openJournal(dataDir, { limits: LIMITS, secrets: [PROVIDER_SECRET], ...(start ? { start } : {}) });

describeJournal('memory', createMemoryJournal);
describeJournal('sqlite', () => open(scratchDir()));

/** Every byte of the journal on disk. */
function bytesOf(dataDir: string): string {
  return ['journal.db', 'journal.db-wal']
    .map((name) => join(dataDir, name))
    .map((path) => (statSync(path, { throwIfNoEntry: false }) ? readFileSync(path, 'latin1') : ''))
    .join('');
}

function entryWithBodies(request: string, answer: string): JournalEntry {
  const raw = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    return { bytes, totalBytes: bytes.length };
  };
  return { row: rowOf(1), bodies: { request: raw(request), answer: raw(answer) } };
}

describe('the file', () => {
  test('is readable by nobody else, and has everything back when it is opened again', async () => {
    const dataDir = join(scratchDir(), 'data');
    const before = open(dataDir);
    before.record(() => ({ row: rowOf(1) }));
    await before.finish();
    for (const name of ['journal.db', 'journal.db-wal', 'journal.db-shm']) {
      expect(`${name} ${(statSync(join(dataDir, name)).mode & 0o777).toString(8)}`).toBe(`${name} 600`);
    }
    await before.close();
    const after = open(dataDir);
    expect((await after.find({ limit: 10 })).rows).toEqual([rowOf(1)]);
    await after.close();
  });

  test('a call recorded twice is one row', async () => {
    const journal = open(scratchDir());
    for (let n = 0; n < 2; n++) journal.record(() => ({ row: rowOf(1) }));
    expect((await journal.find({ limit: 10 })).rows).toHaveLength(1);
    await journal.close();
  });

  test('is read without a server, and left as it was', async () => {
    const dataDir = scratchDir();
    expect(readJournal(dataDir)).toBeUndefined();
    const journal = open(dataDir);
    journal.record(() => ({ row: rowOf(1) }));
    journal.record(() => ({ row: rowOf(2) }));
    await journal.close();
    const reader = readJournal(dataDir);
    expect(await reader?.find({ limit: 1 })).toEqual({ rows: [rowOf(2)], next: callIdOf(2) });
    expect(await reader?.find({ limit: 1, before: callIdOf(2) })).toMatchObject({ rows: [rowOf(1)] });
    expect(await reader?.show(callIdOf(1))).toEqual({ row: rowOf(1) });
    await reader?.close();
  });

  test('that is no journal is said to be none', () => {
    const dataDir = scratchDir();
    writeFileSync(join(dataDir, 'journal.db'), 'no database at all '.repeat(500));
    expect(() => readJournal(dataDir)).toThrow('not an SQLite database');
  });
});

describe('bodies', () => {
  test('are kept where they are handed in, without anybody’s secrets', async () => {
    const dataDir = scratchDir();
    const journal = open(dataDir);
    const own = `sk-osiris-${'0123456789abcdef'.repeat(2)}`;
    const request = JSON.stringify({
      prompt: 'canary-prompt',
      tool: JSON.stringify({ authorization: 'Basic c2VjcmV0LWNhbmFyeQ==', 'x-api-key': 'plain-canary' }),
      headers: { Authorization: 'token-canary', cookie: 'a="cookie-canary"', 'x-own': 'own-"}-canary' },
      mcp_servers: [{ name: 'docs', authorization_token: 'docs-canary' }],
      schema: { headers: { type: 'object', properties: {} } },
      text: `the key is ${own}, theirs ${PROVIDER_SECRET}`,
    });
    journal.record(() => entryWithBodies(request, 'canary-answer, Bearer abcdefghijklmnop'));
    const shown = await journal.show(callIdOf(1));
    expect(shown?.bodies?.request.totalBytes).toBe(request.length);
    expect(shown?.bodies?.request.text).toContain('canary-prompt');
    expect(shown?.bodies?.request.text).toContain('"headers":{"type":"object","properties"');
    expect(shown?.bodies?.answer.text).toBe('canary-answer, Bearer …');
    await journal.close();
    const bytes = bytesOf(dataDir);
    expect(bytes.includes('canary-prompt')).toBe(true);
    const named = ['c2VjcmV0', 'plain-canary', 'token-canary', 'cookie-canary', '}-canary', 'docs-canary'];
    for (const secret of [own, PROVIDER_SECRET, ...named])
      expect([secret, bytes.includes(secret)]).toEqual([secret, false]);
  });

  test('are cut to 256 KB, never through a character or a secret', async () => {
    const journal = open(scratchDir());
    const secret = `sk-osiris-${'f'.repeat(32)}`;
    const filler = `${'x'.repeat(256 * 1024 - 21)} `;
    journal.record(() => entryWithBodies(`${filler}${secret} and more`, 'é'.repeat(200_000)));
    const shown = await journal.show(callIdOf(1));
    expect(shown?.bodies?.request.text.endsWith('sk-… and more')).toBe(true);
    const answer = shown?.bodies?.answer;
    expect(answer?.totalBytes).toBe(400_000);
    expect(answer?.text).toBe('é'.repeat(128 * 1024));
    await journal.close();
  });
});

describe('a journal that cannot be written', () => {
  test('throws nothing, says what is wrong, and writes what waited when it can again', async () => {
    const dataDir = scratchDir();
    const path = join(dataDir, 'journal.db');
    writeFileSync(path, 'no database at all '.repeat(500));
    const journal = open(dataDir);
    journal.record(() => ({ row: rowOf(1) }));
    await journal.finish();
    expect(journal.trouble()).toContain('is not an SQLite database');
    const refusal = await journal.find({ limit: 1 }).catch((thrown: Error) => thrown.message);
    expect(refusal).toContain('cannot be read');
    expect(journal.tail(0, {}).rows).toHaveLength(1);
    rmSync(path);
    expect((await journal.find({ limit: 10 })).rows).toEqual([rowOf(1)]);
    expect(journal.trouble()).toBeUndefined();
    await journal.close();
  });

  test('is begun anew when its file is deleted', async () => {
    const dataDir = scratchDir();
    const path = join(dataDir, 'journal.db');
    const journal = open(dataDir);
    journal.record(() => ({ row: rowOf(1) }));
    await journal.finish();
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    journal.record(() => ({ row: rowOf(2) }));
    await journal.finish();
    expect((await journal.find({ limit: 10 })).rows).toEqual([rowOf(2)]);
    expect(existsSync(path)).toBe(true);
    await journal.close();
  });

  test('makes nothing where its directory was moved away', async () => {
    const dataDir = join(scratchDir(), 'data');
    const journal = open(dataDir);
    journal.record(() => ({ row: rowOf(1) }));
    await journal.finish();
    renameSync(dataDir, `${dataDir}-moved`);
    journal.record(() => ({ row: rowOf(2) }));
    await journal.finish();
    expect(existsSync(dataDir)).toBe(false);
    await journal.close();
  });

  test('drops the oldest of a flood, and counts them', async () => {
    const silent = () => {
      const worker = new Worker('data:text/javascript,self.onmessage=()=>{}');
      return worker;
    };
    const journal = open(scratchDir(), silent);
    for (let n = 0; n < 12_000; n++) journal.record(() => ({ row: rowOf(n) }));
    journal.finish();
    expect(journal.counts().dropped).toBe(2000);
    for (let n = 0; n < 1000; n++) journal.record(() => ({ row: rowOf(n) }));
    journal.finish();
    // 256 are with the thread
    expect(journal.counts().dropped).toBe(2744);
  });

  test('starts its thread anew when it dies', async () => {
    const dataDir = scratchDir();
    let starts = 0;
    const dying = () => {
      starts++;
      if (starts === 1)
        return new Worker('data:text/javascript,self.onmessage=()=>{throw new Error("dead")}');
      return new Worker(new URL('../../src/store/sqlite/journal-worker.ts', import.meta.url).href);
    };
    const journal = open(dataDir, dying);
    journal.record(() => ({ row: rowOf(1) }));
    await journal.finish();
    expect(journal.trouble()).toContain('dead');
    expect((await journal.find({ limit: 10 })).rows).toEqual([rowOf(1)]);
    expect([starts, journal.trouble()]).toEqual([2, undefined]);
    await journal.close();
  });
});
