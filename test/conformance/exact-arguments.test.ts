// Arguments of calls with ids of 64 bits, between all formats, both ways, plain and streamed.

import { afterAll, expect, test } from 'bun:test';
import { modelOver, openConformance } from '../support/conformance.ts';
import { SSE_HEAD } from '../support/raw-upstream.ts';
import { WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';

const here = await openConformance();

afterAll(() => here.stop());

const ID = '12345678901234567890';
const PAIRS = WIRE_FORMATS.flatMap((from) =>
  WIRE_FORMATS.filter((over) => over !== from).map((over) => [from, over] as const),
);
const EMPTY = { type: 'object', properties: {} };
/** Stands for a number that JavaScript has not, until the body is text. */
const PLACE = 'the-id';

/** A conversation in which `find` has been called, as text. */
function conversation(from: WireFormat, model: string): { path: string; body: string } {
  const args = { id: PLACE };
  const asText = ({ path, body }: { path: string; body: Json }) => ({
    path,
    body: JSON.stringify({ model, ...body })
      .replaceAll(`"${PLACE}"`, ID)
      .replaceAll(`\\"${PLACE}\\"`, ID),
  });
  const ask = { role: 'user', content: 'Find it' };
  switch (from) {
    case 'openai-chat': {
      const call = {
        id: 'call_1',
        type: 'function',
        function: { name: 'find', arguments: JSON.stringify(args) },
      };
      const tools = [{ type: 'function', function: { name: 'find', parameters: EMPTY } }];
      const turns = [
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'ok' },
      ];
      return asText({ path: '/v1/chat/completions', body: { messages: [ask, ...turns], tools } });
    }
    case 'openai-responses': {
      const call = {
        type: 'function_call',
        call_id: 'call_1',
        name: 'find',
        arguments: JSON.stringify(args),
      };
      const tools = [{ type: 'function', name: 'find', parameters: EMPTY, strict: false }];
      const input = [ask, call, { type: 'function_call_output', call_id: 'call_1', output: 'ok' }];
      return asText({ path: '/v1/responses', body: { input, tools } });
    }
    case 'anthropic-messages': {
      const call = { type: 'tool_use', id: 'call_1', name: 'find', input: args };
      const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'ok' };
      const messages = [ask, { role: 'assistant', content: [call] }, { role: 'user', content: [result] }];
      return asText({
        path: '/v1/messages',
        body: { max_tokens: 100, messages, tools: [{ name: 'find', input_schema: EMPTY }] },
      });
    }
    case 'google-generate-content': {
      const contents = [
        { role: 'user', parts: [{ text: 'Find it' }] },
        { role: 'model', parts: [{ functionCall: { id: 'call_1', name: 'find', args } }] },
        {
          role: 'user',
          parts: [{ functionResponse: { id: 'call_1', name: 'find', response: { result: 'ok' } } }],
        },
      ];
      const tools = [{ functionDeclarations: [{ name: 'find', parametersJsonSchema: EMPTY }] }];
      return asText({ path: `/v1beta/models/${model}:generateContent`, body: { contents, tools } });
    }
    default:
      return from satisfies never;
  }
}

/** A call of `find`, as its provider answers it. */
function answer(over: WireFormat, stream: boolean): string {
  const args = JSON.stringify({ id: PLACE });
  const exact = (body: Json) =>
    JSON.stringify(body).replaceAll(`"${PLACE}"`, ID).replaceAll(`\\"${PLACE}\\"`, ID);
  const whole = (body: Json) =>
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${exact(body)}`;
  const events = (...frames: Json[]) =>
    SSE_HEAD + frames.map((frame) => `event: ${frame.type}\ndata: ${exact(frame)}\n\n`).join('');
  switch (over) {
    case 'openai-chat': {
      const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'find', arguments: args } };
      const choice = { index: 0, finish_reason: 'tool_calls' };
      if (!stream) return whole({ choices: [{ ...choice, message: { tool_calls: [call] } }], usage: {} });
      const chunk = { choices: [{ ...choice, delta: { role: 'assistant', tool_calls: [call] } }] };
      return `${SSE_HEAD}data: ${exact(chunk)}\n\ndata: [DONE]\n\n`;
    }
    case 'openai-responses': {
      const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'find', arguments: args };
      const response = { id: 'resp_1', status: 'completed', output: [item] };
      return stream ? events({ type: 'response.completed', response }) : whole(response);
    }
    case 'anthropic-messages': {
      const call = { type: 'tool_use', id: 'call_1', name: 'find', input: {} };
      const stop = { stop_reason: 'tool_use', stop_sequence: null };
      if (!stream) return whole({ type: 'message', content: [{ ...call, input: { id: PLACE } }], ...stop });
      return events(
        { type: 'message_start', message: { id: 'msg_1', content: [], usage: { input_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: call },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: args } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: stop, usage: { output_tokens: 1 } },
        { type: 'message_stop' },
      );
    }
    case 'google-generate-content': {
      const parts = [{ functionCall: { id: 'call_1', name: 'find', args: { id: PLACE } } }];
      const body = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }] };
      return stream ? `${SSE_HEAD}data: ${exact(body)}\n\n` : whole(body);
    }
    default:
      return over satisfies never;
  }
}

test.each(PAIRS)('%s to %s: of a call in the history', async (from, over) => {
  here.answerWith({ pieces: [answer(over, false)], after: 'end' });
  const { path, body } = conversation(from, modelOver(over));
  const response = await fetch(here.here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.here.key}`, 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(200);
  expect(here.upstream.requests.at(-1)?.replaceAll('\\"', '"')).toContain(`{"id":${ID}}`);
});

test.each(PAIRS)('%s to %s: of a call in the answer', async (from, over) => {
  for (const stream of [false, true]) {
    here.answerWith({ pieces: [answer(over, stream)], after: 'end' });
    const response = await here.ask(from, over, { stream });
    expect(response.status).toBe(200);
    expect((await response.text()).replaceAll('\\"', '"')).toContain(`{"id":${ID}}`);
  }
});
