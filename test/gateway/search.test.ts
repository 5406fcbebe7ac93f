// The provider's own web search: asked for in any format, had in any other, its pages cited and its fee charged.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { type Gateway, startGateway, upstreamOf } from '../support/gateway.ts';
import { rowsIn } from '../support/ledger.ts';
import { type ScriptedSearch, WIRE_FORMATS, type WireFormat } from '../support/script.ts';
import { startUpstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const TEXT = 'In Köln 😀 it rains today, says the report.';
const SEARCH: ScriptedSearch = {
  query: 'weather Köln',
  url: 'https://weather.example/koeln',
  title: 'Weather in Köln',
  cited: 'it rains today',
};
const USAGE = { input: 1000, cached: 0, output: 1000, reasoning: 0 };
/** 1,000 × $1 + 1,000 × $4, per million, and one search for $0.01. */
const COST = { total: 0.015, search: 0.01 };

const upstream = startUpstream();
let gateway: Gateway;
beforeAll(async () => {
  const provider = (format: WireFormat) => upstreamOf(format, baseUrlOf(upstream.origin, format));
  gateway = await startGateway({
    upstreams: [
      ...WIRE_FORMATS.map((format) => ({
        ...provider(format),
        ...{ upstreamModel: 'm-search', capabilities: { web_search: true } },
      })),
      { ...provider('openai-responses'), model: 'blind' },
    ],
    price: { input: 1, output: 4, per_search: 0.01 },
    credit: 100,
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

/** What a client saw: the pages it was told of, what each supports, what was searched for, and what it cost. */
type Seen = {
  cited: { url: string; title: string; text: string | undefined }[];
  queries: string[];
  cost: JsonObject;
};

const PROMPT = 'How is the weather in Köln?';
const slice = (text: string, start: number, end: number) => Array.from(text).slice(start, end).join('');

const CLIENTS: Record<WireFormat, (model: string, stream: boolean) => Promise<Seen>> = {
  async 'openai-chat'(model, stream) {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const body = {
      ...{ model, messages: [{ role: 'user' as const, content: PROMPT }] },
      ...{ web_search_options: { search_context_size: 'low' as const } },
    };
    const annotations: OpenAI.Chat.ChatCompletionMessage.Annotation[] = [];
    let content = '';
    let usage: unknown;
    if (stream) {
      const options = { stream: true, stream_options: { include_usage: true } } as const;
      for await (const chunk of await client.chat.completions.create({ ...body, ...options })) {
        const delta = chunk.choices[0]?.delta as Partial<OpenAI.Chat.ChatCompletionMessage> | undefined;
        content += delta?.content ?? '';
        annotations.push(...(delta?.annotations ?? []));
        usage = chunk.usage ?? usage;
      }
    } else {
      const answer = await client.chat.completions.create(body);
      content = answer.choices[0]?.message.content ?? '';
      annotations.push(...(answer.choices[0]?.message.annotations ?? []));
      usage = answer.usage;
    }
    expect(asObject(usage)).toMatchObject(
      model.endsWith('chat') ? {} : { server_tool_use: { web_search_requests: 1 } },
    );
    const cited = annotations.map(({ url_citation: { url, title, start_index, end_index } }) => ({
      ...{ url, title, text: slice(content, start_index, end_index) },
    }));
    return { cited, queries: [], cost: asObject(usage) };
  },
  async 'openai-responses'(model, stream) {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const body = { model, input: PROMPT, tools: [{ type: 'web_search' as const }] };
    const answer = stream
      ? await client.responses.stream(body).finalResponse()
      : await client.responses.create(body);
    if (model !== 'model-openai-responses') expect(answer.tool_usage?.web_search.num_requests).toBe(1);
    const cited = answer.output.flatMap((item) =>
      item.type !== 'message'
        ? []
        : item.content.flatMap((part) =>
            part.type !== 'output_text'
              ? []
              : part.annotations.flatMap((one) =>
                  one.type === 'url_citation'
                    ? [
                        {
                          url: one.url,
                          title: one.title,
                          text: slice(part.text, one.start_index, one.end_index),
                        },
                      ]
                    : [],
                ),
          ),
    );
    const queries = answer.output.flatMap((item) =>
      item.type === 'web_search_call' && item.action.type === 'search' ? (item.action.queries ?? []) : [],
    );
    return { cited, queries, cost: asObject(answer.usage) };
  },
  async 'anthropic-messages'(model, stream) {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
    const body: Anthropic.MessageCreateParamsNonStreaming = {
      ...{ model, max_tokens: 1000, messages: [{ role: 'user', content: PROMPT }] },
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }],
    };
    const answer = stream
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create(body);
    expect(answer.usage.server_tool_use?.web_search_requests).toBe(1);
    const cited = answer.content.flatMap((block) =>
      block.type !== 'text'
        ? []
        : (block.citations ?? []).flatMap((one) =>
            one.type === 'web_search_result_location'
              ? [
                  {
                    url: one.url,
                    title: one.title ?? '',
                    text: model.endsWith('messages') ? block.text : undefined,
                  },
                ]
              : [],
          ),
    );
    // the library keeps only the counts it knows of a stream
    return { cited, queries: [], cost: stream ? {} : asObject(answer.usage) };
  },
  async 'google-generate-content'(model, stream) {
    const client = new GoogleGenAI({ apiKey: gateway.key, httpOptions: { baseUrl: gateway.url } });
    const body = { model, contents: PROMPT, config: { tools: [{ googleSearch: {} }] } };
    const pieces = stream
      ? await Array.fromAsync(await client.models.generateContentStream(body))
      : [await client.models.generateContent(body)];
    const grounding = pieces.findLast((one) => one.candidates?.[0]?.groundingMetadata)?.candidates?.[0]
      ?.groundingMetadata;
    const usage = pieces.findLast((one) => one.usageMetadata)?.usageMetadata;
    const cited = (grounding?.groundingSupports ?? []).map(({ segment, groundingChunkIndices }) => {
      const { uri = '', title = '' } =
        grounding?.groundingChunks?.[groundingChunkIndices?.[0] ?? 0]?.web ?? {};
      return { url: uri, title, text: segment?.text };
    });
    return { cited, queries: grounding?.webSearchQueries ?? [], cost: asObject(usage) };
  },
};

const lastCharge = () =>
  rowsIn<{ amount_nano: bigint; searches: bigint }>(
    `${gateway.directory}/state`,
    "SELECT * FROM entries WHERE kind = 'charge' ORDER BY id DESC",
  )[0];

const NATIVE: Record<WireFormat, (body: JsonObject) => unknown> = {
  'openai-chat': (body) => body.web_search_options,
  'openai-responses': (body) => asArray(body.tools).find((tool) => asObject(tool).type === 'web_search'),
  'anthropic-messages': (body) =>
    asArray(body.tools).find((tool) => asObject(tool).type === 'web_search_20250305'),
  'google-generate-content': (body) => asArray(body.tools).find((tool) => asObject(tool).googleSearch),
};

describe.each(WIRE_FORMATS)('a client of %s', (client) => {
  describe.each(WIRE_FORMATS)('on a provider of %s', (format) => {
    test.each([false, true])('finds, cites and pays for a search (stream: %p)', async (stream) => {
      upstream.play([{ text: TEXT, search: SEARCH, usage: USAGE }]);
      const seen = await CLIENTS[client](`model-${format}`, stream);
      expect(upstream.breaches()).toEqual([]);
      const asked = upstream.turnsTaken()[0]?.body as JsonObject;
      expect(NATIVE[format](asked)).toBeDefined();

      const { url, title, cited } = SEARCH;
      // a client of Messages is told of whole blocks only
      const text = client === 'anthropic-messages' && format !== client ? undefined : cited;
      expect(seen.cited).toEqual([{ url, title, text }]);
      const isTold =
        (client === 'openai-responses' || client === 'google-generate-content') && format !== 'openai-chat';
      expect(seen.queries).toEqual(isTold ? [SEARCH.query] : []);
      if (client !== 'anthropic-messages' || !stream)
        expect(seen.cost).toMatchObject({ cost_usd_total: COST.total, cost_usd_web_search: COST.search });
      expect(lastCharge()).toMatchObject({ amount_nano: 15_000_000n, searches: 1n });
    });
  });
});

function ask(members: JsonObject): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}` },
    body: JSON.stringify({ messages: [{ role: 'user', content: PROMPT }], ...members }),
  });
}

describe.each(WIRE_FORMATS)('`web_search` on a provider of %s', (format) => {
  test.each([false, true])(
    'switches its own search on, and the fee is charged and shown (stream: %p)',
    async (stream) => {
      upstream.play([{ text: TEXT, search: SEARCH, usage: USAGE }]);
      const response = await ask({ model: `model-${format}`, web_search: true, stream });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(SEARCH.url);
      expect(upstream.breaches()).toEqual([]);
      const asked = upstream.turnsTaken()[0]?.body as JsonObject;
      expect(NATIVE[format](asked)).toBeDefined();
      expect(asked).not.toHaveProperty('web_search');
      expect(lastCharge()).toMatchObject({ amount_nano: 15_000_000n, searches: 1n });
    },
  );

  test('false asks for nothing and is not seen by the provider', async () => {
    upstream.play([{ text: TEXT, usage: USAGE }]);
    expect((await ask({ model: `model-${format}`, web_search: false })).status).toBe(200);
    const asked = upstream.turnsTaken()[0]?.body as JsonObject;
    expect(NATIVE[format](asked)).toBeUndefined();
    expect(asked).not.toHaveProperty('web_search');
    expect(lastCharge()).toMatchObject({ amount_nano: 5_000_000n, searches: 0n });
  });
});

test('`web_search` for a model without a search is refused with models that have one', async () => {
  const response = await ask({ model: 'blind', web_search: true });
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { message: string; param: string; code: string } };
  expect(error).toMatchObject({ param: 'web_search', code: 'unsupported_parameter' });
  for (const format of WIRE_FORMATS) expect(error.message).toContain(`model-${format}`);
  expect(error.message).not.toContain('blind');
});

test('what another provider cited does not come to Anthropic as its own', async () => {
  const client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
  const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }];
  const question: Anthropic.MessageParam = { role: 'user', content: PROMPT };
  const body = { max_tokens: 1000, tools };
  upstream.play([{ text: TEXT, search: SEARCH, usage: USAGE }]);
  const first = await client.messages.create({
    ...body,
    model: 'model-openai-responses',
    messages: [question],
  });
  upstream.play([{ text: 'Take an umbrella.', usage: USAGE }]);
  const messages: Anthropic.MessageParam[] = [
    question,
    { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] },
    { role: 'user', content: 'And so?' },
  ];
  const next = await client.messages
    .create({ ...body, model: 'model-anthropic-messages', messages })
    .withResponse();
  expect(next.response.headers.get('x-osiris-losses')).toContain('messages[1].content[0].citations');
  const sent = JSON.stringify(upstream.turnsTaken()[0]?.body);
  expect(sent).toContain(TEXT);
  expect(sent).not.toContain('encrypted_index');
});
