// The scripted upstream is a strict judge: it refuses what real providers refuse, and cuts where it is told.

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { cutFrames } from '../support/cutting.ts';
import { asChunk, rawUpstream, SSE_CHUNKED_HEAD, SSE_HEAD } from '../support/raw-upstream.ts';
import { sealOf } from '../support/script.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = startUpstream();
afterAll(() => upstream.stop());
beforeEach(() => upstream.play([{ text: 'ok' }]));

const CHAT_CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const USE = { type: 'tool_use', id: 'c1', name: 'f', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'c1', content: 'r' };
const CALL_ITEM = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const hi = { role: 'user', content: 'hi' };

async function post(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${upstream.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

const PATHS = { chat: '/v1/chat/completions', responses: '/v1/responses', messages: '/v1/messages' };

type Refusal = [what: string, kind: keyof typeof PATHS, members: Record<string, unknown>, said: string];

const chat = (messages: unknown[], more: object = {}): Record<string, unknown> => ({ messages, ...more });
const claude = (messages: unknown[], more: object = {}): Record<string, unknown> => ({
  max_tokens: 9,
  messages,
  ...more,
});
const items = (input: unknown[], more: object = {}): Record<string, unknown> => ({ input, ...more });

const REFUSALS: Refusal[] = [
  ['cache_control on a message', 'chat', chat([{ ...hi, cache_control: {} }]), 'cache_control'],
  ['a member of another format', 'chat', chat([hi], { system: 'x' }), 'body.system'],
  ['stream_options without stream', 'chat', chat([hi], { stream_options: {} }), 'stream_options'],
  ['a call without its result', 'chat', chat([hi, { role: 'assistant', tool_calls: [CHAT_CALL] }]), 'c1'],
  [
    'a result without its call',
    'chat',
    chat([hi, { role: 'tool', tool_call_id: 'c1', content: 'r' }]),
    'tool',
  ],
  [
    'an index on a call',
    'chat',
    chat([{ role: 'assistant', tool_calls: [{ ...CHAT_CALL, index: 0 }] }]),
    'index',
  ],
  [
    'an image in a tool message',
    'chat',
    chat([{ role: 'system', content: [{ type: 'image_url' }] }]),
    'image_url',
  ],
  [
    'reasoning it never gave',
    'chat',
    chat([hi, { role: 'assistant', content: 'x', reasoning_content: 'y' }]),
    'never',
  ],
  ['no cap', 'messages', { messages: [hi] }, 'max_tokens'],
  ['a member of another format', 'messages', claude([hi], { stream_options: {} }), 'stream_options'],
  ['two user turns in a row', 'messages', claude([hi, hi]), 'alternate'],
  ['a whitespace text', 'messages', claude([{ role: 'user', content: ' \n' }]), 'non-whitespace'],
  [
    'a call without its result',
    'messages',
    claude([hi, { role: 'assistant', content: [USE] }, hi]),
    'tool_result',
  ],
  [
    'a result after a text',
    'messages',
    claude([
      hi,
      { role: 'assistant', content: [USE] },
      { role: 'user', content: [{ type: 'text', text: 'x' }, RESULT] },
    ]),
    'before',
  ],
  [
    'an id outside its alphabet',
    'messages',
    claude([hi, { role: 'assistant', content: [{ ...USE, id: 'f:0' }] }]),
    'does not match',
  ],
  [
    'a foreign signature',
    'messages',
    claude([
      hi,
      {
        role: 'assistant',
        content: [{ type: 'thinking', thinking: 'x', signature: sealOf('anthropic-messages', 'y') }],
      },
    ]),
    'signature',
  ],
  [
    'a schema that is no object',
    'messages',
    claude([hi], { tools: [{ name: 'f', input_schema: {} }] }),
    'type',
  ],
  [
    'a tool loop without the thoughts that began it',
    'messages',
    claude([hi, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }], {
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    }),
    'expected `thinking`',
  ],
  ['a thread', 'messages', claude([hi], { thread: { type: 'create' } }), 'thread_unsupported_request'],
  ['a call without its output', 'responses', items([CALL_ITEM]), 'no tool output'],
  [
    'an output without its call',
    'responses',
    items([{ type: 'function_call_output', call_id: 'c1', output: '' }]),
    'c1',
  ],
  [
    'an assistant turn in input parts',
    'responses',
    items([{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }]),
    'input_text',
  ],
  ['a tiny cap', 'responses', items([hi], { max_output_tokens: 5 }), 'max_output_tokens'],
  [
    'a nested function',
    'responses',
    items([hi], { tools: [{ type: 'function', function: {} }] }),
    'function',
  ],
  [
    'a foreign seal',
    'responses',
    items([{ type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'x' }]),
    'never',
  ],
  ['an item it never made', 'responses', items([{ type: 'item_reference', id: 'rs_1' }]), 'not found'],
];

describe('a strict upstream refuses', () => {
  for (const [what, kind, members, said] of REFUSALS) {
    test(`${what} (${kind})`, async () => {
      const answer = await post(PATHS[kind], { model: 'm', ...members });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(said);
      expect(upstream.breaches()).toHaveLength(1);
      expect(upstream.turnsTaken()).toHaveLength(0);
    });
  }
});

test('what it takes is answered and kept for later questions', async () => {
  const answer = await post(PATHS.messages, { model: 'm', ...claude([hi]) });
  expect(answer.status).toBe(200);
  expect(upstream.turnsTaken().map((turn) => turn.body.model)).toEqual(['m']);
});

test('a cutting never changes the bytes, and cuts every code point that can be cut', () => {
  const frames = ['data: é🙂\n\n', 'data: 日\n\n'];
  const whole = Buffer.from(frames.join(''));
  const pieces = cutFrames(frames, { kind: 'inside-code-points' });
  expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  expect(pieces).toHaveLength(1 + 1 + 3 + 2);
  expect(Buffer.concat(cutFrames(frames, { kind: 'bytes', size: 3 })).equals(whole)).toBe(true);
});

test('the raw upstream sends exactly its pieces and ends as told', async () => {
  const raw = await rawUpstream([
    { pieces: [SSE_HEAD, 'data: a', '\n\n'], after: 'end' },
    { pieces: [SSE_CHUNKED_HEAD, asChunk('data: b')], after: 'reset' },
  ]);
  const ask = () => fetch(`${raw.baseUrl}/x`, { method: 'POST', body: '{"n":1}' });
  expect(await (await ask()).text()).toBe('data: a\n\n');
  await expect(ask().then((answer) => answer.text())).rejects.toThrow();
  expect(raw.requests[0]).toEndWith('{"n":1}');
  raw.stop();
});
