// Thoughts of earlier answers for turns whose client sent none: exactly those of that turn, where they stood.

import { describe, expect, test } from 'bun:test';
import type { Message, Part, ReasoningPart } from '../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';
import {
  recallThoughts,
  rememberThoughts,
  textHashOf,
  turnHash,
} from '../../src/gateway/reasoning/recollection.ts';
import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';

const thought = (data: string, text?: string): ReasoningPart => ({
  kind: 'reasoning',
  summary: text === undefined ? [] : [text],
  content: [],
  seal: { issuer: 'anthropic', data, scope: 'claude' },
  ...(text === undefined ? { redacted: true } : {}),
});
const call = (id: string, input = '{"place":"Bergen"}', name = 'look_up'): Part => ({
  kind: 'tool-call',
  id,
  name,
  form: 'json',
  input,
});
const text = (said: string): Part => ({ kind: 'text', text: said });

/** What the turn becomes when the answer was this one, to the question whether it will rain. */
function recalled(
  answer: Part[],
  turn: Part[],
  { key = 'key_1', scope = 'claude', question = 'Will it rain?' } = {},
): Part[] | undefined {
  const store = createMemoryThoughts();
  const after: Message = { role: 'user', parts: [text('Will it rain?')] };
  rememberThoughts({ parts: answer, textHash: textHashOf(answer), after: turnHash(after) }, 'key_1', store);
  const messages: Message[] = [
    { role: 'user', parts: [text(question)] },
    { role: 'assistant', parts: turn },
  ];
  const request = { messages } as CanonicalRequest;
  return recallThoughts(request, key, store, (owner) => owner === scope).messages[1]?.parts;
}

const [first, second] = [thought('one', 'Rain?'), thought('two')];

describe('thoughts come back', () => {
  test.each<[string, Part[], Part[], Part[]]>([
    [
      'in front of the calls they led to, each where it stood',
      [first, text('I look.'), second, call('a'), call('b')],
      [text('I look.'), call('a'), call('b')],
      [first, text('I look.'), second, call('a'), call('b')],
    ],
    [
      'between calls',
      [first, call('a'), second, call('b')],
      [call('a'), call('b')],
      [first, call('a'), second, call('b')],
    ],
    ['behind a text that ends the answer', [text('Yes.'), second], [text('Yes.')], [text('Yes.'), second]],
    [
      'to arguments that were parsed and written anew',
      [first, call('a')],
      [call('a', '{ "place": "Berg\\u0065n" }')],
      [first, call('a', '{ "place": "Berg\\u0065n" }')],
    ],
    [
      'in the place of the same thoughts without their seal',
      [first, call('a')],
      [{ kind: 'reasoning', summary: [], content: ['Rain?'] }, call('a')],
      [first, call('a')],
    ],
    [
      'under ids that had to be escaped for the client',
      [first, call('functions.f:0')],
      [call('t_ZnVuY3Rpb25zLmY6MA')],
      [first, call('t_ZnVuY3Rpb25zLmY6MA')],
    ],
    [
      'with words a client put where there were none',
      [first, call('a')],
      [text('Added.'), call('a')],
      [first, text('Added.'), call('a')],
    ],
  ])('%s', (_, answer, turn, expected) => expect(recalled(answer, turn)).toEqual(expected));
});

describe('thoughts stay away', () => {
  const answer = [first, call('a'), call('b')];
  test.each<[string, Part[], { key?: string; scope?: string }]>([
    ['from another key', [call('a'), call('b')], { key: 'key_2' }],
    ['from another provider', [call('a'), call('b')], { scope: 'gpt' }],
    ['when a call is missing', [call('a')], {}],
    ['when a call is new', [call('a'), call('b'), call('c')], {}],
    ['when the calls have changed places', [call('b'), call('a')], {}],
    ['when the same id stands for another call', [call('a', '{"place":"Oslo"}'), call('b')], {}],
    ['when the call is of another tool', [call('a'), call('b', undefined, 'other')], {}],
    ['when the turn brings a seal of its own', [thought('own', 'Hm.'), call('a'), call('b')], {}],
    [
      'when the seal it brought was no good',
      [{ kind: 'reasoning', summary: ['Rain?'], content: [], unproven: true }, call('a'), call('b')],
      {},
    ],
  ])('%s', (_, turn, asked) => expect(recalled(answer, turn, asked)).toEqual(turn));

  test('from a text that was changed', () => {
    expect(recalled([first, text('Yes.')], [text('Yes!')])).toEqual([text('Yes!')]);
  });

  test('from answers that only look the same: behind another question, short texts and calls that are counted', () => {
    const elsewhere = { question: 'Is it over?' };
    expect(recalled([first, text('Yes.')], [text('Yes.')], elsewhere)).toEqual([text('Yes.')]);
    expect(recalled([first, call('call_0')], [call('call_0')], elsewhere)).toEqual([call('call_0')]);
    const unique = call('toolu_01A09q90qw90lq917835lq9');
    expect(recalled([first, unique], [unique], elsewhere)).toEqual([first, unique]);
    expect(recalled([first], [text('')])).toEqual([text('')]);
  });

  test('when the answer had none that anybody wants back', () => {
    const bare: Part = { kind: 'reasoning', summary: ['Rain?'], content: [] };
    expect(recalled([bare, call('a')], [call('a')])).toEqual([call('a')]);
  });
});

test('a turn of thousands of calls has what it follows hashed once', () => {
  const store = createMemoryThoughts();
  rememberThoughts({ parts: [first, call('a')], textHash: '', after: '' }, 'key_1', store);
  const calls = Array.from({ length: 50_000 }, (_, i) => call(`c${i}`));
  const messages: Message[] = [
    { role: 'user', parts: [text('Rain? '.repeat(1_000_000))] },
    { role: 'assistant', parts: calls },
  ];
  const request = { messages } as CanonicalRequest;
  expect(recallThoughts(request, 'key_1', store, () => true)).toBe(request);
});

test('a conversation that says the same thing again and again is not given its thoughts without end', () => {
  const store = createMemoryThoughts();
  const question: Message = { role: 'user', parts: [text('Will it rain?')] };
  const answer = [thought('x'.repeat(1024 * 1024), 'Rain?'), text('Yes.')];
  const after = turnHash(question);
  rememberThoughts({ parts: answer, textHash: textHashOf(answer), after }, 'key_1', store);
  const turn: Message[] = [question, { role: 'assistant', parts: [text('Yes.')] }];
  const messages = Array.from({ length: 50 }, () => turn).flat();
  const { messages: recalledIn } = recallThoughts(
    { messages } as CanonicalRequest,
    'key_1',
    store,
    () => true,
  );
  const given = recalledIn.filter(({ role, parts }) => role === 'assistant' && parts.length === 2);
  expect(given).toHaveLength(15);
});
