// The client runs: real coding agents, headless, through the compiled gateway, over every upstream format.

import { parseArgs } from 'node:util';
import { WIRE_FORMATS } from '../support/conformance.ts';
import { programArgv } from '../support/gateway.ts';
import type { WireFormat } from '../support/script.ts';
import type { Agent } from './agent.ts';
import { AGENTS } from './agents.ts';
import { badDay } from './bad-day.ts';
import { BAD_DAYS } from './bad-days.ts';
import { contextAtLimit } from './context.ts';
import { crowd } from './crowd.ts';
import { goodDay } from './good-day.ts';
import { install } from './install.ts';
import { pythonWithLibrary, streamingExample } from './python.ts';
import { printRows, type Row } from './row.ts';

const { values } = parseArgs({
  options: {
    client: { type: 'string', multiple: true },
    upstream: { type: 'string', multiple: true },
    day: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    parallel: { type: 'string', default: '3' },
  },
});

type Play = (agent: Agent, program: string[], format: WireFormat) => Promise<Row>;
type Cell = () => Promise<Row>;

const PYTHON = 'python';
const GOOD = 'good';
const DAYS: Record<string, Play> = { [GOOD]: goodDay, crowd, 'context-at-limit': contextAtLimit };
for (const day of BAD_DAYS) DAYS[day.name] = (agent, program, format) => badDay(agent, program, format, day);

refuseUnknown('client', [...AGENTS.map(({ id }) => id), PYTHON]);
refuseUnknown('upstream', WIRE_FORMATS);
refuseUnknown('day', Object.keys(DAYS));
const cells = await cellsOf();
// built once, before many ask for it
await programArgv();
const rows = await playAll(cells, Math.max(1, Number(values.parallel)));
printRows(rows);
process.exit(rows.every((row) => row.faults.length === 0) ? 0 : 1);

async function cellsOf(): Promise<Cell[]> {
  const found: Cell[] = [];
  for (const agent of AGENTS.filter(({ id }) => isWanted('client', id))) {
    const program = await install(agent).catch((failure: Error) => failure);
    for (const [day, play] of Object.entries(DAYS).filter(([name]) => isWanted('day', name)))
      for (const format of formatsFor(agent, day))
        found.push(
          program instanceof Error
            ? async () => notInstalled(agent, format, day, program)
            : () => play(agent, program, format),
        );
  }
  if (!isWanted('client', PYTHON) || !isWanted('day', GOOD)) return found;
  const python = await pythonWithLibrary();
  for (const format of WIRE_FORMATS.filter((one) => isWanted('upstream', one)))
    found.push(() => streamingExample(python, format));
  return found;
}

/** Bad days are long: unless more is asked for, they come over the agent's own format and one that is translated. */
function formatsFor(agent: Agent, day: string): WireFormat[] {
  const foreign = agent.format === 'anthropic-messages' ? 'openai-chat' : 'anthropic-messages';
  return WIRE_FORMATS.filter((format) =>
    values.upstream === undefined && !values.all && day !== GOOD
      ? format === agent.format || format === foreign
      : isWanted('upstream', format),
  );
}

function isWanted(flag: 'client' | 'upstream' | 'day', name: string): boolean {
  return values[flag]?.includes(name) ?? true;
}

function refuseUnknown(flag: 'client' | 'upstream' | 'day', known: readonly string[]): void {
  const unknown = values[flag]?.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  console.error(`There is no ${flag} '${unknown}': write one of ${known.join(', ')}.`);
  process.exit(2);
}

/** The rows in the order of the cells; each is told as it comes. */
async function playAll(all: readonly Cell[], atOnce: number): Promise<Row[]> {
  const played: Row[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let place = next++; place < all.length; place = next++) {
      const row = await (all[place] as Cell)();
      played[place] = row;
      const { client, upstream, day, seconds, requests } = row;
      const end = row.absent ?? row.faults[0] ?? 'ok';
      console.error(
        `${client} over ${upstream}, ${day}: ${seconds.toFixed(1)} s, ${requests} requests, ${end.slice(0, 300)}`,
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return played;
}

function notInstalled(agent: Agent, upstream: WireFormat, day: string, failure: Error): Row {
  const faults = [`${agent.name} could not be installed here: ${failure.message}`];
  return { client: agent.name, upstream, day, seconds: 0, requests: 0, shown: '', faults };
}
