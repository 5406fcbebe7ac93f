// A crowd: three sub-agents at once on a key that is allowed two calls at a time; all of them must come through.

import type { ScriptedCall, ScriptedUsage, Turn, WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';
import type { Agent, Delegation } from './agent.ts';
import type { Row } from './row.ts';
import { isAside, onStage, type Stage } from './stage.ts';

const PROMPT = 'Have bridges, boats and bathers of the Aare counted at the same time';
const TASKS = ['Count the bridges', 'Count the boats', 'Count the bathers'];
const ANSWER = 'Eighteen bridges, four boats, many bathers.';
/** On a busy machine they begin one by one; those that count wait for the third to be refused, but not for ever. */
const PATIENCE_MS = 100_000;
const LOOK_MS = 100;
const USAGE: ScriptedUsage = { input: 900, cached: 0, output: 20, reasoning: 0 };
const DAY = 'crowd';

/** Plays it over one upstream format. */
export async function crowd(agent: Agent, program: string[], format: WireFormat): Promise<Row> {
  const full = Promise.withResolvers<void>();
  const options = {
    aside: (body: Json) => turnFor(agent.delegation, body, full.promise),
    price: { input: 5, output: 25 },
    keyFlags: ['--credit', '100', '--rpm', '600', '--concurrency', '2'],
  };
  return onStage(agent, format, options, async (stage) => {
    const { directory, target } = stage;
    const company = await agent.delegation.begin?.(program, directory, target);
    try {
      const answering = (company ?? agent).run(program, directory, target, PROMPT);
      // the gateway may have ended before
      void untilRefused(stage)
        .catch(() => {})
        .then(full.resolve);
      const answer = await answering;
      const faults = await faultsOf(stage);
      if (answer.run.code !== 0) faults.push(`exit code ${answer.run.code}`);
      if (answer.answer !== ANSWER)
        faults.push(`answered ${JSON.stringify(answer.answer || answer.complaint)}`);
      if (faults.length > 0) faults.push(`stdout: ${answer.run.stdout.slice(-800)}`);
      return {
        client: agent.name,
        upstream: format,
        day: DAY,
        seconds: answer.run.durationMs / 1_000,
        requests: (await stage.calls()).length,
        shown: answer.answer,
        faults,
      };
    } finally {
      await company?.stop();
    }
  });
}

/** Somebody was told that two are enough. */
async function untilRefused({ gateway }: Stage): Promise<void> {
  const headers = { authorization: `Bearer ${gateway.adminSecret}` };
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await Bun.sleep(LOOK_MS)) {
    const answer = await fetch(`${gateway.url}/admin/logs?code=concurrency_limit`, { headers });
    const { data } = (await answer.json()) as { data: unknown[] };
    if (data.length > 0) return;
  }
}

function turnFor({ call, gather }: Delegation, body: Json, until: Promise<void>): Turn {
  if (isAside(body)) return { text: 'Counting', usage: USAGE };
  const text = JSON.stringify(body);
  const task = taskOf(text);
  if (task !== undefined) return { text: resultOf(task), usage: USAGE, until };
  const known = (one: ScriptedCall) => inItsWords(one, body);
  if (!TASKS.some((each) => text.includes(each)))
    return { text: 'Three at once.', calls: TASKS.map((each) => known(call(each))), usage: USAGE };
  const isDone = TASKS.every((each) => text.includes(resultOf(each)));
  if (isDone || !gather) return { text: ANSWER, usage: USAGE };
  return { calls: [known(gather(text))], usage: USAGE };
}

/** Which one a sub-agent was given; undefined for the conversation that gives them. */
function taskOf(text: string): string | undefined {
  return text.includes(PROMPT) ? undefined : TASKS.find((task) => text.includes(task));
}

function resultOf(task: string): string {
  return `Done: ${task.toLowerCase()}.`;
}

/** Where there are no groups of tools, the group is a part of the name. */
function inItsWords(call: ScriptedCall, { input, tools }: Json): ScriptedCall {
  if (call.namespace === undefined || input !== undefined) return call;
  const name = new RegExp(`"(${call.namespace}\\W*\\w*?${call.name})"`).exec(JSON.stringify(tools))?.[1];
  return { ...call, name: name ?? call.name };
}

async function faultsOf(stage: Stage): Promise<string[]> {
  const faults = stage.upstream.breaches().map((breach) => `the provider refused: ${breach}`);
  const answered = stage.answered();
  for (const task of TASKS) {
    const times = answered.filter(({ raw }) => taskOf(Buffer.from(raw).toString()) === task).length;
    if (times !== 1) faults.push(`'${task}' was answered ${times} times`);
  }
  const calls = await stage.calls();
  const refused = calls.filter(({ status }) => status !== 200);
  if (refused.length === 0) faults.push('the limit was never reached');
  for (const { status, code } of refused)
    if (code !== 'concurrency_limit') faults.push(`a call ended with ${status} ${code}`);
  if (calls.length - refused.length !== answered.length)
    faults.push(`${calls.length - refused.length} calls went well, the provider answered ${answered.length}`);
  const rows = await stage.rows();
  if (rows.length !== answered.length)
    faults.push(`${rows.length} rows in the ledger for ${answered.length} answers`);
  for (const { kind, rule } of rows) if (rule !== 'finished') faults.push(`a row is ${kind} ${rule}`);
  return faults;
}
