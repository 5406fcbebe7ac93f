// The row of the scenario table in which the provider runs code.

import type { WireFormat } from '../script.ts';
import { type Limit, REFUSED, type Scenario, type Seen } from './scenario.ts';

const SOURCE = 'print(6 * 7)\nprint("é")';
const PRINTED = '42\né\n';
const ANSWER = 'It is 42.';

const WITH_TOOL: WireFormat[] = ['openai-responses', 'anthropic-messages', 'google-generate-content'];
const NO_TOOL = 'Chat Completions have no tool that runs code.';

/** How a client of the format sends back what it was shown. */
const OWN_WORDS: Record<WireFormat, string> = {
  'openai-chat': '```python',
  'openai-responses': '"code_interpreter_call"',
  'anthropic-messages': '"server_tool_use"',
  'google-generate-content': '"executableCode"',
};

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Where nothing ran there is nothing to tell. */
const ofRuns =
  (holds: (seen: Seen) => boolean) =>
  (seen: Seen): boolean =>
    seen.heard[0]?.runsCode === false || holds(seen);

export const CODE: Scenario = {
  name: 'Code that the provider runs',
  about: 'The model may run code in a container of its provider, does so, and is asked once more.',
  ask: { system: 'Be exact.', user: 'What is 6 times 7?', code: true, next: 'And in words?' },
  turns: [{ code: { source: SOURCE, printed: PRINTED }, text: ANSWER }, { text: 'Forty-two.' }],
  holds: {
    'the tool': ({ heard }) => heard[0]?.runsCode === true,
    'the code and what it printed': ofRuns(
      ({ replies }) => replies[0]?.ran?.source === SOURCE && replies[0].ran.printed === PRINTED,
    ),
    'both in the next turn': ofRuns(
      ({ bodies }) => bodies[1]?.includes(inJson(SOURCE)) === true && bodies[1].includes(inJson(PRINTED)),
    ),
    'that it ran in the next turn': ofRuns(
      ({ client, bodies }) => bodies[1]?.includes(OWN_WORDS[client]) === true,
    ),
    'the answers': ({ replies }) => replies[0]?.text === ANSWER && replies[1]?.text === 'Forty-two.',
  },
  limits: [
    { clients: ['openai-chat'], lost: 'the tool', why: NO_TOOL },
    { clients: WITH_TOOL, upstreams: ['openai-chat'], lost: REFUSED, why: `${NO_TOOL} The 400 says so.` },
    ...WITH_TOOL.map(
      (client): Limit => ({
        clients: [client],
        upstreams: WITH_TOOL.filter((upstream) => upstream !== client),
        lost: 'that it ran in the next turn',
        why: 'No provider takes the run of another one for its own: it is told as text, and Gemini as code that ran there.',
        told: true,
      }),
    ),
  ],
};
