// Requests fitted to the model that answers: T08–T17 of the conformance list.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';
import { until } from '../support/until.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const SECRET = 'upstream-secret';

/** Models of the catalogue, so that what is known of them is what the catalogue knows. */
const MODELS: Record<string, { format: WireFormat; quirks?: Json; capabilities?: Json }> = {
  'claude-opus-4-5': { format: 'anthropic-messages' },
  'claude-opus-4-8': { format: 'anthropic-messages' },
  'claude-opus-5-5': { format: 'anthropic-messages' },
  'claude-sonnet-4-20250514': { format: 'anthropic-messages' },
  'gpt-5.6-sol': { format: 'openai-responses' },
  'gemini-3.5-flash': { format: 'google-generate-content' },
  'llama-3.3-70b-instruct': { format: 'openai-chat', quirks: { max_tokens_field: 'max_tokens' } },
  'gpt-5': {
    format: 'openai-chat',
    quirks: { max_tokens_field: 'max_completion_tokens', refuses: ['seed'] },
  },
};

let upstream: Upstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = startUpstream({ key: SECRET });
  const providers = Object.entries(MODELS).map(([model, { format, quirks }]) => [
    nameOf(model),
    {
      base_url: format === 'google-generate-content' ? `${upstream.origin}/v1beta` : upstream.baseUrl,
      format,
      auth: 'bearer',
      api_key: SECRET,
      ...(quirks === undefined ? {} : { quirks }),
    },
  ]);
  const models = Object.keys(MODELS).map((model) => [
    model,
    { price: { input: 0, output: 0 }, deployments: [{ provider: nameOf(model), model }] },
  ]);
  gateway = await startGateway({
    upstreams: [],
    sections: { providers: Object.fromEntries(providers), models: Object.fromEntries(models) },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

function nameOf(model: string): string {
  return `at-${model.replaceAll('.', '-')}`;
}

const ASK = [{ role: 'user', content: 'Go' }];

async function post(path: string, body: Json, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}`, ...headers },
    body: JSON.stringify(body),
  });
}

/** A Chat answer, with what its provider was asked; fails when the provider found a fault with the request. */
async function chat(body: Json): Promise<{ answer: Json; losses: string; sent: Json; headers: Json }> {
  const response = await post('/v1/chat/completions', { messages: ASK, ...body });
  const answer = (await response.json()) as Json;
  expect(upstream.breaches()).toEqual([]);
  expect(answer.error).toBeUndefined();
  const [received] = upstream.turnsTaken();
  return {
    answer,
    losses: response.headers.get('x-osiris-losses') ?? '',
    sent: received?.body ?? {},
    headers: received?.headers ?? {},
  };
}

function contentOf(answer: Json): { message: Json; finish: unknown } {
  const [choice] = answer.choices as { message: Json; finish_reason: string }[];
  return { message: choice?.message ?? {}, finish: choice?.finish_reason };
}

/** A streamed Chat answer: its text, how it ended, and the usage it told. */
async function streamed(body: Json): Promise<{ text: string; finish: unknown; calls: number; usage: Json }> {
  const asked = { messages: ASK, stream: true, stream_options: { include_usage: true }, ...body };
  const response = await post('/v1/chat/completions', asked);
  const out = { text: '', finish: undefined as unknown, calls: 0, usage: {} as Json };
  const text = await response.text();
  expect(text).toEndWith('data: [DONE]\n\n');
  for (const line of text.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const chunk = JSON.parse(line.slice(6)) as {
      choices: { delta: Json; finish_reason: unknown }[];
      usage?: Json;
    };
    const [choice] = chunk.choices;
    out.text += (choice?.delta.content as string | null | undefined) ?? '';
    if (choice?.delta.tool_calls !== undefined) out.calls += 1;
    out.finish = choice?.finish_reason ?? out.finish;
    out.usage = chunk.usage ?? out.usage;
  }
  expect(upstream.breaches()).toEqual([]);
  return out;
}

test('T08 C→A: without a cap the model’s own is sent, and the provider streams what the client gets whole', async () => {
  upstream.play([{ text: 'a long answer' }]);
  const { answer, sent, headers } = await chat({ model: 'claude-opus-4-8' });
  expect(sent).toMatchObject({ max_tokens: 128_000, stream: true });
  expect(headers.accept).toBe('text/event-stream');
  expect(contentOf(answer)).toMatchObject({ message: { content: 'a long answer' }, finish: 'stop' });
  expect(answer.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7 });
  upstream.play([{ text: 'short' }]);
  const short = await chat({ model: 'claude-opus-4-8', max_tokens: 200 });
  expect(short.sent.stream).not.toBe(true);
});

test('T08 C→A: such an answer that breaks off is an error, not half an answer', async () => {
  upstream.play([{ text: 'a long answer', stopAfterFrames: 4 }]);
  const response = await post('/v1/chat/completions', { model: 'claude-opus-4-8', messages: ASK });
  expect(response.status).toBe(502);
  expect(await response.text()).not.toContain('a long');
});

test('T09 C→A: a temperature is clamped to Anthropic’s scale, or dropped where the model refuses it', async () => {
  upstream.play([{ text: 'ok' }]);
  const older = await chat({ model: 'claude-opus-4-5', temperature: 1.6 });
  expect(older.sent.temperature).toBe(1);
  expect(older.losses).toContain('clamped=temperature');
  upstream.play([{ text: 'ok' }]);
  const newer = await chat({ model: 'claude-opus-4-8', temperature: 0.3, top_p: 0.5 });
  expect(newer.sent).not.toHaveProperty('temperature');
  expect(newer.sent).not.toHaveProperty('top_p');
  expect(newer.losses).toContain('dropped=temperature,top_p');
  expect(newer.headers['anthropic-version']).toBe('2023-06-01');
});

test('T09 A→A: a knob that the model refuses is the only thing that does not pass', async () => {
  upstream.play([{ text: 'ok' }]);
  const body = { model: 'claude-opus-4-8', max_tokens: 100, messages: ASK, temperature: 0.3, top_k: 4 };
  const response = await post('/v1/messages', body, { 'anthropic-version': '2026-10-21' });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-osiris-losses')).toBe('2; dropped=temperature,top_k');
  const [received] = upstream.turnsTaken();
  expect(new TextDecoder().decode(received?.raw)).toBe(
    JSON.stringify({ model: 'claude-opus-4-8', max_tokens: 100, messages: ASK }),
  );
  expect(received?.headers['anthropic-version']).toBe('2026-10-21');
});

test('T10 A→C: the newest version header and a bearer key are taken, and stay here', async () => {
  upstream.play([{ text: 'ok' }]);
  const response = await post(
    '/v1/messages',
    { model: 'llama-3.3-70b-instruct', max_tokens: 100, messages: ASK },
    { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'some-beta-2026-01-01' },
  );
  expect(response.status).toBe(200);
  expect(upstream.breaches()).toEqual([]);
  const [received] = upstream.turnsTaken();
  expect(Object.keys(received?.headers ?? {}).filter((name) => name.startsWith('anthropic'))).toEqual([]);
  expect(received?.headers.authorization).toBe(`Bearer ${SECRET}`);
});

const LOOK = {
  type: 'function',
  function: { name: 'look', parameters: { type: 'object', properties: { q: { type: 'string' } } } },
};

test('T11 C→R: tools and an effort go to Responses, flat and not strict', async () => {
  upstream.play([{ calls: [{ id: 'call_1', name: 'look', args: '{"q":"x"}' }] }]);
  const { answer, sent } = await chat({ model: 'gpt-5.6-sol', tools: [LOOK], reasoning_effort: 'high' });
  expect(upstream.turnsTaken()[0]?.path).toBe('/v1/responses');
  expect(sent).toMatchObject({
    reasoning: { effort: 'high' },
    tools: [{ type: 'function', name: 'look', strict: false, parameters: { type: 'object' } }],
  });
  expect(contentOf(answer)).toMatchObject({ finish: 'tool_calls' });
});

test('T12 C→R: a stop text in two pieces ends the stream before it, the provider is left, the usage is ours', async () => {
  // pieces of twelve characters: `abcdefghijkl`, `mnopqrstuvEN`, `D and much m` …
  const text = 'abcdefghijklmnopqrstuvEND and much more that nobody asked for';
  upstream.play([{ text, silentAfterFrames: 9 }]);
  const { text: shown, finish, usage } = await streamed({ model: 'gpt-5.6-sol', stop: ['END'] });
  expect(shown).toBe('abcdefghijklmnopqrstuv');
  expect(finish).toBe('stop');
  const [received] = upstream.turnsTaken();
  expect(received?.body).not.toHaveProperty('stop');
  await until(() => received?.aborted === true);
  // the provider has not reported any: what was seen, not its own 11 and 7
  expect(usage.completion_tokens).toBeGreaterThan(0);
  expect(usage.completion_tokens).not.toBe(7);
  const ledger = await gateway.command(['ledger', 'show', '--limit', '1', '--json']);
  expect(ledger.stdout).toMatch(/"source": "(estimated|partial)"/);
});

test('T12 C→R: a whole answer is cut at its stop text, and the loss is told', async () => {
  upstream.play([{ text: 'one END two' }]);
  const { answer, losses } = await chat({ model: 'gpt-5.6-sol', stop: 'END' });
  expect(contentOf(answer)).toMatchObject({ message: { content: 'one ' }, finish: 'stop' });
  expect(losses).toBe('1; changed=stop');
});

const ORDER = {
  type: 'json_schema',
  json_schema: {
    name: 'order',
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 3 },
        size: { oneOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
        format: { type: 'string', description: 'A property that is called like a keyword.' },
      },
      required: ['name'],
    },
  },
};

test('T13 C→A: a schema goes out in Anthropic’s dialect and the answer is text', async () => {
  upstream.play([{ text: '{"name":"Ann"}' }]);
  const { answer, sent, losses } = await chat({ model: 'claude-opus-4-8', response_format: ORDER });
  expect(sent.output_config).toEqual({
    format: {
      type: 'json_schema',
      schema: {
        type: 'object',
        properties: {
          name: { type: 'string', description: '(minLength: 3)' },
          size: { anyOf: [{ type: 'integer', description: '(minimum: 1)' }, { type: 'null' }] },
          format: { type: 'string', description: 'A property that is called like a keyword.' },
        },
        required: ['name'],
        additionalProperties: false,
      },
    },
  });
  expect(sent).not.toHaveProperty('tools');
  expect(losses).toContain('changed=response_format.json_schema.schema');
  expect(contentOf(answer)).toMatchObject({ message: { content: '{"name":"Ann"}' }, finish: 'stop' });
});

test('T14 C→A: an older model answers by a forced call, and the client sees text, plain and streamed', async () => {
  const model = 'claude-sonnet-4-20250514';
  const called = { calls: [{ id: 'toolu_1', name: 'order', args: '{"name":"Ann","size":null}' }] };
  upstream.play([called]);
  const { answer, sent } = await chat({ model, max_tokens: 500, response_format: ORDER });
  expect(sent).toMatchObject({
    tools: [{ name: 'order', input_schema: ORDER.json_schema.schema }],
    tool_choice: { type: 'tool', name: 'order', disable_parallel_tool_use: true },
  });
  expect(sent).not.toHaveProperty('output_config');
  const { message, finish } = contentOf(answer);
  expect(JSON.parse(String(message.content))).toEqual({ name: 'Ann', size: null });
  expect(message.tool_calls).toBeUndefined();
  expect(finish).toBe('stop');
  upstream.play([called]);
  const stream = await streamed({ model, response_format: ORDER });
  expect(JSON.parse(stream.text)).toEqual({ name: 'Ann', size: null });
  expect(stream).toMatchObject({ finish: 'stop', calls: 0 });
});

test('T14 C→A: free JSON is asked for in words, and a fence around it is taken off', async () => {
  upstream.play([{ text: '```json\n{"a":1}\n```' }]);
  const { answer, sent } = await chat({ model: 'claude-opus-4-8', response_format: { type: 'json_object' } });
  expect(JSON.stringify(sent.system)).toContain('one JSON value');
  expect(contentOf(answer).message.content).toBe('{"a":1}');
});

test('T15 C→A: a call that cannot be forced is asked for, and the loss is told', async () => {
  upstream.play([{ calls: [{ id: 'toolu_1', name: 'look', args: '{"q":"x"}' }] }]);
  const forced = { type: 'function', function: { name: 'look' } };
  const { answer, sent, losses } = await chat({
    model: 'claude-opus-5-5',
    tools: [LOOK],
    tool_choice: forced,
  });
  expect(sent.tool_choice).toEqual({ type: 'auto' });
  expect(JSON.stringify(sent.system)).toContain('calling the tool `look`');
  expect(losses).toContain('changed=tool_choice');
  expect(contentOf(answer).finish).toBe('tool_calls');
});

test('T16 C→G: a tool’s schema keeps what Google knows, and properties called like keywords', async () => {
  upstream.play([{ text: 'ok' }]);
  const parameters = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    properties: {
      $id: { type: 'string' },
      kind: { const: 'a' },
      level: { type: 'integer', enum: [1, 2, 3] },
      place: { $ref: '#/$defs/Place' },
    },
    required: ['$id'],
    $defs: { Place: { type: 'object', properties: { pattern: { type: 'string' } } } },
  };
  const tool = { type: 'function', function: { name: 'look', parameters } };
  const { sent } = await chat({ model: 'gemini-3.5-flash', tools: [tool] });
  expect(sent.tools).toEqual([
    {
      functionDeclarations: [
        {
          name: 'look',
          parametersJsonSchema: {
            type: 'object',
            additionalProperties: false,
            properties: {
              $id: { type: 'string' },
              kind: { enum: ['a'] },
              level: { type: 'integer', enum: [1, 2, 3] },
              place: { type: 'object', properties: { pattern: { type: 'string' } } },
            },
            required: ['$id'],
          },
        },
      ],
    },
  ]);
});

test('T17 A→G: a member `$ref` in a tool’s result is renamed and told', async () => {
  upstream.play([{ text: 'ok' }]);
  const response = await post('/v1/messages', {
    model: 'gemini-3.5-flash',
    max_tokens: 100,
    tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
    messages: [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '{"a":{"$ref":"#/x"},"b":1}' }],
      },
    ],
  });
  expect(response.status).toBe(200);
  expect(upstream.breaches()).toEqual([]);
  const sent = JSON.stringify(upstream.turnsTaken()[0]?.body);
  expect(sent).toContain('"response":{"a":{"ref":"#/x"},"b":1}');
  expect(response.headers.get('x-osiris-losses')).toContain('changed=messages[2].content[0]');
});

test('a picture for a model that sees none is refused in words that say what to do', async () => {
  upstream.play([]);
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
  const response = await post('/v1/messages', {
    model: 'llama-3.3-70b-instruct',
    max_tokens: 100,
    messages: [{ role: 'user', content: [image] }],
  });
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: Json };
  expect(error.param).toBe('messages[0].content[0]');
  expect(error.message).toContain('use a model that does');
  expect(upstream.received).toEqual([]);
});

test('C→C: a vendor gets the names it knows and nothing it refuses; all other bytes pass', async () => {
  upstream.play([{ text: 'ok' }]);
  const body =
    '{"model":"gpt-5","messages":[{"role":"user","content":"h\\u00e9"}], "seed":4,"max_tokens":50,"top_p":1.0}';
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
    body,
  });
  await response.text();
  expect(response.headers.get('x-osiris-losses')).toBe('1; dropped=seed');
  const [received] = upstream.received;
  expect(new TextDecoder().decode(received?.raw)).toBe(
    '{"model":"gpt-5","messages":[{"role":"user","content":"h\\u00e9"}],"top_p":1.0,"max_completion_tokens":50}',
  );
});

test('C→C: a stop text that the model refuses is seen to here', async () => {
  upstream.play([{ text: 'one END two' }]);
  const { answer, sent } = await chat({ model: 'gpt-5', stop: ['END'] });
  expect(sent).not.toHaveProperty('stop');
  expect(contentOf(answer)).toMatchObject({ message: { content: 'one ' }, finish: 'stop' });
});
