// Four formats of clients, four of providers, plain and streamed: what arrives whole, and what cannot and why.

import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { DIRECT, FORMATS, scriptedStage } from '../support/matrix.ts';
import type { WireFormat } from '../support/script.ts';
import { tablePage } from '../support/table/page.ts';
import { play, type Verdict } from '../support/table/play.ts';
import { limitsOf, type Scenario } from '../support/table/scenario.ts';
import { SCENARIOS } from '../support/table/scenarios.ts';

const KEPT = join(import.meta.dir, '../..', 'src', 'http', 'pages', 'translation.md');

const { upstream, target } = scriptedStage({ chatThinks: true });

const verdicts = new Map<string, Verdict>();

async function verdictOf(
  scenario: Scenario,
  client: WireFormat,
  provider: WireFormat,
  stream: boolean,
): Promise<Verdict> {
  const name = `${scenario.name} ${client} ${provider} ${stream}`;
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const cell = { scenario, client, upstream: provider, stream };
  const verdict = await play(cell, upstream, target(provider));
  verdicts.set(name, verdict);
  return verdict;
}

describe.skipIf(DIRECT)('translated', () => {
  for (const scenario of SCENARIOS) {
    describe(scenario.name, () => {
      for (const client of FORMATS) {
        for (const provider of FORMATS) {
          for (const stream of [false, true]) {
            test(`${client} client over ${provider}, ${stream ? 'streamed' : 'plain'}`, async () => {
              const limits = limitsOf(scenario, client, provider);
              const { lost, losses } = await verdictOf(scenario, client, provider, stream);
              expect(lost.sort()).toEqual(limits.map((limit) => limit.lost).sort());
              const named = losses.filter((loss) => !/^\d+; moved=[^;]*$/.test(loss));
              const told = limits.some((limit) => limit.told === true);
              if (told) expect(named).not.toEqual([]);
              else expect(named).toEqual([]);
            });
          }
        }
      }
    });
  }

  test('the kept table says what was found', async () => {
    for (const scenario of SCENARIOS)
      for (const client of FORMATS)
        for (const provider of FORMATS)
          for (const stream of [false, true]) await verdictOf(scenario, client, provider, stream);
    const found = tablePage(SCENARIOS, (scenario, client, provider) =>
      [false, true].flatMap((stream) => {
        const verdict = verdicts.get(`${scenario.name} ${client} ${provider} ${stream}`);
        return verdict === undefined ? [] : [verdict];
      }),
    );
    console.log(found);
    if (process.env.KEEP_TABLE === '1') await Bun.write(KEPT, found);
    const kept = await Bun.file(KEPT).text();
    if (kept !== found)
      throw new Error('src/http/pages/translation.md differs: look at it, then run `bun run table`');
  });
});
