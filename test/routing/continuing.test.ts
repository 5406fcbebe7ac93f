// An answer that its provider stops in the middle: the gateway has it go on, and the client sees one answer and one charge.

import { afterEach, describe, expect, test } from 'bun:test';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { judge } from '../laws/grammar.ts';
import { type Act, at, fails, inTurn, openStreet, type Street } from '../support/houses.ts';
import { rowsIn } from '../support/ledger.ts';
import type { WireFormat } from '../support/script.ts';

let street: Street;
afterEach(() => street.stop());

type Block = Record<string, unknown>;
type Price = Record<string, unknown>;
/** USD per million tokens. */
const PRICE: Price = { input: 1, output: 1, per_search: 0.01 };

async function open(
  format: 'anthropic-messages' | 'google-generate-content',
  { price = PRICE, creditNano = 1_000_000_000n, sections = {} }: Opening = {},
) {
  const auth = format === 'anthropic-messages' ? 'x-api-key' : 'x-goog-api-key';
  street = await openStreet(
    { house: 1 },
    {
      models: { m: { ...at('up', 'house'), price, capabilities: { web_search: true } } },
      routing: { retries: 2 },
      ...sections,
    },
    { house: { format, auth } },
  );
  const house = street.houses.house ?? expect.unreachable();
  const { key, stored } = street.here.makeKey({}, { creditNano });
  const left = () => street.here.store.ledger.purse(stored.purse)?.balanceNano ?? 0n;
  return { house, key, spentNano: () => creditNano - left() };
}
type Opening = { price?: Price; creditNano?: bigint; sections?: Record<string, unknown> };

const sse = (frames: string[]) =>
  new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });

/** An answer of Anthropic, whole or streamed as it was asked. */
const messages =
  (blocks: Block[], stop_reason: string, usage = { input_tokens: 1000, output_tokens: 100 }): Act =>
  ({ stream }) => {
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'up' };
    if (!stream) return Response.json({ ...head, content: blocks, stop_reason, stop_sequence: null, usage });
    const frame = (type: string, members: object) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
    return sse([
      frame('message_start', { message: { ...head, content: [], usage: { ...usage, output_tokens: 1 } } }),
      ...blocks.flatMap((block, index) => [
        frame('content_block_start', { index, content_block: beginOf(block) }),
        ...deltasOf(block).map((delta) => frame('content_block_delta', { index, delta })),
        frame('content_block_stop', { index }),
      ]),
      frame('message_delta', { delta: { stop_reason, stop_sequence: null }, usage }),
      frame('message_stop', {}),
    ]);
  };

function beginOf(block: Block): Block {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'server_tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf(block: Block): Block[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text_delta', text: block.text }];
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block.thinking },
        { type: 'signature_delta', signature: block.signature },
      ];
    case 'server_tool_use':
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
    default:
      return [];
  }
}

const THOUGHT = { type: 'thinking', thinking: 'I should look.', signature: 'sig-1' };
const LOOKS = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'noon' } };
const FOUND = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [
    { type: 'web_search_result', url: 'https://sun.example', title: 'Sun', encrypted_content: 'enc-1' },
  ],
};
const text = (said: string) => ({ type: 'text', text: said });
const PAUSED = [THOUGHT, text('Let me see.'), LOOKS, FOUND];

/** A piece of an answer of Google. */
const google =
  (
    said: string,
    finishReason: string,
    continuationToken?: string,
    counts: [number, number] = [1000, 100],
  ): Act =>
  ({ body: _, ...asked }) => {
    const body = {
      candidates: [
        {
          content: { role: 'model', parts: [{ text: said }] },
          finishReason,
          index: 0,
          ...(continuationToken === undefined ? {} : { continuationToken }),
        },
      ],
      usageMetadata: { promptTokenCount: counts[0], candidatesTokenCount: counts[1] },
      responseId: 'r1',
    };
    return isStream(asked) ? sse([`data: ${JSON.stringify(body)}\r\n\r\n`]) : Response.json(body);
  };
/** The path says it there, and a house does not look at it: Google streams when the test says so. */
let streams = false;
const isStream = (_: object) => streams;

