// What Google's own tools did beside functions goes back to Google as it came, from clients that cannot show it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { parseFrames } from '../../src/lib/sse.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import type { Json } from '../support/strict.ts';
import { LAST } from '../support/thinking-turns.ts';
import { startThinkingUpstream } from '../support/thinking-upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const upstream = startThinkingUpstream();
let here: InProcess;

beforeAll(async () => {
  const format = 'google-generate-content';
  const provider = { base_url: baseUrlOf(upstream.origin, format), format, auth: 'none' };
  const deployed = (id: string, name: string) => ({
    price: { input: 0, output: 0 },
    capabilities: { web_search: true, thinking: 'effort' },
    deployments: [{ provider: id, model: name }],
  });
  here = await openHere({
    sections: {
      providers: { first: provider, second: provider },
      models: {
        gemini: deployed('first', 'gemini-3-pro'),
        other: deployed('second', 'gemini-3-pro'),
      },
    },
  });
});
beforeEach(() => {
  upstream.bodies.length = 0;
  upstream.script.splice(0, upstream.script.length, SAID, LAST['google-generate-content']);
});
afterAll(async () => {
  await here.stop();
  await upstream.stop();
});

const RUN = [
  {
    toolCall: { id: 's1', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['rain'], id: 12345678901234 } },
    thoughtSignature: 'Goo1/run+A==',
  },
  {
    toolResponse: {
      id: 's1',
      toolType: 'GOOGLE_SEARCH_WEB',
      response: { search_suggestions: '<b>rain</b>' },
    },
  },
];
const SAID: Json[] = [
  { text: 'Let me see.', thought: true },
  ...RUN,
  { text: 'I look.' },
  { functionCall: { id: 'g1', name: 'look_up', args: {} }, thoughtSignature: 'Goo2/call+B==' },
];

const SCHEMA = { type: 'object', properties: {} };
const QUESTION = { role: 'user', content: 'Will it rain?' };

async function post(path: string, body: Json): Promise<Response> {
  const response = await fetch(here.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

async function framesOf(response: Response): Promise<Json[]> {
  return parseFrames(await response.bytes()).flatMap(({ data }) =>
    data === '[DONE]' ? [] : [JSON.parse(data) as Json],
  );
}

/** The parts of the model's turn in the request before the answer to it. */
function sentBack(request = 1): Json[] {
  const contents = (upstream.bodies[request]?.contents ?? []) as { role: string; parts: Json[] }[];
  return contents.find(({ role }) => role === 'model')?.parts ?? [];
}

type Client = {
  path: string;
  first: Json;
  /** The turn of the answer as the client sends it back, and the request that does. */
  next: (answer: Json[], isStream: boolean) => Json;
  /** The same without what sealed it. */
  bare: Json;
};

const chatTools = [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }];
const chatCall = { id: 'g1', type: 'function', function: { name: 'look_up', arguments: '{}' } };
const chatResult = { role: 'tool', tool_call_id: 'g1', content: 'rain' };
const CHAT = { model: 'gemini', messages: [QUESTION], tools: chatTools, web_search_options: {} };
const responsesTools = [
  { type: 'function', name: 'look_up', parameters: SCHEMA, strict: false },
  { type: 'web_search' },
];
const RESPONSES = {
  model: 'gemini',
  input: [QUESTION],
  tools: responsesTools,
  include: ['reasoning.encrypted_content'],
  store: false,
};
const responsesCall = { type: 'function_call', call_id: 'g1', name: 'look_up', arguments: '{}' };
const responsesResult = { type: 'function_call_output', call_id: 'g1', output: 'rain' };
const MESSAGES = {
  model: 'gemini',
  max_tokens: 100,
  messages: [QUESTION],
  tools: [
    { name: 'look_up', input_schema: SCHEMA },
    { type: 'web_search_20250305', name: 'web_search' },
  ],
};
const messagesCall = { type: 'tool_use', id: 'g1', name: 'look_up', input: {} };
const messagesResult = {
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: 'g1', content: 'rain' }],
};

