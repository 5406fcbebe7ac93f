// Claude Code's `/context` on a key whose minute is used up: it counts tokens in many requests, which are free.

import type { WireFormat } from '../support/script.ts';
import type { Agent } from './agent.ts';
import type { Row } from './row.ts';
import { onStage } from './stage.ts';

const DAY = 'context-at-limit';

/** Plays it over one upstream format. */
export async function contextAtLimit(agent: Agent, program: string[], format: WireFormat): Promise<Row> {
  const cell = { client: agent.name, upstream: format, day: DAY };
  const options = {
    aside: () => ({ text: 'Hello.' }),
    price: { input: 5, output: 25 },
    keyFlags: ['--credit', '10', '--rpm', '1'],
  };
  return onStage(agent, format, options, async (stage) => {
    const { origin, key, model } = stage.target;
    const ask = () =>
      fetch(`${origin}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ model, max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
      });
    const faults: string[] = [];
    const statuses = [(await ask()).status, (await ask()).status];
    if (statuses.join() !== '200,429') faults.push(`the key was not at its limit: ${statuses}`);
    const { run, answer, complaint } = await agent.run(program, stage.directory, stage.target, '/context');
    if (run.code !== 0 || !/context/i.test(answer)) faults.push(`exit ${run.code}: ${complaint || answer}`);
    const calls = (await stage.calls()).slice(statuses.length);
    const counts = calls.filter(({ path }) => path.endsWith('/count_tokens'));
    if (counts.length === 0) faults.push('it counted nothing');
    for (const { path, status } of calls)
      if (status !== 200 || !path.endsWith('/count_tokens'))
        faults.push(`${path} was answered with ${status}`);
    const rows = await stage.rows();
    if (rows.length !== 1) faults.push(`${rows.length} rows in the ledger for the one answer before`);
    return {
      ...cell,
      seconds: run.durationMs / 1_000,
      requests: calls.length,
      shown: answer,
      faults,
    };
  });
}
