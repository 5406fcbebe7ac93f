// The client runs: real coding agents, headless, through the compiled gateway, over every upstream format.

import { parseArgs } from 'node:util';
import type { Client } from '../../src/clients/client.ts';
import { CLIENTS } from '../../src/clients/index.ts';
import { programArgv } from '../support/gateway.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import type { Agent } from './agent.ts';
import { AGENTS } from './agents.ts';
import { badDay } from './bad-day.ts';
import { BAD_DAYS } from './bad-days.ts';
import { CLAUDE_CODE } from './claude-code.ts';
import { contextAtLimit } from './context.ts';
import { crowd } from './crowd.ts';
import { goodDay } from './good-day.ts';
import { install } from './install.ts';
import { NEWCOMERS } from './newcomers.ts';
import { pythonWithLibrary, streamingExample } from './python.ts';
import { printRows, type Row } from './row.ts';
import { setUpDay, snippetDay } from './set-up-day.ts';

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
type Cell = Pick<Row, 'client' | 'upstream' | 'day'> & { play(): Promise<Row> };

const PYTHON = 'python';
const GOOD = 'good';
const CONTEXT = 'context-at-limit';
const SET_UP = 'set-up';
const DAYS: Record<string, Play> = { [GOOD]: goodDay, crowd, [CONTEXT]: contextAtLimit };
for (const day of BAD_DAYS) DAYS[day.name] = (agent, program, format) => badDay(agent, program, format, day);

const LIBRARIES = CLIENTS.filter(isPython);
refuseUnknown('client', [...new Set([...AGENTS, ...NEWCOMERS, ...LIBRARIES].map(({ id }) => id)), PYTHON]);
refuseUnknown('upstream', WIRE_FORMATS);
refuseUnknown('day', [...Object.keys(DAYS), SET_UP]);
const cells = await cellsOf();
// built once, before many ask for it
await programArgv();
const rows = await playAll(cells, Math.max(1, Number(values.parallel)));
printRows(rows);
process.exit(rows.every((row) => row.faults.length === 0) ? 0 : 1);

async function cellsOf(): Promise<Cell[]> {
  const found: Cell[] = [];
  for (const agent of AGENTS.filter(({ id }) => isWanted('client', id))) {
    const days = Object.entries(DAYS).filter(([name]) => isWanted('day', name) && has(agent, name));
    if (days.length === 0) continue;
    const installed = await install(agent).catch((failure: Error) => failure);
    const program = (): string[] => {
      if (installed instanceof Error) throw installed;
      return installed;
    };
    for (const [day, play] of days)
      for (const upstream of formatsFor(agent, day))
        found.push({
          client: agent.name,
          upstream,
          day,
          play: async () => play(agent, program(), upstream),
        });
  }
  if (isWanted('day', SET_UP) && values.upstream === undefined) found.push(...setUpCells());
  if (isWanted('client', PYTHON) && isWanted('day', GOOD)) {
    const python = await pythonWithLibrary();
    for (const upstream of WIRE_FORMATS.filter((one) => isWanted('upstream', one)))
      found.push({ client: PYTHON, upstream, day: GOOD, play: () => streamingExample(python, upstream) });
  }
  return found;
}

/** Claude Code alone counts tokens in many requests when it is asked for its context. */
function has(agent: Agent, day: string): boolean {
  return day !== CONTEXT || agent === CLAUDE_CODE;
}

function setUpCells(): Cell[] {
  const cellOf = (client: string, play: () => Promise<Row>): Cell => {
    return { client, upstream: 'sandbox', day: SET_UP, play };
  };
  return [
    ...NEWCOMERS.filter(({ id }) => isWanted('client', id)).map((one) =>
      cellOf(one.name, () => setUpDay(one)),
    ),
    ...LIBRARIES.filter(({ id }) => isWanted('client', id)).map(({ id, name }) =>
      cellOf(name, () => snippetDay(id, name)),
    ),
  ];
}

function isPython({ blocks }: Client): boolean {
  return blocks.some((block) => block.kind === 'code' && block.language === 'python');
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
      const row = await rowOf(all[place] as Cell);
      played[place] = row;
      const { client, upstream, day, seconds, requests } = row;
      const end = row.faults[0] ?? 'ok';
      console.error(
        `${client} over ${upstream}, ${day}: ${seconds.toFixed(1)} s, ${requests} requests, ${end.slice(0, 300)}`,
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return played;
}

/** One that cannot be begun, or breaks, is a row, too. */
function rowOf({ play, ...cell }: Cell): Promise<Row> {
  return play().catch((failure: Error) => {
    return {
      ...cell,
      seconds: 0,
      requests: 0,
      shown: '',
      faults: [`it could not be played: ${failure.message}`],
    };
  });
}