const CLIENTS: Record<string, Client> = {
  C: {
    path: '/v1/chat/completions',
    first: CHAT,
    next(answer, isStream) {
      const of = answer.map(
        ({ choices }) => (choices as Json[])[0]?.[isStream ? 'delta' : 'message'] as Json,
      );
      const details = of.flatMap((one) => (one?.reasoning_details ?? []) as Json[]);
      const [call] = of.flatMap((one) => (one?.tool_calls ?? []) as Json[]);
      const { index: _, ...own } = call ?? {};
      const said = {
        role: 'assistant',
        content: 'I look.',
        reasoning_details: details,
        tool_calls: [{ ...own, ...chatCall }],
      };
      return { ...CHAT, messages: [QUESTION, said, chatResult] };
    },
    bare: {
      ...CHAT,
      messages: [QUESTION, { role: 'assistant', content: 'I look.', tool_calls: [chatCall] }, chatResult],
    },
  },
  R: {
    path: '/v1/responses',
    first: RESPONSES,
    next(answer, isStream) {
      const whole = (isStream ? answer.at(-1)?.response : answer[0]) as Json;
      return { ...RESPONSES, input: [QUESTION, ...(whole.output as Json[]), responsesResult] };
    },
    bare: {
      ...RESPONSES,
      input: [QUESTION, { role: 'assistant', content: 'I look.' }, responsesCall, responsesResult],
    },
  },
  A: {
    path: '/v1/messages',
    first: MESSAGES,
    next(answer, isStream) {
      const blocks = isStream
        ? answer.flatMap((event) =>
            event.type === 'content_block_start' ? [event.content_block as Json] : [],
          )
        : ((answer[0]?.content ?? []) as Json[]);
      const content = blocks.map((block) => {
        if (block.type !== 'text' && block.type !== 'tool_use') return block;
        return block.type === 'text' ? { type: 'text', text: 'I look.' } : messagesCall;
      });
      // a thought that nothing seals is Google's to show, not to be sent
      const echoed = content.filter((block) => block.type !== 'thinking');
      return { ...MESSAGES, messages: [QUESTION, { role: 'assistant', content: echoed }, messagesResult] };
    },
    bare: {
      ...MESSAGES,
      messages: [
        QUESTION,
        { role: 'assistant', content: [{ type: 'text', text: 'I look.' }, messagesCall] },
        messagesResult,
      ],
    },
  },
};

for (const [name, client] of Object.entries(CLIENTS))
  describe(`${name}→G`, () => {
    for (const stream of [false, true]) {
      const how = stream ? 'streamed' : 'whole';
      const ask = async (body: Json) => {
        const response = await post(client.path, { ...body, stream });
        return stream ? framesOf(response) : [(await response.json()) as Json];
      };

      test(`what the client echoes is what Google said, ${how}`, async () => {
        const answer = await ask(client.first);
        expect(JSON.stringify(answer)).not.toContain('toolCall');
        await ask(client.next(answer, stream));
        expect(sentBack().filter((part) => part.thought !== true)).toEqual(SAID.slice(1));
      });

      test(`a client that echoes nothing has it sent all the same, ${how}`, async () => {
        await ask(client.first);
        await ask(client.bare);
        expect(sentBack().filter((part) => part.thought !== true)).toEqual(SAID.slice(1));
      });
    }
  });

test('a request without tools of Google’s own has none of it, and is told', async () => {
  const answer = [(await (await post('/v1/responses', RESPONSES)).json()) as Json];
  const { next } = CLIENTS.R as Client;
  const body = { ...next(answer, false), tools: responsesTools.slice(0, 1) };
  const response = await post('/v1/responses', body);
  expect(JSON.stringify(upstream.bodies[1])).not.toMatch(/tool(Call|Response)/);
  expect(response.headers.get('x-osiris-losses')).toContain('input[2]');
});

test('another provider sees nothing of it', async () => {
  const answer = [(await (await post('/v1/responses', RESPONSES)).json()) as Json];
  const { next } = CLIENTS.R as Client;
  await post('/v1/responses', { ...next(answer, false), model: 'other' });
  expect(JSON.stringify(upstream.bodies[1])).not.toMatch(/tool(Call|Response)|Goo1/);
});
