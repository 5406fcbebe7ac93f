// The scenario table as a page: one small table for each scenario, and why where something cannot arrive.

import type { WireFormat } from '../script.ts';
import type { Verdict } from './play.ts';
import { type Limit, limitsOf, REFUSED, type Scenario } from './scenario.ts';

const NAMES: Record<WireFormat, string> = {
  'openai-chat': 'OpenAI Chat',
  'openai-responses': 'OpenAI Responses',
  'anthropic-messages': 'Anthropic Messages',
  'google-generate-content': 'Gemini',
};
const FORMATS = Object.keys(NAMES) as WireFormat[];

/** What was found of a pair of formats, plain and streamed. */
export type Found = (scenario: Scenario, client: WireFormat, upstream: WireFormat) => Verdict[];

const HEAD = `# What survives translation

Four formats of clients, four of providers, plain and streamed: each of these scenarios is played in the test suite through
the real program, between a client and a provider that checks what it gets. \`whole\` means that everything listed has
arrived at its other end, both plain and streamed. Where a format has no word for something, the table says what is
missing and why; what a request lost is also named in the \`X-Osiris-Losses\` header of its answer.

Written by \`bun run table\`; a test fails when it is not what was found.`;

/** Markdown. */
export function tablePage(scenarios: Scenario[], found: Found): string {
  return `${[HEAD, ...scenarios.map((scenario) => section(scenario, found))].join('\n\n')}\n`;
}

function section(scenario: Scenario, found: Found): string {
  const notes: Limit[] = [];
  const cell = (client: WireFormat, upstream: WireFormat): string => {
    const verdicts = found(scenario, client, upstream);
    const lost = [...new Set(verdicts.flatMap((verdict) => verdict.lost))];
    if (lost.length === 0) return 'whole';
    const limits = limitsOf(scenario, client, upstream);
    const words = lost.map((name) => {
      const limit = limits.find((one) => one.lost === name);
      return limit === undefined ? `${name} (not known why)` : `${name} (${noteOf(limit, notes)})`;
    });
    return lost.includes(REFUSED)
      ? words.join('').replace(REFUSED, 'refused')
      : `all but ${words.join(' and ')}`;
  };
  const rows = FORMATS.map(
    (client) => `| ${NAMES[client]} | ${FORMATS.map((upstream) => cell(client, upstream)).join(' | ')} |`,
  );
  return [
    `## ${scenario.name}\n\n${scenario.about} What must arrive: ${Object.keys(scenario.holds).join(', ')}.\n`,
    `| client \\ provider | ${FORMATS.map((format) => NAMES[format]).join(' | ')} |`,
    `|---|${'---|'.repeat(FORMATS.length)}`,
    ...rows,
    ...(notes.length === 0
      ? []
      : ['', ...notes.map(({ why, told }, at) => `${at + 1}. ${why}${told ? ' The header names it.' : ''}`)]),
  ].join('\n');
}

/** The number of its note, which is made at its first use. */
function noteOf(limit: Limit, notes: Limit[]): number {
  const known = notes.findIndex(({ why, told }) => why === limit.why && told === limit.told);
  return known === -1 ? notes.push(limit) : known + 1;
}
