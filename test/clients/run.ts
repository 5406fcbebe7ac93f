// The client runs: real coding agents, headless, through the compiled gateway, over every upstream format.

import { parseArgs } from 'node:util';
import { WIRE_FORMATS } from '../support/conformance.ts';
import type { WireFormat } from '../support/script.ts';
import type { Agent } from './agent.ts';
import { AGENTS } from './agents.ts';
import { goodDay } from './good-day.ts';
import { install } from './install.ts';
import { printRows, type Row } from './row.ts';

const { values } = parseArgs({
  options: {
    client: { type: 'string', multiple: true },
    upstream: { type: 'string', multiple: true },
    day: { type: 'string', multiple: true },
  },
});

type Play = (agent: Agent, program: string[], format: WireFormat) => Promise<Row>;

const DAYS: Record<string, Play> = { good: goodDay };

const rows: Row[] = [];
for (const agent of AGENTS.filter(({ id }) => values.client?.includes(id) ?? true)) {
  const program = await install(agent).catch((failure: Error) => failure);
  for (const [day, play] of Object.entries(DAYS)) {
    if (!(values.day?.includes(day) ?? true)) continue;
    for (const format of WIRE_FORMATS.filter((one) => values.upstream?.includes(one) ?? true)) {
      console.error(`${agent.name} ${agent.version} over ${format}, ${day} …`);
      rows.push(
        program instanceof Error
          ? notInstalled(agent, format, day, program)
          : await play(agent, program, format),
      );
    }
  }
}
printRows(rows);
process.exit(rows.every((row) => row.faults.length === 0) ? 0 : 1);

function notInstalled(agent: Agent, upstream: WireFormat, day: string, failure: Error): Row {
  const faults = [`${agent.name} could not be installed here: ${failure.message}`];
  return { client: agent.name, upstream, day, seconds: 0, requests: 0, shown: '', faults };
}
