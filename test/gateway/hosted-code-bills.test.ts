// Code that any provider runs, for the official clients of every format: read by them, and paid to the picodollar.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { createAnthropic } from '@ai-sdk/anthropic';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { generateText, streamText, type ToolSet } from 'ai';
import OpenAI from 'openai';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { type Gateway, programArgv, startGateway } from '../support/gateway.ts';
import { PICTURE, RUNNERS, SAID } from '../support/hosted-code.ts';
import { chargeAfter, rowsIn } from '../support/ledger.ts';

let asked: JsonObject[] = [];
/** Containers that the providers have made, unless they are told to use the one from before. */
let containers = 0;
let reuses = false;
/** How large OpenAI's are, as it echoes. */
let memory: string | undefined;
/** Streams stop after so many frames until their reader leaves. */
let stallAfter: number | undefined;
/** Claude stops for a while before it goes on in the container it has. */
let pauses = false;
beforeEach(() => {
  asked = [];
  reuses = false;
  memory = undefined;
  stallAfter = undefined;
  pauses = false;
});

const providers = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const body = (await request.json()) as JsonObject;
    asked.push(body);
    const name = pathname.endsWith('/messages')
      ? 'claude'
      : pathname.endsWith('/responses')
        ? 'gpt'
        : 'gemini';
    const runner = RUNNERS[name];
    if (!reuses) containers += 1;
    const isPause = pauses && asked.length === 1;
    if (isPause) reuses = true;
    const dressed = (text: string) =>
      text
        .replace('"end_turn"', isPause ? '"pause_turn"' : '"end_turn"')
        .replace(/container_011CPR5|cntr_1/g, `container_${containers}`)
        .replaceAll('"container":{"type":"auto"}', () =>
          memory === undefined
            ? '"container":{"type":"auto"}'
            : `"container":{"type":"auto","memory_limit":"${memory}"}`,
        );
    if (pathname.startsWith('/xai/chat')) return new Response('{}', { status: 410 });
    const streams = body.stream === true || pathname.includes(':streamGenerateContent');
    const [text, type] = streams
      ? [runner.stream, 'text/event-stream']
      : [JSON.stringify(runner.body), 'application/json'];
    if (streams && stallAfter !== undefined) return stalling(dressed(text), stallAfter);
    return new Response(pathname.startsWith('/xai') ? xaiOf(text) : dressed(text), {
      headers: { 'content-type': type },
    });
  },
});

function stalling(text: string, frames: number): Response {
  const first = text.split(/(?<=\n\r?\n)/).slice(0, frames);
  const stalled = new ReadableStream<Uint8Array>({
    pull: (out) =>
      first.length === 0
        ? new Promise<void>(() => {})
        : out.enqueue(new TextEncoder().encode(first.splice(0).join(''))),
  });
  return new Response(stalled, { headers: { 'content-type': 'text/event-stream' } });
}

/** xAI tells how often code ran, and neither container nor output. */
function xaiOf(text: string): string {
  return text
    .replaceAll(/"container_id":"cntr_1",?/g, '')
    .replaceAll(
      '"input_tokens":',
      '"server_side_tool_usage_details":{"code_interpreter_calls":3},"input_tokens":',
    );
}

let gateway: Gateway;
beforeAll(async () => {
  const at = (format: string, path: string) => ({
    ...{ format, base_url: `${providers.url.origin}${path}`, api_key: 'made-up' },
  });
  const tokens = { input: 1000, output: 1000 };
  const model = (provider: string, name: string, price = {}) => ({
    price: { ...tokens, per_code_run: 0.005, ...price },
    deployments: [{ provider, model: name }],
  });
  const container = { per_container: 0.0075 };
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: {
        'at-claude': at('anthropic-messages', '/v1'),
        'at-gpt': at('openai-responses', '/v1'),
        'at-gemini': at('google-generate-content', '/v1beta'),
        xai: { base_url: `${providers.url.origin}/xai`, api_key: 'made-up' },
      },
      models: {
        claude: model('at-claude', 'claude', container),
        gpt: model('at-gpt', 'gpt', container),
        gemini: model('at-gemini', 'gemini-3.6-flash', container),
        grok: model('xai', 'grok-4.7'),
      },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await providers.stop(true);
});

