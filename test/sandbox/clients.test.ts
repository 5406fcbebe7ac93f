// The official client libraries, unchanged, accept what the sandbox answers.

import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { FormatId } from '../../src/canonical/part.ts';
import { fastSandbox } from '../support/sandbox.ts';

const PROMPT = 'Grüße, 日本 and a 🍎 with "quotes"';
const BASE = 'http://sandbox.invalid/v1';
const PARAMETERS = {
  type: 'object' as const,
  properties: { city: { type: 'string', minLength: 3 } },
  required: ['city'],
};

const FORMATS: [prefix: string, format: FormatId][] = [
  ['/chat/completions', 'openai-chat'],
  ['/responses', 'openai-responses'],
  ['/messages', 'anthropic-messages'],
];

/** A fetch that ends in the sandbox: the client believes in a network. */
const fetchSandbox = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const request = new Request(input, init);
  const path = new URL(request.url).pathname.replace(/^\/v1/, '');
  const format = FORMATS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'openai-chat';
  const { headers, signal } = request;
  return fastSandbox()({ format, path, body: new Uint8Array(await request.arrayBuffer()), headers, signal });
};

const openai = new OpenAI({ apiKey: 'unused', baseURL: BASE, fetch: fetchSandbox, maxRetries: 0 });
const anthropic = new Anthropic({
  apiKey: 'unused',
  baseURL: BASE.replace('/v1', ''),
  fetch: fetchSandbox,
  maxRetries: 0,
});
/** What the promise fails with; undefined when it does not. */
const failure = (promise: PromiseLike<unknown>) =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

const messages = [{ role: 'user' as const, content: PROMPT }];

