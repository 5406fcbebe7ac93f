// Sends spoilt requests to the compiled program until so many are answered, and tells what was not as it must be.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHttpFuzz } from '../test/fuzz/http-run.ts';

/** Progress is told after so many. */
const BATCH = 2_000;

/** The exit code: 0 when nothing was found. What was is written below `folder`, the first of each kind. */
export async function fuzzProgram(first: number, count: number, folder: string): Promise<number> {
  const fuzz = await openHttpFuzz();
  const begun = Bun.nanoseconds();
  const found = new Map<string, number>();
  const answers = new Map<number, number>();
  let rssMax = 0;
  for (let done = 0; done < count; done += BATCH) {
    const report = await fuzz.run(first + done, Math.min(BATCH, count - done));
    rssMax = Math.max(rssMax, report.rssMax);
    for (const [status, times] of report.answers) answers.set(status, (answers.get(status) ?? 0) + times);
    for (const { seed, problem, request } of report.findings) {
      if (!found.has(problem)) console.log(`\n${problem}\n  ${keep(folder, seed, request)}`);
      found.set(problem, (found.get(problem) ?? 0) + 1);
    }
    const seconds = ((Bun.nanoseconds() - begun) / 1e9).toFixed(0);
    const memory = `${Math.round(rssMax / 1e6)} MB at most`;
    process.stdout.write(
      `\rhttp: ${Math.min(done + BATCH, count)} in ${seconds} s, the program took ${memory} `,
    );
  }
  for (const problem of await fuzz.aftermath()) found.set(`afterwards: ${problem}`, 1);
  await fuzz.gateway.stop();
  const statuses = [...answers]
    .sort(([a], [b]) => a - b)
    .map(([status, times]) => `${status || 'closed'} ${times}`);
  console.log(`\n${statuses.join(', ')}\n${found.size} findings`);
  for (const [problem, times] of found) console.log(`${String(times).padStart(7)}  ${problem}`);
  return found.size > 0 ? 1 : 0;
}

function keep(folder: string, seed: number, request: string): string {
  mkdirSync(join(folder, 'http'), { recursive: true });
  const file = join(folder, 'http', `seed-${seed}`);
  writeFileSync(file, request);
  return file;
}
