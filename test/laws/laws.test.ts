// The laws hold in every run, and each of them fails on something that breaks it.

import { describe, expect, test } from 'bun:test';
import { LAWS } from './all.ts';
import { breaks, uphold } from './law.ts';

const TIMEOUT_MS = 300_000;

for (const law of LAWS) {
  describe(law.name, () => {
    test('holds', () => uphold(law), TIMEOUT_MS);
    for (const mutant of law.mutants)
      test(`notices ${mutant.name}`, () => expect(breaks(mutant)).toBe(true), TIMEOUT_MS);
  });
}
