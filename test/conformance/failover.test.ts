// Failures of a provider before it has answered: who goes on, and what is told of it (T48, T57).

import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { requestOf } from '../support/conformance.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { WIRE_FORMATS } from '../support/script.ts';
import { baseUrlOf } from '../support/wire.ts';

/** Nothing of a provider's own body may reach a client, but for the words of a refusal. */
const CANARY = 'c4nary-body';
type Answering = { status: number; body: string; type?: string; headers?: Record<string, string> };

let first: Answering;
let second: Answering | undefined;
let asked: string[] = [];
const OVERLOADED = JSON.stringify({
  type: 'error',
  error: { type: 'overloaded_error', message: `Overloaded ${CANARY}` },
});
const refusal = (status: number, type: string, message: string): Answering => ({
  status,
  body: JSON.stringify({ type: 'error', error: { type, message }, request_id: CANARY }),
});
const events = (...list: [string, object][]) =>
  list
    .map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`)
    .join('');
const SSE = 'text/event-stream';
const WHOLE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'Hi!' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
};
const STREAMED = events(
  ['message_start', { message: { ...WHOLE, content: [], stop_reason: null } }],
  ['content_block_start', { index: 0, content_block: { type: 'text', text: '' } }],
  ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi!' } }],
  ['content_block_stop', { index: 0 }],
  ['message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } }],
  ['message_stop', {}],
);

/** An Anthropic provider, of which there are two: the second one is tried when the first one fails. */
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const credential = request.headers.get('x-api-key') ?? '';
    asked.push(credential);
    const { stream } = (await request.json()) as { stream?: boolean };
    const well = stream
      ? { status: 200, body: STREAMED, type: SSE }
      : { status: 200, body: JSON.stringify(WHOLE) };
    const { status, body, type, headers }: Answering = credential === 'first' ? first : (second ?? well);
    return new Response(body, {
      status,
      headers: { 'content-type': type ?? 'application/json', ...headers },
    });
  },
});

let here: InProcess | undefined;
/** Every case has a gateway of its own: what failed before is left alone. */
async function openTwo(providers = ['first', 'second']): Promise<InProcess> {
  await here?.stop();
  asked = [];
  const base_url = baseUrlOf(`http://127.0.0.1:${server.port}`, 'anthropic-messages');
  here = await openHere({
    sections: {
      providers: Object.fromEntries(
        providers.map((api_key) => [
          api_key,
          { base_url, format: 'anthropic-messages', auth: 'x-api-key', api_key },
        ]),
      ),
      models: {
        claude: {
          price: { input: 0, output: 0 },
          deployments: providers.map((provider) => ({ provider, model: 'm' })),
        },
      },
      routing: { retries: 0 },
    },
  });
  return here;
}

beforeEach(() => {
  second = undefined;
});
afterAll(async () => {
  await here?.stop();
  await server.stop(true);
});

function ask(client: (typeof WIRE_FORMATS)[number], stream: boolean): Promise<Response> {
  if (!here) throw new Error('no gateway is open');
  const { path, body } = requestOf(client, 'claude', stream);
  return fetch(here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe.each(WIRE_FORMATS)('a client of %s', (client) => {
  const isMessages = client === 'anthropic-messages';

  test('T48 an overload as the first event of a 200 goes on to the next provider', async () => {
    await openTwo();
    first = { status: 200, type: SSE, body: `event: error\ndata: ${OVERLOADED}\n\n` };
    const response = await ask(client, true);
    expect([response.status, response.headers.get('x-osiris-attempts')]).toEqual([200, '2']);
    expect(response.headers.get('x-osiris-provider')).toBe('second');
    const text = await response.text();
    expect(text).toContain('Hi!');
    expect(text).not.toContain('verloaded');
  });

  test('T48 and is an honest 503 (529 for Messages) when nobody is left', async () => {
    await openTwo();
    first = { status: 200, type: SSE, body: `event: error\ndata: ${OVERLOADED}\n\n` };
    second = first;
    const response = await ask(client, true);
    expect(response.status).toBe(isMessages ? 529 : 503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const text = await response.text();
    if (isMessages) expect(JSON.parse(text).error.type).toBe('overloaded_error');
    expect(text).not.toContain(CANARY);
  });

  test.each([false, true])(
    'T57 "prompt is too long" keeps its words and goes nowhere else (stream: %p)',
    async (stream) => {
      await openTwo();
      first = refusal(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum');
      const response = await ask(client, stream);
      const text = await response.text();
      expect([response.status, asked]).toEqual([400, ['first']]);
      expect(text).toContain('prompt is too long: 210000 tokens > 200000 maximum');
      expect(text).not.toContain(CANARY);
    },
  );

  const ACCOUNT: [what: string, answer: Answering, status: number][] = [
    ['a key that is not accepted', refusal(401, 'authentication_error', `invalid x-api-key ${CANARY}`), 502],
    [
      'a bill that is not paid',
      refusal(400, 'invalid_request_error', `Your credit balance is too low ${CANARY}`),
      503,
    ],
    ['a model that is not known', refusal(404, 'not_found_error', `model: m ${CANARY}`), 502],
  ];
  test.each(ACCOUNT)('T57 %s is told as ours and says nothing of the provider', async (_, answer, status) => {
    await openTwo(['first']);
    first = answer;
    const response = await ask(client, false);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain(CANARY);
  });

  test.each(ACCOUNT.slice(0, 2))('T57 %s turns the credential off', async (_, answer) => {
    await openTwo();
    first = answer;
    expect((await ask(client, false)).status).toBe(200);
    expect((await ask(client, false)).status).toBe(200);
    expect(asked).toEqual(['first', 'second', 'second']);
  });
});
