// Code that any provider runs, for the official clients of every format: read by them, and paid to the picodollar.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { PICTURE, RUNNERS, SAID } from '../support/hosted-code.ts';
import { rowsIn } from '../support/ledger.ts';

let asked: JsonObject[] = [];
/** Containers that the providers have made, unless they are told to use the one from before. */
let containers = 0;
let reuses = false;
/** How large OpenAI's are, as it echoes. */
let memory: string | undefined;
beforeEach(() => {
  asked = [];
  reuses = false;
  memory = undefined;
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
    if (!runner) throw new Error(name);
    if (!reuses) containers += 1;
    const dressed = (value: JsonObject) =>
      JSON.stringify(value)
        .replace(/container_011CPR5|cntr_1/g, `container_${containers}`)
        .replace('"container":{"type":"auto"}', () =>
          memory === undefined
            ? '"container":{"type":"auto"}'
            : `"container":{"type":"auto","memory_limit":"${memory}"}`,
        );
    const streams = body.stream === true || pathname.includes(':streamGenerateContent');
    if (!streams)
      return new Response(dressed(runner.body), { headers: { 'content-type': 'application/json' } });
    const frames = runner.events.map((event) =>
      name === 'gemini' ? `data: ${dressed(event)}\n\n` : `event: ${event.type}\ndata: ${dressed(event)}\n\n`,
    );
    return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  const at = (
    provider: string,
    format: Parameters<typeof startGateway>[0]['upstreams'][0]['format'],
    path: string,
  ) => ({
    ...{ provider, format, baseUrl: `${providers.url.origin}${path}`, apiKey: 'made-up' },
    ...{ model: provider, upstreamModel: provider === 'gemini' ? 'gemini-3.6-flash' : provider },
  });
  gateway = await startGateway({
    upstreams: [
      at('claude', 'anthropic-messages', '/v1'),
      at('gpt', 'openai-responses', '/v1'),
      at('gemini', 'google-generate-content', '/v1beta'),
    ],
    price: { input: 1000, output: 1000, per_container: 0.0075, per_code_run: 0.005 },
    credit: 100,
  });
});
afterAll(async () => {
  await gateway.stop();
  await providers.stop(true);
});

type Charge = { amount_nano: bigint; containers: bigint; code_runs: bigint; losses: string | null };
const charges = () =>
  rowsIn<Charge>(
    join(gateway.directory, 'state'),
    "SELECT amount_nano, containers, code_runs, losses FROM entries WHERE kind = 'charge' ORDER BY id DESC LIMIT 1",
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

test('`osiris ledger verify` finds every one of these bills right', async () => {
  const { code, stdout } = await gateway.command(['ledger', 'verify']);
  expect([code, stdout]).toEqual([0, expect.any(String)]);
});
