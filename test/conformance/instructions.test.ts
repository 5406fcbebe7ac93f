// Instructions at the beginning and in the middle of conversations (T04, T05).

import { describe, expect, test } from 'bun:test';
import { openAnsweredFine } from '../support/answered-fine.ts';
import type { Json } from '../support/strict.ts';

const { here, sent } = await openAnsweredFine();

const user = (content: unknown) => ({ role: 'user', content });

describe('instructions', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    user('one'),
    { role: 'developer', content: 'In French.' },
    user('two'),
    user('three'),
  ];

  test('T04 C→A: a system message leads, one in the middle is tagged user text, user turns are merged', async () => {
    const answer = await here.ask('openai-chat', 'anthropic-messages', { messages });
    expect(answer.status).toBe(200);
    expect(sent()).toMatchObject({
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'one' },
            { type: 'text', text: '<system-note>\nIn French.\n</system-note>' },
            { type: 'text', text: 'two' },
            { type: 'text', text: 'three' },
          ],
        },
      ],
    });
    expect(answer.headers.get('x-osiris-losses')).toBe('1; moved=messages[2]');
  });

  const able = async (...turns: Json[]) => {
    const body = { messages: [{ role: 'system', content: 'Be brief.' }, ...turns] };
    const answer = await here.ask('openai-chat', 'anthropic-messages', body, { able: true });
    const losses = answer.headers.get('x-osiris-losses');
    return { messages: sent().messages, losses };
  };
  const late = { role: 'developer', content: 'In French.' };
  const placed = { role: 'system', content: 'In French.' };

  test('T04 C→A: a model that takes it gets the instruction in its place', async () => {
    expect(await able(user('one'), late, { role: 'assistant', content: 'un' }, user('two'), late)).toEqual({
      messages: [user('one'), placed, { role: 'assistant', content: 'un' }, user('two'), placed],
      losses: null,
    });
  });

  test('T04 C→A: or, since it takes none elsewhere, in front of the next answer', async () => {
    const { messages, losses } = await able(
      user('one'),
      { role: 'assistant', content: 'un' },
      late,
      { role: 'system', content: 'Or German.' },
      user('two'),
    );
    expect(messages).toEqual([
      user('one'),
      { role: 'assistant', content: 'un' },
      user('two'),
      {
        role: 'system',
        content: [
          { type: 'text', text: 'In French.' },
          { type: 'text', text: 'Or German.' },
        ],
      },
    ]);
    expect(losses).toBe('2; moved=messages[3],messages[4]');
  });

  test.each([true, false])(
    'T04 C→A: what no user’s turn follows is tagged text of one, and stays it (able: %j)',
    async (isAble) => {
      const model = { able: isAble };
      const begun = [user('one'), { role: 'assistant', content: 'un' }, late];
      const ask = async (messages: Json[]) => {
        const answer = await here.ask('openai-chat', 'anthropic-messages', { messages }, model);
        expect(answer.headers.get('x-osiris-losses')).toBe('1; moved=messages[2]');
        return sent().messages as Json[];
      };
      const first = await ask(begun);
      expect(first).toEqual([
        user('one'),
        { role: 'assistant', content: 'un' },
        user('<system-note>\nIn French.\n</system-note>'),
      ]);
      const second = await ask([...begun, { role: 'assistant', content: 'deux' }, user('two')]);
      expect(second.slice(0, 3)).toEqual(first);
    },
  );

  const responsesBody = {
    instructions: 'Be brief.',
    input: [
      { type: 'message', role: 'developer', content: 'Skills: none.' },
      { role: 'user', content: 'one' },
      {
        type: 'message',
        role: 'assistant',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'Looking.' }],
      },
      { role: 'user', content: 'two' },
    ],
  };

  test('A→C, R→C: one instruction, first of all, is what every template of a local model takes', async () => {
    const messages = [
      user('one'),
      { role: 'system', content: 'In French.' },
      { role: 'assistant', content: 'un' },
      user('two'),
    ];
    const body = { max_tokens: 10, system: 'Be brief.', messages };
    const note = user('<system-note>\nIn French.\n</system-note>');
    const answer = await here.ask('anthropic-messages', 'openai-chat', body);
    expect(sent().messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      user('one'),
      note,
      { role: 'assistant', content: 'un' },
      user('two'),
    ]);
    expect(answer.headers.get('x-osiris-losses')).toBe('1; moved=messages[1]');
    await here.ask('anthropic-messages', 'openai-chat', body, { able: true });
    expect(sent().messages).toContainEqual({ role: 'system', content: 'In French.' });
    await here.ask('openai-responses', 'openai-chat', responsesBody);
    const turns = sent().messages as Json[];
    expect(turns[0]).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Skills: none.' },
      ],
    });
    expect(turns.filter(({ role }) => role === 'system' || role === 'developer')).toHaveLength(1);
  });

  test('T05 R→A: instructions and developer items lead in order, the phase is named as lost', async () => {
    const answer = await here.ask('openai-responses', 'anthropic-messages', responsesBody);
    expect(sent()).toMatchObject({
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Skills: none.' },
      ],
      messages: [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'Looking.' },
        { role: 'user', content: 'two' },
      ],
    });
    expect(answer.headers.get('x-osiris-losses')).toBe('1; dropped=input[2].content[0]');
  });

  test('T05 R→R: the phase survives', async () => {
    await here.ask('openai-responses', 'openai-responses', responsesBody);
    expect((sent().input as Json[])[2]?.phase).toBe('commentary');
  });
});
