// Everything else that the vendors of Chat do in their own way, read by clients of the other formats.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import { type Conformance, openConformance } from '../support/conformance.ts';
import { chunk, DONE, delta, finish, ROLE, USAGE } from '../support/raw-chat.ts';
import type { WireFormat } from '../support/script.ts';
import { readWithSdk } from '../support/sdk-reading.ts';

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };
const early = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 };
const hi = delta({ content: 'Hi' });
const end = delta({ content: '!' });
const choice = (members: object) => ({ choices: [{ index: 0, finish_reason: null, ...members }] });

/** Each says `Hi!`, stops, and reports 9 tokens in and 5 out. */
const STREAMS: [name: string, frames: string[]][] = [
  ['no role', [hi, end, finish('stop'), USAGE, DONE]],
  [
    'the role in every chunk',
    [
      ROLE,
      ...['Hi', '!'].map((content) => delta({ role: 'assistant', content })),
      finish('stop'),
      USAGE,
      DONE,
    ],
  ],
  ['a finish with content', [ROLE, hi, delta({ content: '!' }, 'stop'), USAGE, DONE]],
  ['two finishes', [ROLE, hi, end, finish('stop'), finish('stop'), USAGE, DONE]],
  [
    'usage in the finish',
    [ROLE, hi, end, chunk({ ...choice({ delta: {}, finish_reason: 'stop' }), usage }), DONE],
  ],
  [
    'usage in every chunk',
    [
      chunk({ ...choice({ delta: { content: 'Hi' } }), usage: early }),
      chunk({ ...choice({ delta: { content: '!' } }), usage }),
      chunk({ ...choice({ delta: {}, finish_reason: 'stop' }), usage }),
      DONE,
    ],
  ],
  ['usage before the finish', [ROLE, hi, end, USAGE, finish('stop'), DONE]],
  ['usage without choices', [ROLE, hi, end, finish('stop'), chunk({ usage }), DONE]],
  [
    'choices that are empty at first and in the middle',
    [
      chunk({ choices: [], prompt_filter_results: [] }),
      ROLE,
      hi,
      chunk({ choices: [] }),
      end,
      finish('stop'),
      USAGE,
      DONE,
    ],
  ],
  [
    'a message in place of a delta',
    [
      chunk({ ...choice({ message: { role: 'assistant', content: 'Hi!' }, finish_reason: 'stop' }) }),
      USAGE,
      DONE,
    ],
  ],
  [
    'the whole message repeated at the end',
    [
      ROLE,
      hi,
      end,
      chunk(choice({ message: { role: 'assistant', content: 'Hi!' }, finish_reason: 'stop' })),
      USAGE,
      DONE,
    ],
  ],
  ['no [DONE]', [ROLE, hi, end, finish('stop'), USAGE]],
  ['more behind [DONE]', [ROLE, hi, end, finish('stop'), USAGE, DONE, delta({ content: 'c4nary' }), DONE]],
  [
    'content that is null, and empty',
    [ROLE, delta({ content: null }), hi, delta({ content: '' }), delta({}), end, finish('stop'), USAGE, DONE],
  ],
  [
    'an empty reason until the end',
    [ROLE, delta({ content: 'Hi' }, ''), delta({ content: '!' }, ''), finish('stop'), USAGE, DONE],
  ],
];

describe.each<WireFormat>(['anthropic-messages', 'openai-responses', 'google-generate-content'])(
  '%s over openai-chat',
  (client) => {
    test.each(STREAMS)('%s', async (_, frames) => {
      stage.streamWith(...frames);
      const wire = await (await stage.ask(client, 'openai-chat')).text();
      expect(judge(client, wire)).toBe('finished');
      const read = await readWithSdk(client, wire);
      expect([read.text, read.calls, read.input, read.output]).toEqual(['Hi!', [], 9, 5]);
    });
  },
);

/** OpenAI's helper, the strictest of its readers, on the bytes as they pass. */
describe('openai-chat over openai-chat', () => {
  const REPEATS = ['the whole message repeated at the end', 'a message in place of a delta'];
  test.each(STREAMS.filter(([name]) => !REPEATS.includes(name)))('%s', async (_, frames) => {
    stage.streamWith(...frames);
    const wire = await (await stage.ask('openai-chat', 'openai-chat')).text();
    const read = await readWithSdk('openai-chat', wire);
    expect([read.text, read.finish, read.input, read.output]).toEqual(['Hi!', 'stop', 9, 5]);
  });
});