const ASKED: Record<Exclude<WireFormat, 'anthropic-messages'>, (stream: boolean) => [string, object]> = {
  'openai-chat': (stream) => [
    '/v1/chat/completions',
    {
      model: 'm',
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
      messages: [{ role: 'user', content: 'When is noon?' }],
      web_search_options: {},
    },
  ],
  'openai-responses': (stream) => [
    '/v1/responses',
    { model: 'm', stream, input: 'When is noon?', tools: [{ type: 'web_search' }] },
  ],
  'google-generate-content': (stream) => [
    `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    { contents: [{ role: 'user', parts: [{ text: 'When is noon?' }] }], tools: [{ googleSearch: {} }] },
  ],
};

async function ask(format: keyof typeof ASKED, stream: boolean, key: string, members: object = {}) {
  const [path, body] = ASKED[format](stream);
  const response = await fetch(street.here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, ...members }),
  });
  return { response, text: await response.text() };
}

/** Everything that was said, in order. */
function saidIn(format: keyof typeof ASKED, answer: string): string {
  const values = answer.startsWith('{')
    ? [JSON.parse(answer)]
    : answer.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
  const said = (value: Block): string => {
    switch (format) {
      case 'openai-chat': {
        const [choice] = (value.choices ?? []) as { delta?: Block; message?: Block }[];
        return String(choice?.delta?.content ?? choice?.message?.content ?? '');
      }
      case 'openai-responses': {
        if (value.type === 'response.output_text.delta') return String(value.delta);
        const items = (value.output ?? []) as { content?: { text?: string }[] }[];
        return items.flatMap((item) => (item.content ?? []).map((part) => part.text ?? '')).join('');
      }
      default: {
        const [candidate] = (value.candidates ?? []) as { content?: { parts?: Block[] } }[];
        const parts = candidate?.content?.parts ?? [];
        return parts.map((part) => (part.thought ? '' : String(part.text ?? ''))).join('');
      }
    }
  };
  return values.map(said).join('');
}

const CLIENTS = Object.keys(ASKED) as (keyof typeof ASKED)[];

describe.each(CLIENTS)('%s: a turn that Anthropic pauses', (client) => {
  test.each([false, true])('goes on and is one answer (stream: %p)', async (stream) => {
    const { house, key, spentNano } = await open('anthropic-messages');
    house.act = inTurn(
      messages(PAUSED, 'pause_turn'),
      messages([text('Noon is at 12.')], 'end_turn', { input_tokens: 1400, output_tokens: 50 }),
    );
    const { response, text: answer } = await ask(client, stream, key);
    expect(response.status).toBe(200);
    if (stream) expect(judge(client, answer)).toBe('finished');
    expect(saidIn(client, answer).replaceAll('\n', '')).toBe('Let me see.Noon is at 12.');
    expect(answer).not.toContain('pause');
    expect(house.asked).toHaveLength(2);
    // (1,000 + 100 + 1,400 + 50) tokens at a dollar a million
    expect(spentNano()).toBe(2_550_000n);
    const [first, second] = house.asked.map(({ body }) => body);
    expect(second?.messages).toEqual([
      ...((first?.messages ?? []) as Block[]),
      { role: 'assistant', content: PAUSED },
    ]);
    expect({ ...second, messages: 0, max_tokens: 0 }).toEqual({ ...first, messages: 0, max_tokens: 0 });
    expect(Number(second?.max_tokens)).toBe(Number(first?.max_tokens) - 100);
  });
});

test('the usage that is told, charged and written is that of all requests, and the ledger adds up', async () => {
  const price = { ...PRICE, per_request: 0.001 };
  const { house, key, spentNano } = await open('anthropic-messages', { price });
  house.act = inTurn(
    messages(PAUSED, 'pause_turn'),
    messages(PAUSED, 'pause_turn'),
    messages([text('Noon.')], 'end_turn'),
  );
  const { response, text: answer } = await ask('openai-chat', false, key);
  const { usage } = JSON.parse(answer);
  // 3,300 tokens at a dollar a million, and three requests at a tenth of a cent
  expect(usage).toMatchObject({ prompt_tokens: 3000, completion_tokens: 300, cost_usd_total: 0.0063 });
  expect(spentNano()).toBe(6_300_000n);
  expect(response.headers.get('x-osiris-attempts')).toBe('3');
  expect(response.headers.get('x-osiris-losses')).toContain('changed=answer');
  expect(verifyLedger(street.here.dataDir, { minimumChargeNano: 1_000_000n }).violations).toEqual([]);
  const rows = rowsIn<{ requests: string }>(
    street.here.dataDir,
    "SELECT requests FROM entries WHERE kind = 'charge'",
  );
  expect(JSON.parse(rows[0]?.requests ?? '')).toHaveLength(3);
});

test('the journal and the explanation tell of it', async () => {
  const { house, key } = await open('anthropic-messages');
  house.act = inTurn(messages(PAUSED, 'pause_turn'), fails(529), messages([text('Noon.')], 'end_turn'));
  await ask('openai-chat', true, key);
  const admin = (path: string, body?: object) =>
    fetch(`${street.here.url}/admin/${path}`, {
      headers: { authorization: `Bearer ${street.here.adminSecret}` },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    }).then((response) => response.json());
  const { data } = await admin('logs');
  expect(data[0]).toMatchObject({ attempts: 3, rule: 'finished' });
  expect(data[0].failed_attempts).toMatch(
    /^house\/up 200 continued \d+ms; house\/up 529 upstream_overloaded \d+ms$/,
  );
  expect(data[0].losses).toContain('changed=answer');
  const [, request] = ASKED['openai-chat'](true);
  const explained = await admin('explain', { request });
  expect(explained.candidates[0].further_requests).toBe(5);
});

test('official clients read it as one answer', async () => {
  const { house, key } = await open('anthropic-messages');
  const pauses = () => {
    house.act = inTurn(messages(PAUSED, 'pause_turn'), messages([text('Noon is at 12.')], 'end_turn'));
  };
  const openai = new OpenAI({ baseURL: `${street.here.url}/v1`, apiKey: key, maxRetries: 0 });
  const asked = [{ role: 'user' as const, content: 'When is noon?' }];

  pauses();
  const chat = openai.chat.completions.stream({ model: 'm', messages: asked, web_search_options: {} });
  const completion = await chat.finalChatCompletion();
  expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { refusal: null } });
  expect(completion.choices[0]?.message.content).toContain('Let me see.');
  expect(completion.choices[0]?.message.content).toEndWith('Noon is at 12.');

  pauses();
  const responses = openai.responses.stream({ model: 'm', input: 'When?', tools: [{ type: 'web_search' }] });
  const response = await responses.finalResponse();
  expect(response).toMatchObject({ status: 'completed', usage: { input_tokens: 2000, output_tokens: 200 } });
  expect(response.output_text).toBe('Let me see.Noon is at 12.');
  expect(response.output.map(({ type }) => type)).toEqual([
    'reasoning',
    'message',
    'web_search_call',
    'message',
  ]);

  pauses();
  const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: street.here.url } });
  const pieces = await google.models.generateContentStream({
    ...{ model: 'm', contents: 'When?', config: { tools: [{ googleSearch: {} }] } },
  });
  let said = '';
  let finish: string | undefined;
  for await (const piece of pieces) {
    const [candidate] = piece.candidates ?? [];
    said += (candidate?.content?.parts ?? []).map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
    finish = candidate?.finishReason ?? finish;
  }
  expect([said, finish]).toEqual(['Let me see.Noon is at 12.', 'STOP']);
});

test('each request is priced by its own prompt', async () => {
  const price = { ...PRICE, steps: [{ above: 1500, input: 3, output: 3 }] };
  const { house, key, spentNano } = await open('anthropic-messages', { price });
  house.act = inTurn(
    messages(PAUSED, 'pause_turn'),
    messages([text('Noon.')], 'end_turn', { input_tokens: 1600, output_tokens: 50 }),
  );
  await ask('openai-chat', true, key);
  // 1,100 tokens at $1 and 1,650 at $3 a million
  expect(spentNano()).toBe(6_050_000n);
  expect(verifyLedger(street.here.dataDir, { minimumChargeNano: 1_000_000n }).violations).toEqual([]);
});

describe.each([false, true])('it ends with length (stream: %p)', (stream) => {
  test('after five more requests', async () => {
    const { house, key } = await open('anthropic-messages');
    house.act = messages(PAUSED, 'pause_turn');
    const { text: answer } = await ask('openai-chat', stream, key);
    expect(house.asked).toHaveLength(6);
    expect(answer).toContain('"finish_reason":"length"');
  });

  test('when the balance does not cover another request', async () => {
    const { house, key } = await open('anthropic-messages', { creditNano: 2_000_000n });
    house.act = messages(PAUSED, 'pause_turn', { input_tokens: 1000, output_tokens: 900 });
    const { response, text: answer } = await ask('openai-chat', stream, key);
    expect(response.status).toBe(200);
    expect(house.asked).toHaveLength(1);
    expect(answer).toContain('"finish_reason":"length"');
  });

  test('when the client’s own cap is used up', async () => {
    const { house, key } = await open('anthropic-messages');
    house.act = messages(PAUSED, 'pause_turn', { input_tokens: 1000, output_tokens: 200 });
    const { text: answer } = await ask('openai-chat', stream, key, { max_completion_tokens: 200 });
    expect(house.asked).toHaveLength(1);
    expect(answer).toContain('"finish_reason":"length"');
  });
});

describe.each([false, true])('a request for more that fails (stream: %p)', (stream) => {
  test('is sent again', async () => {
    const { house, key, spentNano } = await open('anthropic-messages');
    house.act = inTurn(messages(PAUSED, 'pause_turn'), fails(529), messages([text('Noon.')], 'end_turn'));
    const { text: answer } = await ask('openai-chat', stream, key);
    expect(saidIn('openai-chat', answer)).toContain('Noon.');
    expect(house.asked).toHaveLength(3);
    expect(house.asked[2]?.body).toEqual(house.asked[1]?.body ?? {});
    expect(spentNano()).toBe(2_200_000n);
  });

  test('and goes on failing is an error that costs nothing', async () => {
    const { house, key, spentNano } = await open('anthropic-messages');
    house.act = inTurn(messages(PAUSED, 'pause_turn'), fails(400, {}, { type: 'invalid_request_error' }));
    const { response, text: answer } = await ask('openai-chat', stream, key);
    expect(response.status).toBe(stream ? 200 : 400);
    if (stream) expect(judge('openai-chat', answer)).toBe('failed');
    expect(answer).not.toContain('[DONE]');
    expect(spentNano()).toBe(0n);
  });
});

test('a request for more that breaks off before it has said anything is sent again', async () => {
  const { house, key } = await open('anthropic-messages');
  const begins = {
    type: 'message_start',
    message: { id: 'msg_2', type: 'message', role: 'assistant', content: [] },
  };
  const breaks: Act = () => sse([`event: message_start\ndata: ${JSON.stringify(begins)}\n\n`]);
  house.act = inTurn(messages(PAUSED, 'pause_turn'), breaks, messages([text('Noon.')], 'end_turn'));
  const { text: answer } = await ask('openai-chat', true, key);
  expect(judge('openai-chat', answer)).toBe('finished');
  expect(house.asked).toHaveLength(3);
});

test('a client that leaves pays for what was produced, and nothing more is asked for', async () => {
  const { house, key, spentNano } = await open('anthropic-messages');
  const asked = Promise.withResolvers<void>();
  const never: Act = () => {
    asked.resolve();
    return new Promise<Response>(() => {});
  };
  house.act = inTurn(messages(PAUSED, 'pause_turn'), never);
  const leaving = new AbortController();
  const [path, body] = ASKED['openai-chat'](true);
  const response = await fetch(street.here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  const reading = response.text().catch(() => 'left');
  await asked.promise;
  leaving.abort();
  expect(await reading).toBe('left');
  while (spentNano() === 0n) await Bun.sleep(1);
  expect(spentNano()).toBe(1_100_000n);
});

test('an Anthropic client of Anthropic is told the provider’s own word', async () => {
  const { house, key } = await open('anthropic-messages');
  house.act = messages(PAUSED, 'pause_turn');
  const response = await fetch(`${street.here.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: JSON.stringify({ model: 'm', max_tokens: 500, messages: [{ role: 'user', content: 'Noon?' }] }),
  });
  expect(await response.json()).toMatchObject({ stop_reason: 'pause_turn' });
  expect(house.asked).toHaveLength(1);
});

