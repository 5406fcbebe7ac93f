// Clients of Responses that name the items of earlier answers by id, over providers that never saw them.

import { afterAll, expect, test } from 'bun:test';
import { type FormatsHere, framesOf, openFormats } from '../support/formats-here.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
const here: FormatsHere = await openFormats(upstream.origin);

afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

const SCHEMA = { type: 'object', properties: {} };
const TOOLS = [{ type: 'function', name: 'look_up', parameters: SCHEMA, strict: false }];
const QUESTION = { role: 'user', content: 'Will it rain?' };
const SAID = {
  text: 'I look.',
  calls: [{ id: 'call_0123456789abcdefghij', name: 'look_up', args: '{"place":"Bergen"}' }],
};
const RESULT = { type: 'function_call_output', call_id: 'call_0123456789abcdefghij', output: 'rain' };

const OVER = ['openai-chat', 'anthropic-messages', 'google-generate-content'] as const;
type Over = (typeof OVER)[number];

/** The ids of the items of a first answer. */
async function firstTurn(over: Over, members: Json = {}): Promise<string[]> {
  upstream.play([SAID, { text: 'It will.' }]);
  const body = { input: [QUESTION], tools: TOOLS, ...members };
  const answer = await here.ask('openai-responses', over, body);
  const whole = members.stream === true ? (framesOf(answer.text).at(-1)?.response as Json) : answer.json();
  return (whole.output as { id: string }[]).map(({ id }) => id);
}

const named = (ids: string[]) => ids.map((id) => ({ type: 'item_reference', id }));

const follow = (over: Over | 'openai-responses', ids: string[], key?: string) =>
  here.ask(
    'openai-responses',
    over,
    { input: [QUESTION, ...named(ids), RESULT], tools: TOOLS },
    key === undefined ? {} : { key },
  );

for (const over of OVER)
  test.each([false, true])(`over ${over} they come back as they were said, streamed: %p`, async (stream) => {
    const ids = await firstTurn(over, { stream });
    expect(ids.length).toBeGreaterThan(1);
    const answer = await follow(over, ids);
    expect((answer.json().output as Json[]).at(-1)).toMatchObject({ content: [{ text: 'It will.' }] });
    expect(upstream.breaches()).toEqual([]);
    const sent = JSON.stringify(upstream.received.at(-1)?.body);
    expect(sent).toContain('I look.');
    expect(sent).toContain('Bergen');
  });

test('another provider that speaks the format gets the items themselves', async () => {
  const ids = await firstTurn('anthropic-messages');
  await follow('openai-responses', ids);
  expect(upstream.received.at(-1)?.body.input).toMatchObject([
    QUESTION,
    { type: 'message', content: [{ type: 'output_text', text: 'I look.' }] },
    { type: 'function_call', arguments: '{"place":"Bergen"}' },
    RESULT,
  ]);
});

test('they are kept for their own key alone, and for no client that wants nothing stored', async () => {
  const ids = await firstTurn('anthropic-messages');
  const stranger = await follow('anthropic-messages', ids, here.keyWith({}));
  expect(stranger.json().error).toMatchObject({ code: 'unsupported_parameter', param: 'input[1]' });
  expect(stranger.text).toContain('`store`');
  const unkept = await firstTurn('anthropic-messages', { store: false });
  expect((await follow('anthropic-messages', unkept)).status).toBe(400);
});

test('what a provider stores itself stays a reference', async () => {
  upstream.play([SAID, { text: 'It will.' }]);
  const body = { input: [QUESTION], tools: TOOLS };
  const first = await here.ask('openai-responses', 'openai-responses', body);
  const ids = (first.json().output as { id: string }[]).map(({ id }) => id);
  await follow('openai-responses', ids);
  expect(upstream.received.at(-1)?.body.input).toEqual([QUESTION, ...named(ids), RESULT]);
});

test('a body that is too large with what it names is refused', async () => {
  upstream.play([{ text: 'long '.repeat(100_000) }]);
  const first = await here.ask('openai-responses', 'anthropic-messages', { input: [QUESTION] });
  const [item] = first.json().output as { id: string }[];
  const asked = upstream.received.length;
  const answer = await follow('anthropic-messages', Array<string>(40).fill(item?.id ?? ''));
  expect([answer.status, answer.json().error]).toMatchObject([413, { code: 'request_too_large' }]);
  expect(upstream.received).toHaveLength(asked);
});
