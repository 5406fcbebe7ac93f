// What the journal forgets: rows too old, rows too many, and the room they took.

import { describe, expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from '../../src/store/journal-port.ts';
import { openJournal } from '../../src/store/sqlite/journal.ts';
import { JournalFile } from '../../src/store/sqlite/journal-file.ts';
import { packEntries } from '../../src/store/sqlite/journal-pack.ts';
import { AT_MS, callIdOf, rowOf } from '../support/journal-contract.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';
import { until } from '../support/until.ts';

removeScratchAfterEach();

const DAY_MS = 86_400_000;

function openFile(limits: { retentionMs: number; maxBytes: number }) {
  const path = join(scratchDir(), 'journal.db');
  const clock = { ms: AT_MS, nowMs: () => clock.ms };
  return { path, clock, file: JournalFile.open(path, { limits, secrets: [], clock }) };
}

/** Runs every step there is to run; how many that were. */
function forgetAll(file: JournalFile): number {
  for (let steps = 1; ; steps++) {
    if (steps > 10_000) throw new Error('it never ends');
    if (!file.forgetStep()) return steps;
  }
}

const countOf = (file: JournalFile) => {
  let count = 0;
  for (let before: bigint | undefined; ; ) {
    const step = file.findStep({ limit: 5000, ...(before === undefined ? {} : { before }) });
    count += step.rows.length;
    before = step.next;
    if (before === undefined) return count;
  }
};

function heavy(n: number): JournalEntry {
  const bytes = new Uint8Array(100_000).fill(97);
  return { row: rowOf(n), bodies: { request: { bytes, totalBytes: 1 }, answer: { bytes, totalBytes: 1 } } };
}

describe('retention', () => {
  test('by age forgets what is older, with its bodies, and nothing else', () => {
    const { file, clock } = openFile({ retentionMs: 30 * DAY_MS, maxBytes: 1024 ** 3 });
    file.write(packEntries([heavy(0), { row: rowOf(1) }, { row: rowOf(2) }]));
    clock.ms = AT_MS + 30 * DAY_MS;
    forgetAll(file);
    expect(countOf(file)).toBe(3);
    clock.ms += 2000;
    forgetAll(file);
    expect(countOf(file)).toBe(1);
    expect(file.show(callIdOf(0))).toBeUndefined();
    expect(file.show(callIdOf(2))).toEqual({ row: rowOf(2) });
    file.close();
  });

  test('by size forgets the oldest first and gives the room back to the disk', () => {
    const maxBytes = 2_000_000;
    const { file, path } = openFile({ retentionMs: 30 * DAY_MS, maxBytes });
    for (let n = 0; n < 100; n++) file.write(packEntries([heavy(n)]));
    file.checkpoint();
    const before = statSync(path).size;
    expect(before).toBeGreaterThan(15_000_000);
    const steps = forgetAll(file);
    file.checkpoint();
    expect(file.usedBytes()).toBeLessThanOrEqual(maxBytes);
    expect(statSync(path).size).toBeLessThan(maxBytes * 1.2);
    expect(file.show(callIdOf(0))).toBeUndefined();
    expect(file.show(callIdOf(99))?.bodies?.answer.text).toHaveLength(100_000);
    // bodies are heavy: sixteen at a time
    expect(steps).toBeGreaterThan(5);
    file.close();
  });

  test('by size works without bodies as well, in steps that are each short', () => {
    const { file } = openFile({ retentionMs: 30 * DAY_MS, maxBytes: 500_000 });
    for (let batch = 0; batch < 40; batch++) {
      file.write(packEntries(Array.from({ length: 256 }, (_, n) => ({ row: rowOf(batch * 256 + n) }))));
    }
    expect(countOf(file)).toBe(10_240);
    expect(file.forgetStep()).toBe(true);
    expect(countOf(file)).toBe(10_240 - 256);
    forgetAll(file);
    expect(file.usedBytes()).toBeLessThanOrEqual(500_000);
    expect(countOf(file)).toBeGreaterThan(500);
    file.close();
  });

  test('a limit below an empty file ends as well', () => {
    const { file } = openFile({ retentionMs: DAY_MS, maxBytes: 1 });
    file.write(packEntries([heavy(0)]));
    expect(forgetAll(file)).toBeLessThan(10);
    expect(countOf(file)).toBe(0);
    file.close();
  });
});

test('the thread forgets by itself, while rows come in', async () => {
  const dataDir = scratchDir();
  const limits = { retentionMs: 100 * 365 * DAY_MS, maxBytes: 2_000_000 };
  const journal = openJournal(dataDir, { limits, secrets: [] });
  for (let n = 0; n < 100; n++) journal.record(() => heavy(n));
  await journal.finish();
  journal.record(() => ({ row: rowOf(200) }));
  const size = () => statSync(join(dataDir, 'journal.db')).size;
  await until(async () => size() <= 3_000_000 && (await journal.show(callIdOf(0))) === undefined);
  expect(await journal.show(callIdOf(200))).toEqual({ row: rowOf(200) });
  await journal.close();
});

test('a search looks at a part of the file at a time, and misses nothing', () => {
  const { file } = openFile({ retentionMs: DAY_MS, maxBytes: 1024 ** 3 });
  for (let batch = 0; batch < 100; batch++) {
    file.write(packEntries(Array.from({ length: 256 }, (_, n) => ({ row: rowOf(batch * 256 + n) }))));
  }
  file.write(packEntries([{ row: rowOf(-1, { status: 429 }) }]));
  const query = { limit: 5, status: { from: 429, to: 429 } };
  const first = file.findStep(query);
  expect(first).toMatchObject({ rows: [], next: callIdOf(15_600) });
  const second = file.findStep({ ...query, before: callIdOf(15_600) });
  expect(second).toMatchObject({ rows: [], next: callIdOf(5600) });
  const third = file.findStep({ ...query, before: callIdOf(5600) });
  expect(third.rows.map((row) => row.requestId)).toEqual(['label--1']);
  expect(third.next).toBeUndefined();
  file.close();
});
