// The client runs: real coding agents, headless, two turns with a tool, over every upstream format.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import type { ScriptedUsage, Turn, WireFormat } from '../support/script.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Agent, AgentAnswer } from './agent.ts';
import { CLAUDE_CODE } from './claude-code.ts';
import { CODEX } from './codex.ts';
import { type RunDirectory, runDirectory } from './headless.ts';
import { installPrograms, type Programs } from './install.ts';

const PROVIDER_KEY = 'provider-secret-of-the-scripted-upstream';
const ANSWER = 'The command said hi 👋.';
const FIRST: ScriptedUsage = { input: 1_200, cached: 200, output: 30, reasoning: 0 };
const SECOND: ScriptedUsage = { input: 1_800, cached: 1_000, output: 12, reasoning: 0 };
/** Straight to the upstream of the agent's own format, without a gateway. */
const DIRECT = process.env.OSIRIS_DIRECT === '1';

type Row = { agent: string; upstream: string; ms: number; calls: number; tokens: string; faults: string[] };

async function lead(programs: Programs, agent: Agent, format: WireFormat): Promise<Row> {
  const upstream = startUpstream({ key: PROVIDER_KEY });
  const directory = runDirectory();
  const gateway = DIRECT
    ? undefined
    : await startGateway({
        upstreams: [
          {
            provider: 'scripted',
            format,
            baseUrl: upstream.baseUrl,
            apiKey: PROVIDER_KEY,
            model: agent.model,
            upstreamModel: 'scripted-upstream',
          },
        ],
      });
  const target: Target = {
    origin: gateway?.url ?? upstream.origin,
    baseUrl: `${gateway?.url ?? upstream.origin}/v1`,
    key: gateway?.key ?? PROVIDER_KEY,
    model: agent.model,
  };
  const turns: Turn[] = [
    {
      reasoning: 'They want it run 🤔.',
      text: 'Running it.',
      calls: [agent.call('echo hi | tee marker.txt')],
      usage: FIRST,
    },
    { text: ANSWER, usage: SECOND },
  ];
  upstream.play(turns, { kind: 'inside-code-points' });
  try {
    const answer = await agent.run(programs, directory, target, 'Run echo hi');
    const taken = upstream.turnsTaken();
    const faults = [
      ...faultsOf(answer, directory),
      ...upstream.breaches().map((breach) => `upstream refused: ${breach}`),
      ...(taken.length === 2 ? [] : [`${taken.length} upstream calls instead of 2`]),
      ...(taken.some((one) => one.format !== format) ? ['another upstream format was used'] : []),
      // Changes with every turn and means nothing elsewhere: it would spoil the prompt cache there.
      ...(format !== agent.format &&
      JSON.stringify(taken[0]?.body ?? {}).includes('x-anthropic-billing-header')
        ? ['the billing header of Claude Code went to another provider']
        : []),
      ...(taken.some((one) => JSON.stringify(one.headers).includes('sk-osiris'))
        ? ['our key went upstream']
        : []),
      ...(JSON.stringify(taken[1]?.body ?? {}).includes('hi') ? [] : ['the tool result did not travel']),
    ];
    if (faults.length > 0) {
      faults.push(`stdout: ${answer.run.stdout.slice(-600)}`, `stderr: ${answer.run.stderr.slice(-600)}`);
      if (gateway !== undefined) faults.push(`gateway: ${gateway.logs().slice(-600)}`);
    }
    const { input, output, cached } = answer.tokens;
    return {
      agent: agent.name,
      upstream: format,
      ms: Math.round(answer.run.durationMs),
      calls: taken.length,
      tokens: `${input} in (${cached ?? 0} cached) ${output} out`,
      faults,
    };
  } finally {
    await gateway?.stop();
    await upstream.stop();
    directory.remove();
  }
}

function faultsOf(answer: AgentAnswer, directory: RunDirectory): string[] {
  const faults: string[] = [];
  if (answer.run.code !== 0) faults.push(`exit code ${answer.run.code}`);
  if (answer.answer !== ANSWER) faults.push(`answered ${JSON.stringify(answer.answer)}`);
  const marker = join(directory.work, 'marker.txt');
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== 'hi\n') faults.push('the tool did not run');
  const { input, output, cached } = answer.tokens;
  const told = [FIRST.input + SECOND.input, FIRST.cached + SECOND.cached, FIRST.output + SECOND.output];
  if (String([input, cached, output]) !== String(told)) {
    faults.push(`counted ${input} in (${cached ?? 0} cached) ${output} out instead of ${told.join(', ')}`);
  }
  return faults;
}

const programs = await installPrograms();
const rows: Row[] = [];
for (const agent of [CLAUDE_CODE, CODEX]) {
  const formats: WireFormat[] = DIRECT
    ? [agent.format]
    : ['openai-chat', 'openai-responses', 'anthropic-messages'];
  for (const format of formats) {
    console.error(`${agent.name} over ${format}${DIRECT ? ', no gateway' : ''} …`);
    rows.push(await lead(programs, agent, format));
  }
}
console.table(rows.map(({ faults, ...row }) => ({ ...row, result: faults.length === 0 ? 'ok' : 'FAILED' })));
for (const row of rows)
  for (const fault of row.faults) console.log(`${row.agent} over ${row.upstream}: ${fault}`);
process.exit(rows.every((row) => row.faults.length === 0) ? 0 : 1);
