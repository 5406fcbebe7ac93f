// Builds the executable, runs the tests (all, or the paths given) and ends with one line: N passed, N failed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '..');

/** Many tests start several programs; a slow machine needs its time for that. */
const TEST_TIMEOUT_MS = 30_000;

type Outcome = { passed: number; failed: number };

const outcome = (await succeeds([join(ROOT, 'scripts/build.ts')]))
  ? await runTests(process.argv.slice(2))
  : { passed: 0, failed: 1 };
console.log(`${outcome.passed} passed, ${outcome.failed} failed`);
process.exit(outcome.failed === 0 && outcome.passed > 0 ? 0 : 1);

async function runTests(words: string[]): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'osiris-test-'));
  const report = join(scratch, 'junit.xml');
  try {
    const green = await succeeds([
      'test',
      `--timeout=${TEST_TIMEOUT_MS}`,
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      ...words,
    ]);
    return countOf(await Bun.file(report).text(), green);
  } catch {
    // No report: the run died before its end.
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Reads the totals of the outermost element; a run that is not green has at least one failure. */
function countOf(junit: string, green: boolean): Outcome {
  const totals = /<testsuites\b[^>]*>/.exec(junit)?.[0] ?? '';
  const total = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  const failed = total('failures') + total('errors');
  const passed = total('tests') - failed - total('skipped');
  return { passed, failed: green ? failed : Math.max(1, failed) };
}

async function succeeds(words: string[]): Promise<boolean> {
  const child = Bun.spawn([process.execPath, ...words], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return (await child.exited) === 0;
}
