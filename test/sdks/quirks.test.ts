// Chat hosts that deviate from OpenAI, each in its own way: clients of the other formats must not notice.

import { describe, expect, test } from 'bun:test';
import { ToolBox } from '../support/client.ts';
import { DIRECT } from '../support/matrix.ts';
import { rawStage } from '../support/raw-stage.ts';
import { type RawAnswer, SSE_HEAD } from '../support/raw-upstream.ts';
import { ANSWERED_AT } from '../support/script.ts';
import { STREAM_CLIENTS } from '../support/stream-clients.ts';
import type { Json } from '../support/strict.ts';

const USAGE = { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 };
const DONE = 'data: [DONE]\n\n';

function chunk(choices: Json[] | undefined, more: Json = {}): string {
  const head = { id: 'chatcmpl-quirk', object: 'chat.completion.chunk', created: ANSWERED_AT, model: 'm' };
  return `data: ${JSON.stringify({ ...head, ...(choices === undefined ? {} : { choices }), ...more })}\n\n`;
}

const delta = (value: Json, finish: string | null = null, more: Json = {}): string =>
  chunk([{ index: 0, delta: value, finish_reason: finish }], more);
const call = (value: Json): string => delta({ tool_calls: [value] });
const made = (name: string | null | undefined, args?: string): Json => ({
  ...(name === undefined ? {} : { name }),
  ...(args === undefined ? {} : { arguments: args }),
});

const ROLE = delta({ role: 'assistant', content: null });
const OPEN = call({ index: 0, id: 'c1', type: 'function', function: made('get_weather', '') });
const ARGS = [
  call({ index: 0, function: made(undefined, '{"city":') }),
  call({ index: 0, function: made(undefined, '"Oslo"}') }),
];
const FINISH = delta({}, 'tool_calls');
const COUNT = chunk([], { usage: USAGE });

const OSLO = { name: 'get_weather', args: { city: 'Oslo' } };
const NOON = { name: 'get_time', args: {} };
const TIME = { index: 1, id: 'c2', type: 'function', function: made('get_time', '{}') };

type Quirk = [what: string, frames: string[], runs: { name: string; args: unknown }[]];

const QUIRKS: Quirk[] = [
  [
    'a call whole in its first delta',
    [
      ROLE,
      call({ index: 0, id: 'c1', type: 'function', function: made('get_weather', '{"city":"Oslo"}') }),
      FINISH,
      COUNT,
      DONE,
    ],
    [OSLO],
  ],
  [
    'id and name on every delta',
    [
      ROLE,
      ...['', '{"city":', '"Oslo"}'].map((args) =>
        call({ index: 0, id: 'c1', type: 'function', function: made('get_weather', args) }),
      ),
      FINISH,
      COUNT,
      DONE,
    ],
    [OSLO],
  ],
  [
    'null ids and empty names later',
    [
      ROLE,
      OPEN,
      ...['{"city":', '"Oslo"}'].map((args) => call({ index: 0, id: null, function: made('', args) })),
      FINISH,
      COUNT,
      DONE,
    ],
    [OSLO],
  ],
  [
    'no index on calls',
    [
      ROLE,
      call({ id: 'c1', type: 'function', function: made('get_weather', '{"city":"Oslo"}') }),
      call({ id: 'c2', type: 'function', function: made('get_time', '{}') }),
      FINISH,
      COUNT,
      DONE,
    ],
    [OSLO, NOON],
  ],
  [
    'an index that starts at 1',
    [
      ROLE,
      call({ index: 1, id: 'c1', type: 'function', function: made('get_weather', '') }),
      call({ index: 1, function: made(undefined, '{"city":"Oslo"}') }),
      FINISH,
      COUNT,
      DONE,
    ],
    [OSLO],
  ],
  [
    'arguments that never come',
    [ROLE, call({ index: 0, id: 'c1', type: 'function', function: made('get_time') }), FINISH, COUNT, DONE],
    [NOON],
  ],
  [
    'a line break between two calls',
    [ROLE, OPEN, ...ARGS, delta({ content: '\n' }), delta({ tool_calls: [TIME] }), FINISH, COUNT, DONE],
    [OSLO, NOON],
  ],
  ['finish "stop" after calls', [ROLE, OPEN, ...ARGS, delta({}, 'stop'), COUNT, DONE], [OSLO]],
  ['a finish that comes twice', [ROLE, OPEN, ...ARGS, FINISH, FINISH, COUNT, DONE], [OSLO]],
  ['no role', [OPEN, ...ARGS, FINISH, COUNT, DONE], [OSLO]],
  ['no [DONE]', [ROLE, OPEN, ...ARGS, FINISH, COUNT], [OSLO]],
  ['usage with the finish', [ROLE, OPEN, ...ARGS, delta({}, 'tool_calls', { usage: USAGE }), DONE], [OSLO]],
  [
    'usage in a chunk without choices',
    [ROLE, OPEN, ...ARGS, FINISH, chunk(undefined, { usage: USAGE }), DONE],
    [OSLO],
  ],
  [
    'usage that grows in every chunk',
    [
      ROLE,
      OPEN,
      delta({ content: '' }, null, { usage: { ...USAGE, completion_tokens: 1, total_tokens: 21 } }),
      ...ARGS,
      delta({}, 'tool_calls', { usage: USAGE }),
      COUNT,
      DONE,
    ],
    [OSLO],
  ],
  [
    'a choice-less chunk in front',
    [chunk([], { prompt_filter_results: [] }), ROLE, OPEN, ...ARGS, FINISH, COUNT, DONE],
    [OSLO],
  ],
  [
    'an argument object instead of its text',
    [
      ROLE,
      call({
        index: 0,
        id: 'c1',
        type: 'function',
        function: { name: 'get_weather', arguments: { city: 'Oslo' } },
      }),
      FINISH,
      COUNT,
      DONE,
    ],
    [OSLO],
  ],
];

const LAST = [
  ROLE,
  delta({ content: 'It is ' }),
  delta({ content: 'fine.' }),
  delta({}, 'stop'),
  COUNT,
  DONE,
];

const answers: RawAnswer[] = [];
const on = rawStage(answers);

for (const client of STREAM_CLIENTS.filter(({ format }) => format !== 'openai-chat')) {
  describe.skipIf(DIRECT)(client.name, () => {
    for (const [what, frames, runs] of QUIRKS) {
      test(what, async () => {
        answers.length = 0;
        for (const pieces of [frames, LAST]) {
          answers.push({ pieces: [SSE_HEAD, ...pieces], gapMs: 0, after: 'end' });
        }
        on.upstream.requests.length = 0;
        const tools = new ToolBox();
        const outcome = await client.converse(on.stage.target('openai-chat'), tools);
        expect(tools.runs).toEqual(runs);
        expect(outcome.text).toBe('It is fine.');
        expect(outcome.tokens).toEqual({ input: 40, output: 8, cached: 0 });
        expect(on.upstream.requests).toHaveLength(2);
      });
    }
  });
}
