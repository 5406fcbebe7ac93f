// Feeds spoilt input to every format, or to the whole program: `bun run fuzz [how many of each] [first seed] [kind]`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bare, COUNTS, problemWith, shrunk, trialOf } from '../test/fuzz/fuzz.ts';
import { seedsOf } from '../test/fuzz/seeds.ts';
import { KINDS } from '../test/fuzz/trials.ts';
import { fuzzProgram } from './fuzz-program.ts';

const COUNT_DEFAULT = 1_000_000;
/** Generated inputs of each kind and format that are spoilt. */
const SEEDS_EACH = 500;
/** Progress is told after so many. */
const BATCH = 5_000;
/** A run that has found as many different things is no use any more. */
const FINDINGS_MAX = 50;
const FOUND = join(import.meta.dir, '../dist/fuzz');

const [count = COUNT_DEFAULT, first = 1] = process.argv.slice(2, 4).map(Number);
const wanted = process.argv[4];
const kinds = KINDS.filter((kind) => wanted === undefined || wanted === kind);
const isHttp = wanted === 'http';
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(first) || (kinds.length === 0 && !isHttp)) {
  console.error(`usage: bun run fuzz [how many of each] [first seed] [${KINDS.join('|')}|http]`);
  process.exit(2);
}
if (isHttp) process.exit(await fuzzProgram(first, count, FOUND));

const seeds = seedsOf(SEEDS_EACH, first);
const found = new Map<string, number>();
const begun = Bun.nanoseconds();
const decoders = new Map<string, number>();
let rssMax = 0;
for (let done = 0; done < count && found.size < FINDINGS_MAX; done++) {
  for (const kind of kinds) {
    const trial = trialOf(first + done, kind, seeds);
    const decoder = `${kind} ${trial.format}`;
    decoders.set(decoder, (decoders.get(decoder) ?? 0) + 1);
    const problem = problemWith(trial);
    if (problem === undefined) continue;
    const name = `${decoder} ${bare(problem)}`;
    found.set(name, (found.get(name) ?? 0) + 1);
    if (found.get(name) === 1) tell(trial, problem, first + done);
  }
  if ((done + 1) % BATCH === 0) progress(done + 1);
}
progress(count);
console.log(`\n${[...decoders].map(([decoder, tried]) => `${decoder} ${tried}`).join(', ')}`);
console.log(`${found.size} findings${found.size > 0 ? ` in ${FOUND}` : ''}`);
for (const [name, times] of found) console.log(`${String(times).padStart(7)}  ${name}`);
process.exit(found.size > 0 ? 1 : 0);

/** The finding as a file that a test can replay. */
function tell(trial: Parameters<typeof shrunk>[0], problem: string, seed: number): void {
  const small = shrunk(trial, problem);
  mkdirSync(join(FOUND, trial.kind, trial.format), { recursive: true });
  const file = join(FOUND, trial.kind, trial.format, `seed-${seed}`);
  writeFileSync(file, small.bytes);
  console.log(`\n${problem}\n  ${file}`);
}

function progress(done: number): void {
  // what is garbage is not held against us
  Bun.gc(true);
  rssMax = Math.max(rssMax, process.memoryUsage.rss());
  const seconds = ((Bun.nanoseconds() - begun) / 1e9).toFixed(0);
  const { tried, understood } = COUNTS;
  const memory = `${Math.round(rssMax / 1e6)} MB at most`;
  process.stdout.write(
    `\r${kinds.join(', ')}: ${done} each in ${seconds} s, ${understood} of ${tried} understood, ${memory} `,
  );
}
