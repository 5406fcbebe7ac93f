// Our Chat streams as the libraries people use read them, without a network.

import { describe, expect, test } from 'bun:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { z } from 'zod';
import type { StreamEvent } from '../../../src/canonical/event.ts';
import { Fault } from '../../../src/canonical/fault.ts';
import { Fold } from '../../../src/canonical/fold.ts';
import { noUsage } from '../../../src/canonical/usage.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';

const usage = { ...noUsage(), input: 20, inputUncached: 12, cacheRead: 8, output: 7 };

const CALLS: StreamEvent[] = [
  { type: 'start' },
  { type: 'part-start', index: 0, part: { kind: 'reasoning' } },
  { type: 'part-delta', index: 0, delta: { kind: 'reasoning', form: 'content', section: 0, text: 'Hm.' } },
  { type: 'part-end', index: 0 },
  { type: 'part-start', index: 1, part: { kind: 'tool-call', id: 'call_A', name: 'weather', form: 'json' } },
  { type: 'part-delta', index: 1, delta: { kind: 'input', text: '{"city":' } },
  { type: 'part-delta', index: 1, delta: { kind: 'input', text: '"Bern"}' } },
  { type: 'part-end', index: 1 },
  { type: 'part-start', index: 2, part: { kind: 'tool-call', id: 'call_B', name: 'clock', form: 'json' } },
  { type: 'part-end', index: 2 },
  { type: 'usage', usage },
  { type: 'finish', finish: { reason: 'tool' } },
];
const TEXT: StreamEvent[] = [
  { type: 'start' },
  { type: 'part-start', index: 0, part: { kind: 'text' } },
  { type: 'part-delta', index: 0, delta: { kind: 'text', text: 'Sunny, ' } },
  { type: 'part-delta', index: 0, delta: { kind: 'text', text: 'noon.' } },
  { type: 'part-end', index: 0 },
  { type: 'usage', usage },
  { type: 'finish', finish: { reason: 'end' } },
];
const BROKEN: StreamEvent[] = [
  ...TEXT.slice(0, 4),
  { type: 'error', fault: new Fault('upstream_truncated', 'It broke off.') },
];

type Body = {
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  messages: { role: string; content: unknown }[];
};

/** A fetch that answers each request with the next of the answers, in the form it asked for. */
function answering(...answers: StreamEvent[][]) {
  const bodies: Body[] = [];
  const respond = async (_: unknown, init?: { body?: unknown }): Promise<Response> => {
    const body: Body = JSON.parse(String(init?.body));
    const events = answers[bodies.length] ?? [];
    bodies.push(body);
    const dress = {
      model: 'my-model',
      id: 'chatcmpl-1',
      createdS: 1790000000,
      includeUsage: body.stream_options?.include_usage === true,
      request: {},
      requestId: 'r',
    };
    if (body.stream) {
      const encoder = openaiChat.streamEncoder(dress);
      const text = events.map((event) => encoder.push(event)).join('');
      return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    }
    const fold = new Fold();
    for (const event of events) fold.push(event);
    return Response.json(openaiChat.encodeResponse(fold.response(), dress));
  };
  return { fetch: respond as unknown as typeof fetch, bodies };
}

const client = (fetch: typeof globalThis.fetch) =>
  new OpenAI({ apiKey: 'k', baseURL: 'http://gateway.test/v1', fetch, maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'Weather?' }];
const ASK = { model: 'my-model', messages, stream: true as const };
const withUsage = { stream_options: { include_usage: true } };

describe('openai', () => {
  test('raw iteration that never asked for usage meets no chunk without choices', async () => {
    let text = '';
    for await (const chunk of await client(answering(TEXT).fetch).chat.completions.create(ASK)) {
      text += chunk.choices[0]?.delta.content ?? '';
      expect(chunk.choices).toHaveLength(1);
    }
    expect(text).toBe('Sunny, noon.');
  });

  test('the stream helper gives the whole message and the usage', async () => {
    const stream = client(answering(CALLS).fetch).chat.completions.stream({ ...ASK, ...withUsage });
    const { choices, usage: total } = await stream.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [
          { id: 'call_A', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          { id: 'call_B', function: { name: 'clock', arguments: '{}' } },
        ],
      },
    });
    expect(total).toMatchObject({
      prompt_tokens: 20,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 8 },
    });
  });

  test.each([true, false])('runTools goes through a turn of parallel calls (stream: %p)', async (stream) => {
    const { fetch, bodies } = answering(CALLS, TEXT);
    const parameters = { type: 'object', properties: {} };
    const run = (name: string) => ({
      type: 'function' as const,
      function: {
        name,
        description: name,
        parameters,
        parse: JSON.parse,
        function: (args: object) => `${name} ${JSON.stringify(args)}`,
      },
    });
    const base = { model: 'my-model', messages, tools: [run('weather'), run('clock')] };
    const completions = client(fetch).chat.completions;
    const runner = stream ? completions.runTools({ ...base, stream: true }) : completions.runTools(base);
    expect(await runner.finalContent()).toBe('Sunny, noon.');
    expect(bodies[1]?.messages.slice(2).map((message) => message.content)).toEqual([
      'weather {"city":"Bern"}',
      'clock {}',
    ]);
    const replay = openaiChat.decodeRequest(JSON.parse(JSON.stringify(bodies[1])));
    expect(replay.value.messages.map((message) => message.role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
    ]);
  });

  test('an error in mid-stream is thrown with its type and code', async () => {
    const stream = await client(answering(BROKEN).fetch).chat.completions.create(ASK);
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ type: 'server_error', code: 'upstream_truncated' });
  });
});

describe('ai with @ai-sdk/openai-compatible', () => {
  const model = (fetch: typeof globalThis.fetch) =>
    createOpenAICompatible({
      name: 'osiris',
      baseURL: 'http://gateway.test/v1',
      apiKey: 'k',
      fetch,
      includeUsage: true,
    })('my-model');

  test('text, thinking, calls and usage arrive', async () => {
    const { fetch, bodies } = answering(CALLS, TEXT);
    const seen: unknown[] = [];
    const result = streamText({
      model: model(fetch),
      prompt: 'Weather?',
      stopWhen: stepCountIs(3),
      tools: {
        weather: tool({
          inputSchema: z.object({ city: z.string() }),
          execute: async (input) => {
            seen.push(input);
            return 'sunny';
          },
        }),
        clock: tool({ inputSchema: z.object({}), execute: async () => 'noon' }),
      },
    });
    expect(await result.text).toBe('Sunny, noon.');
    const steps = await result.steps;
    expect(steps[0]).toMatchObject({
      reasoningText: 'Hm.',
      finishReason: 'tool-calls',
      usage: { inputTokens: 20, outputTokens: 7 },
    });
    expect(seen).toEqual([{ city: 'Bern' }]);
    expect(bodies).toHaveLength(2);
  });

  test('a whole answer arrives', async () => {
    const { text, finishReason } = await generateText({
      model: model(answering(TEXT).fetch),
      prompt: 'Weather?',
    });
    expect([text, finishReason]).toEqual(['Sunny, noon.', 'stop']);
  });

  test('an error in mid-stream is an error part, not an end', async () => {
    const parts: string[] = [];
    const result = streamText({
      model: model(answering(BROKEN).fetch),
      prompt: 'Weather?',
      onError: () => {},
    });
    for await (const part of result.fullStream) parts.push(part.type);
    expect(parts).toContain('error');
  });
});
