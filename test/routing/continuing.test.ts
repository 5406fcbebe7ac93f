// A turn that Anthropic pauses: the gateway has it go on, and the client sees one answer and one charge.

import { afterEach, describe, expect, test } from 'bun:test';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { verifyLedger } from '../../src/store/sqlite/verify.ts';
import { judge } from '../laws/grammar.ts';
import { type Act, fails, inTurn, type Street } from '../support/houses.ts';
import { rowsIn } from '../support/ledger.ts';
import {
  ASKED,
  type Block,
  CLIENTS,
  messages,
  openStopping,
  PAUSED,
  PRICE,
  type Stopping,
  saidIn,
  sse,
  text,
} from '../support/stopping.ts';

let street: Street;
afterEach(() => street.stop());

async function open(...opening: Parameters<typeof openStopping>): Promise<Stopping> {
  const stage = await openStopping(...opening);
  street = stage.street;
  return stage;
}

describe.each(CLIENTS)('%s: a turn that Anthropic pauses', (client) => {
  test.each([false, true])('goes on and is one answer (stream: %p)', async (stream) => {
    const { ask, house, spentNano } = await open('anthropic-messages');
    house.act = inTurn(
      messages(PAUSED, 'pause_turn'),
      messages([text('Noon is at 12.')], 'end_turn', { input_tokens: 1400, output_tokens: 50 }),
    );
    const { response, text: answer } = await ask(client, stream);
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
  const { ask, house, spentNano } = await open('anthropic-messages', { price });
  house.act = inTurn(
    messages(PAUSED, 'pause_turn'),
    messages(PAUSED, 'pause_turn'),
    messages([text('Noon.')], 'end_turn'),
  );
  const { response, text: answer } = await ask('openai-chat', false);
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
  const { ask, house } = await open('anthropic-messages');
  house.act = inTurn(messages(PAUSED, 'pause_turn'), fails(529), messages([text('Noon.')], 'end_turn'));
  await ask('openai-chat', true);
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
  const { ask, house, spentNano } = await open('anthropic-messages', { price });
  house.act = inTurn(
    messages(PAUSED, 'pause_turn'),
    messages([text('Noon.')], 'end_turn', { input_tokens: 1600, output_tokens: 50 }),
  );
  await ask('openai-chat', true);
  // 1,100 tokens at $1 and 1,650 at $3 a million
  expect(spentNano()).toBe(6_050_000n);
  expect(verifyLedger(street.here.dataDir, { minimumChargeNano: 1_000_000n }).violations).toEqual([]);
});

describe.each([false, true])('it ends with length (stream: %p)', (stream) => {
  test('after five more requests', async () => {
    const { ask, house } = await open('anthropic-messages');
    house.act = messages(PAUSED, 'pause_turn');
    const { text: answer } = await ask('openai-chat', stream);
    expect(house.asked).toHaveLength(6);
    expect(answer).toContain('"finish_reason":"length"');
  });

  test('when the balance does not cover another request', async () => {
    const { ask, house } = await open('anthropic-messages', { creditNano: 2_000_000n });
    house.act = messages(PAUSED, 'pause_turn', { input_tokens: 1000, output_tokens: 900 });
    const { response, text: answer } = await ask('openai-chat', stream);
    expect(response.status).toBe(200);
    expect(house.asked).toHaveLength(1);
    expect(answer).toContain('"finish_reason":"length"');
  });

  test('when the client’s own cap is used up', async () => {
    const { ask, house } = await open('anthropic-messages');
    house.act = messages(PAUSED, 'pause_turn', { input_tokens: 1000, output_tokens: 200 });
    const { text: answer } = await ask('openai-chat', stream, { max_completion_tokens: 200 });
    expect(house.asked).toHaveLength(1);
    expect(answer).toContain('"finish_reason":"length"');
  });
});

describe.each([false, true])('a request for more that fails (stream: %p)', (stream) => {
  test('is sent again', async () => {
    const { ask, house, spentNano } = await open('anthropic-messages');
    house.act = inTurn(messages(PAUSED, 'pause_turn'), fails(529), messages([text('Noon.')], 'end_turn'));
    const { text: answer } = await ask('openai-chat', stream);
    expect(saidIn('openai-chat', answer)).toContain('Noon.');
    expect(house.asked).toHaveLength(3);
    expect(house.asked[2]?.body).toEqual(house.asked[1]?.body ?? {});
    expect(spentNano()).toBe(2_200_000n);
  });

  test('and goes on failing is an error that costs nothing', async () => {
    const { ask, house, spentNano } = await open('anthropic-messages');
    house.act = inTurn(messages(PAUSED, 'pause_turn'), fails(400, {}, { type: 'invalid_request_error' }));
    const { response, text: answer } = await ask('openai-chat', stream);
    expect(response.status).toBe(stream ? 200 : 400);
    if (stream) expect(judge('openai-chat', answer)).toBe('failed');
    expect(answer).not.toContain('[DONE]');
    expect(spentNano()).toBe(0n);
  });
});

test('a request for more that breaks off before it has said anything is sent again', async () => {
  const { ask, house } = await open('anthropic-messages');
  const begins = {
    type: 'message_start',
    message: { id: 'msg_2', type: 'message', role: 'assistant', content: [] },
  };
  const breaks: Act = () => sse([`event: message_start\ndata: ${JSON.stringify(begins)}\n\n`]);
  house.act = inTurn(messages(PAUSED, 'pause_turn'), breaks, messages([text('Noon.')], 'end_turn'));
  const { text: answer } = await ask('openai-chat', true);
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

test('a stream that waits for the rest shows signs of life', async () => {
  const { house, key } = await open('anthropic-messages');
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const late: Act = async (one) => {
    asked.resolve();
    await answer.promise;
    return messages([text('Noon.')], 'end_turn')(one);
  };
  house.act = inTurn(messages(PAUSED, 'pause_turn'), late);
  const [path, body] = ASKED['openai-chat'](true);
  const response = await fetch(street.here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader() ?? expect.unreachable();
  let seen = '';
  await asked.promise;
  while (!seen.includes(': keep-alive')) seen += (await reader.read()).value ?? expect.unreachable();
  answer.resolve();
  for (let next = await reader.read(); !next.done; next = await reader.read()) seen += next.value;
  expect(judge('openai-chat', seen)).toBe('finished');
  expect(seen).toContain('Noon.');
}, 60_000);

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
