// The quickest agents on a good day over every upstream format: what of the client runs the suite has time for.

import { describe, expect, test } from 'bun:test';
import { WIRE_FORMATS } from '../support/script.ts';
import type { Agent } from './agent.ts';
import { CLAUDE_CODE } from './claude-code.ts';
import { CODEX } from './codex.ts';
import { goodDay } from './good-day.ts';
import { install, isInstalled } from './install.ts';

/** Set where some hundred MB may be fetched for this; elsewhere the agents that are there are played. */
const MAY_FETCH = process.env.OSIRIS_CLIENTS === 'fetch';
const FETCH_MS = 60_000;
const PLAY_MS = 90_000;

const begun = await Promise.all(
  [CLAUDE_CODE, CODEX].map(async (agent) => ({ agent, program: await begin(agent) })),
);
for (const { agent, program } of begun)
  describe.skipIf(program === undefined)(agent.name, () => {
    test.each([...WIRE_FORMATS])(
      'reads a file, writes one and answers over %s, each turn once and paid once',
      async (format) => {
        const { faults } = await goodDay(agent, program ?? [], format);
        expect(faults).toEqual([]);
      },
      // a machine that is busy with something else may cut a turn short
      { timeout: 2 * PLAY_MS, retry: 1 },
    );
  });

/** What starts it; undefined, with the reason told, where it is not to be had or does not run. */
async function begin(agent: Agent): Promise<string[] | undefined> {
  if (!MAY_FETCH && !isInstalled(agent)) return undefined;
  try {
    const program = await install(agent, FETCH_MS);
    const probe = Bun.spawn([...program, '--version'], { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
    if ((await probe.exited) !== 0) throw new Error(await new Response(probe.stderr).text());
    return program;
  } catch (failure) {
    console.error(`${agent.name} is left out: ${String(failure).slice(0, 400)}`);
    return undefined;
  }
}