describe('openai on Chat', () => {
  const tools = [
    { type: 'function' as const, function: { name: 'get_weather', parameters: PARAMETERS } },
    {
      type: 'function' as const,
      function: { name: 'get_time', parameters: { type: 'object', properties: {} } },
    },
  ];

  test('reads a whole answer and its usage', async () => {
    const answer = await openai.chat.completions.create({ model: 'echo', messages });
    expect(answer.choices[0]?.message.content).toBe(PROMPT);
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = answer.usage ?? {};
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(completion_tokens).toBeGreaterThan(5);
    expect(answer._request_id).toStartWith('req_');
  });

  test('streams text through its helper', async () => {
    const stream = openai.chat.completions.stream({ model: 'drip-20', messages });
    const pieces: string[] = [];
    stream.on('content', (delta) => pieces.push(delta));
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.message.content).toBe(PROMPT);
    expect(pieces.length).toBeGreaterThan(3);
  });

  test('streams several calls through its helper', async () => {
    const stream = openai.chat.completions.stream({ model: 'tools', messages, tools });
    const answer = await stream.finalChatCompletion();
    const called = answer.choices[0]?.message.tool_calls ?? [];
    expect(called.map((call) => call.type === 'function' && call.function.name)).toEqual([
      'get_weather',
      'get_time',
    ]);
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('runs a tool and reads the answer that quotes it', async () => {
    const runner = openai.chat.completions.runTools({
      model: 'tools',
      messages,
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            parameters: PARAMETERS,
            parse: JSON.parse,
            function: () => 'sunny',
            description: '',
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('get_weather returned: sunny');
  });

  test('raises its own error classes', async () => {
    const fail = (model: string) => failure(openai.chat.completions.create({ model, messages }));
    expect(await fail('fail-429')).toBeInstanceOf(OpenAI.RateLimitError);
    expect(await fail('fail-401')).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(await fail('fail-502')).toMatchObject({ status: 502 });
    const broken = openai.chat.completions.stream({ model: 'error-midstream', messages });
    expect(String(await failure(broken.finalChatCompletion()))).toContain('on purpose');
  });
});

describe('openai on Responses', () => {
  test('reads a whole answer', async () => {
    const answer = await openai.responses.create({ model: 'echo', input: PROMPT });
    expect(answer.output_text).toBe(PROMPT);
    expect(answer.status).toBe('completed');
    expect(answer.usage?.output_tokens).toBeGreaterThan(5);
  });

  test('streams reasoning, text and calls through its helper', async () => {
    const reasoned = await openai.responses.stream({ model: 'reason', input: PROMPT }).finalResponse();
    expect(reasoned.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(reasoned.output_text).toBe(PROMPT);
    expect(reasoned.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(5);
    const tools = [{ type: 'function' as const, name: 'get_weather', parameters: PARAMETERS, strict: false }];
    const called = await openai.responses.stream({ model: 'tools', input: PROMPT, tools }).finalResponse();
    const [call] = called.output;
    expect(call?.type === 'function_call' && JSON.parse(call.arguments)).toEqual({ city: 'aaa' });
  });

  test('tells an incomplete answer from a complete one', async () => {
    const answer = await openai.responses.create({ model: 'echo', input: PROMPT, max_output_tokens: 16 });
    const long = await openai.responses.create({ model: 'long-100', input: PROMPT, max_output_tokens: 16 });
    expect(answer.status).toBe('completed');
    expect(long.status).toBe('incomplete');
    expect(long.incomplete_details?.reason).toBe('max_output_tokens');
    expect(long.usage?.output_tokens).toBe(16);
  });

  test('counts input tokens', async () => {
    const count = await openai.responses.inputTokens.count({ model: 'echo', input: PROMPT });
    const answer = await openai.responses.create({ model: 'echo', input: PROMPT });
    expect(count.input_tokens).toBe(answer.usage?.input_tokens ?? 0);
  });
});

describe('@anthropic-ai/sdk', () => {
  const ask = (model: string) => ({ model, messages, max_tokens: 1_000 });

  test('reads a whole answer and its usage', async () => {
    const answer = await anthropic.messages.create(ask('echo'));
    expect(answer.content).toMatchObject([{ type: 'text', text: PROMPT }]);
    expect(answer.stop_reason).toBe('end_turn');
    expect(answer.usage.input_tokens).toBeGreaterThan(5);
  });

  test('streams text and thinking through its helper', async () => {
    const stream = anthropic.messages.stream(ask('reason'));
    const pieces: string[] = [];
    stream.on('text', (delta) => pieces.push(delta));
    const answer = await stream.finalMessage();
    expect(answer.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(pieces.join('')).toBe(PROMPT);
    expect(pieces.length).toBeGreaterThan(3);
  });

  test('streams several calls, and accepts the answer to their results', async () => {
    const tools = [
      { name: 'get_weather', input_schema: PARAMETERS },
      { name: 'get_time', input_schema: { type: 'object' as const } },
    ];
    const first = await anthropic.messages.stream({ ...ask('tools'), tools }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    const uses = first.content.filter((block) => block.type === 'tool_use');
    expect(uses.map(({ name, input }) => [name, input])).toEqual([
      ['get_weather', { city: 'aaa' }],
      ['get_time', {}],
    ]);
    const results = uses.map(({ id }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: 'fine',
    }));
    const second = await anthropic.messages.create({
      ...ask('tools'),
      tools,
      messages: [
        ...messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: results },
      ],
    });
    expect(second.content).toMatchObject([
      { type: 'text', text: 'get_weather returned: fine\nget_time returned: fine' },
    ]);
  });

  test('counts tokens as the answer does', async () => {
    const count = await anthropic.messages.countTokens({ model: 'echo', messages });
    const answer = await anthropic.messages.create(ask('echo'));
    expect(count.input_tokens).toBe(answer.usage.input_tokens);
  });

  test('raises its own error classes', async () => {
    expect(await failure(anthropic.messages.create(ask('fail-429')))).toBeInstanceOf(
      Anthropic.RateLimitError,
    );
    expect(await failure(anthropic.messages.create(ask('fail-529')))).toMatchObject({
      status: 529,
      type: 'overloaded_error',
    });
    expect(String(await failure(anthropic.messages.stream(ask('error-midstream')).finalMessage()))).toContain(
      'on purpose',
    );
    expect(await failure(anthropic.messages.stream(ask('truncate')).finalMessage())).toBeInstanceOf(Error);
  });

  test('that is aborted gets its own abort error', async () => {
    const stop = new AbortController();
    const pending = failure(anthropic.messages.create(ask('hang'), { signal: stop.signal }));
    stop.abort();
    expect(await pending).toBeInstanceOf(Anthropic.APIUserAbortError);
  });
});