type Charge = {
  id: bigint;
  amount_nano: bigint;
  containers: bigint;
  code_runs: bigint;
  losses: string | null;
};
const charges = () =>
  rowsIn<Charge>(
    join(gateway.directory, 'state'),
    "SELECT id, amount_nano, containers, code_runs, losses FROM entries WHERE kind = 'charge' ORDER BY id DESC LIMIT 1",
  );

/** 20 tokens in and 30 out at a tenth of a cent, a container at 0.75 cents, a run at half a cent. */
const BILLS = {
  claude: { amount_nano: 62_500_000n, containers: 1n, code_runs: 1n },
  gpt: { amount_nano: 62_500_000n, containers: 1n, code_runs: 1n },
  gemini: { amount_nano: 55_000_000n, containers: 0n, code_runs: 1n },
};
const MODELS = ['claude', 'gpt', 'gemini'] as const;
const CELLS = MODELS.flatMap((model) => [false, true].map((stream) => ({ model, stream })));
const PROMPT = 'Run it.';

describe.each(CELLS)('$model, streamed: $stream', ({ model, stream }) => {
  const cost = Number(BILLS[model].amount_nano) / 1e9;

  test('for the client of Responses', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const body = {
      ...{ model, input: PROMPT },
      tools: [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }],
    };
    const answer = stream
      ? await client.responses.stream(body).finalResponse()
      : await client.responses.create(body);
    const [item] = answer.output;
    expect(item).toMatchObject({ type: 'code_interpreter_call', status: 'completed' });
    expect(answer.output_text).toBe(SAID);
    expect(asObject(answer.usage)).toMatchObject({ cost_usd_total: cost, cost_usd_code: expect.any(Number) });
    expect(charges()).toMatchObject([BILLS[model]]);
  });

  test('for the client of Messages', async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
    const body = {
      ...{ model, max_tokens: 100, messages: [{ role: 'user' as const, content: PROMPT }] },
      tools: [{ type: 'code_execution_20250825' as const, name: 'code_execution' as const }],
    };
    const answer = stream
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create(body);
    const [call, result, said] = answer.content;
    expect(call).toMatchObject({ type: 'server_tool_use' });
    expect(result).toMatchObject({ tool_use_id: asObject(call as unknown as JsonObject).id });
    expect(result?.type).toMatch(/code_execution_tool_result$/);
    expect(said).toMatchObject({ text: SAID });
    // the helper of its SDK keeps only the counts it knows
    if (!stream) expect(answer.usage).toMatchObject({ cost_usd_total: cost });
    const [charge] = charges();
    expect(charge).toMatchObject(BILLS[model]);
    // what drew a picture cannot show it here
    expect(charge?.losses?.includes('answer.images') ?? false).toBe(model !== 'claude');
  });

  test('for the AI SDK on Messages', async () => {
    const anthropic = createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key });
    const tools = { code_execution: anthropic.tools.codeExecution_20250825() } as unknown as ToolSet;
    const question = { model: anthropic(model), tools, prompt: PROMPT, maxOutputTokens: 100, maxRetries: 0 };
    const answer = stream ? streamText(question) : await generateText(question);
    const content = await answer.content;
    expect(content.map(({ type }) => type)).toEqual(['tool-call', 'tool-result', 'text']);
    expect(charges()).toMatchObject([BILLS[model]]);
  });

  test('for the client of Chat', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const body = { model, messages: [{ role: 'user' as const, content: PROMPT }] };
    const answer = stream
      ? await client.chat.completions
          .stream({ ...body, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await client.chat.completions.create(body);
    const [choice] = answer.choices;
    expect(choice?.message.content).toMatch(/^```[\s\S]*\n\nThere are two files\.$/);
    if (model !== 'claude') expect(JSON.stringify(choice?.message)).toContain(PICTURE);
    expect(answer.usage).toMatchObject({ cost_usd_total: cost });
    expect(charges()).toMatchObject([BILLS[model]]);
  });

  test('for the client of Gemini', async () => {
    const client = new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url } });
    const question = { model, contents: PROMPT, config: { tools: [{ codeExecution: {} }] } };
    const pieces = stream
      ? await Array.fromAsync(await client.models.generateContentStream(question))
      : [await client.models.generateContent(question)];
    const parts = pieces.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
    expect(parts.find(({ executableCode }) => executableCode)).toBeDefined();
    expect(parts.find(({ codeExecutionResult }) => codeExecutionResult)).toMatchObject({
      codeExecutionResult: { outcome: 'OUTCOME_OK' },
    });
    if (model !== 'claude')
      expect(parts.find(({ inlineData }) => inlineData)?.inlineData?.data).toBe(PICTURE);
    expect(parts.map(({ text = '' }) => text).join('')).toBe(SAID);
    expect(charges()).toMatchObject([BILLS[model]]);
  });
});

describe('a container', () => {
  const claude = (more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 }).messages.create({
      ...{ model: 'claude', max_tokens: 100, messages: [{ role: 'user', content: PROMPT }] },
      tools: [{ type: 'code_execution_20250825', name: 'code_execution' }],
      ...more,
    });

  test('is not paid for again by the next call that uses it', async () => {
    await claude();
    expect(charges()).toMatchObject([BILLS.claude]);
    reuses = true;
    await claude();
    expect(charges()).toMatchObject([{ amount_nano: 55_000_000n, containers: 0n, code_runs: 1n }]);
  });

  test.each([false, true])(
    'is paid once for a turn that goes on after a pause (streamed: %p)',
    async (stream) => {
      pauses = true;
      const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
      const body = {
        ...{ model: 'claude', input: PROMPT },
        tools: [{ type: 'code_interpreter' as const, container: { type: 'auto' as const } }],
      };
      const answer = stream
        ? await client.responses.stream(body).finalResponse()
        : await client.responses.create(body);
      expect(asked[1]).toMatchObject({ container: `container_${containers}` });
      expect(answer.output.filter(({ type }) => type === 'code_interpreter_call')).toHaveLength(2);
      // twice 50 tokens and a run, once 0.0075
      expect(charges()).toMatchObject([{ amount_nano: 117_500_000n, containers: 1n, code_runs: 2n }]);
    },
  );

  test('is free beside the tools of Anthropic that bring it along', async () => {
    await claude({ tools: [{ type: 'web_fetch_20260209', name: 'web_fetch' }] });
    expect(charges()).toMatchObject([{ amount_nano: 55_000_000n, containers: 0n, code_runs: 1n }]);
    await claude({ tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] });
    expect(charges()).toMatchObject([BILLS.claude]);
  });

  test('of 4 GB is four', async () => {
    memory = '4g';
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    await client.responses.create({
      ...{ model: 'gpt', input: PROMPT },
      tools: [{ type: 'code_interpreter', container: { type: 'auto', memory_limit: '4g' } }],
    });
    expect(charges()).toMatchObject([{ amount_nano: 85_000_000n, containers: 4n, code_runs: 1n }]);
  });
});

describe('who leaves before the end', () => {
  /** Frames that come until the result is there. */
  const FRAMES = { claude: 8, gpt: 8 };

  test.each([
    ['claude', '/v1/messages'],
    ['gpt', '/v1/responses'],
    ['claude', '/v1/responses'],
    ['gpt', '/v1/messages'],
  ] as const)('pays for the container that %s has used by then (%s)', async (model, path) => {
    stallAfter = FRAMES[model];
    const prompt = path.endsWith('messages')
      ? { max_tokens: 100, messages: [{ role: 'user', content: PROMPT }] }
      : { input: PROMPT };
    const [before] = charges();
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream: true, ...prompt }),
      signal: leaving.signal,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    leaving.abort();
    const row = await chargeAfter(join(gateway.directory, 'state'), before?.id ?? 0n);
    expect(row).toMatchObject({ rule: 'client-left', containers: 1n, code_runs: 1n });
  });
});

describe('xAI', () => {
  /** 50 tokens and three runs, which are what it reports. */
  const bill = { amount_nano: 65_000_000n, code_runs: 3n };

  test.each([false, true])('is asked on Responses, and paid by the run (streamed: %p)', async (stream) => {
    const messages = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 }).messages;
    const body = {
      ...{ model: 'grok', max_tokens: 100, messages: [{ role: 'user' as const, content: PROMPT }] },
      tools: [{ type: 'code_execution_20250825' as const, name: 'code_execution' as const }],
    };
    const answer = stream ? await messages.stream(body).finalMessage() : await messages.create(body);
    expect(answer.content.map(({ type }) => type)).toContain('server_tool_use');
    expect(asked.at(-1)).toMatchObject({ tools: [{ type: 'code_interpreter' }] });
    expect(charges()).toMatchObject([bill]);
  });

  test('is not told of a container that it has not', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const { response } = await client.responses
      .create({
        ...{ model: 'grok', input: PROMPT },
        tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file_1'] } }],
      })
      .withResponse();
    expect(asked.at(-1)?.tools).toEqual([{ type: 'code_interpreter' }]);
    expect(response.headers.get('x-osiris-losses')).toContain('tools[0].container.file_ids');
    expect(charges()).toMatchObject([bill]);
  });
});

describe('before it runs', () => {
  test('`osiris explain` counts a container in, as the hold does', async () => {
    const priceOf = async (tools: JsonObject[]) => {
      const request = { model: 'gpt', input: 'x', max_output_tokens: 1000, tools };
      const answer = await fetch(`${gateway.url}/admin/explain`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.adminSecret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ format: 'responses', request }),
      });
      return asObject(((await answer.json()) as JsonObject).price);
    };
    const plain = await priceOf([]);
    const tool = { type: 'code_interpreter', container: { type: 'auto', memory_limit: '4g' } };
    const coded = await priceOf([tool]);
    // 4 x 0.0075 and a run at 0.005; the tool itself is some tokens of the prompt
    const more =
      Number(coded.up_to_usd) - Number(plain.up_to_usd) - Number(coded.from_usd) + Number(plain.from_usd);
    expect(more).toBeCloseTo(0.035, 9);
  });
});

test('`osiris ledger verify` finds every one of these bills right', async () => {
  const { code, stdout } = await gateway.command(['ledger', 'verify']);
  expect([code, stdout]).toEqual([0, expect.any(String)]);
});

test('a container is not paid for again by a server that was killed and started anew', async () => {
  const ask = () =>
    new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 }).messages.create({
      ...{ model: 'claude', max_tokens: 100, messages: [{ role: 'user', content: PROMPT }] },
      tools: [{ type: 'code_execution_20250825', name: 'code_execution' }],
    });
  await ask();
  expect(charges()).toMatchObject([BILLS.claude]);
  reuses = true;
  process.kill(gateway.pid, 'SIGKILL');
  await gateway.exited;
  const config = join(gateway.directory, 'osiris.yaml');
  const anew = Bun.spawn([...(await programArgv()), 'serve', '--config', config], {
    ...{ cwd: gateway.directory, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' },
  });
  try {
    // the first thing it prints is that it answers
    await anew.stdout.getReader().read();
    await ask();
    expect(charges()).toMatchObject([{ amount_nano: 55_000_000n, containers: 0n, code_runs: 1n }]);
  } finally {
    anew.kill('SIGTERM');
    await anew.exited;
  }
});
