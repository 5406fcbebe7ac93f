// Names inside lists of a request in the running program: where one is replaced, every other byte passes as it came.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { PATHS } from '../support/asking.ts';
import { lastCharge } from '../support/billed.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { BodyFormat } from '../support/script.ts';
import { modelAt } from '../support/substitutes.ts';

let sent: string[] = [];
beforeEach(() => {
  sent = [];
});

const USAGE = {
  input_tokens: 10,
  output_tokens: 1,
  prompt_tokens: 10,
  completion_tokens: 1,
  total_tokens: 11,
};
const ANSWERS: Partial<Record<BodyFormat, object>> = {
  'openai-chat': {
    ...{ id: 'c', object: 'chat.completion', created: 1, usage: USAGE },
    choices: [{ index: 0, message: { role: 'assistant', content: 'Done.' }, finish_reason: 'stop' }],
  },
  'anthropic-messages': {
    ...{ id: 'm', type: 'message', role: 'assistant', stop_reason: 'end_turn', usage: USAGE },
    content: [{ type: 'text', text: 'Done.' }],
  },
};

const provider = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const text = await request.text();
    sent.push(text);
    const format = request.url.endsWith('/messages') ? 'anthropic-messages' : 'openai-chat';
    return Response.json({ ...ANSWERS[format], model: JSON.parse(text).model });
  },
});

let gateway: Gateway;
beforeAll(async () => {
  const base_url = `${provider.url.origin}/v1`;
  const claude = { format: 'anthropic-messages', base_url, api_key: 'made-up' };
  const model = (name: string, at: string) => modelAt(at, { input: 1, output: 1 }, name);
  gateway = await startGateway({
    upstreams: [],
    credit: 100,
    sections: {
      providers: {
        claude,
        older: { ...claude, quirks: { refuses_betas: ['advanced-tool-use', 'mcp-client'] } },
        openrouter: { base_url, api_key: 'made-up' },
        old: { format: 'openai-chat', base_url, api_key: 'made-up', quirks: { developer_role: false } },
      },
      models: {
        small: model('up-small', 'claude'),
        big: model('up-big', 'claude'),
        free: modelAt('claude', { input: 0, output: 0 }, 'up-free'),
        past: model('up-past', 'older'),
        dated: model('up-dated', 'older'),
        routed: model('v/routed', 'openrouter'),
        other: model('v/other', 'openrouter'),
        third: model('third', 'openrouter'),
        settled: model('up-settled', 'old'),
      },
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await provider.stop(true);
});

/** Nothing that parses it can write it like this. */
const SCHEMA =
  '{"name" :"f",\n  "input_schema":{ "type":"object","maximum":12345678901234567890 ,"minimum": 1.0,"x":1E400,"\\u0061":"\\/"}}';
const ASK = '"messages":[{"role":"user","content":"Hi"}] ,"max_tokens": 10';

async function ask(client: BodyFormat, body: string): Promise<string | undefined> {
  const response = await fetch(gateway.url + PATHS[client], {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body,
  });
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  return sent[0];
}

describe('of a Messages request', () => {
  const asks = (body: string) => ask('anthropic-messages', body);

  test('the model of an advisor', async () => {
    const body = (own: string, asked: string) =>
      `{"tools" : [${SCHEMA} , { "type":"advisor_20260301","model" : "${asked}", "max_uses":3.0}],"model":"${own}", ${ASK}}`;
    expect(await asks(body('small', 'big'))).toBe(body('up-small', 'up-big'));
  });

  test('the models of `fallbacks`', async () => {
    const body = (own: string, first: string, second: string) =>
      `{"model":"${own}","fallbacks": [ {"model":"${first}","max_tokens":1e1} ,{"model":"${second}"}\n], "tools":[${SCHEMA}],${ASK}}`;
    expect(await asks(body('small', 'big', 'free'))).toBe(body('up-small', 'up-big', 'up-free'));
  });

  test('beside what is taken out of the list', async () => {
    const body = (own: string, list: string, fallbacks: string) =>
      `{"model":"${own}","tools":[${list}],"fallbacks":[${fallbacks}],${ASK}}`;
    const advisor = (name: string, asked: string) =>
      `{"type":"advisor_20260301","name":"${name}","n":1.0, "model":"${asked}"}`;
    const given = `${advisor('a', 'nobody')} ,${advisor('b', 'big')}, ${SCHEMA}`;
    const left = `${advisor('b', 'up-big')}, ${SCHEMA}`;
    const others = '{"model":"nobody"}, {"model":"big", "max_tokens":9.0},{"model":"past"}';
    expect(await asks(body('small', given, others))).toBe(
      body('up-small', left, '{"model":"up-big", "max_tokens":9.0}'),
    );
    expect(lastCharge(gateway).losses).toBe('3; dropped=fallbacks[0],fallbacks[2],tools[0]');
  });

  test('beside what a beta that the provider does not know had put there', async () => {
    const body = (own: string, list: string) => `{"model":"${own}","tools":[${list}],${ASK}}`;
    const advisor = (asked: string, more: string) =>
      `{"type":"advisor_20260301" ,"model": "${asked}","n":1.0${more}}`;
    const search = '{"type":"tool_search_tool_bm25","name":"s"}';
    const given = `${search}, ${advisor('nobody', '')},${SCHEMA},${search}, ${advisor('dated', ',"defer_loading":false')}`;
    expect(await asks(body('past', given))).toBe(body('up-past', `${SCHEMA}, ${advisor('up-dated', '')}`));
    expect(lastCharge(gateway).losses).toBe('4; dropped=tools[0],tools[3],tools[4].defer_loading,tools[1]');
  });
});

describe('of a Chat request', () => {
  const tool = `{"type":"function", "function":${SCHEMA.replace('input_schema', 'parameters')}}`;

  test('the models of OpenRouter', async () => {
    const body = (own: string, models: string) =>
      `{"model":"${own}", "models":[${models}],"tools":[ ${tool}],${ASK}}`;
    expect(await ask('openai-chat', body('routed', '"other" ,\n"third"'))).toBe(
      body('v/routed', '"v/other" ,\n"third"'),
    );
    sent = [];
    expect(await ask('openai-chat', body('routed', '"nobody" , "third", "other","past"'))).toBe(
      body('v/routed', '"third", "v/other"'),
    );
  });

  test('a role that the provider does not know', async () => {
    const body = (own: string, role: string) =>
      `{"model":"${own}","messages":[{"role": "${role}","content":"\\u0041"},{"role":"user","content":"B","n":1.0}],"tools":[${tool}]}`;
    expect(await ask('openai-chat', body('settled', 'developer'))).toBe(body('up-settled', 'system'));
  });

  test('a tool that is added to those of the client', async () => {
    const body = (own: string, tools: string) =>
      `{"model":"${own}","tools":[${tools} ]${ASK.replace('"', ',"')}}`;
    const options = ',"web_search_options":{}';
    const given = `${body('routed', tool).slice(0, -1)}${options}}`;
    const found = await ask('openai-chat', given);
    expect(found).toStartWith(`{"model":"v/routed","tools":[${tool},{"type":"openrouter:web_search"`);
  });
});
