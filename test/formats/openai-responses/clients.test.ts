// What real clients make of answers in the Responses format: the installed SDKs read them, without a network.

import { expect, test } from 'bun:test';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, jsonSchema, streamText, type ToolSet, tool } from 'ai';
import OpenAI from 'openai';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fault } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import { asObject, type JsonObject } from '../../../src/lib/json.ts';

const usage = {
  ...noUsage(),
  input: 20,
  inputUncached: 15,
  cacheRead: 5,
  output: 9,
  outputReasoning: 4,
};

const answer: StreamEvent[] = [
  { type: 'start', model: 'upstream-model', id: 'msg_upstream' },
  { type: 'part-start', index: 0, part: { kind: 'reasoning' } },
  {
    type: 'part-delta',
    index: 0,
    delta: { kind: 'reasoning', form: 'summary', section: 0, text: 'Look it up.' },
  },
  { type: 'part-delta', index: 0, delta: { kind: 'seal', seal: { issuer: 'openai', data: 'c2VhbGVk' } } },
  { type: 'part-end', index: 0 },
  { type: 'part-start', index: 1, part: { kind: 'text' } },
  { type: 'part-delta', index: 1, delta: { kind: 'text', text: 'Let me ' } },
  { type: 'part-delta', index: 1, delta: { kind: 'text', text: 'check 🌦.' } },
  {
    type: 'part-delta',
    index: 1,
    delta: { kind: 'citation', citation: { kind: 'url', url: 'https://example.com/w', title: 'Weather' } },
  },
  { type: 'part-end', index: 1 },
  {
    type: 'part-start',
    index: 2,
    part: { kind: 'tool-call', id: 'call_1', name: 'get_weather', form: 'json' },
  },
  { type: 'part-delta', index: 2, delta: { kind: 'input', text: '{"city":' } },
  { type: 'part-delta', index: 2, delta: { kind: 'input', text: '"Oslo"}' } },
  { type: 'part-end', index: 2 },
  {
    type: 'part-start',
    index: 3,
    part: { kind: 'tool-call', id: 'call_2', name: 'get_weather', form: 'json' },
  },
  { type: 'part-delta', index: 3, delta: { kind: 'input', text: '{"city":"Rome"}' } },
  { type: 'part-end', index: 3 },
  { type: 'usage', usage },
  { type: 'finish', finish: { reason: 'tool' } },
];

function dressFor(request: JsonObject) {
  const { model } = request;
  return {
    model: String(model),
    id: 'resp_01TEST',
    createdS: 1_790_000_000,
    includeUsage: true,
    request,
    requestId: 'req-1',
  };
}

/** A `fetch` that answers every request with these events, as a stream or as a body, whichever was asked for. */
function serving(events: StreamEvent[]): typeof fetch {
  const serve = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const request = asObject(JSON.parse(String(init?.body)));
    const dress = dressFor(request);
    if (request.stream !== true) {
      const fold = new Fold();
      for (const event of events) fold.push(event);
      return Response.json(openaiResponses.encodeResponse(fold.response(), dress));
    }
    const encoder = openaiResponses.streamEncoder(dress);
    const text = events.map((event) => encoder.push(event)).join(openaiResponses.telltale.beat);
    return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
  };
  return serve as typeof fetch;
}

const openai = (events: StreamEvent[]) =>
  new OpenAI({ apiKey: 'test', baseURL: 'http://gateway.test/v1', fetch: serving(events), maxRetries: 0 });
const aiModel = (events: StreamEvent[]) =>
  createOpenAI({ apiKey: 'test', baseURL: 'http://gateway.test/v1', fetch: serving(events) }).responses(
    'claude-opus-4.6',
  );

const weather: ToolSet = {
  get_weather: tool({
    description: 'Weather of a city',
    inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }),
    outputSchema: jsonSchema({}),
  }),
};

test('the OpenAI stream helper builds the whole response from the events', async () => {
  const stream = openai(answer).responses.stream({ model: 'claude-opus-4.6', input: 'Weather?' });
  const deltas: string[] = [];
  stream.on('response.output_text.delta', (event) => deltas.push(event.delta));
  const response = await stream.finalResponse();
  expect(deltas).toEqual(['Let me ', 'check 🌦.']);
  expect(response.id).toBe('resp_01TEST');
  expect(response.model).toBe('claude-opus-4.6');
  expect(response.output_text).toBe('Let me check 🌦.');
  expect(response.output.map((item) => item.type)).toEqual([
    'reasoning',
    'message',
    'function_call',
    'function_call',
  ]);
  expect(response.usage?.input_tokens_details).toEqual({ cached_tokens: 5, cache_write_tokens: 0 });
  expect(response.usage?.total_tokens).toBe(29);
});