describe.each([false, true])('several answers at once (stream: %p)', (stream) => {
  const finishes = (answer: string) => answer.match(/"finish_reason":"\w+"/g)?.toSorted();

  test('each go on by themselves', async () => {
    const { house, key, spentNano } = await open('anthropic-messages');
    house.act = inTurn(
      messages([text('One')], 'end_turn'),
      messages(PAUSED, 'pause_turn'),
      messages([text('two')], 'end_turn'),
    );
    const { text: answer } = await ask('openai-chat', stream, key, { n: 2 });
    expect(house.asked).toHaveLength(3);
    expect(finishes(answer)).toEqual(['"finish_reason":"stop"', '"finish_reason":"stop"']);
    expect(spentNano()).toBe(3_300_000n);
  });

  test('one that calls a tool illegibly is asked for once more, alone', async () => {
    streams = stream;
    const { house, key, spentNano } = await open('google-generate-content');
    const bad: Act = (asked) => google('', 'MALFORMED_FUNCTION_CALL')(asked);
    house.act = inTurn(google('One', 'STOP'), bad, google('two', 'STOP'));
    const { text: answer } = await ask('openai-chat', stream, key, { n: 2, web_search_options: undefined });
    expect(house.asked).toHaveLength(3);
    expect(answer).toContain('One');
    expect(answer).toContain('two');
    expect(finishes(answer)).toEqual(['"finish_reason":"stop"', '"finish_reason":"stop"']);
    expect(spentNano()).toBe(2_200_000n);
  });
});

