// Tool calls as the vendors of Chat really stream them, read by clients of the other formats.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import { type Conformance, openConformance } from '../support/conformance.ts';
import { calls, DONE, delta, finish, opening, ROLE, USAGE } from '../support/raw-chat.ts';
import type { WireFormat } from '../support/script.ts';
import { type Reading, readWithSdk } from '../support/sdk-reading.ts';
import { CASES, HAMAR, NOW, OSLO } from './chat-calls.ts';

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

/** What a client of a format reads of this stream, which must be legal; with the bytes it got. */
async function readOver(
  client: WireFormat,
  frames: string[],
  over: WireFormat = 'openai-chat',
): Promise<Reading & { wire: string }> {
  stage.streamWith(...frames);
  const response = await stage.ask(client, over);
  const wire = await response.text();
  expect([response.status, judge(client, wire)]).toEqual([200, 'finished']);
  return { ...(await readWithSdk(client, wire)), wire };
}

const TOOL: Record<WireFormat, string> = {
  'openai-chat': 'tool_calls',
  'openai-responses': 'completed',
  'anthropic-messages': 'tool_use',
  'google-generate-content': 'STOP',
};
const END: Record<WireFormat, string> = {
  ...TOOL,
  'openai-chat': 'stop',
  'anthropic-messages': 'end_turn',
};
const LENGTH: Record<WireFormat, string> = {
  'openai-chat': 'length',
  'openai-responses': 'max_output_tokens',
  'anthropic-messages': 'max_tokens',
  'google-generate-content': 'MAX_TOKENS',
};

const CLIENTS: WireFormat[] = ['anthropic-messages', 'openai-responses', 'google-generate-content'];
describe.each(CLIENTS)('%s over openai-chat', (client) => {
  test.each(CASES)('$name', async ({ frames, calls: wanted, text = '' }) => {
    const read = await readOver(client, frames);
    expect(read.calls).toEqual(wanted);
    expect({ text: read.text, finish: read.finish }).toEqual({ text, finish: TOOL[client] });
    expect([read.input, read.output]).toEqual([9, 5]);
  });

  test('T36 tool_calls with no call ends the turn', async () => {
    const read = await readOver(client, [ROLE, delta({ content: 'No.' }), finish('tool_calls'), USAGE, DONE]);
    expect([read.text, read.calls, read.finish]).toEqual(['No.', [], END[client]]);
  });

  test('T36 length in the middle of arguments is length, and the call is not said to be whole', async () => {
    const read = await readOver(client, [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city":"Os')),
      finish('length'),
      USAGE,
      DONE,
    ]);
    expect(read.finish).toBe(LENGTH[client]);
    expect(read.wire).not.toContain('tool_use"}');
    if (client !== 'openai-responses') return;
    expect(read.wire).toContain('"type":"function_call","status":"incomplete"');
    expect(read.wire).not.toContain('"type":"function_call","status":"completed"');
  });

  test('T36 length in the middle of the second of two interleaved calls leaves the first one whole', async () => {
    const read = await readOver(client, [
      ROLE,
      calls(opening(0, 'call_a', 'get_weather', '{"city":"Oslo"}')),
      calls(opening(1, 'call_b', 'get_weather', '{"city":"Ha')),
      finish('length'),
      USAGE,
      DONE,
    ]);
    expect([read.finish, read.calls[0]]).toEqual([LENGTH[client], OSLO]);
  });

  test('the calls of a stream are those of the whole answer', async () => {
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [opening(0, 'call_a', 'get_weather', '{"city":"Oslo"}'), opening(1, 'call_b', 'get_time')],
    };
    const body = JSON.stringify({
      ...{ id: 'chatcmpl-raw', object: 'chat.completion', created: 1, model: 'vendor' },
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
    });
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    stage.answerWith({ pieces: [head + body], after: 'keep' });
    const plain = await (await stage.ask(client, 'openai-chat', { stream: false })).json();
    const text = JSON.stringify(plain);
    expect(text).toContain('Oslo');
    expect(text).toContain('get_time');
    expect(text).not.toMatch(/"(arguments|input)":""/);
  });
});

const messagesFrame = (type: string, members: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
const START = messagesFrame('message_start', {
  message: {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null },
    usage: { input_tokens: 9, output_tokens: 1 },
  },
});
const block = (index: number, content_block: object) =>
  messagesFrame('content_block_start', { index, content_block });
const piece = (index: number, value: object) => messagesFrame('content_block_delta', { index, delta: value });
const stop = (index: number) => messagesFrame('content_block_stop', { index });
const stopped = (reason: string) =>
  messagesFrame('message_delta', { delta: { stop_reason: reason }, usage: { output_tokens: 5 } }) +
  messagesFrame('message_stop', {});

const READERS: WireFormat[] = ['openai-chat', 'openai-responses', 'google-generate-content'];

