// `bun run faults [calls per fault] [seconds of outage] [words of a fault]`: every way a provider can fail, under load, through the binary.

import { runFaults, TABLE_HEAD } from './campaign.ts';

const CALLS_DEFAULT = 500;
const OUTAGE_SECONDS_DEFAULT = 60;

const [calls = CALLS_DEFAULT, outageSeconds = OUTAGE_SECONDS_DEFAULT] = process.argv.slice(2, 4).map(Number);
const [only = ''] = process.argv.slice(4);
if (!(calls >= 1 && outageSeconds >= 1)) {
  console.error('usage: bun run faults [calls per fault] [seconds of outage] [words of a fault]');
  process.exit(2);
}
console.log(TABLE_HEAD);
const rows = await runFaults({ calls, outageSeconds, only, report: (line) => console.log(line) });
const bad = rows.filter(({ failed, problems }) => failed > 0 || problems.length > 0).length;
console.log(`\n${rows.length} faults, ${bad} with problems`);
process.exit(bad > 0 ? 1 : 0);
