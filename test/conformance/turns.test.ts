// Order of turns, empties and repair of conversations between the formats (T06, T07, T18 to T26).

import { describe, expect, test } from 'bun:test';
import { openAnsweredFine } from '../support/answered-fine.ts';
import type { Json } from '../support/strict.ts';

const { here, upstream, sent } = await openAnsweredFine();

const user = (content: unknown) => ({ role: 'user', content });
const call = (id: string, args = '{}') => ({
  id,
  type: 'function',
  function: { name: 'Bash', arguments: args },
});
const calling = (...calls: unknown[]) => ({ role: 'assistant', content: null, tool_calls: calls });
const result = (tool_call_id: string, content = 'ok') => ({ role: 'tool', tool_call_id, content });
const TOOLS = [
  { type: 'function', function: { name: 'Bash', parameters: { type: 'object', properties: {} } } },
];

describe('the label that Claude Code puts in front', () => {
  const label = (cch: string) => ({
    type: 'text',
    text: `x-anthropic-billing-header: cc_version=2.1.197; cc_entrypoint=cli; cch=${cch};`,
  });
  const turn = (cch: string, ...more: unknown[]) => ({
    max_tokens: 100,
    system: [label(cch), { type: 'text', text: 'You are Claude Code.' }],
    messages: [user('one'), ...more],
  });

  test('T06 A→C: it does not leave, and turn 2 begins with the bytes of turn 1', async () => {
    await here.ask('anthropic-messages', 'openai-chat', turn('aaa'));
    await here.ask(
      'anthropic-messages',
      'openai-chat',
      turn('bbb', { role: 'assistant', content: 'fine' }, user('two')),
    );
    const [first = '', second = ''] = upstream.received.map(({ raw }) => new TextDecoder().decode(raw));
    expect(first + second).not.toContain('billing-header');
    const prefix = first.slice(0, first.indexOf('}]') + 1);
    expect(prefix).toContain('"one"');
    expect(second).toStartWith(prefix);
  });

  test('T06 A→A: it stays', async () => {
    await here.ask('anthropic-messages', 'anthropic-messages', turn('aaa'));
    expect(sent().system).toMatchObject([label('aaa'), { text: 'You are Claude Code.' }]);
  });
});

describe('T07 A→R: the key of the prompt cache', () => {
  const turn = (words: unknown[], more: Json = {}) => ({
    max_tokens: 100,
    system: 'You are a coding agent.',
    messages: words,
    ...more,
  });
  const long = [user('one'), { role: 'assistant', content: 'fine' }, user('two')];
  const keyOf = async (body: Json, key = here.key, headers: Record<string, string> = {}) => {
    await here.ask('anthropic-messages', 'openai-responses', body, { key, headers });
    return sent().prompt_cache_key;
  };

  test('is the same over the turns of a session, another one for another session and another key', async () => {
    const session = (id: string) => ({ metadata: { user_id: `user_1_account__session_${id}` } });
    const first = await keyOf(turn([user('one')], session('a')));
    expect(first).toMatch(/^osiris-[0-9a-f]{32}$/);
    expect(await keyOf(turn(long, session('a')))).toBe(first as string);
    expect(await keyOf(turn(long, session('b')))).not.toBe(first as string);
    expect(await keyOf(turn(long, session('a')), here.keyWith({}))).not.toBe(first as string);
  });

  test('of a client that names none follows how the prompt begins, and never chance', async () => {
    const first = await keyOf(turn([user('one')]));
    expect(await keyOf(turn(long))).toBe(first as string);
    expect(await keyOf({ ...turn(long), system: 'You are a poet.' })).not.toBe(first as string);
    const bare = await keyOf({ max_tokens: 100, messages: [user('one')] });
    expect(await keyOf({ max_tokens: 100, messages: long })).toBe(bare as string);
  });

  test('is the session of a header where an agent sends one, and the client’s own where it has one', async () => {
    const headers = { 'x-claude-code-session-id': 'abc' };
    const first = await keyOf(turn([user('one')]), here.key, headers);
    expect(await keyOf({ ...turn(long), system: 'Changed.' }, here.key, headers)).toBe(first as string);
    const messages = [user('one')];
    await here.ask('openai-chat', 'openai-responses', { messages, prompt_cache_key: 'mine' });
    expect(sent().prompt_cache_key).toBe('mine');
  });

  test('is not sent to hosts that merely speak Chat', async () => {
    await here.ask('anthropic-messages', 'openai-chat', turn(long));
    expect(sent().prompt_cache_key).toBeUndefined();
  });
});