describe.each(READERS)('%s over anthropic-messages', (client) => {
  test('T34 a call without any input delta has an empty object', async () => {
    const use = { type: 'tool_use', id: 'toolu_1', name: 'get_time', input: {} };
    const read = await readOver(
      client,
      [START, block(0, use), stop(0), stopped('tool_use')],
      'anthropic-messages',
    );
    expect([read.calls, read.finish]).toEqual([[NOW], TOOL[client]]);
  });

  test('T37 pings, unknown events, unknown blocks and unknown deltas say nothing', async () => {
    const frames = [
      messagesFrame('ping', {}),
      START,
      messagesFrame('ping', {}),
      messagesFrame('x_c4nary_event', { c4nary: 1 }),
      block(0, { type: 'text', text: '' }),
      piece(0, { type: 'text_delta', text: 'So ' }),
      piece(0, { type: 'x_c4nary_delta', c4nary: 'c4nary' }),
      messagesFrame('ping', {}),
      piece(0, { type: 'text_delta', text: 'it is.' }),
      stop(0),
      block(1, { type: 'x_c4nary_block', c4nary: 'c4nary' }),
      piece(1, { type: 'x_c4nary_delta', c4nary: 'c4nary' }),
      stop(1),
      'data: {"type":"x_c4nary_unnamed"}\n\n',
      stopped('end_turn'),
    ];
    const read = await readOver(client, frames, 'anthropic-messages');
    expect([read.text, read.calls, read.finish]).toEqual(['So it is.', [], END[client]]);
    expect(read.wire).not.toContain('c4nary');
  });

  test('T31 tool blocks that overlap keep their own arguments', async () => {
    const use = (id: string) => ({ type: 'tool_use', id, name: 'get_weather', input: {} });
    const input = (index: number, partial_json: string) =>
      piece(index, { type: 'input_json_delta', partial_json });
    const frames = [
      START,
      block(0, use('toolu_1')),
      block(1, use('toolu_2')),
      input(0, '{"city":'),
      input(1, '{"city":"Ha'),
      input(0, '"Oslo"}'),
      stop(0),
      input(1, 'mar"}'),
      stop(1),
      stopped('tool_use'),
    ];
    const read = await readOver(client, frames, 'anthropic-messages');
    expect(read.calls).toEqual([OSLO, HAMAR]);
  });
});

const shell = (status: string, output: object[]) => ({
  ...{ id: 'resp_1', object: 'response', created_at: 1, status, model: 'gpt', output },
  usage: status === 'completed' ? { input_tokens: 9, output_tokens: 5, total_tokens: 14 } : null,
});
const numbered = (events: { type: string; [name: string]: unknown }[]): string[] =>
  events.map((event, sequence_number) => messagesFrame(event.type, { ...event, sequence_number }));

describe.each<WireFormat>(['anthropic-messages', 'openai-chat', 'google-generate-content'])(
  '%s over openai-responses',
  (client) => {
    const message = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] };
    const text = { type: 'output_text', text: 'Look.', annotations: [] };
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'get_weather' };
    const whole = '{"city":"Oslo"}';
    const spoken = [
      { type: 'response.created', response: shell('in_progress', []) },
      { type: 'response.output_item.added', output_index: 0, item: message },
      { type: 'response.content_part.added', ...at, part: { ...text, text: '' } },
      { type: 'response.output_text.delta', ...at, delta: 'Look.' },
      { type: 'response.output_text.done', ...at, text: 'Look.' },
      { type: 'response.content_part.done', ...at, part: text },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { ...message, status: 'completed', content: [text] },
      },
    ];
    const added = {
      type: 'response.output_item.added',
      output_index: 1,
      item: { ...call, status: 'in_progress', arguments: '' },
    };
    const completed = { type: 'response.completed', response: shell('completed', []) };
    const WAYS: [where: string, events: { type: string; [name: string]: unknown }[]][] = [
      [
        'arguments.done',
        [
          added,
          {
            type: 'response.function_call_arguments.done',
            item_id: 'fc_1',
            output_index: 1,
            arguments: whole,
          },
        ],
      ],
      [
        'item.done',
        [
          added,
          {
            type: 'response.output_item.done',
            output_index: 1,
            item: { ...call, status: 'completed', arguments: whole },
          },
        ],
      ],
      [
        'deltas and both',
        [
          added,
          {
            type: 'response.function_call_arguments.delta',
            item_id: 'fc_1',
            output_index: 1,
            delta: '{"city":',
          },
          {
            type: 'response.function_call_arguments.done',
            item_id: 'fc_1',
            output_index: 1,
            arguments: whole,
          },
          {
            type: 'response.output_item.done',
            output_index: 1,
            item: { ...call, status: 'completed', arguments: whole },
          },
        ],
      ],
    ];
    test.each(WAYS)('T52 completed has an empty output and arguments stand in %s only', async (_, events) => {
      const read = await readOver(client, numbered([...spoken, ...events, completed]), 'openai-responses');
      expect([read.text, read.calls, read.finish]).toEqual(['Look.', [OSLO], TOOL[client]]);
      expect([read.input, read.output]).toEqual([9, 5]);
    });

    test('T52 nothing was streamed and completed has it all', async () => {
      const output = [
        { ...message, status: 'completed', content: [text] },
        { ...call, status: 'completed', arguments: whole },
      ];
      const last = { type: 'response.completed', response: shell('completed', output) };
      const created = { type: 'response.created', response: shell('in_progress', []) };
      const read = await readOver(client, numbered([created, last]), 'openai-responses');
      expect([read.text, read.calls, read.finish]).toEqual(['Look.', [OSLO], TOOL[client]]);
    });
  },
);