test('raw iteration sees a numbered life cycle that ends completed', async () => {
  const stream = await openai(answer).responses.create({ model: 'm', input: 'x', stream: true });
  const events = await Array.fromAsync(stream);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect(events[0]?.type).toBe('response.created');
  expect(events[1]?.type).toBe('response.in_progress');
  expect(events.at(-1)?.type).toBe('response.completed');
});

test('the body of a whole answer is what the stream ends with', async () => {
  const stream = openai(answer).responses.stream({ model: 'm', input: 'x' });
  const streamed = await stream.finalResponse();
  const whole = await openai(answer).responses.create({ model: 'm', input: 'x' });
  expect(whole.output_text).toBe('Let me check 🌦.');
  expect(JSON.parse(JSON.stringify(whole.output))).toMatchObject(
    streamed.output.map(({ id, type }) => ({ id: id ?? '', type })),
  );
});

test('the AI SDK reads text, reasoning, sources, calls and usage from the stream', async () => {
  const result = streamText({ model: aiModel(answer), prompt: 'Weather?', tools: weather });
  const errors: unknown[] = [];
  const kinds = new Set<string>();
  for await (const part of result.fullStream) {
    kinds.add(part.type);
    if (part.type === 'error') errors.push(part.error);
  }
  expect(errors).toEqual([]);
  expect(await result.text).toBe('Let me check 🌦.');
  expect(await result.reasoningText).toBe('Look it up.');
  expect((await result.toolCalls).map((call) => call.input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }]);
  expect(await result.finishReason).toBe('tool-calls');
  expect((await result.usage).inputTokens).toBe(20);
  expect(kinds.has('source')).toBe(true);
});

test('the AI SDK reads the whole body too', async () => {
  const result = await generateText({
    model: aiModel(answer),
    prompt: 'Weather?',
    tools: weather,
  });
  expect(result.text).toBe('Let me check 🌦.');
  expect(result.toolCalls.map((call) => call.input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }]);
  expect(result.usage.outputTokens).toBe(9);
});

test('a failure before and after the first word is thrown by both SDKs, in its own words', async () => {
  const fault = new Fault(
    'upstream_rate_limited',
    'The provider’s rate limit is reached; wait and try again.',
  );
  for (const before of [[], answer.slice(0, 8)]) {
    const events: StreamEvent[] = [...before, { type: 'error', fault }];
    const helper = openai(events).responses.stream({ model: 'm', input: 'x' });
    const failure: unknown = await helper.finalResponse().catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(OpenAI.APIError);
    expect(failure).toMatchObject({ code: 'rate_limit_exceeded', message: fault.message });
    const seen: string[] = [];
    const result = streamText({ model: aiModel(events), prompt: 'x', maxRetries: 0, onError: () => {} });
    for await (const part of result.fullStream) seen.push(part.type);
    expect(seen).toContain('error');
    expect(seen).not.toContain('tool-call');
  }
});

test('an answer cut by the cap is incomplete, not failed', async () => {
  const cut: StreamEvent[] = [...answer.slice(0, 10), { type: 'finish', finish: { reason: 'length' } }];
  const response = await openai(cut).responses.stream({ model: 'm', input: 'x' }).finalResponse();
  expect(response.status).toBe('incomplete');
  expect(response.incomplete_details).toEqual({ reason: 'max_output_tokens' });
  expect(response.output_text).toBe('Let me check 🌦.');
  expect(await streamText({ model: aiModel(cut), prompt: 'x' }).finishReason).toBe('length');
});

test('an answer of nothing at all still has a message, so that no agent asks for ever', async () => {
  const empty: StreamEvent[] = [{ type: 'start' }, { type: 'finish', finish: { reason: 'end' } }];
  const response = await openai(empty).responses.stream({ model: 'm', input: 'x' }).finalResponse();
  expect(response.output.map((item) => item.type)).toEqual(['message']);
  expect(await streamText({ model: aiModel(empty), prompt: 'x' }).finishReason).toBe('stop');
});