describe('ids of calls', () => {
  test('T18 C→A: odd, long and repeated ones are plain, short and apart, and stay so over turns', async () => {
    const long = 'x'.repeat(80);
    const first = [
      user('go'),
      calling(call('functions.Bash:0'), call(long)),
      result('functions.Bash:0', 'one'),
      result(long, 'two'),
    ];
    const second = [...first, calling(call('functions.Bash:0')), result('functions.Bash:0', 'three')];
    await here.ask('openai-chat', 'anthropic-messages', { messages: first, tools: TOOLS });
    await here.ask('openai-chat', 'anthropic-messages', { messages: second, tools: TOOLS });
    expect(upstream.breaches()).toEqual([]);
    const ids = (position: number) =>
      (sent(position).messages as { content: Json[] | string }[]).flatMap(({ content }) =>
        typeof content === 'string' ? [] : content.map((block) => block.id ?? block.tool_use_id),
      );
    const [early, late] = [ids(0), ids(1)];
    expect(late.slice(0, early.length)).toEqual(early);
    expect(late).toHaveLength(6);
    for (const id of late) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(late.slice(2, 4)).toEqual(late.slice(0, 2));
    expect(late[5]).toBe(late[4] as string);
    expect(new Set(late).size).toBe(3);
  });

  test('T18 C→A: two calls of one turn under one id keep their results apart', async () => {
    const messages = [user('go'), calling(call('a'), call('a')), result('a', 'one'), result('a', 'two')];
    await here.ask('openai-chat', 'anthropic-messages', { messages, tools: TOOLS });
    const [, , answers] = sent().messages as { content: Json[] }[];
    expect(answers?.content).toMatchObject([
      { tool_use_id: 'a', content: 'one' },
      { tool_use_id: 'a_2', content: 'two' },
    ]);
  });

  test('T19 A→C: an odd id reaches the client as a plain one and goes back as it was', async () => {
    upstream.play([{ calls: [{ id: 'Bash:0', name: 'Bash', args: '{}' }] }, { text: 'done' }]);
    const tools = [{ name: 'Bash', input_schema: { type: 'object', properties: {} } }];
    const answer = await here.ask('anthropic-messages', 'openai-chat', {
      max_tokens: 100,
      tools,
      messages: [user('go')],
    });
    const content = answer.json().content as Json[];
    expect(content[0]?.id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    await here.ask('anthropic-messages', 'openai-chat', {
      max_tokens: 100,
      tools,
      messages: [
        user('go'),
        { role: 'assistant', content },
        user([{ type: 'tool_result', tool_use_id: content[0]?.id, content: 'ok' }]),
      ],
    });
    expect(sent().messages).toMatchObject([
      {},
      { tool_calls: [{ id: 'Bash:0' }] },
      { role: 'tool', tool_call_id: 'Bash:0' },
    ]);
  });
});

describe('results of tools', () => {
  test('T20 C→A: those of parallel calls come first in one user turn, then its text', async () => {
    const messages = [user('go'), calling(call('a'), call('b')), result('a'), result('b'), user('and?')];
    await here.ask('openai-chat', 'anthropic-messages', { messages, tools: TOOLS });
    const [, , last] = sent().messages as { content: Json[] }[];
    expect(last?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'a' },
      { type: 'tool_result', tool_use_id: 'b' },
      { type: 'text', text: 'and?' },
    ]);
  });

  const PIXEL = 'iVBORw0KGgo=';
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };
  const asked = (content: unknown[]) => ({
    max_tokens: 100,
    tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
    messages: [
      user('go'),
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: {} }] },
      user(content),
    ],
  });

  test('T21 A→C: the tool message stands before the words that came with it', async () => {
    const words = { type: 'text', text: 'see' };
    const content = [words, { type: 'tool_result', tool_use_id: 'a', content: 'ok' }, image];
    await here.ask('anthropic-messages', 'openai-chat', asked(content));
    expect((sent().messages as Json[]).slice(2)).toMatchObject([
      { role: 'tool', tool_call_id: 'a', content: 'ok' },
      { role: 'user', content: [words, { type: 'image_url' }] },
    ]);
  });

  const failed = {
    type: 'tool_result',
    tool_use_id: 'a',
    is_error: true,
    content: [image, { type: 'text', text: 'blurred' }],
  };

  test('T22 A→C: a failed one says so, its picture follows in a user message', async () => {
    await here.ask('anthropic-messages', 'openai-chat', asked([failed]));
    expect((sent().messages as Json[]).slice(2)).toMatchObject([
      { role: 'tool', content: '[tool error] blurred' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Attached image from tool call a' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        ],
      },
    ]);
  });

  test('T23 A→R: text and picture stay in the output', async () => {
    const content = [{ type: 'text', text: 'here' }, image];
    await here.ask(
      'anthropic-messages',
      'openai-responses',
      asked([{ ...failed, is_error: false, content }]),
    );
    expect((sent().input as Json[]).at(-1)).toMatchObject({
      type: 'function_call_output',
      call_id: 'a',
      output: [
        { type: 'input_text', text: 'here' },
        { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}` },
      ],
    });
  });

  test('T24 C→A: a call without one gets one that says so, one without a call becomes user text', async () => {
    const messages = [user('go'), calling(call('a')), user('hello?'), result('gone', 'lost and found')];
    const answer = await here.ask('openai-chat', 'anthropic-messages', { messages, tools: TOOLS });
    expect(answer.status).toBe(200);
    const [, , last] = sent().messages as { content: Json[] }[];
    expect(last?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'a', is_error: true },
      { type: 'text', text: 'hello?' },
      { type: 'text', text: 'Result of an earlier tool call:' },
      { type: 'text', text: 'lost and found' },
    ]);
    expect(answer.headers.get('x-osiris-losses')).toBe(
      '2; changed=messages[1].tool_calls[0]; moved=messages[3]',
    );
  });
});

describe('what is empty or broken', () => {
  test('T25 C→A: nothing said is nothing sent', async () => {
    const messages = [
      user('one'),
      { role: 'assistant', content: null },
      { role: 'assistant', content: '' },
      { role: 'assistant', content: ' \n' },
      user(''),
      user('two'),
      { role: 'assistant', content: '\n', tool_calls: [call('a')] },
      result('a', ''),
    ];
    const answer = await here.ask('openai-chat', 'anthropic-messages', { messages, tools: TOOLS });
    expect(answer.status).toBe(200);
    expect(sent().messages).toMatchObject([
      { role: 'user', content: [{ text: 'one' }, { text: 'two' }] },
      { role: 'assistant', content: [{ type: 'tool_use' }] },
      { role: 'user', content: [{ type: 'tool_result' }] },
    ]);
  });

  test('T26 C→A: arguments that are no object are wrapped, none at all are an empty one', async () => {
    const args = ['', '{', '[1]', 'null'];
    const messages = [
      user('go'),
      calling(...args.map((each, i) => call(`c${i}`, each))),
      ...args.map((_, i) => result(`c${i}`)),
    ];
    const answer = await here.ask('openai-chat', 'anthropic-messages', { messages, tools: TOOLS });
    expect(answer.status).toBe(200);
    const [, turn] = sent().messages as { content: Json[] }[];
    expect(turn?.content.map(({ input }) => input)).toEqual([{}, { _raw: '{' }, { _raw: '[1]' }, {}]);
    expect(answer.headers.get('x-osiris-losses')).toStartWith('2; changed=');
  });

  test('a Messages client cannot have an answer continued by a model of another format', async () => {
    const body = { max_tokens: 100, messages: [user('JSON please'), { role: 'assistant', content: '{' }] };
    const refused = await here.ask('anthropic-messages', 'openai-chat', body);
    expect(refused.status).toBe(400);
    expect(refused.json().error).toMatchObject({ code: 'unsupported_parameter', param: 'messages[1]' });
    expect((await here.ask('anthropic-messages', 'anthropic-messages', body)).status).toBe(200);
  });
});
