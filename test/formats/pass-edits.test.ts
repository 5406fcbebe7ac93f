// The edits of a request that passes to a vendor who cannot take it as it is.

import { describe, expect, test } from 'bun:test';
import type { FormatId } from '../../src/canonical/part.ts';
import type { Target } from '../../src/formats/codec.ts';
import { passEdits } from '../../src/formats/pass-edits.ts';
import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import { spliceJson } from '../../src/lib/splice.ts';

const NEWER = { maxTokensField: 'max_completion_tokens', thinking: 'effort', sampling: true } as const;
const OLDER = { ...NEWER, maxTokensField: 'max_tokens' } as const;

function passed(
  body: JsonObject,
  facts: object,
  format: FormatId = 'openai-chat',
): { sent: unknown; losses: string[] } {
  const target = { developerRole: true, ...facts } as unknown as Target;
  const { edits, losses } = passEdits(format, body, target);
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

describe('a system turn in the middle of a Messages conversation', () => {
  const user = (content: JsonValue) => ({ role: 'user', content });
  const late = { role: 'system', content: 'late' };
  const text = (words: string) => ({ type: 'text', text: words });
  const note = text('<system-note>\nlate\n</system-note>');
  const answer = { role: 'assistant', content: 'yes' };
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'r' };
  const sentOf = (messages: JsonValue[], midSystem = false) => {
    const body = { model: 'm', messages, max_tokens: 5 };
    return passed(body, { midSystem, sampling: true }, 'anthropic-messages');
  };

  test.each<[string, JsonValue[], JsonValue[]]>([
    ['behind the user', [user('a'), late, answer], [user([text('a'), note]), answer]],
    [
      'in front of the user',
      [user('a'), answer, late, user('b')],
      [user('a'), answer, user([note, text('b')])],
    ],
    ['behind results', [answer, late, user([result, text('b')])], [answer, user([result, note, text('b')])]],
    ['between answers', [user('a'), answer, late, answer], [user('a'), answer, user([note]), answer]],
    ['at the end', [user('a'), answer, late, late], [user('a'), answer, user([note, note])]],
    [
      'with its cache mark',
      [user('a'), { role: 'system', content: [{ ...text('late'), cache_control: { type: 'ephemeral' } }] }],
      [user([text('a'), { ...note, cache_control: { type: 'ephemeral' } }])],
    ],
  ])('is text of the user for models that know none: %s', (_, messages, expected) => {
    const { sent, losses } = sentOf(messages);
    expect(sent).toMatchObject({ messages: expected });
    expect(losses.every((path) => path.startsWith('messages['))).toBe(true);
    expect(sentOf(messages, true)).toMatchObject({ sent: { messages }, losses: [] });
  });

  test('stays where it holds more than text, which only the provider understands', () => {
    const messages = [
      user('a'),
      { role: 'system', content: [{ type: 'tool_removal', tool: { name: 'f' } }] },
    ];
    expect(sentOf(messages)).toMatchObject({ sent: { messages }, losses: [] });
  });
});
