// Requests and answers that go through in their own format (T01 to T03).

import { afterEach, expect, test } from 'bun:test';
import { type FormatsHere, modelOver, openFormats } from '../support/formats-here.ts';
import { type RawAnswer, type RawUpstream, rawUpstream, SSE_HEAD } from '../support/raw-upstream.ts';
import type { Json } from '../support/strict.ts';

let upstream: RawUpstream;
let here: FormatsHere;

afterEach(async () => {
  await here.stop();
  upstream.stop();
});

async function answering(...frames: string[]): Promise<void> {
  const answer: RawAnswer = { pieces: [SSE_HEAD, ...frames], gapMs: 0, after: 'end' };
  upstream = await rawUpstream([answer]);
  here = await openFormats(`http://127.0.0.1:${upstream.port}`);
}

/** Head and body of what the upstream got. */
function received(): { head: string; body: Json } {
  const [head = '', body = '{}'] = (upstream.requests[0] ?? '').split('\r\n\r\n');
  return { head: head.toLowerCase(), body: JSON.parse(body) as Json };
}

test('T01 C→C: a stream passes byte for byte but for the model’s name and the usage nobody asked for', async () => {
  const chunk = (model: string, rest: string) =>
    `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"${model}","x_new":{"a": 1},${rest}}\n\n`;
  const frames = (model: string) => [
    chunk(model, '"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]'),
    ': a comment\n\n',
    chunk(model, '"choices":[{"index":0,"delta":{"content":"h\u00e9llo"},"finish_reason":null}]'),
    chunk(model, '"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'),
  ];
  const usage = chunk('up-openai-chat', '"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}');
  await answering(...frames('up-openai-chat'), usage, 'data: [DONE]\n\n');
  const body = { messages: [{ role: 'user', content: 'hi' }], stream: true };
  const answer = await here.ask('openai-chat', 'openai-chat', body);
  expect(answer.text).toBe([...frames(modelOver('openai-chat')), 'data: [DONE]\n\n'].join(''));
  expect(received().body).toEqual({
    model: 'up-openai-chat',
    ...body,
    stream_options: { include_usage: true },
  });
});

test('T02 A→A: an unknown member, an unknown beta and an unknown event go through', async () => {
  const frame = (type: string, rest: string) => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
  const frames = [
    frame(
      'message_start',
      `,"message":{"id":"msg_1","type":"message","role":"assistant","model":"up","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}`,
    ),
    frame('weather_changed', ',"to":"rain"'),
    frame('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}'),
    frame('content_block_delta', ',"index":0,"delta":{"type":"text_delta","text":"hi"}'),
    frame('content_block_stop', ',"index":0'),
    frame('message_delta', ',"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}'),
    frame('message_stop', ''),
  ];
  await answering(...frames);
  const answer = await here.ask(
    'anthropic-messages',
    'anthropic-messages',
    {
      max_tokens: 10,
      stream: true,
      x_new: { deep: [1] },
      messages: [{ role: 'user', content: 'hi' }],
      billing_policy: { pay: 'all' },
      fallback_credit_token: 'token',
    },
    { headers: { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'one-2026-01-01,x-unheard-of' } },
  );
  expect(answer.text).toBe(
    frames.join('').replace('"model":"up"', `"model":"${modelOver('anthropic-messages')}"`),
  );
  const { head, body } = received();
  expect(head).toContain('anthropic-version: 2026-10-21');
  expect(head).toContain('anthropic-beta: one-2026-01-01,x-unheard-of');
  expect(body.x_new).toEqual({ deep: [1] });
  // these act on the account behind the gateway
  expect(body).not.toContainAnyKeys(['billing_policy', 'fallback_credit_token']);
  expect(answer.headers.get('x-osiris-losses')).toBe('2; dropped=billing_policy,fallback_credit_token');
});

test('T03 R→R: the whole life cycle goes through, an unknown item in it, under one id', async () => {
  let sequence = 0;
  const frame = (type: string, rest: Json) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...rest })}\n\n`;
  const item = { id: 'new_1', type: 'hologram', status: 'completed', beams: [1, 2] };
  const response = (status: string, output: Json[]) => ({
    response: {
      ...{ id: 'resp_1', object: 'response', created_at: 1, status, model: 'up', output },
      ...(status === 'completed' ? { usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } } : {}),
    },
  });
  const frames = [
    frame('response.created', response('in_progress', [])),
    frame('response.in_progress', response('in_progress', [])),
    frame('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress' } }),
    frame('response.hologram.beamed', { output_index: 0, item_id: 'new_1', beam: 1 }),
    frame('response.output_item.done', { output_index: 0, item }),
    frame('response.completed', response('completed', [item])),
  ];
  await answering(...frames);
  const input = [
    { role: 'user', content: 'hi' },
    { type: 'hologram', id: 'new_0', beams: [] },
  ];
  const answer = await here.ask('openai-responses', 'openai-responses', { input, stream: true });
  const shown = frames.join('').replaceAll('"model":"up"', `"model":"${modelOver('openai-responses')}"`);
  expect(answer.text).toBe(shown);
  expect(received().body.input).toEqual(input);
});

test('R→R: what is stored at the provider may stand in place of an input, and goes to no other', async () => {
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
  const bytes = JSON.stringify({ id: 'resp_2', object: 'response', status: 'completed', output: [], usage });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  upstream = await rawUpstream([{ pieces: [head + bytes], after: 'keep' }]);
  here = await openFormats(`http://127.0.0.1:${upstream.port}`);
  const stored = {
    prompt: { id: 'pmpt_1', variables: { a: 'b' } },
    previous_response_id: 'resp_1',
    conversation: { id: 'conv_1' },
  };
  for (const [param, value] of Object.entries(stored)) {
    const body = { [param]: value };
    upstream.requests.length = 0;
    expect((await here.ask('openai-responses', 'openai-responses', body)).status).toBe(200);
    expect(received().body).toEqual({ model: 'up-openai-responses', ...body });
    const refused = await here.ask('openai-responses', 'anthropic-messages', body);
    expect(refused.json().error).toMatchObject({ code: 'unsupported_parameter', param });
  }
  const empty = await here.ask('openai-responses', 'openai-responses', { prompt: null });
  expect(empty.json().error).toMatchObject({ code: 'missing_field', param: 'input' });
});
