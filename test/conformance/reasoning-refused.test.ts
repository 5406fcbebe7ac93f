// A provider that takes its own earlier reasoning for changed is asked once more without it.

import { afterAll, describe, expect, test } from 'bun:test';
import { PATHS } from '../support/asking.ts';
import { openHere } from '../support/in-process.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

/** What the model behind a provider of each format is called. */
const MODELS = {
  'anthropic-messages': 'claude',
  'openai-responses': 'gpt',
  'google-generate-content': 'gemini-3-pro',
} as const;
type Over = keyof typeof MODELS;
const FORMATS = Object.keys(MODELS) as Over[];

const upstream = startUpstream();
const here = await openHere({
  sections: {
    routing: { retries: 1 },
    providers: Object.fromEntries(
      FORMATS.map((format) => [
        `at-${format}`,
        { base_url: baseUrlOf(upstream.origin, format), format, auth: 'none' },
      ]),
    ),
    models: Object.fromEntries(
      FORMATS.map((format) => [
        format,
        {
          price: { input: 0, output: 0 },
          capabilities: { thinking: format === 'anthropic-messages' ? 'adaptive' : 'effort' },
          deployments: [{ provider: `at-${format}`, model: MODELS[format] }],
        },
      ]),
    ),
  },
});

afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

type Answer = { status: number; headers: Headers; text: string };

async function ask(from: keyof typeof PATHS, model: Over, body: Json, headers = {}): Promise<Answer> {
  const response = await fetch(here.url + PATHS[from], {
    method: 'POST',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, ...body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const SCHEMA = { type: 'object', properties: {} };
const TOOLS = [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }];
const QUESTION = { role: 'user', content: 'Will it rain?' };
const CALLING = {
  reasoning: 'Rain?',
  calls: [{ id: 'call_0123456789abcdefghij', name: 'look_up', args: '{}' }],
};

const refusal = (message: string, type = 'invalid_request_error') => ({
  error: { status: 400, type, message },
});
const MODIFIED =
  'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.';

/** The answer of a first turn, sent back with the result of its call. */
async function secondTurn(over: Over, headers = {}): Promise<Answer & { json: Json }> {
  const body = { messages: [QUESTION], tools: TOOLS, reasoning_effort: 'medium' };
  const first = JSON.parse((await ask('openai-chat', over, body)).text) as { choices: { message: Json }[] };
  const message = first.choices[0]?.message ?? {};
  const [call] = message.tool_calls as { id: string }[];
  const result = { role: 'tool', tool_call_id: call?.id, content: 'rain' };
  const answer = await ask('openai-chat', over, { ...body, messages: [QUESTION, message, result] }, headers);
  return { ...answer, json: JSON.parse(answer.text) as Json };
}

/** The request with this number, as text. */
const sent = (number: number) => JSON.stringify(upstream.received.at(number)?.body);

const CASES = [
  ['anthropic-messages', MODIFIED, '"signature"'],
  ['anthropic-messages', 'messages.1.content.0: Invalid `signature` in `thinking` block', '"signature"'],
  ['openai-responses', 'The encrypted content gAAA...1Q== could not be verified.', '"encrypted_content"'],
  ['google-generate-content', 'Thought signature is not valid.', '"thoughtSignature":"c2Vh'],
  ['google-generate-content', 'Corrupted thought signature.', '"thoughtSignature":"c2Vh'],
] as const;

describe.each(CASES)('over %s: %s', (over, message, seal) => {
  const kind = over === 'openai-responses' ? 'invalid_encrypted_content' : undefined;

  test('the answer comes, and that it was had without the reasoning is told', async () => {
    upstream.play([CALLING, refusal(message, kind), { text: 'It will.' }]);
    const answer = await secondTurn(over);
    expect(answer.json.choices).toMatchObject([{ message: { content: 'It will.' } }]);
    expect(answer.headers.get('x-osiris-attempts')).toBe('2');
    expect(answer.headers.get('x-osiris-losses')).toContain('messages[1]');
    expect(sent(-2)).toContain(seal);
    expect(sent(-1)).not.toContain(seal);
    expect(upstream.breaches()).toEqual([]);
  });
});

test('once, and then the provider’s words are the client’s', async () => {
  upstream.play([CALLING, refusal(MODIFIED), refusal(MODIFIED), { text: 'It will.' }]);
  const answer = await secondTurn('anthropic-messages');
  expect(answer.status).toBe(400);
  expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', code: 'reasoning_rejected' });
  expect(answer.text).toContain('cannot be modified');
  expect(upstream.turnsTaken()).toHaveLength(3);
});

test('another refusal is told at once', async () => {
  upstream.play([CALLING, refusal('messages.1: `tool_use` ids must be unique'), { text: 'It will.' }]);
  expect((await secondTurn('anthropic-messages')).status).toBe(400);
});

test('a strict request is not asked without anything', async () => {
  upstream.play([CALLING, refusal(MODIFIED), { text: 'It will.' }]);
  const answer = await secondTurn('anthropic-messages', { 'x-osiris-strict': '1' });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('cannot be modified');
});

test('what passes as it came is never changed', async () => {
  upstream.play([refusal(MODIFIED), { text: 'It will.' }]);
  const answer = await ask('anthropic-messages', 'anthropic-messages', {
    max_tokens: 100,
    messages: [QUESTION],
  });
  expect(answer.status).toBe(400);
});