describe.each([false, true])('an answer that Google stops in the middle (stream: %p)', (stream) => {
  test.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)(
    'goes on in the middle of a word for %s',
    async (client) => {
      streams = stream;
      const { house, key, spentNano } = await open('google-generate-content');
      house.act = inTurn(
        google('Noon is at tw', 'CONTINUATION', 't1'),
        google('el', 'CONTINUATION', 't2'),
        google('ve.', 'STOP', undefined, [1000, 50]),
      );
      const body =
        client === 'openai-responses'
          ? { model: 'm', stream, input: 'When?' }
          : { model: 'm', stream, max_tokens: 4000, messages: [{ role: 'user', content: 'When?' }] };
      const path = {
        'openai-chat': 'chat/completions',
        'openai-responses': 'responses',
        'anthropic-messages': 'messages',
      };
      const response = await fetch(`${street.here.url}/v1/${path[client]}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      });
      const answer = await response.text();
      if (stream) expect(judge(client, answer)).toBe('finished');
      else expect(answer).toContain('"Noon is at twelve."');
      if (client === 'anthropic-messages' && stream)
        expect(answer.match(/"type":"content_block_start"/g)).toHaveLength(1);
      expect(house.asked.map((one) => one.body.continuationToken)).toEqual([undefined, 't1', 't2']);
      expect(house.asked[1]?.body).toEqual({ ...house.asked[0]?.body, continuationToken: 't1' });
      expect(spentNano()).toBe(3_250_000n);
    },
  );

  test('ends with length after eight more requests, or when Google has nothing new to show', async () => {
    streams = stream;
    const { house, key } = await open('google-generate-content');
    let hop = 0;
    house.act = (asked) => google('on ', 'CONTINUATION', `t${hop++}`)(asked);
    const long = await ask('openai-chat', stream, key, { web_search_options: undefined });
    expect(house.asked).toHaveLength(9);
    expect(long.text).toContain('"finish_reason":"length"');
    house.act = google('on ', 'CONTINUATION', 'same');
    const stuck = await ask('openai-chat', stream, key, { web_search_options: undefined });
    expect(house.asked).toHaveLength(11);
    expect(stuck.text).toContain('"finish_reason":"length"');
  });
});
