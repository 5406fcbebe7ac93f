// Directories that exist for one test.

import { afterEach } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A new empty directory, removed after the test. */
export function scratchDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'osiris-'));
  made.push(path);
  return path;
}

/** To be called once by each test file that uses `scratchDir`. */
export function removeScratchAfterEach(): void {
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });
}
