// What we write as Messages streams and bodies, read by Anthropic's own client libraries.

import { expect, test } from 'bun:test';
import CurrentAnthropic from '@anthropic-ai/sdk';
import FormerAnthropic from 'anthropic-sdk-0';
import { Fault } from '../../../src/canonical/fault.ts';
import { unfold } from '../../../src/canonical/unfold.ts';
import { anthropicMessages as codec } from '../../../src/formats/anthropic-messages/index.ts';
import type { Dress } from '../../../src/formats/codec.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import answer from '../../fixtures/anthropic-messages/answer.json';

const dress: Dress = {
  model: 'opus',
  id: 'msg_osiris',
  createdS: 1,
  includeUsage: true,
  request: {},
  requestId: 'req-1',
};
const canonical = codec.decodeResponse(answer as JsonObject);

function streamText(events = unfold(canonical)): string {
  const encoder = codec.streamEncoder(dress);
  return codec.telltale.beat + events.map((event) => encoder.push(event)).join('');
}

const answering = (text: string, contentType: string) => async () =>
  new Response(text, { headers: { 'content-type': contentType, 'request-id': 'req-1' } });

function clientsOf(text: string, contentType = 'text/event-stream') {
  const options = { apiKey: 'test', maxRetries: 0, fetch: answering(text, contentType) };
  // their declared types differ in members these tests do not use
  return [new CurrentAnthropic(options), new FormerAnthropic(options) as unknown as CurrentAnthropic];
}

const request = { model: 'opus', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hi' }] };

test('both clients assemble the streamed message with thinking, signature, citations and tool input', async () => {
  for (const client of clientsOf(streamText())) {
    const message = (await client.messages.stream(request).finalMessage()) as unknown as JsonObject;
    expect(message).toMatchObject({
      id: 'msg_osiris',
      model: 'opus',
      role: 'assistant',
      stop_reason: 'tool_use',
    });
    expect(message.content).toEqual(answer.content as JsonObject[]);
    expect(message.usage).toMatchObject({ input_tokens: 6, output_tokens: 57, cache_read_input_tokens: 40 });
  }
});

test('both clients read the whole message', async () => {
  const body = JSON.stringify(codec.encodeResponse(canonical, dress));
  for (const client of clientsOf(body, 'application/json')) {
    const message = await client.messages.create(request);
    expect(message.content as unknown).toEqual(answer.content);
    expect(message.usage).toMatchObject({ input_tokens: 6, output_tokens: 57 });
  }
});

test('both clients raise our error with its type and message in the middle of a stream', async () => {
  const fault = new Fault('upstream_truncated', 'It broke; try again.');
  const broken = streamText([...unfold(canonical).slice(0, 4), { type: 'error', fault }]);
  for (const client of clientsOf(broken)) {
    const failure: unknown = await client.messages
      .stream(request)
      .finalMessage()
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toContain('It broke; try again.');
    expect(String(failure)).toContain('api_error');
  }
});

test('an answer without content is still a message to both clients', async () => {
  const empty = streamText([{ type: 'start' }, { type: 'finish', finish: { reason: 'end' } }]);
  for (const client of clientsOf(empty)) {
    const message = (await client.messages.stream(request).finalMessage()) as unknown as JsonObject;
    expect(message).toMatchObject({ content: [], stop_reason: 'end_turn' });
  }
});
