// Code that a Gemini model runs, asked for with the official clients of other formats: seen whole, paid by the token.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { asObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const FOLDER = join(import.meta.dir, '..', 'fixtures', 'google-generate-content');
const PROMPT = 'Add up the numbers from 0 to 9.';

const asked: unknown[] = [];
const google = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    asked.push(await request.json());
    const streams = request.url.includes(':streamGenerateContent');
    const type = streams ? 'text/event-stream' : 'application/json';
    const body = readFileSync(join(FOLDER, streams ? 'code.sse' : 'code.json'));
    return new Response(body, { headers: { 'content-type': type } });
  },
});
const openai = startUpstream();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    upstreams: [
      {
        ...{ provider: 'gemini', format: 'google-generate-content', baseUrl: `${google.url.origin}/v1beta` },
        ...{ apiKey: 'made-up', model: 'gemini', upstreamModel: 'gemini-3.6-flash' },
      },
      {
        ...{ provider: 'other', format: 'openai-responses' as const, apiKey: 'made-up', model: 'gpt' },
        ...{ baseUrl: baseUrlOf(openai.origin, 'openai-responses'), upstreamModel: 'm' },
      },
    ],
    price: { input: 1000, output: 1000 },
    credit: 100,
  });
});
afterAll(async () => {
  await gateway.stop();
  await google.stop(true);
  await openai.stop();
});

/** 20 tokens in, 30 out and 40 thought, at a tenth of a cent each, and nothing for the container. */
const COST = 0.09;

test.each([false, true])(
  'a Responses client reads code and logs as their item (streamed: %p)',
  async (stream) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const body = {
      ...{ model: 'gemini', input: PROMPT },
      tools: [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }],
    };
    const answer = stream
      ? await client.responses.stream(body).finalResponse()
      : await client.responses.create(body);
    expect(asked.at(-1)).toMatchObject({ tools: [{ codeExecution: {} }] });
    const item = answer.output.find(({ type }) => type === 'code_interpreter_call');
    expect(item).toMatchObject({
      ...{ status: 'completed', code: 'print(sum(range(10)))' },
      outputs: [{ type: 'logs', logs: '45\n' }],
    });
    expect(answer.output_text).toBe('The sum is 45.');
    expect(asObject(answer.usage).cost_usd_total).toBe(COST);

    const history = [
      { role: 'user' as const, content: PROMPT },
      ...answer.output,
    ] as OpenAI.Responses.ResponseInput;
    await client.responses.create({ ...body, input: [...history, { role: 'user', content: 'And to 99?' }] });
    expect(JSON.stringify(asked.at(-1))).toContain('print(sum(range(10)))');
  },
);

test.each([false, true])(
  'a Messages client gets the blocks of its own tool (streamed: %p)',
  async (stream) => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
    const body = {
      ...{ model: 'gemini', max_tokens: 100, messages: [{ role: 'user' as const, content: PROMPT }] },
      tools: [{ type: 'code_execution_20250825' as const, name: 'code_execution' as const }],
    };
    const answer = stream
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create(body);
    expect(asked.at(-1)).toMatchObject({ tools: [{ codeExecution: {} }] });
    const [call, result, said] = answer.content;
    expect(call).toMatchObject({ type: 'server_tool_use', input: { code: 'print(sum(range(10)))' } });
    expect(result).toMatchObject({
      ...{ type: 'code_execution_tool_result', tool_use_id: call && 'id' in call ? call.id : '' },
      content: { type: 'code_execution_result', stdout: '45\n', return_code: 0 },
    });
    expect(said).toMatchObject({ type: 'text', text: 'The sum is 45.' });

    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: PROMPT },
      { role: 'assistant', content: answer.content as Anthropic.ContentBlockParam[] },
      { role: 'user', content: 'And to 99?' },
    ];
    await client.messages.create({ ...body, messages });
    expect(asked.at(-1)).toMatchObject({
      contents: [
        {},
        {
          parts: [
            { executableCode: { language: 'PYTHON', code: 'print(sum(range(10)))' } },
            { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '45\n' } },
            { text: 'The sum is 45.' },
            { thoughtSignature: expect.any(String) },
          ],
        },
        {},
      ],
    });
  },
);

test('code that Gemini ran goes to OpenAI as text, since there is no container of that name', async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
  const tools = [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }];
  const first = await client.responses.create({ model: 'gemini', input: PROMPT, tools });
  openai.play([{ text: '4950' }]);
  const question = { role: 'user', content: 'And to 99?' } as const;
  const input = [
    { role: 'user', content: PROMPT },
    ...first.output,
    question,
  ] as OpenAI.Responses.ResponseInput;
  const next = await client.responses.create({ model: 'gpt', input }).withResponse();
  expect(next.response.headers.get('x-osiris-losses')).toContain('input[1]');
  const sent = JSON.stringify(openai.turnsTaken()[0]?.body);
  expect(sent).toContain('print(sum(range(10)))');
  expect(sent).not.toContain('code_interpreter_call');
});
