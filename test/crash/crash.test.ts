// Money survives the death of the program at every point where it is moved; `bun run crash` does it 200 times.

import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programArgv } from '../support/gateway.ts';
import { type CampaignResult, FAILPOINTS, runCampaign } from './campaign.ts';
import { Oracle } from './oracle.ts';
import { TAMPERINGS, tamper } from './tamper.ts';

const TIMEOUT_MS = 300_000;
const directory = mkdtempSync(join(tmpdir(), 'osiris-crash-'));
let result: CampaignResult | undefined;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a program that is killed twice at each failpoint under 64 calls in flight', () => {
  test(
    'charges every answer that was received, none twice, and holds nothing afterwards',
    async () => {
      const kills = { perFailpoint: 2, random: 0, haste: 5 };
      result = await runCampaign({ argv: await programArgv(), directory, ...kills, workers: 64, seed: 11 });
      expect(result.violations).toEqual([]);
      for (const failpoint of FAILPOINTS) expect(result.kills.get(failpoint)).toBe(2);
      expect(result.tally.complete).toBeGreaterThan(200);
      expect(result.tally.released).toBeGreaterThan(0);
      expect(result.tally.undelivered).toBeGreaterThan(0);
      expect(result.tally.unknown).toBeLessThan(result.tally.charged);
    },
    TIMEOUT_MS,
  );
});

describe('its judge notices', () => {
  for (const [index, { name, sql, says }] of TAMPERINGS.entries()) {
    test(name, () => {
      if (result === undefined) throw new Error('there is no ledger to spoil');
      const spoilt = join(directory, `spoilt-${index}.db`);
      tamper(result.database, spoilt, sql);
      const { violations } = new Oracle(spoilt, result.records).judge({ restarted: true });
      expect(violations.join('\n')).toMatch(says);
    });
  }
});
