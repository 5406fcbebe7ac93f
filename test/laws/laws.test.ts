// The laws hold in every run, and each of them fails on something that breaks it.

import { afterAll, describe, expect, test } from 'bun:test';
import { LAWS } from './all.ts';
import { coverage, coverageTable } from './coverage.ts';
import { complaintOf, RUNS, SUITE_SEED, uphold } from './law.ts';
import { FATES, LAW_4 } from './law-4-no-silent-loss.ts';

const TIMEOUT_MS = 300_000;
const ROUNDS_MAX = 20;

for (const law of LAWS) {
  describe(law.name, () => {
    const known = law.breach === undefined ? '' : `, but for a known breach: ${law.breach}`;
    (law.breach === undefined ? test : test.failing)(
      `holds${known}`,
      () => uphold(law, RUNS, SUITE_SEED),
      TIMEOUT_MS,
    );
    for (const mutant of law.mutants)
      test(
        `notices ${mutant.name}`,
        async () => expect(await complaintOf(mutant)).toMatch(mutant.complaint),
        TIMEOUT_MS,
      );
  });
}

describe('the generated requests', () => {
  test(
    'reach every row of the mapping tables',
    async () => {
      const missed = () => coverage().filter(({ times }) => times === 0);
      // a short run may have missed what is rare: the law goes on until it has seen everything
      for (let round = 0; round < ROUNDS_MAX && missed().length > 0; round++)
        for (const law of LAW_4) await uphold(law, 300, SUITE_SEED, round);
      expect(missed().map(({ row }) => row)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test('are refused seldom enough to tell something', () => {
    expect(FATES.refusedRequests).toBeLessThan(FATES.requests / 4);
    expect(FATES.carried).toBeGreaterThan(FATES.named);
  });

  afterAll(() => console.log(`${coverageTable()}\n${JSON.stringify(FATES)}`));
});
