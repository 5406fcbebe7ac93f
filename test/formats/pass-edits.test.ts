// The edits of a Chat request that passes to a vendor who cannot take it as it is.

import { expect, test } from 'bun:test';
import type { Target } from '../../src/formats/codec.ts';
import { passEdits } from '../../src/formats/pass-edits.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { spliceJson } from '../../src/lib/splice.ts';

const NEWER = { maxTokensField: 'max_completion_tokens', thinking: 'effort', sampling: true } as const;
const OLDER = { ...NEWER, maxTokensField: 'max_tokens' } as const;

function passed(body: JsonObject, facts: object): { sent: unknown; losses: string[] } {
  const target = { developerRole: true, ...facts } as unknown as Target;
  const { edits, losses } = passEdits('openai-chat', body, target);
  const bytes = spliceJson(new TextEncoder().encode(JSON.stringify(body)), edits);
  return { sent: JSON.parse(new TextDecoder().decode(bytes)), losses: losses.map(({ path }) => path) };
}

test.each<[string, JsonObject, object, object, string[]]>([
  ['the older name becomes the newer', { max_tokens: 6 }, NEWER, { max_completion_tokens: 6 }, []],
  ['the newer name becomes the older', { max_completion_tokens: 6 }, OLDER, { max_tokens: 6 }, []],
  ['the name it knows stays', { max_tokens: 6 }, OLDER, { max_tokens: 6 }, []],
  [
    'a member that is not set takes no cap away',
    { max_tokens: 6, max_completion_tokens: null },
    OLDER,
    { max_tokens: 6, max_completion_tokens: null },
    [],
  ],
  [
    'of two that differ the newer wins, and the other is named',
    { max_tokens: 3, max_completion_tokens: 1 },
    OLDER,
    { max_tokens: 1 },
    ['max_tokens'],
  ],
  [
    'so it does where the newer is known',
    { max_tokens: 3, max_completion_tokens: 1 },
    NEWER,
    { max_completion_tokens: 1 },
    ['max_tokens'],
  ],
  ['two that agree lose nothing', { max_tokens: 3, max_completion_tokens: 3 }, OLDER, { max_tokens: 3 }, []],
])('a cap passes: %s', (_, body, facts, sent, losses) => {
  expect(passed(body, facts)).toEqual({ sent, losses });
});

test('cache marks, as OpenCode and Kilo send them, reach no vendor that refuses them, and are named', () => {
  const mark = { type: 'ephemeral' };
  const body = (marked: object): JsonObject => ({
    messages: [
      { role: 'system', content: 'Be brief.', ...marked },
      { role: 'user', content: [{ type: 'text', text: 'Hi', ...marked }] },
      {
        role: 'assistant',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'rain', arguments: '{}' }, ...marked },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '12°', ...marked },
    ],
    tools: [{ type: 'function', function: { name: 'rain', parameters: {}, ...marked } }],
  });
  const marked = body({ cache_control: mark });
  expect(passed(marked, { ...NEWER, refuses: ['cache_control'] })).toEqual({
    sent: body({}),
    losses: [
      'messages[0].cache_control',
      'messages[1].content[0].cache_control',
      'messages[2].tool_calls[0].cache_control',
      'messages[3].cache_control',
      'tools[0].function.cache_control',
    ],
  });
  expect(passed(marked, NEWER)).toEqual({ sent: marked, losses: [] });
});

test.each<[string, JsonObject, object, object]>([
  [
    'thinking',
    { reasoning_effort: 'none' },
    { thinkingSwitch: 'thinking' },
    { thinking: { type: 'disabled' } },
  ],
  [
    'chat_template_kwargs, beside what else is there',
    { reasoning_effort: 'none', chat_template_kwargs: { a: 1 } },
    { thinkingSwitch: 'chat_template_kwargs' },
    { chat_template_kwargs: { a: 1, enable_thinking: false } },
  ],
  [
    'nothing where the model does not think',
    { reasoning_effort: 'none' },
    { thinkingSwitch: 'thinking', thinking: 'none' },
    {},
  ],
  [
    'only "none", not an effort',
    { reasoning_effort: 'low' },
    { thinkingSwitch: 'thinking' },
    { reasoning_effort: 'low' },
  ],
  ['itself at OpenAI', { reasoning_effort: 'none' }, {}, { reasoning_effort: 'none' }],
])('the effort "none" becomes the switch of the vendor: %s', (_, body, facts, sent) => {
  expect(passed(body, { ...NEWER, ...facts })).toEqual({ sent, losses: [] });
});
