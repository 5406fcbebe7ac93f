// Runs the laws many times over: `bun run laws [runs per law] [words a law's name must hold]`.

import { LAWS } from '../test/laws/all.ts';
import { coverage, coverageTable } from '../test/laws/coverage.ts';
import { type Law, uphold } from '../test/laws/law.ts';
import { FATES } from '../test/laws/law-4-no-silent-loss.ts';

const RUNS_DEFAULT = 100_000;
/** Progress is told after so many runs. */
const BATCH_RUNS = 2000;

const [first, ...words] = process.argv.slice(2);
const runs = Number(first ?? Bun.env.LAWS_RUNS ?? RUNS_DEFAULT);
if (!Number.isInteger(runs) || runs < 1) {
  console.error('usage: bun run laws [runs per law] [words a law’s name must hold]');
  process.exit(2);
}

const chosen = LAWS.filter((law) => words.every((word) => law.name.includes(word)));
const broken: Law[] = [];
for (const law of chosen) if (!(await holds(law))) broken.push(law);

console.log(`\n${coverageTable()}\n`);
const missed = coverage().filter(({ times }) => times === 0).length;
console.log(`requests ${JSON.stringify(FATES)}, rows never generated: ${missed}`);
for (const law of chosen) console.log(`${verdict(law)}  ${law.name}`);
process.exit(broken.some((law) => law.breach === undefined) ? 1 : 0);

function verdict(law: Law): string {
  if (!broken.includes(law)) return law.breach === undefined ? 'holds ' : 'mended';
  return law.breach === undefined ? 'BROKEN' : 'known ';
}

/** Runs one law in batches, telling how far it is; a failure is told and the next law follows. */
async function holds(law: Law): Promise<boolean> {
  const begun = Bun.nanoseconds();
  const seconds = () => ((Bun.nanoseconds() - begun) / 1e9).toFixed(1);
  for (let done = 0; done < runs; done += BATCH_RUNS) {
    try {
      await uphold(law, Math.min(BATCH_RUNS, runs - done));
    } catch (thrown) {
      console.log(`\n${law.name}: after ${done} runs and ${seconds()} s\n${String(thrown)}`);
      return false;
    }
    process.stdout.write(`\r${law.name}: ${Math.min(done + BATCH_RUNS, runs)} runs, ${seconds()} s `);
  }
  console.log();
  return true;
}
