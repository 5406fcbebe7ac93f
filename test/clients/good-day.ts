// A good day: three turns in which the agent reads a file, writes one and answers; everything is counted.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokens } from '../support/client.ts';
import type { ScriptedUsage, Turn, WireFormat } from '../support/script.ts';
import type { Agent, AgentAnswer } from './agent.ts';
import type { Row } from './row.ts';
import { isAside, onStage, type Stage } from './stage.ts';

const NOTE = 'The Aare flows past Bern.';
const WRITTEN = 'Read: the Aare.';
const ANSWER = 'It is about the Aare 👋.';
const USAGES: [ScriptedUsage, ScriptedUsage, ScriptedUsage] = [
  { input: 1_200, cached: 200, output: 30, reasoning: 0 },
  { input: 1_800, cached: 1_000, output: 25, reasoning: 0 },
  { input: 2_100, cached: 1_700, output: 12, reasoning: 0 },
];
const TITLE: Turn = { text: 'A note', usage: { input: 150, cached: 0, output: 4, reasoning: 0 } };

/** Plays it over one upstream format. */
export function goodDay(agent: Agent, program: string[], format: WireFormat): Promise<Row> {
  const aside = (body: Record<string, unknown>) => (isAside(body) ? TITLE : undefined);
  return onStage(agent, format, { aside, price: { input: 5, output: 25 }, credit: 100 }, async (stage) => {
    const { directory, upstream } = stage;
    const note = join(directory.work, 'note.txt');
    const written = join(directory.work, 'written.txt');
    writeFileSync(note, `${NOTE}\n`);
    upstream.play(turnsOf(agent, note, written), { kind: 'inside-code-points' });
    const prompt = `Read ${note} and write into ${written} what it is about`;
    const answer = await agent.run(program, directory, stage.target, prompt);
    const taken = upstream.turnsTaken();
    const faults = [
      ...faultsOfAnswer(answer),
      ...(existsSync(written) && readFileSync(written, 'utf8') === WRITTEN
        ? []
        : ['the file is not written']),
      ...(JSON.stringify(taken[1]?.body ?? {}).includes(NOTE) ? [] : ['what was read did not travel']),
      ...faultsOfRequests(agent, format, stage),
      ...(await faultsOfLedger(stage)),
    ];
    if (faults.length > 0) faults.push(...wordsOf(answer, stage));
    return {
      client: agent.name,
      upstream: format,
      day: 'good',
      seconds: answer.run.durationMs / 1_000,
      requests: stage.answered().length,
      shown: answer.answer,
      faults,
    };
  });
}

function turnsOf(agent: Agent, note: string, written: string): Turn[] {
  return [
    {
      reasoning: 'They want it read 🤔.',
      text: 'Reading it.',
      calls: [agent.read(note)],
      usage: USAGES[0],
    },
    { text: 'Writing it.', calls: [agent.write(written, WRITTEN)], usage: USAGES[1] },
    { text: ANSWER, usage: USAGES[2] },
  ];
}

function faultsOfAnswer({ run, answer, tokens }: AgentAnswer): string[] {
  const faults: string[] = [];
  if (run.code !== 0) faults.push(`exit code ${run.code}`);
  if (answer !== ANSWER) faults.push(`answered ${JSON.stringify(answer)}`);
  if (tokens) faults.push(...differences('it counted', tokens, sumOf(USAGES)));
  return faults;
}

function faultsOfRequests(agent: Agent, format: WireFormat, { upstream, answered }: Stage): string[] {
  const faults = upstream.breaches().map((breach) => `the provider refused: ${breach}`);
  const turns = upstream.turnsTaken().length;
  if (turns !== USAGES.length) faults.push(`${turns} turns instead of ${USAGES.length}`);
  const asides = answered().length - turns;
  // a slow machine ends before it has asked for a title
  if (asides > agent.asides) faults.push(`${asides} requests beside the turns instead of ${agent.asides}`);
  const bodies = answered().map((one) => Buffer.from(one.raw).toString('latin1'));
  if (new Set(bodies).size < bodies.length) faults.push('a request came twice');
  if (answered().some((one) => one.format !== format)) faults.push('another upstream format was used');
  if (answered().some((one) => JSON.stringify(one.headers).includes('sk-osiris')))
    faults.push('our key went upstream');
  // it changes with every turn and means nothing elsewhere: it would spoil the prompt cache there
  if (format !== 'anthropic-messages' && bodies.some((body) => body.includes('x-anthropic-billing-header')))
    faults.push('the billing header of Claude Code went to another provider');
  return faults;
}

async function faultsOfLedger({ answered, rows }: Stage): Promise<string[]> {
  const entries = await rows();
  const faults: string[] = [];
  if (entries.length !== answered().length)
    faults.push(`${entries.length} rows in the ledger for ${answered().length} answers`);
  for (const { kind, rule, change_usd } of entries)
    if (kind !== 'charge' || rule !== 'finished' || !(change_usd < 0))
      faults.push(`a row is ${kind} ${rule}`);
  const asides = answered()
    .filter(({ tookTurn }) => !tookTurn)
    .map(() => TITLE.usage as ScriptedUsage);
  const told = entries.map(({ usage }) => ({
    input: usage.input_tokens,
    cached: usage.cached_input_tokens,
    output: usage.output_tokens,
  }));
  return [...faults, ...differences('the ledger counted', sumOf(told), sumOf([...USAGES, ...asides]))];
}

function sumOf(usages: { input: number; cached: number; output: number }[]): Tokens {
  const total = (member: 'input' | 'cached' | 'output') =>
    usages.reduce((sum, usage) => sum + usage[member], 0);
  return { input: total('input'), cached: total('cached'), output: total('output') };
}

function differences(who: string, counted: Tokens, told: Tokens): string[] {
  const words = ({ input, cached = 0, output }: Tokens) => `${input} in (${cached} cached) ${output} out`;
  return words(counted) === words(told) ? [] : [`${who} ${words(counted)} instead of ${words(told)}`];
}

function wordsOf({ run }: AgentAnswer, { gateway }: Stage): string[] {
  const end = (text: string) => text.slice(-800);
  return [`stdout: ${end(run.stdout)}`, `stderr: ${end(run.stderr)}`, `gateway: ${end(gateway.logs())}`];
}
