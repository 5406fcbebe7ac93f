// `bun run crash [kills]`: kills the compiled program under load again and again and prints what became of the money.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programArgv } from '../support/gateway.ts';
import { FAILPOINTS, runCampaign } from './campaign.ts';
import { crashTable } from './table.ts';

const KILLS_DEFAULT = 200;
/** So many of a hundred kills are at failpoints. */
const FAILPOINTS_PERCENT = 60;

const kills = Number(process.argv[2] ?? KILLS_DEFAULT);
if (!Number.isInteger(kills) || kills < 1) {
  console.error('usage: bun run crash [kills]   (CRASH_SEED, CRASH_WORKERS)');
  process.exit(2);
}
const perFailpoint = Math.round((kills * FAILPOINTS_PERCENT) / 100 / FAILPOINTS.length);
const random = Math.max(0, kills - perFailpoint * FAILPOINTS.length);
const seed = Number(Bun.env.CRASH_SEED ?? Date.now() % 1_000_000);
const directory = mkdtempSync(join(tmpdir(), 'osiris-crash-'));
const begun = performance.now();
console.log(`seed ${seed}, files in ${directory}`);
try {
  const result = await runCampaign({
    argv: await programArgv(),
    directory,
    perFailpoint,
    random,
    workers: Number(Bun.env.CRASH_WORKERS ?? 80),
    seed,
    report: (line) => console.log(line),
  });
  console.log(`\n${crashTable(result)}\n\n${((performance.now() - begun) / 1000).toFixed(0)} s`);
  if (result.violations.length > 0) process.exit(1);
  rmSync(directory, { recursive: true, force: true });
} catch (thrown) {
  console.error(
    `\n${thrown instanceof Error ? thrown.message : String(thrown)}\nThe files are in ${directory}.`,
  );
  process.exit(1);
}
